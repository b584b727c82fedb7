"""The vectors in a folder of embedded Chroma that several processes share.

What keeps them apart was measured: a running Chroma client does not see what another process wrote, opening a folder
may write to it, and two that write at once ruin it. So whoever writes or opens holds an exclusive file lock, a write
raises a generation number before and after it (before, so that a writer that is killed leaves a trace), and whoever
finds the number moved opens the folder anew. Chroma's graph files are not written in one step either: when a process
was killed while they changed, the folder is thrown away, to be filled again. So it is when found damaged, or to hold
fewer vectors than there are passages: all of it comes from the texts.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError

from retrieval.errors import first_line
from retrieval.index.chroma import Counted, Found, VectorIndexError, View, held
from retrieval.store.permissions import make_private, narrow
from retrieval.store.state import SharedState

if TYPE_CHECKING:
    from chromadb.api.client import Client

_DATABASE = "chroma.sqlite3"
_SIZES = "sizes.json"  # of the files that Chroma keeps, by their paths, when they were last left
# Seconds between two looks at a lock that another process holds: readers, who need it seldom, go first.
_READER_POLL = 0.002
_WRITER_POLL = 0.02
_PATIENCE = 60.0  # seconds; whoever holds the lock writes one batch, or opens the folder
_PROBE = 65_536  # bytes written to see whether the disk takes any


class ChromaFolder:
    """The Chroma folder `path`: if it opens with fewer vectors than `passages` counts, they are taken for lost."""

    # What is in the log alone goes into the graph again whenever the folder is opened.
    synchronised_every = 200

    def __init__(self, path: Path, state: SharedState, passages: Counted) -> None:
        self._path = path
        self._state = state
        self._passages = passages
        self._lock = FileLock(path.with_name(path.name + ".lock"), mode=0o600)
        self._mark = path.with_name(path.name + ".opened")  # there while a process may write the folder's files
        self._opened: Client | None = None
        self._view: View | None = None  # of the open client; no longer good once anybody writes
        self._seen = -1  # the generation that the open client has read
        self._file = (0, 0, 0)  # the database that the open client has read: device, inode, size in bytes
        self._guard = threading.RLock()
        try:
            make_private(path.parent)  # with a database on a server, nothing else lies there
        except OSError as error:
            raise VectorIndexError(_cure(path, error)) from error

    def close(self) -> None:
        """Close the folder; the next call opens it again."""
        with self._guard:
            self._view = None
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def read(self, look: Callable[[View], Found], nothing: Found) -> Found:
        """What `look` finds; vectors that turn out to be damaged are thrown away, so that they are made again."""
        view = self._present()
        if view is None:
            return nothing
        try:
            return look(view)
        except (VectorIndexError, SQLAlchemyError):
            raise
        except Exception:  # noqa: BLE001  # Chroma raises bare exceptions of its Rust side
            self.close()  # perhaps only this client is out of date: once more with a new one and nobody beside it
        from chromadb.errors import InternalError

        with self._alone(_READER_POLL) as client:
            try:
                return look(self._fresh(client))
            except (VectorIndexError, SQLAlchemyError):
                raise
            except Exception as error:
                if not isinstance(error, InternalError):  # Chroma failed on what it was asked, not on its own files
                    raise VectorIndexError(
                        f"The vectors in {self._path} cannot be read ({first_line(error)})."
                    ) from error
                return look(self._fresh(self._begin_anew(error)))

    def write(self, change: Callable[[Client], object]) -> None:
        """Carry out `change` alone in the folder."""
        with self._alone(_WRITER_POLL) as client:
            self._view, self._seen = None, -1
            self._state.advance()
            try:
                change(client)
            except (VectorIndexError, SQLAlchemyError):
                raise
            except Exception as error:
                self._blame_disk(error)
                raise VectorIndexError(
                    f"The vectors in {self._path} cannot be written ({first_line(error)}).",
                    "If that happens again, delete that folder: they are made again at the next start.",
                    full="disk is full" in str(error),  # Chroma passes SQLite's words on, and not its code
                ) from error
            self._seen = self._state.advance()

    def missed(self, client: Client) -> None:
        """Nothing: whether all is there was seen when the folder was opened."""

    def _present(self) -> View | None:
        """A view that has seen every finished write; None where nothing was ever written."""
        with self._guard:
            state = self._state.read()
            if self._opened is not None and self._seen == state.generation and not self._moved():
                # A change of the index that serves, too, raises the generation.
                if self._view is None or self._view.state.generation != state.generation:
                    self._view = View(self._opened, state)
                return self._view
            if state.generation == 0:
                return None
        with self._alone(_READER_POLL) as client:
            return self._fresh(client)

    def _fresh(self, client: Client) -> View:
        return View(client, self._state.read())

    @contextmanager
    def _alone(self, poll: float) -> Iterator[Client]:
        """Hold the folder alone with an up-to-date client; a client that opens the folder may write its files, too."""
        if not self._path.parent.is_dir():
            raise VectorIndexError(f"The data folder {self._path.parent} is gone. Start again.")
        try:
            with self._lock.acquire(timeout=_PATIENCE, poll_interval=poll), self._guard:
                self._recover()
                self._mark.touch(mode=0o600)
                generation = self._state.read().generation
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
                    narrow(self._path)  # Chroma makes files as the process may
                    self._mark.unlink(missing_ok=True)
        except Timeout as error:
            raise VectorIndexError(
                f"Another process has kept the vectors in {self._path} for a minute. Close it, then try again."
            ) from error
        except OSError as error:
            raise VectorIndexError(_cure(self._path, error)) from error

    def _recover(self) -> None:
        """Throw the folder away when a killed process may have left it half-written, or somebody deleted it."""
        written = (self._path / _DATABASE).exists()
        if not written and self._state.read().generation == 0:
            return
        killed = self._mark.exists() and self._touched_since(self._mark.stat().st_mtime_ns)
        if written and not killed and not self._cut_short():
            return
        self._discard()

    def _open_whole(self) -> Client:
        """Open the folder; one that is damaged, or holds too few vectors, is thrown away and begun anew."""
        # While lost vectors are being made again, they are fewer.
        state = self._state.read()
        needed = (0, 0) if state.lost else self._passages()
        try:
            client = self._open()
            _query_all(client)
            there = held(client, state)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001  # Chroma raises bare exceptions of its Rust side
            return self._begin_anew(error)
        enough = all(vectors >= wanted for vectors, wanted in zip(there, needed, strict=True))
        switched = self._state.read().index != state.index  # between the two counts
        return client if enough or switched else self._begin_anew(None)

    def _begin_anew(self, error: Exception | None) -> Client:
        """An empty folder in the place of one that failed with `error`; never because the disk failed."""
        if error is not None:
            self._blame_disk(error)
            if "database is locked" in str(error):
                raise VectorIndexError(
                    f"Another program holds the vectors in {self._path}. Close it, then try again."
                ) from error
            if self._state.read().generation == 0:
                raise VectorIndexError(
                    f"{self._path} cannot be opened ({first_line(error)}), and this library did not make it. "
                    "Move it away or name another folder with --data-dir."
                ) from error
        self._discard()
        try:
            return self._open()
        except Exception as again:
            raise VectorIndexError(
                f"Cannot make a folder of vectors in {self._path} ({first_line(again)}). `footnote doctor` looks why."
            ) from again

    def _discard(self) -> None:
        """Throw the folder away and note that its vectors are lost."""
        self.close()
        self._forget_client()
        self._state.lose()
        if self._path.exists():
            # Renamed first: a folder that is half deleted must not pass for a whole one.
            discarded = self._path.with_name(self._path.name + ".damaged")
            shutil.rmtree(discarded, ignore_errors=True)
            self._path.rename(discarded)
            shutil.rmtree(discarded, ignore_errors=True)
        self._seen = self._state.advance()

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
                f"The vectors in {self._path} cannot be read ({first_line(error)}). "
                "Delete that folder: they are made again at the next start."
            ) from error

    def _open(self) -> Client:
        import chromadb
        from chromadb.config import Settings

        try:
            self._path.mkdir(mode=0o700, exist_ok=True)
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

        # Private: the public `clear_system_cache` would close the folders of other libraries in this process, too.
        SharedSystemClient._identifier_to_system.pop(str(self._path), None)


def _query_all(client: Client) -> None:
    for collection in client.list_collections():
        dimensions = int((collection.metadata or {}).get("dimensions", 1))
        collection.query(query_embeddings=[1.0] * dimensions, n_results=1, include=[])


def _cure(path: Path, error: OSError) -> str:
    return (
        f"The vectors in {path} cannot be used ({error.strerror or first_line(error)}). "
        "The folder must be there, be yours to write, and have room; `footnote doctor` checks it."
    )
