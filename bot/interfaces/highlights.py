"""Where the words that answer stand in a sentence of an answer, so that they can be shown bold."""

from __future__ import annotations

from bot.answers import Citation, plain
from retrieval.chunking.markup import bare
from retrieval.types import Span


def highlighted(citation: Citation, sentence: str) -> Span | None:
    """The place in `sentence` of the citation's highlight; None where the sentence does not say the quote's words.

    Said in one line and without marks of layout, words stand elsewhere than in the quote: they are the same occurrence
    of them, counted from the beginning.
    """
    if citation.highlight is None or sentence != said(citation.quote):
        return None
    start, end = (offset - citation.start for offset in citation.highlight)
    words = said(citation.quote[start:end])
    if not words:
        return None
    place = -1
    for _ in range(said(citation.quote[:start]).count(words) + 1):
        place = sentence.find(words, place + 1)
        if place < 0:
            return None
    return Span(place, place + len(words))


def said(words: str) -> str:
    """Words of a document as they are shown: in one line, without marks that only lay them out."""
    return plain(bare(words).words)
