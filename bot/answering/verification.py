"""Nothing is said that is not borne out: every statement is checked against the words in the library.

The words of a quote are read again from the library, so that a text replaced in the meantime is never cited. A
statement that stands in its quote word for word needs no network; of any other the judge has to be sure enough. What
fails is dropped. That what is said in place of a statement says the same was checked where it was made. Knows no way of
finding or drafting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote as percent_encoded

from bot.answering.draft import Draft, Quote, Statement
from bot.answering.support import ENOUGH, Judge
from bot.answering.table_cells import is_told
from bot.answers import Citation, CitedDocument, Status, Tone, plain
from retrieval.chunking.markup import is_listed, marked_level
from retrieval.ranked_passage import Origin
from retrieval.search import CONTEXT
from retrieval.types import Span, page_at

Words = Callable[[Origin, Span], str]
"""The words of a span of a document as the library holds them now; empty when the document or revision is gone."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of an answer's text that came through: a sentence with its markers, and how sure the answer is."""

    text: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Verified:
    """The part of an Answer that came through: text with markers, citations by their place in it.

    `away` and `tokens` are the draft's; `unchecked` are translations of what is said that may be wrong.
    """

    status: Status
    text: str
    citations: tuple[Citation, ...]
    unanswered: tuple[str, ...]
    confidence: float
    answered_by: str
    related: tuple[Citation, ...]
    tone: Tone = "plain"
    away: bool = False
    tokens: tuple[int, int] = (0, 0)
    unchecked: tuple[str, ...] = ()


class Verification:
    """Checks the statements of one draft, in their order; what was said once stays said."""

    def __init__(self, words: Words, judge: Judge, titled: bool = False) -> None:
        """`titled`: whether the title of its document stands before each quote, on a line of its own."""
        self._words, self._judge, self._titled = words, judge, titled
        self._checked: list[Statement] = []
        self._text = ""
        self._citations: list[Citation] = []
        self._unchecked: list[str] = []
        self._listed = False  # whether the last statement is an item or a row
        self._tone: Tone = "plain"  # that of the first statement: it is told before the others are there

    def say(self, statement: Statement) -> Iterator[Said]:
        """The next statement as it may be said, if it may; nothing where it was checked before."""
        if statement in self._checked:
            return
        self._checked.append(statement)
        if not statement.text or not all(_stands(quote, self._words) for quote in statement.quotes):
            return
        # A cell that is said with the name of its column is borne out by the row as the row itself is.
        borne_out = statement.evidence if is_told(statement.text, statement.quote) else statement.text
        (chance,) = self._judge.support([borne_out], [statement.evidence])
        said, alike = statement.restated or (statement.text, 1.0)
        chance = min(chance, alike)
        if chance < ENOUGH:
            return
        before = self._text
        if not before and not statement.sure:
            self._tone = "tentative"
        words = statement.quote.words
        title = self._title(statement)
        listed = (is_listed(words) or marked_level(words) is not None) and statement.text == statement.quote.said
        parted = "\n" if listed or self._listed or title else " "
        self._listed = listed
        self._unchecked += [statement.unchecked] if statement.unchecked else []
        self._text += f"{parted if before else ''}{title}{said}"
        end = len(self._text)
        start = end - len(said)
        for quote in statement.quotes:
            number = len(self._citations) + 1
            self._text += f" [{number}]"
            highlight = statement.highlight if quote is statement.quote else None
            self._citations.append(_citation(number, quote, highlight, start, end, chance))
        yield Said(self._text[len(before) :], self._tone)

    def _title(self, statement: Statement) -> str:
        """The title of the document, where another was quoted before."""
        origin = statement.quote.passage.origin
        if not self._titled or (self._citations and self._citations[-1].document.id == origin.id):
            return ""
        return f"{plain(origin.title)}: "

    def result(self, draft: Draft) -> Verified:
        """What came through of a draft whose statements have all been checked."""
        said = bool(self._citations)
        related = [] if said else [one for one in draft.related if _stands(one.quote, self._words)]
        return Verified(
            status="answered" if said else "not_in_documents",
            text=self._text,
            citations=tuple(self._citations),
            unanswered=draft.unanswered if said else (),
            confidence=draft.confidence,
            answered_by=draft.answered_by,
            related=tuple(_citation(n, one.quote, None, 0, 0, one.chance) for n, one in enumerate(related, 1)),
            tone=self._tone,
            away=draft.away,
            tokens=draft.tokens,
            unchecked=tuple(self._unchecked),
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
