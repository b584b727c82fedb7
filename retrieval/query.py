"""What is searched for, and how many of the passages found are read. Plain types; knows no index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from retrieval.types import Passage

READ = 6  # of the best passages are read at most; docs/evaluation.md says why no more
READ_FOLLOW_UP = 20  # where a question leans on what was said: its words find less
READ_AT_ONCE = 2  # are read before it is asked whether to read on
KEPT_BY_NEXT = 0.8  # of its score, at most, by what is read after a passage that answers
UNLIKELY = -1.5  # log-odds of an answer in the nearest passages below which no other is thought to have it


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that leans on what was said, as it was asked.

    `before` is the question before it, the answer to that, and the question before that, as far as they are known.
    """

    question: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading: code points `start` to `end` of a document, in the passages `first` to `last`.

    `told`: whether marks or a number say that the heading is one, and not its look alone.
    """

    document: str
    heading: str
    first: int
    last: int
    start: int
    end: int
    told: bool = True

    def holds(self, document: str, number: int) -> bool:
        """Whether a passage of a document, by its number, is one of these."""
        return document == self.document and self.first <= number <= self.last

    def part_of(self, passage: Passage) -> Passage | None:
        """The part of a passage that lies in the section; None where nothing but its heading does."""
        kept = tuple(one for one in passage.sentences if self.start <= one.start and one.end <= self.end)
        if all(one.heading for one in kept):
            return None
        return replace(passage, start=kept[0].start, end=kept[-1].end, sentences=kept)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is searched for: `words` find passages, and the best are read with `question`, or not at all where that is
    empty. Where the words hold some that were taken back (`corrected`), their vector counts less.

    `follow_up` is for readers that take what was said before; others read `question`, which holds what it leans on.
    `section` narrows the search.
    """

    words: str
    question: str
    corrected: bool = False
    follow_up: FollowUp | None = None
    section: Section | None = None

    @property
    def read(self) -> int:
        """How many passages are read at most."""
        return READ if self.follow_up is None else READ_FOLLOW_UP


def is_enough(scores: Sequence[float], odds: Sequence[float], following: float) -> bool:
    """Whether passages with these scores and log-odds of an answer, which were read, will do.

    They do where one of them will come before the one `following` with that score, unread, however likely that
    answers, and where none of them, though nearer to the question, seems to answer at all.
    """
    if not scores:
        return False
    return max(scores) >= KEPT_BY_NEXT * following or max(odds) < UNLIKELY
