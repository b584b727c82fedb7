"""Small facts about the whole library, kept in the database by name: counters, and what was done once."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from retrieval.store.database import reading, writing
from retrieval.store.tables import insert, library_state

_NUMBERS = ("index", "generation", "losses", "recovered")
# Built once: a question asks for it several times.
_VECTOR_STATE = sa.select(library_state.c.name, library_state.c.value).where(
    library_state.c.name.in_(["library", "embedding", *_NUMBERS])
)


@dataclass(frozen=True, slots=True)
class VectorState:
    """What all processes know of the vectors.

    `library` tells this library from others on one Chroma server; `index` is the number of the index that serves, made
    by the model called `embedding` (None before the first document). Every write of vectors raises `generation`, every
    loss of all of them `losses`, and what makes them again sets `recovered`.
    """

    library: str
    index: int
    embedding: str | None
    generation: int
    losses: int
    recovered: int

    @property
    def lost(self) -> bool:
        """Whether vectors are gone that have not been made again."""
        return self.losses != self.recovered


class SharedState:
    """The state of the vectors in the database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def read(self) -> VectorState:
        """The present state."""
        with reading(self._engine) as connection:
            return vector_state(connection)

    def advance(self) -> int:
        """Raise the generation by one and return it."""
        return self._raise("generation")

    def lose(self) -> None:
        """Note that all vectors are gone; `Library.repair` makes them again."""
        self._raise("losses")

    def _raise(self, name: str) -> int:
        with writing(self._engine) as connection:
            value = number_of(connection, name) + 1
            set_state(connection, name, str(value))
        return value


def vector_state(connection: sa.Connection) -> VectorState:
    """The state of the vectors as one transaction sees it."""
    values: dict[str, str] = {row.name: row.value for row in connection.execute(_VECTOR_STATE)}
    index, generation, losses, recovered = (int(values.get(name, 0)) for name in _NUMBERS)
    return VectorState(values["library"], index, values.get("embedding"), generation, losses, recovered)


def text_of(connection: sa.Connection, name: str) -> str | None:
    """The value called `name`; None when it was never set."""
    value = connection.scalar(sa.select(library_state.c.value).where(library_state.c.name == name))
    return None if value is None else str(value)


def number_of(connection: sa.Connection, name: str) -> int:
    """The counter called `name`; 0 when it was never set."""
    return int(text_of(connection, name) or 0)


def set_state(connection: sa.Connection, name: str, value: str | None) -> None:
    """Set the value called `name`; None unsets it."""
    if value is None:
        connection.execute(sa.delete(library_state).where(library_state.c.name == name))
        return
    connection.execute(
        insert(connection, library_state)
        .values(name=name, value=value)
        .on_conflict_do_update(index_elements=["name"], set_={"value": value})
    )
