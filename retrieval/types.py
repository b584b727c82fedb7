"""The plain types at the bottom: what a document, a sentence and a passage are.

This module knows no file, no database and no model. All offsets are Unicode code points into `Document.text`,
end exclusive, so that `text[start:end]` is the exact wording.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

SHARED = "shared"
"""The owner of what everyone may read."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a document's text: code points `start` to `end`, end exclusive."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The words of the span in `text`."""
        return text[self.start : self.end]

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share at least one code point."""
        return self.start < other.end and other.start < self.end


class About(NamedTuple):
    """What a file says of itself, "" where it does not: the names of its authors, "; " between them, and the day on
    which it was published or made (ISO 8601, as much of it as is told).
    """

    authors: str = ""
    date: str = ""


NOTHING_SAID = About()
"""What a file says of itself that says nothing."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text as it was loaded: its wording is never altered after this.

    `source` names where it came from (a path, a URL, `stdin/…`); `boilerplate` are the spans that belong to the page
    and not to the text ("Share.", menus): they stay in the text but are never searched or cited. `pages` holds the code
    point at which each page begins, the first one's first; it is empty where a text has no pages. `original` is the
    file of which pages can be shown as pictures: a PDF's.
    """

    source: str
    title: str
    text: str
    boilerplate: tuple[Span, ...] = ()
    url: str | None = None
    pages: tuple[int, ...] = ()
    original: bytes | None = field(default=None, repr=False, compare=False)
    about: About = NOTHING_SAID


def page_at(pages: Sequence[int], at: int) -> int | None:
    """The number, from 1, of the page on which code point `at` stands; None in a text without pages."""
    return max(1, bisect_right(pages, at)) if pages else None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence, list item, table row or heading of a document: the smallest thing that is quoted.

    `paragraph` counts from 1 over the document's paragraphs, boilerplate left out.
    """

    start: int
    end: int
    paragraph: int
    heading: bool = False

    @property
    def span(self) -> Span:
        """The sentence's place as a plain span."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences that is embedded and searched as one; no longer than the embedder reads.

    `head` is the row of column names of the table that it begins within, where these stand in an earlier passage.
    """

    number: int
    start: int
    end: int
    sentences: tuple[Sentence, ...]
    head: Span | None = None
