"""Leases: rows that one of several processes on a database has claimed, for as long as it sends heartbeats.

Rows are claimed in any table that has the columns `id`, `worker` and `next_at`; what they mean is not known here.
Nothing rests on equal clocks, or on one that is never set back: who finishes a row must still have claimed it, so that
of two who took each other for dead one alone is heard.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from retrieval.store.database import reading, writing
from retrieval.store.tables import insert, is_over, now, workers

LEASE = 6.0
"""Seconds after its last heartbeat at which a process counts as dead, and its rows as free."""
BEAT = 2.0
"""Seconds between the heartbeats of a process that holds a row."""


class Worker:
    """This process, and the rows that its threads hold."""

    def __init__(self, engine: sa.Engine, *, lease: float = LEASE, clock: Callable[[], float] = now) -> None:
        self.id = secrets.token_hex(16)
        self._engine, self._lease, self._clock = engine, lease, clock
        # Twice for a row that a second thread has claimed before the first, which has settled it, lets go of it.
        self._held: list[int | str] = []

    @property
    def busy(self) -> bool:
        """Whether it holds a row, and has to send heartbeats."""
        return bool(self._held)

    def due(self, table: sa.Table, wanted: sa.ColumnElement[bool]) -> bool:
        """Whether any of the rows that are `wanted` can be claimed."""
        with reading(self._engine) as connection:
            return connection.execute(self._free(table, wanted)).first() is not None

    def claim(self, table: sa.Table, wanted: sa.ColumnElement[bool]) -> Any | None:
        """The free row that is due first among those `wanted`, claimed; None when there is none.

        It is held until `let_go`, which must follow.
        """
        if not self.due(table, wanted):  # a look costs nothing, a transaction that writes keeps all others waiting
            return None
        key = None
        try:
            with writing(self._engine) as connection:
                row = connection.execute(self._free(table, wanted)).first()
                if row is None:
                    return None
                self._held.append(key := row.id)
                connection.execute(sa.update(table).where(table.c.id == key).values(worker=self.id))
                self._beat(connection)
        except BaseException:
            if key is not None:
                self._held.remove(key)
            raise
        return row

    def settle(self, connection: sa.Connection, table: sa.Table, key: int | str, **values: Any) -> bool:
        """Write `values` to a row that is claimed, and claim it no longer; False when another process has it now."""
        done = connection.execute(
            sa.update(table).where(table.c.id == key, table.c.worker == self.id).values(worker=None, **values)
        )
        return done.rowcount == 1

    def let_go(self, key: int | str) -> None:
        """Release a row: no thread works on it any more, whether it could be settled or not."""
        self._held.remove(key)

    def beat(self) -> None:
        """Send a heartbeat."""
        with writing(self._engine) as connection:
            self._beat(connection)

    def _free(self, table: sa.Table, wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """The row to claim first: claimed by nobody, by a dead process, or by this one though no thread holds it, since
        the database was away when it was to be let go of.
        """
        alive = sa.select(workers.c.id).where(~is_over(workers.c.alive_until, self._clock(), self._lease))
        held = [key for key in list(self._held) if isinstance(key, table.c.id.type.python_type)]
        dead = sa.and_(table.c.worker != self.id, table.c.worker.not_in(alive))
        forgotten = sa.and_(table.c.worker == self.id, table.c.id.not_in(held))
        free = sa.or_(table.c.worker.is_(None), dead, forgotten)
        return sa.select(table).where(wanted, free).order_by(table.c.next_at, table.c.id).limit(1)

    def _beat(self, connection: sa.Connection) -> None:
        at = self._clock()
        connection.execute(sa.delete(workers).where(is_over(workers.c.alive_until, at - self._lease, 2 * self._lease)))
        connection.execute(
            insert(connection, workers)
            .values(id=self.id, alive_until=at + self._lease)
            .on_conflict_do_update(index_elements=["id"], set_={"alive_until": at + self._lease})
        )
