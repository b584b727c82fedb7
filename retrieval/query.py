"""What is searched for, and how many of the passages found are read. Plain types; knows no index."""

from __future__ import annotations

from dataclasses import dataclass

READ = 6  # of the best passages are read at most; docs/evaluation.md says why no more
READ_FOLLOW_UP = 20  # where a question leans on what was said: its words find less


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that leans on what was said, as it was asked.

    `before` is the question before it, the answer to that, and the question before that, as far as they are known.
    """

    question: str
    before: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under a heading: code points `start` to `end` of a document, in the passages `first` to `last`."""

    document: str
    heading: str
    first: int
    last: int
    start: int
    end: int


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
