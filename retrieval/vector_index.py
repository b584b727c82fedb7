"""Vectors of passages in Chroma: the only importer of `chromadb`.

Knows neither texts nor who may ask; it is told which owners to look among. An id is (document, revision, passage), so a
vector of a replaced revision can always be told from a living one.

Several processes may share the folder. What keeps them apart was measured: a running Chroma client does not see what
another process wrote, opening a folder may write to it, and two that write at once ruin it. So whoever writes or opens
holds an exclusive file lock, a write raises a generation number before and after it (before, so that a writer that is
killed leaves a trace), and whoever finds the number moved opens the folder anew. Chroma's graph files are not written
in one step either: when a process was killed while they changed, the folder is thrown away, to be filled again. So it
is when found damaged, or to hold fewer vectors than there are passages: all of it comes from the texts.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from retrieval.catalogue import SHARED

if TYPE_CHECKING:
    from chromadb.api.client import Client
    from chromadb.api.models.Collection import Collection as ChromaCollection

_PRIVATE = "private"
_DATABASE = "chroma.sqlite3"
_SIZES = "sizes.json"  # of the files that Chroma keeps, by their paths, when they were last left
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
_PROBE = 65_536  # bytes written to see whether the disk takes any

_Found = TypeVar("_Found")

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

    def lost(self) -> bool:
        """Whether vectors are gone that have not been made again."""


class VectorIndex:
    """One Chroma folder; `embedding` gives the name and the size that its vectors must have, when first needed.

    `passages` counts the searchable passages, shared and private: whenever the folder is opened it must hold as many
    vectors at least, or they count as lost.
    """

    def __init__(
        self,
        path: Path,
        embedding: Callable[[], tuple[str, int]],
        generation: Generation,
        passages: Callable[[], tuple[int, int]],
    ) -> None:
        self._path = path
        self._embedding = embedding
        self._generation = generation
        self._passages = passages
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        self._mark = path.with_name(path.name + ".opened")  # there while a process may write the folder's files
        self._opened: Client | None = None
        self._seen = -1  # the generation that the open client has read
        self._file = (0, 0, 0)  # the database that the open client has read: device, inode, size in bytes
        self._guard = threading.RLock()

    def upsert(self, owner: str, document_id: str, revision: int, vectors: NDArray[np.float32], first: int = 0) -> None:
        """Write the vectors (n, dimensions) of passages `first` to `first + n - 1` of a revision.

        Raises VectorIndexError, as every method does, when the folder cannot be used or holds another model's vectors.
        """
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
        if documents is not None and not documents:
            return []

        def look(client: Client) -> list[VectorHit]:
            return [hit for owner in owners for hit in self._nearest(client, vector, owner, limit, documents)]

        hits: list[VectorHit] = self._read(look, [])
        hits.sort(key=lambda hit: (-hit.similarity, hit.key))
        return hits[:limit]

    def _nearest(
        self, client: Client, vector: NDArray[np.float32], owner: str, limit: int, documents: Collection[str] | None
    ) -> list[VectorHit]:
        collection = self._collection(client, owner)
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
            collection = self._collection(client, owner)
            if collection is None:
                return {}
            ids, found = _all(collection, ids=[_id(*key) for key in keys])
            return {_parts(key): vector for key, vector in zip(ids, found, strict=True)}

        return self._read(look, {})

    def count(self) -> tuple[int, int]:
        """How many vectors there are, of shared passages and of private ones; stale ones are counted, too."""
        return self._read(_counted, (0, 0))

    def look(self) -> None:
        """Open the folder if it has changed or is not open, so that a loss is noticed now."""
        self._client()

    def close(self) -> None:
        """Let go of the folder; the next call opens it again."""
        with self._guard:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _read(self, look: Callable[[Client], _Found], nothing: _Found) -> _Found:
        """What `look` finds; vectors that turn out to be damaged are thrown away, so that they are made again."""
        client = self._client()
        if client is None:
            return nothing
        try:
            return look(client)
        except VectorIndexError:
            raise
        except Exception:  # noqa: BLE001  # Chroma raises bare exceptions of its Rust side
            self.close()  # perhaps only this client is out of date: once more with a new one and nobody beside it
        with self._alone(_READER_POLL) as client:
            try:
                return look(client)
            except VectorIndexError:
                raise
            except Exception as error:
                if not _internal(error):
                    raise VectorIndexError(
                        f"The vectors in {self._path} cannot be read ({_first_line(error)})."
                    ) from error
                return look(self._begin_anew(error))

    @contextmanager
    def _writing(self) -> Iterator[Client]:
        """Hold the folder alone, with a client that has seen every earlier write."""
        with self._alone(_WRITER_POLL) as client:
            self._seen = -1
            self._generation.advance()
            try:
                yield client
            except VectorIndexError:
                raise
            except Exception as error:
                self._blame_disk(error)
                raise VectorIndexError(
                    f"The vectors in {self._path} cannot be written ({_first_line(error)}). "
                    "If that happens again, delete that folder: they are made again at the next start."
                ) from error
            self._seen = self._generation.advance()

    def _client(self) -> Client | None:
        """A client that has seen every finished write; None where nothing was ever written."""
        with self._guard:
            generation = self._generation.read()
            if self._opened is not None and self._seen == generation and not self._moved():
                return self._opened
            if generation == 0:
                return None
        with self._alone(_READER_POLL) as client:
            return client

    @contextmanager
    def _alone(self, poll: float) -> Iterator[Client]:
        """Hold the folder alone with an up-to-date client; a client that opens the folder may write its files, too."""
        if not self._path.parent.is_dir():
            raise VectorIndexError(f"The data folder {self._path.parent} is gone. Start again.")
        try:
            with self._lock.acquire(poll_interval=poll), self._guard:
                self._recover()
                self._mark.touch()
                generation = self._generation.read()
                if self._opened is None or self._seen != generation or self._moved():
                    self.close()
                    self._seen = generation
                    client = self._open_whole()
                else:
                    client = self._opened
                try:
                    yield client
                finally:
                    self._settle()
                    self._file = self._identified()
                    self._note_sizes()
                    self._mark.unlink(missing_ok=True)
        except OSError as error:
            raise VectorIndexError(_cure(self._path, error)) from error

    def _recover(self) -> None:
        """Throw the folder away when a killed process may have left it half-written, or somebody deleted it."""
        written = (self._path / _DATABASE).exists()
        if not written and self._generation.read() == 0:
            return
        killed = self._mark.exists() and self._touched_since(self._mark.stat().st_mtime_ns)
        if written and not killed and not self._cut_short():
            return
        self._discard()

    def _open_whole(self) -> Client:
        """Open the folder; one that is damaged, or holds too few vectors, is thrown away and begun anew."""
        # While lost vectors are being made again, they are fewer.
        needed = (0, 0) if self._generation.lost() else self._passages()
        try:
            client = self._open()
            _query_all(client)
            held = _counted(client)
        except Exception as error:  # noqa: BLE001  # Chroma raises bare exceptions of its Rust side
            return self._begin_anew(error)
        enough = all(there >= wanted for there, wanted in zip(held, needed, strict=True))
        return client if enough else self._begin_anew(None)

    def _begin_anew(self, error: Exception | None) -> Client:
        """An empty folder in the place of one that failed with `error`; never because the disk failed."""
        if error is not None:
            self._blame_disk(error)
            if "database is locked" in str(error):
                raise VectorIndexError(
                    f"Another program holds the vectors in {self._path}. Close it, then try again."
                ) from error
            if self._generation.read() == 0:
                raise VectorIndexError(
                    f"{self._path} cannot be opened ({_first_line(error)}), and this library did not make it. "
                    "Move it away or name another folder with --data-dir."
                ) from error
        self._discard()
        try:
            return self._open()
        except Exception as again:
            raise VectorIndexError(
                f"Cannot make a folder of vectors in {self._path} ({_first_line(again)}). `footnote doctor` looks why."
            ) from again

    def _discard(self) -> None:
        """Throw the folder away and note that its vectors are lost."""
        self.close()
        self._forget_client()
        self._generation.lose()
        if self._path.exists():
            # Renamed first: a folder that is half deleted must not pass for a whole one.
            discarded = self._path.with_name(self._path.name + ".damaged")
            shutil.rmtree(discarded, ignore_errors=True)
            self._path.rename(discarded)
            shutil.rmtree(discarded, ignore_errors=True)
        self._seen = self._generation.advance()

    def _note_sizes(self) -> None:
        sizes = {str(file.relative_to(self._path)): file.stat().st_size for file in self._files()}
        if sizes:
            written = self._path / f"{_SIZES}.new"
            written.write_text(json.dumps(sizes), "utf-8")
            written.replace(self._path / _SIZES)  # whole or not at all, on a full disk too

    def _cut_short(self) -> bool:
        """Whether a file is missing or smaller than it was left: reading such a graph would end the process."""
        try:
            sizes = json.loads((self._path / _SIZES).read_text("utf-8"))
            return any((self._path / name).stat().st_size < size for name, size in sizes.items())
        except FileNotFoundError:
            return (self._path / _SIZES).exists()
        except (ValueError, AttributeError):
            return True

    def _files(self) -> list[Path]:
        return [*self._path.glob(_DATABASE), *self._path.glob("*/*")]

    def _moved(self) -> bool:
        """Whether the file that the client reads was deleted, replaced or cut short under its hands."""
        device, inode, size = self._identified()
        return (device, inode) != self._file[:2] or size < self._file[2]

    def _identified(self) -> tuple[int, int, int]:
        try:
            stat = (self._path / _DATABASE).stat()
        except FileNotFoundError:
            return 0, 0, 0
        return stat.st_dev, stat.st_ino, stat.st_size

    def _blame_disk(self, error: Exception) -> None:
        """Raise VectorIndexError when the folder cannot be written: then nothing need be wrong with what is in it."""
        try:
            self._path.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=self._path) as probe:
                probe.write(bytes(_PROBE))
            for file in self._files():
                with file.open("r+b"):
                    pass
        except OSError as refused:
            raise VectorIndexError(_cure(self._path, refused)) from error

    def _touched_since(self, time: int) -> bool:
        """Whether Chroma wrote its graph files after `time` (ns); unlike its database, they are not written at once."""
        return any(file.stat().st_mtime_ns >= time for file in self._path.glob("*/*"))

    def _settle(self) -> None:
        """Have the client finish what it writes to its files: only a query waits for that."""
        if self._opened is None:
            return
        try:
            _query_all(self._opened)
        except Exception as error:  # Chroma raises bare exceptions of its Rust side
            self.close()
            self._blame_disk(error)
            raise VectorIndexError(
                f"The vectors in {self._path} cannot be read ({_first_line(error)}). "
                "Delete that folder: they are made again at the next start."
            ) from error

    def _open(self) -> Client:
        import chromadb
        from chromadb.config import Settings

        try:
            opened = chromadb.PersistentClient(str(self._path), Settings(anonymized_telemetry=False))
        except Exception:
            self._forget_client()
            raise
        self._opened = cast("Client", opened)
        self._file = self._identified()
        return self._opened

    def _forget_client(self) -> None:
        """Have Chroma open the folder anew: it keeps what it opened in this process, even where that failed."""
        from chromadb.api.shared_system_client import SharedSystemClient

        SharedSystemClient._identifier_to_system.pop(str(self._path), None)

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


def _query_all(client: Client) -> None:
    for collection in client.list_collections():
        dimensions = int((collection.metadata or {}).get("dimensions", 1))
        collection.query(query_embeddings=[1.0] * dimensions, n_results=1, include=[])


def _counted(client: Client) -> tuple[int, int]:
    shared, private = (_existing(client, name) for name in (SHARED, _PRIVATE))
    return shared.count() if shared else 0, private.count() if private else 0


def _internal(error: Exception) -> bool:
    """Whether Chroma failed on its own files, not on what it was asked."""
    from chromadb.errors import InternalError

    return isinstance(error, InternalError)


def _cure(path: Path, error: OSError) -> str:
    return (
        f"The vectors in {path} cannot be used ({error.strerror or _first_line(error)}). "
        "The folder must be there, be yours to write, and have room; `footnote doctor` checks it."
    )


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
