"""The whole library in one file, and back: the database's copy with a manifest, in a ZIP archive.

Vectors are in the database, too, so that those in Chroma are put back from there, without the model. A backup has its
name only when it is whole, and what is restored takes the library's place in one transaction. Secrets are settings, and
in no backup.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from retrieval.errors import FootnoteError
from retrieval.index.vector_index import VectorIndex
from retrieval.store.database import HEAD, OLDEST, place, reading
from retrieval.store.dump import Told, check_alone, dump, load
from retrieval.store.state import number_of, vector_state
from retrieval.store.tables import conversations, revisions

_MANIFEST, _DATABASE = "manifest.json", "database"
_FORMAT = 1
_LONGEST = 65_536  # bytes of a manifest
_AHEAD = 1_000_000  # revisions that may have been made since a backup that is restored
_RESTORING = ".restoring"  # in the data folder


class BackupError(FootnoteError):
    """A backup cannot be written or restored; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself: `schema` is the database's newest migration, `bytes` and `sha256` its copy's."""

    format: int
    footnote: str
    made_at: str
    database: str
    schema: str
    embedding: str | None
    documents: int
    bytes: int
    sha256: str


def back_up(engine: sa.Engine, file: Path, told: Told = lambda _: None) -> Manifest:
    """Write a backup of the library, as it is at one moment, while others use it. Raises BackupError and DumpError.

    An earlier backup of that name is replaced once this one is whole; any other file is left alone. A library that is
    empty is hardly the one that was meant, and replaces none.
    """
    if file.exists():
        read_manifest(file)
    with _failures(file), tempfile.TemporaryDirectory(prefix=".footnote-backup-", dir=file.absolute().parent) as folder:
        copy, archive = Path(folder, _DATABASE), Path(folder, "archive")
        with reading(engine) as connection:
            schema = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
            embedding, documents = vector_state(connection).embedding, _documents(connection)
            if not _holds(connection):
                raise BackupError(f"The library {place(engine)} is empty. --data-dir names another.")
            dump(connection, copy)
        told("copied")
        with copy.open("rb") as data:
            checksum = hashlib.file_digest(data, "sha256").hexdigest()
        manifest = Manifest(
            format=_FORMAT,
            footnote=version("footnote-bot"),
            made_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            database=engine.dialect.name,
            schema=str(schema),
            embedding=embedding,
            documents=documents,
            bytes=copy.stat().st_size,
            sha256=checksum,
        )
        with _private(archive) as data:
            with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=2))
                packed.write(copy, _DATABASE)
            told("packed")
            data.flush()
            os.fsync(data.fileno())
        archive.replace(file)
        _settle(file.absolute().parent)
    told("named")
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself. Raises BackupError when it is none."""
    with _failures(file), _opened(file) as archive, archive.open(_MANIFEST) as data:
        return _manifest_of(file, data)


def restore(
    engine: sa.Engine,
    vectors: VectorIndex,
    file: Path,
    folder: Path,
    *,
    replace: bool = False,
    told: Told = lambda _: None,
) -> Manifest:
    """Have the library hold what a backup holds, and nothing else; `Library.repair` then fills its vectors.

    `folder` has room for what is unpacked. With `replace` a library that is not empty gives way. Raises BackupError and
    DumpError, and leaves the library as it was, at worst with vectors that the next start puts back. Whoever is killed
    on the way leaves the old one or the new one.
    """
    manifest = read_manifest(file)
    if manifest.database != engine.dialect.name:
        kinds = {"sqlite": "a file of SQLite", "postgresql": "PostgreSQL"}
        raise BackupError(
            f"{file} is of {kinds.get(manifest.database, 'another database')}, and the library is in "
            f"{kinds[engine.dialect.name]}. Set FOOTNOTE_DATABASE_URL to what it was, or leave it out."
        )
    if manifest.schema > HEAD:
        raise BackupError(f"{file} was made by a newer Footnote ({manifest.footnote}). Update footnote-bot.")
    if manifest.schema < OLDEST:
        raise BackupError(f"{file} was made by a Footnote before its first release. Add its documents again.")
    with reading(engine) as connection:
        holds = _holds(connection)
        state, revision = vector_state(connection), number_of(connection, "revision")
    if holds and not replace:
        raise BackupError(
            f"The library {place(engine)} is not empty. Name another data folder with --data-dir, or have the backup "
            "take its place: --replace."
        )
    check_alone(engine)
    with _failures(file), _unpacked(file, folder / _RESTORING) as copy:
        told("checked")
        if state.generation:
            # Before the texts: vectors that are lost are put back at the next start, whichever library that finds.
            vectors.drop(sys.maxsize)
            vectors.close()
        told("dropped")
        load(engine, copy, _as_another_library(state.generation, revision), told)
    told("loaded")
    return manifest


def _as_another_library(generation: int, revision: int) -> list[str]:
    """What makes the copy a library of its own: its vectors are not those of the library that it is a copy of, which
    may live on; they are lost; and the numbers of its revisions were never given to other texts.
    """
    # Ahead of the larger, so that a library restored over and over does not run out of numbers.
    further = {"losses": (0, 1), "generation": (generation, 1), "revision": (revision, _AHEAD)}
    own = "CAST(library_state.value AS BIGINT)"
    added = [  # S608: numbers of ours
        f"INSERT INTO library_state (name, value) VALUES ('{name}', '{live + more}') ON CONFLICT (name) DO UPDATE "  # noqa: S608
        f"SET value = CAST(CASE WHEN {own} > {live} THEN {own} ELSE {live} END + {more} AS TEXT)"
        for name, (live, more) in further.items()
    ]
    return [f"UPDATE library_state SET value = '{secrets.token_hex(6)}' WHERE name = 'library'", *added]  # noqa: S608


def _holds(connection: sa.Connection) -> bool:
    """Whether there is something to lose."""
    said = connection.scalar(sa.select(sa.exists(sa.select(conversations.c.id))))
    return bool(said or _documents(connection))


def _documents(connection: sa.Connection) -> int:
    ready = sa.select(sa.func.count()).select_from(revisions).where(revisions.c.state == "ready")
    return connection.execute(ready).scalar_one()


@contextmanager
def _unpacked(file: Path, folder: Path) -> Iterator[Path]:
    """The database's copy in a folder of its own, found to be what was backed up. Raises BackupError."""
    shutil.rmtree(folder, ignore_errors=True)  # of a restore that was killed
    folder.mkdir(mode=0o700, parents=True)
    try:
        copy, digest = folder / _DATABASE, hashlib.sha256()
        with _opened(file) as archive, archive.open(_MANIFEST) as about:
            manifest, left = _manifest_of(file, about), 0
            with archive.open(_DATABASE) as data, _private(copy) as written:
                while piece := data.read(1 << 20):
                    left += len(piece)
                    if left > manifest.bytes:
                        break
                    digest.update(piece)
                    written.write(piece)
        if left != manifest.bytes or digest.hexdigest() != manifest.sha256:
            raise _damaged(file)
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(file) as archive:
            if set(archive.namelist()) != {_MANIFEST, _DATABASE}:
                raise BackupError(f"{file} is no backup of Footnote's. Name another file.")
            yield archive
    except zipfile.BadZipFile as error:
        if zipfile.is_zipfile(file):
            raise _damaged(file) from error
        raise BackupError(f"{file} is no backup of Footnote's. Name another file.") from error
    except (zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        raise _damaged(file) from error


def _manifest_of(file: Path, data: IO[bytes]) -> Manifest:
    try:
        manifest = Manifest(**json.loads(data.read(_LONGEST)))
        right = manifest.format == _FORMAT and all(
            isinstance(value, int if name in ("format", "documents", "bytes") else (str, type(None)))
            for name, value in asdict(manifest).items()
        )
    except (ValueError, TypeError) as error:
        raise _damaged(file) from error
    if not right or not manifest.schema:
        raise BackupError(
            f"{file} was made by another Footnote ({manifest.footnote}), in a form that this one cannot read."
        )
    return manifest


def _damaged(file: Path) -> BackupError:
    return BackupError(f"{file} is damaged: it is not what was backed up. Take another backup.")


@contextmanager
def _failures(file: Path) -> Iterator[None]:
    """Tells of what the disk or the rights of files refuse."""
    try:
        yield
    except OSError as error:
        where = error.filename or file
        raise BackupError(
            f"{where} cannot be used ({error.strerror or error}). Name a place that you may use, with room."
        ) from error


def _private(path: Path) -> IO[bytes]:
    """A new file for its owner alone."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600), "w+b")


def _settle(folder: Path) -> None:
    """Have a name in a folder outlive the machine's power."""
    with suppress(OSError):  # not every system lets a folder be opened
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
