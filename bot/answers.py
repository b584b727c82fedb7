"""Answer, Citation, Turn and the events of a turn: plain types, imported by every part and importing none.

Their JSON is fixed by `bot/answer.schema.json`. Offsets are Unicode code points, end exclusive.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

Status = Literal["answered", "not_in_documents", "clarify", "smalltalk"]
Tone = Literal["plain", "tentative"]
"""Whether an answer is said plainly, or begins with "This may be it:"."""


@dataclass(frozen=True, slots=True)
class CitedDocument:
    """The document that a citation opens."""

    id: str
    title: str
    source: str


@dataclass(frozen=True, slots=True)
class Citation:
    """One footnote: `quote` is exactly `document.text[start:end]`.

    `answer_start` to `answer_end` is the sentence of the answer that it bears out, its marker excluded; `highlight` the
    shortest part of the quote that answers (document offsets); `support` the probability that the quote bears the
    sentence out (of a translated one, also that it says the same, the lesser of both), and of the first of the
    `related` ones that it answers. `revision` is that of the document in which the offsets count;
    None in an answer of an earlier version of Footnote. `section` is the heading under which it stands, where the
    text has no pages and marks its headings.
    """

    id: int
    document: CitedDocument
    start: int
    end: int
    quote: str
    prefix: str
    suffix: str
    highlight: tuple[int, int] | None
    paragraph: int
    page: int | None
    url: str | None
    answer_start: int
    answer_end: int
    support: float
    revision: int | None = None
    section: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question, with its footnotes; `confidence` is the probability that the documents answer it.

    `choices` are the documents to choose from, where it is asked back which one is meant. `note` is a line on how it
    was made, where there is something to say of that; `tokens` those that a chat model has read ("in") and written
    ("out") for it.
    """

    status: Status
    text: str
    citations: tuple[Citation, ...]
    question: str
    standalone_question: str
    unanswered: tuple[str, ...] = ()
    conversation: str | None = None
    turn: int | None = None
    confidence: float = 0.0
    answered_by: str = "extractive"
    related: tuple[Citation, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    choices: tuple[CitedDocument, ...] = ()
    note: str = ""
    tokens: dict[str, int] = field(default_factory=dict)
    tone: Tone = "plain"

    @property
    def opened(self) -> tuple[Citation, ...]:
        """What its footnotes open: the citations, or on a refusal what came nearest."""
        return self.citations or self.related

    def to_json(self) -> dict[str, Any]:
        """The Answer as the JSON object that every interface gives out; choices, note and tokens only where there are
        some.
        """
        return {name: value for name, value in asdict(self).items() if value or name not in _SELDOM}


def answer_from_json(data: dict[str, Any]) -> Answer:
    """The Answer that `Answer.to_json` wrote."""
    return _reader().validate_python(data)


@cache
def _reader() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


_SELDOM = ("choices", "note", "tokens")


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question with what was answered, as far as it is known (all but the question may be empty).

    `choices` are the documents that were named to choose from.
    """

    question: str
    answer: str = ""
    quotes: tuple[Citation, ...] = ()
    choices: tuple[CitedDocument, ...] = ()


def exchange_of(answer: Answer) -> Exchange:
    """What was said in a turn, as those that follow it need it; where it was asked back, the question is still open."""
    asked = answer.standalone_question if answer.status == "clarify" else answer.question
    return Exchange(asked, answer.text, answer.citations, answer.choices)


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as an interface hands it over.

    `asker` is set by the interface and never by the request. With `conversation` the turn is remembered under that
    name; with `history` these exchanges are what was said, and nothing is looked up. `documents` (ids) narrows the
    search. `once` is the asker's own name for this very question: asked again under it in that conversation, it is not
    answered anew, and the answer that was given is given again. `language` is that of fixed words, one of `prompts`,
    where the question does not tell its own.
    """

    question: str
    asker: str
    conversation: str | None = None
    documents: tuple[str, ...] | None = None
    history: tuple[Exchange, ...] | None = None
    once: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Searching:
    """The stand-alone question is being looked up."""

    question: str


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that was found: its place, its words, and its scores (BM25 over the best one's, cosine, fused).

    `answer` is the probability that it answers the question by itself, and `highlight` where it most likely does
    (document offsets); both are None where it was not read.
    """

    document: CitedDocument
    start: int
    end: int
    text: str
    keyword: float
    similarity: float
    score: float
    answer: float | None = None
    highlight: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """The passages that the answer is made from, best first."""

    passages: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """The next piece of an answer that has passed verification."""

    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The finished answer: the last event of a turn."""

    answer: Answer


Event = Searching | Sources | Text | Answered


def plain(words: str) -> str:
    """Words as they are said: every run of white space is one space, so that line ends of the text do not show."""
    return " ".join(words.split())
