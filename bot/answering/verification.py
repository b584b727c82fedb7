"""Nothing is said that is not borne out: every statement is checked against the words in the library.

The words of a quote are read again from the library, so that a text replaced in the meantime is never cited. A
statement that stands in its quote word for word needs no network; of any other the judge has to be sure enough. What
fails is dropped. Knows no way of finding or drafting.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote as percent_encoded

from bot.answering.draft import Draft, Quote
from bot.answering.support import ENOUGH, Judge
from bot.answering.table_cells import is_told
from bot.answers import Citation, CitedDocument, Status
from retrieval.ranked_passage import Origin
from retrieval.search import CONTEXT
from retrieval.types import Span, page_at

Words = Callable[[Origin, Span], str]
"""The words of a span of a document as the library holds them now; empty when the document or revision is gone."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The part of an Answer that came through: text with markers, citations by their place in it."""

    status: Status
    text: str
    citations: tuple[Citation, ...]
    unanswered: tuple[str, ...]
    confidence: float
    answered_by: str
    related: tuple[Citation, ...]


def verify(draft: Draft, words: Words, judge: Judge) -> Verified:
    """The draft without the statements that fail: "not_in_documents", and no text, when none is left."""
    standing = [statement for statement in draft.statements if statement.text and _stands(statement.quote, words)]
    # A cell that is said with the name of its column is borne out by the row as the row itself is.
    borne_out = [one.quote.words if is_told(one.text, one.quote) else one.text for one in standing]
    support = judge.support(borne_out, [one.quote.words for one in standing])
    kept = [(one, chance) for one, chance in zip(standing, support, strict=True) if chance >= ENOUGH]
    text, citations = "", []
    for number, (statement, chance) in enumerate(kept, 1):
        start = len(text) + (1 if text else 0)
        end = start + len(statement.text)
        text += f"{' ' if text else ''}{statement.text} [{number}]"
        citations.append(_citation(number, statement.quote, statement.highlight, start, end, chance))
    related = [one for one in draft.related if _stands(one.quote, words)]
    return Verified(
        status="answered" if kept else "not_in_documents",
        text=text,
        citations=tuple(citations),
        unanswered=draft.unanswered if kept else (),
        confidence=draft.confidence,
        answered_by=draft.answered_by,
        related=()
        if kept
        else tuple(_citation(n, one.quote, None, 0, 0, one.chance) for n, one in enumerate(related, 1)),
    )


def _stands(quote: Quote, words: Words) -> bool:
    return quote.words == words(quote.passage.origin, quote.span) != ""


def _citation(
    number: int, quote: Quote, highlight: Span | None, answer_start: int, answer_end: int, support: float
) -> Citation:
    passage, origin, span = quote.passage, quote.passage.origin, quote.span
    return Citation(
        id=number,
        document=CitedDocument(origin.id, origin.title, origin.source),
        start=span.start,
        end=span.end,
        quote=quote.words,
        prefix=passage.words(Span(max(0, span.start - CONTEXT), span.start)),
        suffix=passage.words(Span(span.end, span.end + CONTEXT)),
        highlight=None if highlight is None else (highlight.start, highlight.end),
        paragraph=quote.paragraph,
        page=page_at(origin.pages, span.start),
        url=_text_fragment(origin.url, quote.words),
        answer_start=answer_start,
        answer_end=answer_end,
        support=support,
        revision=origin.revision,
    )


def _text_fragment(url: str | None, words: str) -> str | None:
    """The address that scrolls a browser to the words (URL Fragment Text Directives): their first and last few."""
    if url is None:
        return None
    parts = words.split()
    pieces = [parts] if len(parts) <= 8 else [parts[:4], parts[-4:]]
    directive = ",".join(percent_encoded(" ".join(piece), safe="").replace("-", "%2D") for piece in pieces)
    return f"{url.partition('#')[0]}#:~:text={directive}"
