"""Requests that were sent under a name of their own (an `Idempotency-Key`), with what they were answered, for a day."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa

from retrieval.store.database import writing
from retrieval.store.tables import insert, named_requests, now

_KEPT = 86_400.0  # seconds
_GIVEN_UP = 900.0  # seconds after which a request without an answer is thought to have died

Held = Literal["new", "running", "other"]
"""What a name is: free until now, of a request that is being answered, or of one with another body."""


class NamedRequests:
    """The named requests of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def begin(self, asker: str, name: str, body_hash: str) -> Held | dict[str, Any]:
        """Take a name for a request with that body; the answer, where such a one was answered before."""
        table, at = named_requests.c, now()
        with writing(self._engine) as connection:
            old = (table.began_at < at - _KEPT) | (table.answer.is_(None) & (table.began_at < at - _GIVEN_UP))
            connection.execute(sa.delete(named_requests).where(old))
            taken = connection.execute(
                insert(connection, named_requests)
                .values(asker=asker, name=name, body_hash=body_hash, began_at=at, answer=None)
                .on_conflict_do_nothing()
                .returning(table.name)
            ).scalar()
            if taken is not None:
                return "new"
            mine = (table.asker == asker) & (table.name == name)
            row = connection.execute(sa.select(table.body_hash, table.answer).where(mine)).one()
        if row.body_hash != body_hash:
            return "other"
        return "running" if row.answer is None else dict(row.answer)

    def end(self, asker: str, name: str, answer: dict[str, Any] | None) -> None:
        """Keep the answer of a request; None lets go of its name, so that it may be sent again."""
        mine = (named_requests.c.asker == asker) & (named_requests.c.name == name)
        with writing(self._engine) as connection:
            if answer is None:
                connection.execute(sa.delete(named_requests).where(mine))
            else:
                connection.execute(sa.update(named_requests).where(mine).values(answer=answer))
