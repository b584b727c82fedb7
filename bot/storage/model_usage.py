"""The tokens that a chat model has cost, by day (UTC), so that a bound holds over restarts and several processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa

from retrieval.store.database import reading, writing
from retrieval.store.tables import insert, model_usage, now


class Spent(NamedTuple):
    """Tokens that a model has read and written, in how many calls."""

    calls: int
    read: int
    written: int


class ModelUsage:
    """The usage in one database."""

    def __init__(self, engine: sa.Engine, most: int = 0, clock: Callable[[], float] = now) -> None:
        """`most` tokens a day may be used, 0: any number."""
        self._engine, self._most, self._clock = engine, most, clock

    def is_spent(self) -> bool:
        """Whether the tokens of the day are used up."""
        if not self._most:
            return False
        today = self.today()
        return today.read + today.written >= self._most

    def today(self) -> Spent:
        """What was used on this day."""
        columns = model_usage.c["calls", "read", "written"]
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(*columns).where(model_usage.c.day == self._day())).one_or_none()
        return Spent(0, 0, 0) if row is None else Spent(*row)

    def add(self, read: int, written: int) -> None:
        """Count the tokens of a call."""
        new = {"calls": 1, "read": read, "written": written}
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, model_usage)
                .values(day=self._day(), **new)
                .on_conflict_do_update(
                    index_elements=["day"], set_={name: model_usage.c[name] + value for name, value in new.items()}
                )
            )

    def _day(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
