"""What passes between the steps of an answer: the query, what was found for it, and a draft not yet verified."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import NamedTuple

from bot.answers import Exchange
from retrieval.chunking.markup import said
from retrieval.query import Section
from retrieval.ranked_passage import RankedPassage
from retrieval.types import Span


@dataclass(frozen=True, slots=True)
class Query:
    """A question on its way through the chain.

    `context` are earlier questions that it leans on, `before` what was said as `StandAlone` has it; `seen` are the
    places (document id, span) that were quoted before and are not wanted again ("what else …?"); `documents` (ids) and
    `section` narrow the search, and where they are asked one by one (`each`), what each says is set side by side;
    `whole` is the document to be summarised, if one is, or of which what is `stated` is quoted: of each group of places
    the first that can be. Quotes that are chosen match `holding`, where that is a pattern; `language` is that of the
    answer (ISO 639-1), "" where the question does not tell it; `said` are the last exchanges of the conversation;
    `otherwise` is noted where nothing answers.
    `ended` is set when nobody waits for the answer any more.
    """

    question: str
    asker: str
    context: str = ""
    seen: tuple[tuple[str, Span], ...] = ()
    documents: tuple[str, ...] | None = None
    each: bool = False
    whole: str | None = None
    stated: tuple[tuple[Span, ...], ...] = ()
    holding: re.Pattern[str] | None = None
    before: tuple[str, ...] = ()
    section: Section | None = None
    otherwise: str = ""
    language: str = ""
    said: tuple[Exchange, ...] = ()
    ended: Event = field(default_factory=Event, compare=False, repr=False)

    @property
    def standalone(self) -> str:
        """The question with what it leans on before it."""
        return f"{self.context} {self.question}".strip()


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found for one question: passages, best first, of how many (`searched`); how much each word tells.

    `document` is the title of the document that was asked by itself, "" where all were asked together.
    """

    question: str
    passages: tuple[RankedPassage, ...]
    weights: Mapping[str, float]
    searched: int
    document: str = ""

    @property
    def asked(self) -> str:
        """What was asked, in what an answer leaves out: the document, or the question."""
        return self.document or self.question


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence of a passage; `lead` are words before it that say what it is about (a heading, a question).

    `columns` is the row that names the columns of the table that it is a row of, as far as one does.
    """

    passage: RankedPassage
    span: Span
    paragraph: int
    lead: str = ""
    columns: str = ""

    @property
    def words(self) -> str:
        """The exact words."""
        return self.passage.words(self.span)

    @property
    def said(self) -> str:
        """The words as they are said: in one line, without marks that only lay them out."""
        return said(self.words)


class Restated(NamedTuple):
    """What is said in the place of a sentence (a translation, what was computed), and the probability that it holds."""

    text: str
    support: float


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of a draft with the quote that is to bear it out; `highlight` is a span inside the quote.

    `further` are other quotes that it takes, too; `restated` is what is said in the place of `text`,
    `unchecked` a translation that may be wrong. `sure`: whether it is said plainly.
    """

    text: str
    quote: Quote
    highlight: Span | None = None
    further: tuple[Quote, ...] = ()
    restated: Restated | None = None
    unchecked: str = ""
    sure: bool = True

    @property
    def quotes(self) -> tuple[Quote, ...]:
        """All quotes."""
        return (self.quote, *self.further)

    @property
    def evidence(self) -> str:
        """The words that bear it out."""
        return " ".join(quote.words for quote in self.quotes)


class Related(NamedTuple):
    """A quote that came near, and how likely it is that it answers: 0 where nobody has judged it by itself."""

    quote: Quote
    chance: float = 0.0


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before verification; `answered_by` names who drafted it.

    `away`: a chat model was to draft it, and did not answer, or not all. `tokens` are those that one has read and
    written for it.
    """

    statements: tuple[Statement, ...]
    confidence: float
    answered_by: str
    unanswered: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    away: bool = False
    tokens: tuple[int, int] = (0, 0)
