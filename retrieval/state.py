"""Small facts about the whole library, kept in the database by name: counters, and what was done once.

Knows no documents.
"""

from __future__ import annotations

import sqlalchemy as sa

from retrieval.database import library_state, reading, writing


class SqlGeneration:
    """The generation number of the vectors, kept in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def read(self) -> int:
        """The present number; 0 before the first write."""
        with reading(self._engine) as connection:
            return number_of(connection, "generation")

    def advance(self) -> int:
        """Raise the number by one and return it."""
        with writing(self._engine) as connection:
            value = number_of(connection, "generation") + 1
            set_state(connection, "generation", str(value))
        return value

    def lose(self) -> None:
        """Note that all vectors are gone; `Library.repair` makes them again."""
        with writing(self._engine) as connection:
            set_state(connection, "losses", str(number_of(connection, "losses") + 1))

    def lost(self) -> bool:
        """Whether vectors are gone that have not been made again."""
        with reading(self._engine) as connection:
            return awaits_repair(connection)


def awaits_repair(connection: sa.Connection) -> bool:
    """Whether a loss of vectors was noted after the last that was made good."""
    values = sa.select(library_state.c.name, library_state.c.value).where(
        library_state.c.name.in_(["losses", "recovered"])
    )
    counted = {name: int(value) for name, value in connection.execute(values)}
    return counted.get("losses", 0) != counted.get("recovered", 0)


def text_of(connection: sa.Connection, name: str) -> str | None:
    """The value called `name`; None when it was never set."""
    value = connection.scalar(sa.select(library_state.c.value).where(library_state.c.name == name))
    return None if value is None else str(value)


def number_of(connection: sa.Connection, name: str) -> int:
    """The counter called `name`; 0 when it was never set."""
    return int(text_of(connection, name) or 0)


def set_state(connection: sa.Connection, name: str, value: str) -> None:
    """Set the value called `name`."""
    from sqlalchemy.dialects.sqlite import insert

    connection.execute(
        insert(library_state)
        .values(name=name, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )
