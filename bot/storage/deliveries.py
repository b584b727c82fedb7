"""Events on their way to reply URLs: which are to be sent when, and what came of it. Knows no HTTP, and no signatures.

The times are those of Standard Webhooks. An event has one id for all attempts, and its words never change.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from bot.storage.claims import Worker
from retrieval.errors import FootnoteError
from retrieval.net.url import read_address
from retrieval.store.database import reading, writing
from retrieval.store.tables import deliveries, is_over, now, webhook_questions

SCHEDULE: tuple[float, ...] = (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds before each attempt, after the one before it; there are no more attempts than these."""
JITTER = 0.1
"""The share by which a time of the schedule may be shorter or longer, so that what failed together comes apart."""
LONGEST_WAIT = 24 * 3600.0
"""The most seconds that a receiver can ask to be left alone."""
_BUSY = (429, 502, 503, 504)  # the answers with which it may ask

State = Literal["waiting", "delivered", "failed"]


class UnknownDeliveryError(FootnoteError):
    """There is no such delivery; the message is one line that says what to do."""


class Sending(NamedTuple):
    """A delivery that is claimed: to be sent now, under its id."""

    id: str
    asker: str
    url: str
    event: str
    attempts: int


class Delivery(NamedTuple):
    """A delivery as it is shown: of its address only the host. Times in seconds of Unix time."""

    id: str
    question: str
    """The webhook-id of the question."""
    asker: str
    host: str
    state: State
    attempts: int
    next_at: float | None
    last_status: int | None
    last_error: str | None
    created_at: float
    ended_at: float | None


class Deliveries:
    """The deliveries of one database; this process is `worker` among those that send them."""

    def __init__(
        self,
        engine: sa.Engine,
        worker: Worker,
        *,
        schedule: Sequence[float] = SCHEDULE,
        clock: Callable[[], float] = now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._engine, self._worker = engine, worker
        self._schedule, self._clock, self._chance = schedule, clock, chance

    def create(self, connection: sa.Connection, question_id: int, asker: str, url: str, event: str) -> str:
        """Have `event` sent to `url`, once the transaction of `connection` is through; its id."""
        identifier, at = f"msg_{secrets.token_hex(16)}", self._clock()
        row = {"id": identifier, "question_id": question_id, "asker": asker, "url": url, "event": event}
        state = {"state": "waiting", "attempts": 0, "next_at": at + self._delay(0), "created_at": at}
        connection.execute(sa.insert(deliveries).values(**row, **state))
        return identifier

    def due(self) -> bool:
        """Whether anything is to be sent now."""
        return self._worker.due(deliveries, self._waiting())

    def claim(self, besides: Sequence[str] = ()) -> Sending | None:
        """What is to be sent next, claimed; nothing of the askers `besides`.

        `delivered` or `not_delivered` must follow, and `let_go` however that ends.
        """
        wanted = sa.and_(self._waiting(), deliveries.c.asker.not_in(besides))
        row = self._worker.claim(deliveries, wanted)
        return None if row is None else Sending(row.id, row.asker, row.url, row.event, row.attempts)

    def let_go(self, sending: Sending) -> None:
        """Nobody here is sending it any more."""
        self._worker.let_go(sending.id)

    def delivered(self, sending: Sending, status: int) -> None:
        """The receiver has it."""
        self._attempted(sending, state="delivered", ended_at=self._clock(), last_status=status, last_error=None)

    def not_delivered(
        self, sending: Sending, why: str, *, status: int | None = None, wait: float | None = None, final: bool = False
    ) -> float | None:
        """An attempt has failed: the time of the next, None when there is none any more.

        `status` is that of HTTP, if one came back; `wait` the seconds that the receiver asked for, which count
        where the status says that it is busy; `final` when trying again is of no use.
        """
        said = {"last_status": status, "last_error": why}
        if final or sending.attempts + 1 >= len(self._schedule):
            self._attempted(sending, state="failed", ended_at=self._clock(), **said)
            return None
        asked = min(wait or 0.0, LONGEST_WAIT) if status in _BUSY else 0.0
        next_at = self._clock() + max(self._delay(sending.attempts + 1), asked)
        self._attempted(sending, next_at=next_at, **said)
        return next_at

    def _attempted(self, sending: Sending, **values: Any) -> None:
        with writing(self._engine) as connection:
            self._worker.settle(connection, deliveries, sending.id, attempts=sending.attempts + 1, **values)

    def entries(self) -> list[Delivery]:
        """All that is kept, the newest last."""
        columns = [deliveries.c[name] for name in Delivery._fields if name not in ("question", "host")]
        query = (
            sa.select(*columns, deliveries.c.url, webhook_questions.c.message_id.label("question"))
            .join(webhook_questions, webhook_questions.c.id == deliveries.c.question_id)
            .order_by(deliveries.c.created_at, deliveries.c.id)
        )
        with reading(self._engine) as connection:
            return [_shown(dict(row)) for row in connection.execute(query).mappings()]

    def retry(self, reference: str) -> str:
        """Have a delivery sent again at once, and anew on the whole schedule; `reference` is its id, or the beginning.

        Gives the id. Raises UnknownDeliveryError.
        """
        beginning = deliveries.c.id.startswith(reference, autoescape=True)
        with writing(self._engine) as connection:
            found = connection.execute(sa.select(deliveries.c.id).where(beginning).limit(2)).scalars().all()
            if len(found) != 1 or not reference:
                said = "Several deliveries begin" if len(found) > 1 else "There is no delivery that begins"
                raise UnknownDeliveryError(f"{said} with {reference!r}. `footnote deliveries list` lists them.")
            connection.execute(
                sa.update(deliveries)
                .where(deliveries.c.id == found[0])
                .values(state="waiting", attempts=0, next_at=self._clock(), ended_at=None)
            )
        return str(found[0])

    def _waiting(self) -> sa.ColumnElement[bool]:
        c = deliveries.c
        longest = [(c.attempts == attempt, pause * (1 + JITTER)) for attempt, pause in enumerate(self._schedule)]
        asked = (c.last_status.in_(_BUSY), max(LONGEST_WAIT, *self._schedule) * (1 + JITTER))
        delay = sa.case(longest[0], asked, *longest[1:], else_=0.0)
        return sa.and_(c.state == "waiting", is_over(c.next_at, self._clock(), delay))

    def _delay(self, attempt: int) -> float:
        return self._schedule[attempt] * (1 + JITTER * (2 * self._chance() - 1))


def _shown(row: dict[str, Any]) -> Delivery:
    if row["state"] != "waiting":
        row["next_at"] = None
    return Delivery(host=read_address(row.pop("url")).authority, **row)
