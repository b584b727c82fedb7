"""A passage as a search finds it, with its scores and the document that it stands in. Plain types; knows no index."""

from __future__ import annotations

from dataclasses import dataclass, field

from retrieval.models.reading import Reading
from retrieval.types import Passage, Span


@dataclass(frozen=True, slots=True)
class Origin:
    """The document that a passage stands in; `language` is "" where it is not told."""

    id: str
    owner: str
    revision: int
    title: str
    source: str
    url: str | None
    pages: tuple[int, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A passage with its scores: BM25 over the best one's, similarity, and both fused.

    `similarity` is the cosine on the default model's scale. `window` is the text around it, from code point
    `window_start` of the document. `head` are the words of the passage's. `reading` is what the reader says of it,
    which counts in the score, None where it was not read. `multilingual`: found and compared by the models of other
    languages than English.
    """

    origin: Origin
    passage: Passage
    window: str
    window_start: int
    keyword: float
    similarity: float
    score: float
    multilingual: bool = False
    head: str = ""
    reading: Reading | None = field(default=None, compare=False)  # arrays, which do not compare

    def words(self, span: Span) -> str:
        """The exact words of a span that lies in the window."""
        return self.window[max(0, span.start - self.window_start) : max(0, span.end - self.window_start)]

    @property
    def text(self) -> str:
        """The exact words of the passage."""
        return self.words(Span(self.passage.start, self.passage.end))
