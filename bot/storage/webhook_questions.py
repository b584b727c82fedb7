"""Questions that came by webhook: each is kept before it is taken, and answered once. Knows no HTTP, and no answers.

A question is told by its asker and the id that the sender gave it. What is sent back is kept byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot.storage.claims import Worker
from bot.storage.deliveries import Deliveries
from retrieval.store.database import reading, writing
from retrieval.store.tables import deliveries, insert, is_over, now, webhook_questions

KEPT = 30 * 24 * 3600.0
"""Seconds for which a question is kept after its answer, and an answer after its delivery."""
_PAUSES = (*(2.0**tries for tries in range(12)), 3600.0)  # seconds after each try at answering; the last for all others


class Stored(NamedTuple):
    """A question as it is kept; `event` is None until it is answered. `data` is what the sender wrote."""

    id: int
    asker: str
    message_id: str
    body_hash: str
    data: Mapping[str, Any]
    reply_url: str | None
    event: str | None
    tries: int
    asked_at: float


class WebhookQuestions:
    """The questions of one database; this process is `worker` among those that answer them."""

    def __init__(
        self, engine: sa.Engine, worker: Worker, deliveries: Deliveries, *, clock: Callable[[], float] = now
    ) -> None:
        self._engine, self._worker, self._deliveries, self._clock = engine, worker, deliveries, clock

    def find(self, asker: str, message_id: str) -> Stored | None:
        """The question that `asker` sent under this id, if there is one."""
        with reading(self._engine) as connection:
            return _stored(connection.execute(_of(asker, message_id)).first())

    def store(
        self, asker: str, message_id: str, body_hash: str, data: Mapping[str, Any], reply_url: str | None
    ) -> Stored:
        """Keep a question; where one is kept under its id already, that one stays, and is given."""
        row = {"asker": asker, "message_id": message_id, "body_hash": body_hash, "data": data, "reply_url": reply_url}
        state = {"state": "asked", "tries": 0, "next_at": self._clock(), "asked_at": self._clock()}
        with writing(self._engine) as connection:
            new = insert(connection, webhook_questions).values(**row, **state)
            connection.execute(new.on_conflict_do_nothing(index_elements=["asker", "message_id"]))
            kept = _stored(connection.execute(_of(asker, message_id)).first())
        assert kept is not None
        return kept

    def due(self) -> bool:
        """Whether any is to be answered now of those whose answer is to be sent."""
        return self._worker.due(webhook_questions, self._to_be_sent())

    def claim(self, one: int | None = None) -> Stored | None:
        """What is to be answered next of those whose answer is to be sent, claimed; or `one` that is waited for.

        `answered` or `not_answered` must follow, and `let_go` however that ends.
        """
        c = webhook_questions.c
        wanted = self._to_be_sent() if one is None else sa.and_(c.id == one, c.state == "asked")
        return _stored(self._worker.claim(webhook_questions, wanted))

    def let_go(self, question: Stored) -> None:
        """Nobody here is answering it any more."""
        self._worker.let_go(question.id)

    def answered(self, question: Stored, event: str) -> tuple[bool, str | None]:
        """Keep the answer to a question that is claimed, and have it sent if it is to be, in one transaction.

        Gives whether it counts (False when another process has taken the question over), and the id of the delivery.
        """
        with writing(self._engine) as connection:
            values = {"state": "answered", "event": event, "answered_at": self._clock()}
            if not self._worker.settle(connection, webhook_questions, question.id, **values):
                return False, None
            if question.reply_url is None:
                return True, None
            return True, self._deliveries.create(connection, question.id, question.asker, question.reply_url, event)

    def not_answered(self, question: Stored) -> float:
        """Have a question that is claimed tried again, later each time; the seconds until then."""
        pause = _PAUSES[min(question.tries, len(_PAUSES) - 1)]
        with writing(self._engine) as connection:
            values = {"tries": question.tries + 1, "next_at": self._clock() + pause}
            self._worker.settle(connection, webhook_questions, question.id, **values)
        return pause

    def prune(self) -> int:
        """Delete what has been over for long, with its deliveries; how many questions."""
        c, before = webhook_questions.c, self._clock() - KEPT
        over = sa.or_(c.state == "answered", c.reply_url.is_(None))
        unsent = sa.exists().where(
            deliveries.c.question_id == c.id, sa.or_(deliveries.c.state == "waiting", deliveries.c.ended_at >= before)
        )
        old = sa.func.coalesce(c.answered_at, c.asked_at) < before
        with writing(self._engine) as connection:
            return connection.execute(sa.delete(webhook_questions).where(over, old, ~unsent)).rowcount

    def _to_be_sent(self) -> sa.ColumnElement[bool]:
        c = webhook_questions.c
        pause = sa.case({0: 0.0} | dict(enumerate(_PAUSES, 1)), value=c.tries, else_=_PAUSES[-1])
        return sa.and_(c.state == "asked", c.reply_url.is_not(None), is_over(c.next_at, self._clock(), pause))


def _of(asker: str, message_id: str) -> sa.Select[Any]:
    c = webhook_questions.c
    return sa.select(webhook_questions).where(c.asker == asker, c.message_id == message_id)


def _stored(row: Any) -> Stored | None:
    return None if row is None else Stored(*(getattr(row, name) for name in Stored._fields))
