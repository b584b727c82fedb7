"""Vectors of passages in Chroma, wherever it is.

Knows neither texts nor who may ask; it is told which owners to look among. An id is (document, revision, passage), so a
vector of a replaced revision can always be told from a living one. An index is a pair of collections, for what is
shared and for what is private; a new one may be made beside the one that serves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retrieval.catalogue import SHARED
from retrieval.chroma import Home, VectorIndexError, collection_name, existing, held, index_of, prefix
from retrieval.state import SharedState, VectorState

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection as ChromaCollection

__all__ = ["Key", "Row", "VectorHit", "VectorIndex", "VectorIndexError"]

_BATCH = 5000  # Chroma takes at most 5,461 rows at once
# Wide enough that approximate search finds what exact search finds; a test measures it. What was written since the last
# synchronisation goes into the graph again whenever the folder is opened, so that is kept small.
_HNSW: Any = {
    "hnsw": {
        "space": "cosine",
        "ef_construction": 200,
        "ef_search": 400,
        "batch_size": 100,
        "sync_threshold": 200,
    }
}

Key = tuple[str, int, int]
"""What names a passage in every index: document id, revision, number."""

Row = tuple[str, Key]
"""A passage's owner and key."""


@dataclass(frozen=True, slots=True)
class VectorHit:
    """A passage and the cosine of its vector with the question's."""

    key: Key
    similarity: float


class VectorIndex:
    """The vectors of one library in `home`.

    `embedding` gives the name and the size that its vectors must have, when first needed. Every method raises
    VectorIndexError when the home cannot be used or holds another model's vectors.
    """

    def __init__(self, home: Home, embedding: Callable[[], tuple[str, int]], state: SharedState) -> None:
        self._home = home
        self._embedding = embedding
        self._state = state

    def upsert(self, rows: Sequence[Row], vectors: NDArray[np.float32], index: int | None = None) -> None:
        """Write the vectors (n, dimensions) of n passages, into the index that serves or the one that is named."""
        state = self._state.read()
        if index in (None, state.index):
            self._check(state.embedding)
        sorted_out: dict[str, list[int]] = {}
        for at, (owner, _) in enumerate(rows):
            sorted_out.setdefault(collection_name(state, owner, index), []).append(at)

        def write(client: Client) -> None:
            if index is not None and index < self._state.read().index:
                return  # it no longer serves and is being dropped: nobody will read it
            for name, places in sorted_out.items():
                collection = client.get_or_create_collection(
                    name, embedding_function=None, configuration=_HNSW, metadata=self._identity()
                )
                self._check_collection(collection)
                for first in range(0, len(places), _BATCH):
                    some = places[first : first + _BATCH]
                    collection.upsert(
                        ids=[_id(*rows[at][1]) for at in some],
                        embeddings=vectors[some],
                        metadatas=[
                            {"owner": owner, "document": document_id, "revision": revision}
                            for owner, (document_id, revision, _) in (rows[at] for at in some)
                        ],
                    )

        self._home.write(write)

    def delete(self, owner: str, document_id: str, revision: int) -> None:
        """Delete every vector of a revision, in every index; fine when there is none."""
        state = self._state.read()
        ending = collection_name(state, owner).rpartition("-")[0]

        def write(client: Client) -> None:
            for collection in client.list_collections():
                if collection.name.rpartition("-")[0] == ending:
                    collection.delete(where=_where(document=document_id, revision=revision))

        self._home.write(write)

    def drop(self, serving: int) -> None:
        """Delete every index that is older than the one that serves."""
        state = self._state.read()

        def write(client: Client) -> None:
            for collection in client.list_collections():
                if collection.name.startswith(prefix(state)) and index_of(collection.name) < serving:
                    client.delete_collection(collection.name)

        self._home.write(write)

    def missing(self, owner: str, document_id: str, revision: int, count: int, index: int | None = None) -> list[int]:
        """The numbers, of 0 to `count` - 1, of the passages of a revision that have no vector in an index."""
        state = self._state.read()

        def look(client: Client) -> list[int]:
            collection = existing(client, collection_name(state, owner, index))
            if collection is None:
                return list(range(count))
            found = collection.get(where=_where(document=document_id, revision=revision), include=[])
            there = {_parts(key)[2] for key in found["ids"]}
            return [number for number in range(count) if number not in there]

        return self._home.read(look, list(range(count)))

    def query(
        self,
        vector: NDArray[np.float32],
        owners: Collection[str],
        limit: int,
        documents: Collection[str] | None = None,
    ) -> list[VectorHit]:
        """The passages of `owners` nearest to `vector` (dimensions,), best first, `limit` at most.

        Among a private owner's passages and among chosen `documents` the comparison is exact.
        """
        if documents is not None and not documents:
            return []

        def look(client: Client) -> list[VectorHit]:
            state = self._state.read()
            return [hit for owner in owners for hit in self._nearest(client, state, vector, owner, limit, documents)]

        hits: list[VectorHit] = self._home.read(look, [])
        hits.sort(key=lambda hit: (-hit.similarity, hit.key))
        return hits[:limit]

    def _nearest(
        self,
        client: Client,
        state: VectorState,
        vector: NDArray[np.float32],
        owner: str,
        limit: int,
        documents: Collection[str] | None,
    ) -> list[VectorHit]:
        collection = self._collection(client, state, owner)
        if collection is None:
            return []
        if owner == SHARED and documents is None:
            found: Any = collection.query(query_embeddings=vector.tolist(), n_results=limit, include=["distances"])
            return [
                VectorHit(_parts(key), 1 - distance)
                for key, distance in zip(found["ids"][0], found["distances"][0], strict=True)
            ]
        where = _where(owner=owner) if documents is None else _where(owner=owner, document=list(documents))
        ids, vectors = _all(collection, where=where)
        if not ids:
            return []
        return [
            VectorHit(_parts(key), float(similarity)) for key, similarity in zip(ids, vectors @ vector, strict=True)
        ]

    def vectors(self, owner: str, keys: Sequence[Key]) -> dict[Key, NDArray[np.float32]]:
        """The stored vectors (dimensions,) of some passages of `owner`; those that are missing are left out."""
        if not keys:
            return {}

        def look(client: Client) -> dict[Key, NDArray[np.float32]]:
            collection = self._collection(client, self._state.read(), owner)
            if collection is None:
                return {}
            ids, found = _all(collection, ids=[_id(*key) for key in keys])
            return {_parts(key): vector for key, vector in zip(ids, found, strict=True)}

        return self._home.read(look, {})

    def count(self) -> tuple[int, int]:
        """How many vectors there are, of shared passages and of private ones; stale ones are counted, too."""
        return self._home.read(lambda client: held(client, self._state.read()), (0, 0))

    def look(self) -> None:
        """Open the home if it has changed or is not open, so that a loss, or another model, is noticed now."""
        self._check(self._state.read().embedding)
        self._home.read(lambda client: None, None)

    def close(self) -> None:
        """Let go of the home; the next call opens it again."""
        self._home.close()

    def _collection(self, client: Client, state: VectorState, owner: str) -> ChromaCollection | None:
        self._check(state.embedding)
        collection = existing(client, collection_name(state, owner))
        if collection is not None:
            self._check_collection(collection)
        return collection

    def _identity(self) -> dict[str, str | int]:
        name, dimensions = self._embedding()
        return {"embedding": name, "dimensions": dimensions}

    def _check_collection(self, collection: ChromaCollection) -> None:
        made_with = dict(collection.metadata or {})
        if made_with != self._identity():
            self._check(f"{made_with.get('embedding')} ({made_with.get('dimensions')} numbers)")

    def _check(self, made_with: str | None) -> None:
        """Raise VectorIndexError when the vectors are another model's: likeness across models means nothing."""
        name, _ = self._embedding()
        if made_with is not None and made_with != name:
            raise VectorIndexError(
                f"These documents were embedded with {made_with}, not with {name}. Set FOOTNOTE_EMBEDDING back, or run "
                "`footnote reindex` to embed them anew."
            )


def _id(document_id: str, revision: int, number: int) -> str:
    return f"{document_id}/{revision}/{number}"


def _parts(key: str) -> Key:
    document_id, revision, number = key.rsplit("/", 2)
    return document_id, int(revision), int(number)


def _where(**equal: str | int | list[str]) -> Any:
    conditions = [{name: {"$in": value} if isinstance(value, list) else value} for name, value in equal.items()]
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}


def _all(collection: ChromaCollection, **selection: Any) -> tuple[list[str], NDArray[np.float32]]:
    found = collection.get(include=["embeddings"], **selection)
    return found["ids"], np.asarray(found["embeddings"], dtype=np.float32)
