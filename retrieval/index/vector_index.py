"""Vectors of passages in Chroma, wherever it is.

Knows neither texts nor who may ask; it is told which owners to look among. An id is (document, revision, passage), so a
vector of a replaced revision can always be told from a living one.

An index is a set of collections: one for what is shared, one for all that is private, and one more for each owner of
many passages. From the private one an owner's passages are fetched and compared exactly, which takes time for each of
them; what an owner has beyond some hundreds goes into a collection of their own, which is searched like the shared one.
A new index may be made beside the one that serves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from retrieval.index.chroma import (
    MULTILINGUAL,
    Backend,
    VectorIndexError,
    View,
    collection_name,
    existing,
    held,
    index_of,
    prefix,
)
from retrieval.store.state import SharedState, VectorState
from retrieval.types import SHARED

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection as ChromaCollection

_ANYONE = "anyone"  # who owns something private
_COMPARED = 1000  # an owner's passages that are compared one by one, which takes some 15 ms
# A collection's vectors that are compared one by one, which takes some 4 ms. Chroma's graph never finds some vector in
# one of thirty small collections that were added to and searched in turn.
_FEW = 300
_BATCH = 5000  # Chroma takes at most 5,461 rows at once
# Wide enough that approximate search finds what exact search finds; a test measures it.
_HNSW = {"space": "cosine", "ef_construction": 200, "ef_search": 400, "batch_size": 100}

Key = tuple[str, int, int]
"""What names a passage in every index: document id, revision, number."""

Row = tuple[str, Key]
"""A passage's owner and key."""


class VectorIndex:
    """The vectors of one library in `backend`.

    `embedding` gives the name and the size that its vectors must have, when first needed. Every method raises
    VectorIndexError when the backend cannot be used or holds another model's vectors. Vectors of a second model are in
    a `space` of their own; they are made when they are first needed, and nobody notes their loss.
    """

    def __init__(
        self, backend: Backend, embedding: Callable[[], tuple[str, int]], state: SharedState, space: str = ""
    ) -> None:
        self._backend = backend
        self._embedding = embedding
        self._state = state
        self._space = space

    def upsert(self, rows: Sequence[Row], vectors: NDArray[np.float32], index: int | None = None) -> None:
        """Write the vectors (n, dimensions) of n passages, into the index that serves or the one that is named."""
        state = self._state.read()
        if index in (None, state.index):
            self._check_state(state)
        by_owner: dict[str, list[int]] = {}
        for at, (owner, _) in enumerate(rows):
            by_owner.setdefault(owner, []).append(at)

        def write(client: Client) -> None:
            if index is not None and index < self._state.read().index:
                return  # it no longer serves and is being dropped: nobody will read it
            for owner, places in by_owner.items():
                name = self._place(client, state, owner, len(places), index)
                configuration: Any = {"hnsw": {**_HNSW, "sync_threshold": self._backend.synchronised_every}}
                collection = client.get_or_create_collection(
                    name, embedding_function=None, configuration=configuration, metadata=self._identity()
                )
                self._check_collection(collection)
                for first in range(0, len(places), _BATCH):
                    some = places[first : first + _BATCH]
                    collection.upsert(
                        ids=[_id(*rows[at][1]) for at in some],
                        embeddings=vectors[some],
                        metadatas=[
                            {"owner": owner, "document": document_id, "revision": revision}
                            for _, (document_id, revision, _) in (rows[at] for at in some)
                        ],
                    )

        self._backend.write(write)

    def delete(self, owner: str, document_id: str, revision: int) -> None:
        """Delete every vector of a revision, in every index and every space; fine when there is none."""
        state = self._state.read()
        endings = {name.rpartition("-")[0] for space in ("", MULTILINGUAL) for name in _names(state, owner, space)}

        def write(client: Client) -> None:
            for collection in client.list_collections():
                if collection.name.rpartition("-")[0] in endings:
                    collection.delete(where=_where(document=document_id, revision=revision))

        self._backend.write(write)

    def drop(self, serving: int) -> None:
        """Delete every index that is older than the one that serves."""
        state = self._state.read()

        def write(client: Client) -> None:
            for collection in client.list_collections():
                if collection.name.startswith(prefix(state)) and index_of(collection.name) < serving:
                    client.delete_collection(collection.name)

        self._backend.write(write)

    def missing(self, owner: str, document_id: str, revision: int, count: int, index: int | None = None) -> list[int]:
        """The numbers, of 0 to `count` - 1, of the passages of a revision that have no vector in an index."""
        state = self._state.read()

        def look(view: View) -> list[int]:
            there: set[int] = set()
            for name in _names(state, owner, self._space, index):
                if (collection := view.collection(name)) is not None:
                    found = collection.get(where=_where(document=document_id, revision=revision), include=[])
                    there.update(_parts(key)[2] for key in found["ids"])
            return [number for number in range(count) if number not in there]

        return self._backend.read(look, list(range(count)))

    def query(
        self, vector: NDArray[np.float32], owners: Collection[str], limit: int, documents: Collection[str] | None = None
    ) -> dict[Key, float]:
        """The passages of `owners` nearest to `vector` (dimensions,) with their cosines, best first, `limit` at most.

        In a small library, among a private owner's first hundreds of passages, and among chosen `documents` the
        comparison is exact.
        """
        if documents is not None and not documents:
            return {}

        def look(view: View) -> list[tuple[Key, float]]:
            return [hit for owner in owners for hit in self._nearest(view, vector, owner, limit, documents)]

        hits: list[tuple[Key, float]] = self._backend.read(look, [])
        return dict(sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:limit])

    def _nearest(
        self,
        view: View,
        vector: NDArray[np.float32],
        owner: str,
        limit: int,
        documents: Collection[str] | None,
    ) -> list[tuple[Key, float]]:
        mixed = collection_name(view.state, _ANYONE, space=self._space)
        hits: list[tuple[Key, float]] = []
        keys: Iterable[Key]
        for collection in self._collections(view, owner):
            all_theirs = documents is None and collection.name != mixed
            if all_theirs and view.once("count", collection.name, collection.count) > _FEW:
                found: Any = collection.query(query_embeddings=vector.tolist(), n_results=limit, include=["distances"])
                keys, likeness = map(_parts, found["ids"][0]), [1 - distance for distance in found["distances"][0]]
            else:
                if all_theirs:
                    keys, vectors = view.once("vectors", collection.name, partial(_vectors, collection))
                else:
                    chosen = {} if documents is None else {"document": list(documents)}
                    keys, vectors = _vectors(collection, _where(owner=owner, **chosen))
                likeness = (vectors @ vector).tolist()
            hits += zip(keys, likeness, strict=True)
        return hits

    def vectors(self, owner: str, keys: Sequence[Key]) -> dict[Key, NDArray[np.float32]]:
        """The stored vectors (dimensions,) of some passages of `owner`; those that are missing are left out."""
        if not keys:
            return {}

        def look(view: View) -> dict[Key, NDArray[np.float32]]:
            there: dict[Key, NDArray[np.float32]] = {}
            for collection in self._collections(view, owner):
                # Told apart here: a condition beside the ids would have Chroma look through everything.
                found: Any = collection.get(ids=[_id(*key) for key in keys], include=["embeddings", "metadatas"])
                rows = zip(found["ids"], found["embeddings"], found["metadatas"], strict=True)
                there |= {
                    _parts(key): np.asarray(vector, np.float32)
                    for key, vector, about in rows
                    if about["owner"] == owner
                }
            return there

        return self._backend.read(look, {})

    def count(self) -> tuple[int, int]:
        """How many vectors there are, of shared passages and of private ones; stale ones are counted, too."""
        return self._backend.read(lambda view: held(view.client, view.state), (0, 0))

    def look(self) -> None:
        """Open the backend if it has changed or is not open, so that a loss, or another model, is noticed now."""
        state = self._state.read()
        self._check_state(state)

        def look(view: View) -> None:
            if not any(view.collection(collection_name(state, owner)) for owner in (SHARED, "")):
                self._backend.missed(view.client)

        self._backend.read(look, None)

    def close(self) -> None:
        """Close the backend; the next call opens it again."""
        self._backend.close()

    def _collections(self, view: View, owner: str) -> list[ChromaCollection]:
        """The collections of the serving index that hold vectors of an owner."""
        self._check_state(view.state)
        found = [view.collection(name) for name in _names(view.state, owner, self._space)]
        there = [collection for collection in found if collection is not None]
        for collection in there:
            self._check_collection(collection)
        if not there:
            self._backend.missed(view.client)
        return there

    def _place(self, client: Client, state: VectorState, owner: str, more: int, index: int | None) -> str:
        """The collection into which `more` vectors of an owner go."""
        common, *own = _names(state, owner, self._space, index)
        collection = existing(client, common) if own else None
        there = 0 if collection is None else len(collection.get(where=_where(owner=owner), include=[])["ids"])
        return own[0] if own and there + more > _COMPARED else common

    def _identity(self) -> dict[str, str | int]:
        name, dimensions = self._embedding()
        return {"embedding": name, "dimensions": dimensions}

    def _check_collection(self, collection: ChromaCollection) -> None:
        made_with = dict(collection.metadata or {})
        if made_with != self._identity():
            self._check(f"{made_with.get('embedding')} ({made_with.get('dimensions')} numbers)")

    def _check_state(self, state: VectorState) -> None:
        if not self._space:  # the library notes which model's the others are
            self._check(state.embedding)

    def _check(self, made_with: str | None) -> None:
        """Raise VectorIndexError when the vectors are another model's: likeness across models means nothing."""
        name, _ = self._embedding()
        if made_with is not None and made_with != name:
            raise VectorIndexError(
                f"These documents were embedded with {made_with}, not with {name}. Set FOOTNOTE_EMBEDDING back, or run "
                "`footnote reindex` to embed them anew."
            )


def _names(state: VectorState, owner: str, space: str, index: int | None = None) -> list[str]:
    """The collections of a space in which an owner's vectors may be."""
    common = collection_name(state, owner, index, space=space)
    return [common] if owner == SHARED else [common, collection_name(state, owner, index, own=True, space=space)]


def _vectors(collection: ChromaCollection, where: Any = None) -> tuple[list[Key], NDArray[np.float32]]:
    """What a collection holds, or what of it fits: the keys of n passages, and their vectors (n, dimensions)."""
    found: Any = collection.get(include=["embeddings"], where=where)
    dimensions = int((collection.metadata or {})["dimensions"])
    vectors = np.asarray(found["embeddings"], dtype=np.float32).reshape(-1, dimensions)  # perhaps none
    return [_parts(key) for key in found["ids"]], vectors


def _id(document_id: str, revision: int, number: int) -> str:
    return f"{document_id}/{revision}/{number}"


def _parts(key: str) -> Key:
    document_id, revision, number = key.rsplit("/", 2)
    return document_id, int(revision), int(number)


def _where(**equal: str | int | list[str]) -> Any:
    conditions = [{name: {"$in": value} if isinstance(value, list) else value} for name, value in equal.items()]
    return conditions[0] if len(conditions) == 1 else {"$and": conditions}
