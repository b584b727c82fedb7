"""The vectors of the model of other languages, made when they are first needed, beside those that every library has.

Who asks and reads English only never makes any. How far a revision has come is kept in the database, so that what was
begun is gone on with, and what was lost or reindexed is made anew. Knows no question.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from retrieval.chunking.chunker import embedded_texts
from retrieval.index.vector_index import VectorIndex
from retrieval.library.kept_vectors import keep, kept, rounded
from retrieval.library.revisions import Revision, delete_vectors_later, is_ready, passages_of, stored
from retrieval.models.embedder import Embedder
from retrieval.store.database import reading, writing
from retrieval.store.state import VectorState, vector_state
from retrieval.store.tables import documents, insert, multilingual_vectors, revisions

_BATCH = 64  # passages embedded between two looks at the time


@dataclass(frozen=True, slots=True)
class _Begun:
    """A revision of which the first `passages` passages have their vectors."""

    revision: Revision
    passages: int


class MultilingualVectors:
    """Fills the multilingual space of a library's vectors."""

    def __init__(self, engine: sa.Engine, vectors: VectorIndex, embedder: Callable[[], Embedder]) -> None:
        """`vectors` are those of the space that `embedder` makes; it is called when it is first needed."""
        self._engine = engine
        self._vectors = vectors
        self._embedder = embedder

    def fill(self, owners: Collection[str], chosen: Collection[str] | None = None, seconds: float = math.inf) -> bool:
        """Make what the documents of `owners` (those of the ids `chosen` alone) lack; whether all are there.

        After so many seconds it stops, and goes on from there the next time.
        """
        until = time.monotonic() + seconds
        with reading(self._engine) as connection:
            state = vector_state(connection)
            lacking = _lacking(connection, state, owners, chosen)
        return all(self._make(begun, state, until) for begun in lacking)

    def _make(self, begun: _Begun, state: VectorState, until: float) -> bool:
        """Make the vectors that a revision lacks; whether it now has all."""
        revision = begun.revision
        with reading(self._engine) as connection:
            document, found = stored(connection, revision), passages_of(connection, revision)
        if document is None:
            return True
        embedded = embedded_texts(document, found)
        for first in range(begun.passages, len(found), _BATCH):
            if time.monotonic() > until:
                return False
            batch = found[first : first + _BATCH]
            numbers = [one.number for one in batch]
            with reading(self._engine) as connection:
                known = kept(connection, revision, self._embedder().name, numbers)
            texts = dict(zip(numbers, embedded[first : first + _BATCH], strict=True))
            new = {number: text for number, text in texts.items() if number not in known}
            made = dict(zip(new, rounded(self._embedder().encode(list(new.values()))), strict=True)) if new else {}
            known |= made
            rows = [(revision.owner, (revision.document_id, revision.number, number)) for number in numbers]
            self._vectors.upsert(rows, np.array([known[number] for number in numbers]), state.index)
            if not self._note(revision, state, first + len(batch), len(found), made):
                break
        return True

    def _note(
        self, revision: Revision, state: VectorState, passages: int, of: int, new: dict[int, NDArray[np.float32]]
    ) -> bool:
        """Note how far a revision has come, and keep what is new; False when it is gone, or the index, and its vectors
        are to go, too.
        """
        with writing(self._engine) as connection:
            present = vector_state(connection)
            if not is_ready(connection, revision):
                delete_vectors_later(connection, revision)
                return False
            if (present.index, present.losses) != (state.index, state.losses):
                return False
            if new:
                keep(connection, revision, self._embedder().name, list(new), np.array(list(new.values())))
            values = {"index": state.index, "losses": state.losses, "passages": passages, "whole": passages == of}
            connection.execute(
                insert(connection, multilingual_vectors)
                .values(document_id=revision.document_id, revision=revision.number, **values)
                .on_conflict_do_update(index_elements=["document_id", "revision"], set_=values)
            )
            return True


def _lacking(
    connection: sa.Connection, state: VectorState, owners: Collection[str], chosen: Collection[str] | None
) -> list[_Begun]:
    """The ready revisions that are not whole in the multilingual space of the serving index."""
    begun = multilingual_vectors
    same = begun.c.document_id == revisions.c.document_id, begun.c.revision == revisions.c.revision
    present = begun.c.index == state.index, begun.c.losses == state.losses
    done = sa.func.coalesce(begun.c.passages, 0)
    query = (
        sa.select(revisions.c.document_id, revisions.c.revision, documents.c.owner, done)
        .join(documents, documents.c.id == revisions.c.document_id)
        .outerjoin(begun, sa.and_(*same, *present))
        .where(documents.c.owner.in_(owners), revisions.c.state == "ready", begun.c.whole.isnot(True))
        .order_by(documents.c.created_at, documents.c.id)
    )
    if chosen is not None:
        query = query.where(documents.c.id.in_(chosen))
    return [_Begun(Revision(*names), passages) for *names, passages in connection.execute(query)]
