"""Claims: rows that one of several processes on a database has claimed, for as long as it lives.

Rows are claimed in any table that has the columns `id`, `worker` and `next_at`; what they mean is not known here. A
process holds a lock that ends with it, so that nothing rests on clocks, nor on how busy it is. Who finishes a row must
still have claimed it: where PostgreSQL parts from a living process, one alone of two is heard.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout

from retrieval.store.database import reading, writing
from retrieval.store.permissions import make_private

_BITS = 60  # of a worker's number: PostgreSQL's locks are signed numbers of 64
_HELD = """
SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Worker:
    """This process, and the rows that its threads hold."""

    def __init__(self, engine: sa.Engine) -> None:
        self.id = str(secrets.randbits(_BITS))
        self._engine = engine
        life = _Session if engine.dialect.name == "postgresql" else _LockFile
        self._life: _Session | _LockFile = life(engine, self.id)
        # Twice for a row that a second thread has claimed before the first, which has settled it, lets go of it.
        self._held: list[int | str] = []

    @property
    def busy(self) -> bool:
        """Whether it holds a row."""
        return bool(self._held)

    def due(self, table: sa.Table, wanted: sa.ColumnElement[bool]) -> bool:
        """Whether any of the rows that are `wanted` can be claimed."""
        with reading(self._engine) as connection:
            return connection.execute(self._free(connection, table, wanted)).first() is not None

    def claim(self, table: sa.Table, wanted: sa.ColumnElement[bool]) -> Any | None:
        """The free row that is due first among those `wanted`, claimed; None when there is none.

        It is held until `let_go`, which must follow.
        """
        if not self.due(table, wanted):  # a look costs nothing, a transaction that writes keeps all others waiting
            return None
        self._life.hold()
        key = None
        try:
            with writing(self._engine) as connection:
                row = connection.execute(self._free(connection, table, wanted)).first()
                if row is None:
                    return None
                self._held.append(key := row.id)
                connection.execute(sa.update(table).where(table.c.id == key).values(worker=self.id))
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

    def close(self) -> None:
        """End as far as others can tell: the rows that it still holds are free."""
        self._life.close()

    def _free(self, connection: sa.Connection, table: sa.Table, wanted: sa.ColumnElement[bool]) -> sa.Select[Any]:
        """The row to claim first: claimed by nobody, by a dead process, or by this one though no thread holds it, since
        the database was away when it was to be let go of.

        Who lives is asked within the transaction: whoever has claimed a row that it sees had its lock before.
        """
        alive = self._life.others(connection)
        held = [key for key in list(self._held) if isinstance(key, table.c.id.type.python_type)]
        dead = sa.and_(table.c.worker != self.id, table.c.worker.not_in(alive))
        forgotten = sa.and_(table.c.worker == self.id, table.c.id.not_in(held))
        free = sa.or_(table.c.worker.is_(None), dead, forgotten)
        return sa.select(table).where(wanted, free).order_by(table.c.next_at, table.c.id).limit(1)


class _LockFile:
    """The life of a process on a file of SQLite: a locked file in a folder beside it."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self._folder = Path(str(engine.url.database)).with_suffix(".workers")
        # Any thread may be the first to need it, and all share it.
        self._lock = FileLock(self._folder / name, mode=0o600, thread_local=False)
        self._guard = Lock()

    def hold(self) -> None:
        """Live, from now on."""
        with self._guard:
            if not self._lock.is_locked:
                make_private(self._folder)
                self._lock.acquire()

    def close(self) -> None:
        """Live no longer."""
        with self._guard:
            self._lock.release()

    def others(self, _connection: sa.Connection) -> list[str]:
        """The names of the other processes that live. The files of those that do not are cleared away."""
        living = []
        for file in self._folder.glob("*"):
            if str(file) != self._lock.lock_file:
                try:
                    with FileLock(file, timeout=0):
                        file.unlink(missing_ok=True)
                except Timeout:
                    living.append(file.name)
        return living


class _Session:
    """The life of a process on PostgreSQL: a connection of its own that holds an advisory lock."""

    def __init__(self, engine: sa.Engine, name: str) -> None:
        self._engine, self._name = engine, name
        self._connection: sa.Connection | None = None
        self._guard = Lock()

    def hold(self) -> None:
        """Live, from now on; anew where the server has ended the connection."""
        with self._guard:
            try:
                if self._connection is not None:
                    self._connection.execute(sa.select(1))
                    return
            except sa.exc.DBAPIError:
                self._end()
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._connection.execute(sa.select(sa.func.pg_advisory_lock(int(self._name))))

    def close(self) -> None:
        """Live no longer."""
        with self._guard:
            self._end()

    def others(self, connection: sa.Connection) -> list[str]:
        """The names of the other processes that live, and of whoever else holds such a lock."""
        held = connection.execute(sa.text(_HELD)).scalars()
        return [name for name in map(str, held) if name != self._name]

    def _end(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()  # closed, not given back with its lock
            self._connection.close()
            self._connection = None
