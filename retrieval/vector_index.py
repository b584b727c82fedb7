"""Vectors of passages in Chroma: the only importer of `chromadb`.

Knows neither texts nor who may ask; it is told which owners to look among. An id is (document, revision, passage), so a
vector of a replaced revision can always be told from a living one.

Several processes may share the folder. What keeps them apart was measured: a running Chroma client does not see what
another process wrote, opening a folder may write to it, and two that write at once ruin it. So whoever writes or opens
holds an exclusive file lock, a write raises a generation number before and after it (before, so that a writer that is
killed leaves a trace), and whoever finds the number moved opens the folder anew. Chroma's graph files are not written
in one step either: when a process was killed while they changed, the folder is thrown away, to be filled again.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from retrieval.catalogue import SHARED

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection as ChromaCollection

_PRIVATE = "private"
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
# Seconds between two looks at a lock that another process holds: readers, who need it seldom, go first.
_READER_POLL = 0.002
_WRITER_POLL = 0.02

Key = tuple[str, int, int]
"""What names a passage in every index: document id, revision, number."""


class VectorIndexError(Exception):
    """The vectors cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class VectorHit:
    """A passage and the cosine of its vector with the question's."""

    key: Key
    similarity: float


class Generation(Protocol):
    """A number that all processes on one folder share; every write of vectors raises it."""

    def read(self) -> int:
        """The present number."""

    def advance(self) -> int:
        """Raise the number by one and return it."""

    def lose(self) -> None:
        """Note that all vectors are gone and have to be made again."""


class VectorIndex:
    """One Chroma folder; `embedding` gives the name and the size that its vectors must have, when first needed."""

    def __init__(self, path: Path, embedding: Callable[[], tuple[str, int]], generation: Generation) -> None:
        self._path = path
        self._embedding = embedding
        self._generation = generation
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._mark = path.with_name(path.name + ".opened")  # there while a process may write the folder's files
        self._opened: Client | None = None
        self._seen = -1  # the generation that the open client has read
        self._guard = threading.RLock()

    def upsert(self, owner: str, document_id: str, revision: int, vectors: NDArray[np.float32], first: int = 0) -> None:
        """Write the vectors (n, dimensions) of passages `first` to `first + n - 1` of a revision."""
        with self._writing() as client:
            collection = client.get_or_create_collection(
                _collection(owner), embedding_function=None, configuration=_HNSW, metadata=self._identity()
            )
            self._check(collection)
            for at in range(0, len(vectors), _BATCH):
                numbers = range(first + at, first + min(at + _BATCH, len(vectors)))
                collection.upsert(
                    ids=[_id(document_id, revision, number) for number in numbers],
                    embeddings=vectors[at : at + _BATCH],
                    metadatas=[{"owner": owner, "document": document_id, "revision": revision}] * len(numbers),
                )

    def delete(self, owner: str, document_id: str, revision: int) -> None:
        """Delete every vector of a revision; fine when there is none."""
        with self._writing() as client:
            collection = _existing(client, owner)
            if collection is not None:
                collection.delete(where=_where(document=document_id, revision=revision))

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
        client = self._client()
        hits: list[VectorHit] = []
        if client is None or (documents is not None and not documents):
            return hits
        for owner in owners:
            collection = self._collection(client, owner)
            if collection is None:
                continue
            if owner == SHARED and documents is None:
                found: Any = collection.query(query_embeddings=vector.tolist(), n_results=limit, include=["distances"])
                hits += [
                    VectorHit(_parts(key), 1 - distance)
                    for key, distance in zip(found["ids"][0], found["distances"][0], strict=True)
                ]
            else:
                where = _where(owner=owner) if documents is None else _where(owner=owner, document=list(documents))
                ids, vectors = _all(collection, where=where)
                if not ids:
                    continue
                hits += [
                    VectorHit(_parts(key), float(similarity))
                    for key, similarity in zip(ids, vectors @ vector, strict=True)
                ]
        hits.sort(key=lambda hit: (-hit.similarity, hit.key))
        return hits[:limit]

    def vectors(self, owner: str, keys: Sequence[Key]) -> dict[Key, NDArray[np.float32]]:
        """The stored vectors (dimensions,) of some passages of `owner`; those that are missing are left out."""
        client = self._client()
        collection = None if client is None or not keys else self._collection(client, owner)
        if collection is None:
            return {}
        ids, found = _all(collection, ids=[_id(*key) for key in keys])
        return {_parts(key): vector for key, vector in zip(ids, found, strict=True)}

    def close(self) -> None:
        """Let go of the folder; the next call opens it again."""
        with self._guard:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    @contextmanager
    def _writing(self) -> Iterator[Client]:
        """Hold the folder alone, with a client that has seen every earlier write."""
        with self._alone(_WRITER_POLL) as client:
            self._seen = -1
            self._generation.advance()
            yield client
            self._seen = self._generation.advance()

    def _client(self) -> Client | None:
        """A client that has seen every finished write; None where nothing was ever written."""
        with self._guard:
            generation = self._generation.read()
            if self._opened is not None and self._seen == generation:
                return self._opened
            if generation == 0:
                return None
        with self._alone(_READER_POLL) as client:
            return client

    @contextmanager
    def _alone(self, poll: float) -> Iterator[Client]:
        """Hold the folder alone with an up-to-date client; a client that opens the folder may write its files, too."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.acquire(poll_interval=poll), self._guard:
            self._recover()
            self._mark.touch()
            generation = self._generation.read()
            if self._opened is None or self._seen != generation:
                self.close()
                self._opened = self._open()
                self._seen = generation
            try:
                yield self._opened
            finally:
                self._settle(self._opened)
                self._mark.unlink()

    def _recover(self) -> None:
        """Throw the folder away when a killed process may have left it half-written, or somebody deleted it."""
        written = (self._path / "chroma.sqlite3").exists()
        if not written and self._generation.read() == 0:
            return
        if written and not (self._mark.exists() and self._touched_since(self._mark.stat().st_mtime_ns)):
            return
        self.close()
        self._generation.lose()
        if self._path.exists():
            # Renamed first: a folder that is half deleted must not pass for a whole one.
            discarded = self._path.with_name(self._path.name + ".damaged")
            shutil.rmtree(discarded, ignore_errors=True)
            self._path.rename(discarded)
            shutil.rmtree(discarded, ignore_errors=True)
        self._generation.advance()

    def _touched_since(self, time: int) -> bool:
        """Whether Chroma wrote its graph files after `time` (ns); unlike its database, they are not written at once."""
        return any(file.stat().st_mtime_ns >= time for file in self._path.glob("*/*"))

    def _settle(self, client: Client) -> None:
        """Have the client finish what it writes to its files: only a query waits for that."""
        try:
            for collection in client.list_collections():
                dimensions = int((collection.metadata or {}).get("dimensions", 1))
                collection.query(query_embeddings=[1.0] * dimensions, n_results=1, include=[])
        except Exception as error:  # Chroma raises bare exceptions of its Rust side
            self.close()
            raise VectorIndexError(
                f"The vectors in {self._path} cannot be read ({_first_line(error)}). "
                "Delete that folder: they are made again at the next start."
            ) from error

    def _open(self) -> Client:
        import chromadb
        from chromadb.config import Settings

        try:
            client = chromadb.PersistentClient(str(self._path), Settings(anonymized_telemetry=False))
        except Exception as error:  # Chroma raises bare exceptions of its Rust side
            raise VectorIndexError(
                f"Cannot open the vectors in {self._path} ({_first_line(error)}). Name another folder with --data-dir."
            ) from error
        return cast("Client", client)

    def _collection(self, client: Client, owner: str) -> ChromaCollection | None:
        collection = _existing(client, owner)
        if collection is not None:
            self._check(collection)
        return collection

    def _identity(self) -> dict[str, str | int]:
        name, dimensions = self._embedding()
        return {"embedding": name, "dimensions": dimensions}

    def _check(self, collection: ChromaCollection) -> None:
        made_with = dict(collection.metadata or {})
        if made_with != self._identity():
            raise VectorIndexError(
                f"These documents were embedded with {made_with.get('embedding')}, not with "
                f"{self._embedding()[0]}. Set FOOTNOTE_EMBEDDING back, or name another folder with --data-dir."
            )


def _existing(client: Client, owner: str) -> ChromaCollection | None:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(_collection(owner), embedding_function=None)
    except NotFoundError:
        return None


def _collection(owner: str) -> str:
    return SHARED if owner == SHARED else _PRIVATE


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


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
