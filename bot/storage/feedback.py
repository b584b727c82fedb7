"""What people thought of answers, with the answers: for those who run Footnote, and for each asker its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from bot.answers import Answer, answer_from_json
from retrieval.store.database import reading
from retrieval.store.tables import conversations, feedback, turns


@dataclass(frozen=True, slots=True)
class Rated:
    """An answer and what `asker` thought of it, in which conversation and turn; `given_at` is Unix time."""

    asker: str
    conversation: str
    turn: int
    helpful: bool
    comment: str | None
    given_at: float
    answer: Answer


class Feedback:
    """The feedback in one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def given(self, asker: str | None = None, after: str | None = None, limit: int | None = None) -> list[Rated]:
        """What was given by `asker` (None: by all), in the order of conversations and turns.

        `after` is the cursor of the last one of the page before. Raises ValueError when it is none.
        """
        query = (
            sa.select(
                conversations.c.asker,
                conversations.c.name,
                *feedback.c["turn", "helpful", "comment", "given_at"],
                turns.c.answer,
            )
            .join_from(feedback, conversations, conversations.c.id == feedback.c.conversation_id)
            .join(
                turns,
                (turns.c.conversation_id == feedback.c.conversation_id) & (turns.c.number == feedback.c.turn),
            )
            .order_by(conversations.c.asker, conversations.c.name, feedback.c.turn)
            .limit(limit)
        )
        if asker is not None:
            query = query.where(conversations.c.asker == asker)
        if after is not None:
            turn, _, name = after.partition(".")
            if not (turn.isascii() and turn.isdecimal() and len(turn) < 10):
                raise ValueError(after)
            place = sa.tuple_(conversations.c.name, feedback.c.turn)
            query = query.where(place > sa.tuple_(sa.literal(name), sa.literal(int(turn))))
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [
            Rated(row.asker, row.name, row.turn, row.helpful, row.comment, row.given_at, answer_from_json(row.answer))
            for row in rows
        ]


def cursor(rated: Rated) -> str:
    """Where the page after this one begins."""
    return f"{rated.turn}.{rated.conversation}"


def rows_of(rated: list[Rated], texts: dict[str, tuple[str, str]]) -> Iterator[dict[str, object]]:
    """The rows of a question set made of feedback; `texts` are title and text by document id.

    What helped stands with its quotes as evidence; of the rest, what was wrong is told in `meta` and the answer is to
    be written by hand. What was answered from a text that is gone is left out.
    """
    for number, one in enumerate(rated, 1):
        answer = one.answer
        cited = [citation for citation in (*answer.citations, *answer.related) if citation.document.id in texts]
        named = dict.fromkeys(citation.document.id for citation in cited)
        if not named:
            continue
        helped = one.helpful and answer.status == "answered"
        evidence = [
            {"document": citation.document.id, "start": citation.start, "end": citation.end}
            for citation in answer.citations
            if helped and texts.get(citation.document.id, ("", ""))[1][citation.start : citation.end] == citation.quote
        ]
        yield {
            "id": f"feedback-{number}",
            "documents": [{"id": name, "title": texts[name][0], "text": texts[name][1]} for name in named],
            "history": [],
            "question": answer.standalone_question or answer.question,
            "answers": [citation.quote for citation in answer.citations] if helped else [],
            "answerable": answer.status == "answered" if one.helpful else answer.status != "answered",
            "evidence": evidence,
            "meta": {"helpful": one.helpful, "comment": one.comment, "said": answer.text},
        }
