"""A document cut into the passages that an embedder can read, and what it reads of each. Knows no index."""

from __future__ import annotations

from retrieval.chunking.chunker import split
from retrieval.models.embedder import Embedder
from retrieval.types import Document, Passage

_LONGEST_TITLE = 40  # tokens of the title that stand before each embedded passage
# Tokens of a usual passage: a paragraph of news. Of 100, 160 and 254 it ranked best or as well on the development sets.
_TARGET = 160
_SMALLEST_LIMIT = 32  # a passage keeps this many tokens whatever the title takes


def cut(document: Document, embedder: Embedder) -> list[Passage]:
    """The passages of a document, each short enough for the embedder to read whole, its title before it."""
    title = embedder.count_tokens([_short(document.title)])[0]
    limit = max(_SMALLEST_LIMIT, embedder.max_tokens - title - 1)
    return split(document.text, document.boilerplate, embedder.count_tokens, limit, min(_TARGET, limit))


def embedded_text(title: str, passage: Passage, text: str) -> str:
    """What the embedder reads of a passage: the document's title, which says what "it" is about, and the words."""
    return f"{_short(title)}\n{text[passage.start : passage.end]}"


def _short(title: str) -> str:
    return " ".join(title.split()[:_LONGEST_TITLE])[: 4 * _LONGEST_TITLE]
