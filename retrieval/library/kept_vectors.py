"""The vectors of passages in SQL, in half precision: what an index that was lost is filled from.

They are rounded before the index gets them, too, so that a restored index says what the lost one said. Knows no index.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from retrieval.library.revisions import Revision
from retrieval.store.tables import insert, kept_vectors

_STORED = np.dtype("<f2")


def rounded(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vectors (n, dimensions) as they are read back."""
    back: NDArray[np.float32] = vectors.astype(_STORED).astype(np.float32)
    return back


def keep(
    connection: sa.Connection, revision: Revision, model: str, numbers: Sequence[int], vectors: NDArray[np.float32]
) -> None:
    """Keep what `model` made of the passages of a revision that have these numbers; in the place of what was kept."""
    adding = insert(connection, kept_vectors)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["document_id", "revision", "model", "number"], set_={"vector": adding.excluded.vector}
        ),
        [
            {
                "document_id": revision.document_id,
                "revision": revision.number,
                "model": model,
                "number": number,
                "vector": vector.astype(_STORED).tobytes(),
            }
            for number, vector in zip(numbers, vectors, strict=True)
        ],
    )


def kept(
    connection: sa.Connection, revision: Revision, model: str, numbers: Collection[int]
) -> dict[int, NDArray[np.float32]]:
    """What is kept of a revision's passages between the lowest and the highest of `numbers`: vectors (dimensions,)."""
    query = sa.select(kept_vectors.c.number, kept_vectors.c.vector).where(
        kept_vectors.c.document_id == revision.document_id,
        kept_vectors.c.revision == revision.number,
        kept_vectors.c.model == model,
        kept_vectors.c.number.between(min(numbers), max(numbers)),
    )
    return {number: np.frombuffer(data, _STORED).astype(np.float32) for number, data in connection.execute(query)}


def forget(connection: sa.Connection, model: str) -> None:
    """Delete what a model made that no longer serves."""
    connection.execute(sa.delete(kept_vectors).where(kept_vectors.c.model == model))
