"""Asks the assistant the questions of a set, in a library of its documents. Knows no metric.

The documents are named by the set's ids throughout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.answers import Answer, Answered, Exchange, Source, Sources, Turn
from bot.bootstrap import Footnote
from bot.evaluation.dataset import Row
from retrieval.types import Document

ASKER = "local"


class Told(Protocol):
    """Called with a step, how much of it is done, and of how much."""

    def __call__(self, step: str, done: int, total: int, /) -> None:
        """Tell of it."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What one question got: the answer, the passages found, and whether the citations equal their slices."""

    row: Row
    answer: Answer
    retrieved: tuple[Source, ...]
    exact: bool


class Prediction:
    """A library that holds the documents of a set, and the ways in which its questions are asked.

    `mode` is `pooled` (all documents are searched) or `given` (each question's own); `history` how much of what was
    said is known: `full`, `user` (the user's turns) or `none`.
    """

    def __init__(self, bot: Footnote, rows: Sequence[Row], mode: str, history: str, progress: Told) -> None:
        self._bot = bot
        self._mode = mode
        self._history = history
        self._texts: dict[str, Document] = {document.source: document for row in rows for document in row.documents}
        self._ids: dict[str, str] = {}
        for number, document in enumerate(self._texts.values(), 1):
            self._ids[document.source] = bot.library.add(document).id
            progress("indexed", number, len(self._texts))

    def ask(self, rows: Sequence[Row], progress: Told) -> Iterator[Scored]:
        """What each question gets."""
        for number, row in enumerate(rows, 1):
            yield self._asked(row)
            progress("asked", number, len(rows))

    def _asked(self, row: Row) -> Scored:
        given = tuple(self._ids[document.source] for document in row.documents) if self._mode == "given" else None
        turn = Turn(row.question, ASKER, documents=given, history=_exchanges(row.history, self._history))
        retrieved: tuple[Source, ...] = ()
        for event in self._bot.assistant.ask(turn):
            if isinstance(event, Sources):
                retrieved = event.passages
            if isinstance(event, Answered):
                citations = (*event.answer.citations, *event.answer.related)
                exact = all(self._texts[c.document.source].text[c.start : c.end] == c.quote for c in citations)
                return Scored(row, event.answer, retrieved, exact)
        raise AssertionError("a turn ends with its answer")


def off_topic(others: Sequence[Row], rows: Sequence[Row], mode: str) -> list[Row]:
    """The answerable questions of another set as ones that the documents of this set do not answer.

    Those about a document, or under a title, of this set are left out. In `given` mode each is asked of the documents
    of one row of this set, in turn.
    """
    texts = {document.text for row in rows for document in row.documents}
    titles = {document.title for row in rows for document in row.documents if document.title}
    foreign = [
        row for row in others if row.answerable and not any(d.text in texts or d.title in titles for d in row.documents)
    ]
    return [
        replace(
            row,
            documents=rows[number % len(rows)].documents if mode == "given" else row.documents,
            answers=(),
            answerable=False,
            evidence=(),
        )
        for number, row in enumerate(foreign)
    ]


def _exchanges(turns: Sequence[tuple[str, str]], known: str) -> tuple[Exchange, ...]:
    exchanges: list[Exchange] = []
    for role, content in turns:
        if known == "none":
            break
        if role == "user":
            exchanges.append(Exchange(content))
        elif known == "full" and exchanges:
            exchanges[-1] = Exchange(exchanges[-1].question, content)
    return tuple(exchanges)


def line_of(scored: Scored) -> dict[str, Any]:
    """What a question got, as the JSON object that anyone can score anew."""
    answer = scored.answer
    return {
        "id": scored.row.id,
        "status": answer.status,
        "text": answer.text,
        "standalone_question": answer.standalone_question,
        "citations": [
            {
                "document": c.document.source,
                "start": c.start,
                "end": c.end,
                "quote": c.quote,
                "highlight": c.highlight,
                "support": c.support,
            }
            for c in answer.citations
        ],
        "retrieved": [
            {"document": p.document.source, "start": p.start, "end": p.end, "score": p.score} for p in scored.retrieved
        ],
        "confidence": answer.confidence,
        "timings_ms": answer.timings_ms,
    }
