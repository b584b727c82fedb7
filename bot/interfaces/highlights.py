"""An answer in pieces, as every interface shows it: the words that answer bold, a marker after each cited sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bot.answers import Answer, Citation
from retrieval.chunking.markup import said
from retrieval.types import Span


class Piece(NamedTuple):
    """Words of an answer; `cited` is the citation that they are the marker of, if they are one."""

    words: str
    bold: bool = False
    cited: Citation | None = None


def pieces(answer: Answer) -> Iterator[Piece]:
    """The text of an answer in pieces.

    Markers are placed by `answer_end`: the words of a document may look like one.
    """
    at = 0
    for citation in sorted(answer.citations, key=lambda citation: (citation.answer_end, citation.id)):
        marker = f" [{citation.id}]"
        if citation.answer_end < at:  # its sentence was shown with another citation
            if answer.text.startswith(marker, at):
                yield Piece(marker, cited=citation)
                at += len(marker)
            continue
        start, end = max(at, citation.answer_start), citation.answer_end
        yield Piece(answer.text[at:start])
        sentence = answer.text[start:end]
        marked = highlighted(citation, sentence)
        if marked is None:
            yield Piece(sentence)
        else:
            yield Piece(sentence[: marked.start])
            yield Piece(sentence[marked.start : marked.end], bold=True)
            yield Piece(sentence[marked.end :])
        yield Piece(marker, cited=citation)
        at = end + len(marker) if answer.text.startswith(marker, end) else end
    yield Piece(answer.text[at:])


def highlighted(citation: Citation, sentence: str) -> Span | None:
    """The place in `sentence` of the citation's highlight; None where the sentence does not say the quote's words.

    Said in one line and without marks of layout, words stand elsewhere than in the quote: they are the same occurrence
    of them, counted from the beginning.
    """
    if citation.highlight is None:
        return None
    start, end = (offset - citation.start for offset in citation.highlight)
    words = said(citation.quote[start:end])
    if not words:
        return None
    if sentence != said(citation.quote):  # a cell is said with the name of its column before it
        cell = Span(len(sentence) - len(words), len(sentence))
        return cell if sentence.endswith(f": {words}") else None
    place = -1
    for _ in range(said(citation.quote[:start]).count(words) + 1):
        place = sentence.find(words, place + 1)
        if place < 0:
            return None
    return Span(place, place + len(words))
