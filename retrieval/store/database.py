"""How the SQL database is opened, migrated, read and written: a file of SQLite, or PostgreSQL.

On both, a read sees one state of the database, and a write is the only one while it lasts. Knows no table.
Alembic is imported only when a migration has to run, since that costs a quarter of a second.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from filelock import FileLock

from retrieval.errors import StorageError, first_line
from retrieval.store.permissions import create_private, make_private

OLDEST, HEAD = "0012", "0012"
"""The first migration in `retrieval/store/migrations` and the newest; a test keeps them equal."""

# Advisory locks of PostgreSQL are numbers that all programs on one database share: these are ours.
_WRITER = 0x666F6F74
_ALONE = {"repair": 0x666F6F75, "reindex": 0x666F6F76, "chats": 0x666F6F77}
_PATIENCE = 30  # seconds until a database that does not answer counts as gone
_PAUSE = 0.01  # seconds


class DatabaseError(StorageError):
    """The database cannot be used; the message is one line that says what to do."""


def open_database(where: Path | str) -> sa.Engine:
    """The engine for the SQLite file at a path, or for PostgreSQL at a URL, made and migrated where needed.

    Raises DatabaseError when it cannot be reached or written, is no database, or is of a version of Footnote
    that this one does not know.
    """
    try:
        engine = _sqlite(where) if isinstance(where, Path) else _postgresql(where)
        try:
            if _version(engine) != HEAD:
                with alone(engine, "repair"):
                    _migrate(engine)
        except BaseException:
            engine.dispose()
            raise
    except (sa.exc.DBAPIError, OSError) as error:
        raise DatabaseError(f"Cannot use the database {_shown(where)} ({cause(error)}). {_cure(where)}") from error
    return engine


def reading(engine: sa.Engine) -> AbstractContextManager[sa.Connection]:
    """A transaction that sees one state of the database from its first statement to its last."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine.begin()


def writing(engine: sa.Engine) -> AbstractContextManager[sa.Connection]:
    """A transaction that is the only writer from its start, so that what it reads first still holds when it writes."""
    return engine.execution_options(writing=True).begin()


@contextmanager
def alone(engine: sa.Engine, purpose: Literal["repair", "reindex", "chats"]) -> Iterator[None]:
    """Hold the one lock of repair and migration, of reindexing, or of chats, among all processes on a database.

    It may be held for long; a process that is killed lets go of it.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.select(sa.func.pg_advisory_lock(_ALONE[purpose])))
            try:
                yield
            finally:
                connection.execute(sa.select(sa.func.pg_advisory_unlock(_ALONE[purpose])))
    else:
        with FileLock(Path(str(engine.url.database)).with_suffix(f".{purpose}.lock"), mode=0o600):
            yield


def place(engine: sa.Engine) -> str:
    """Where the database is, without what is secret in its address."""
    return _shown(Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else str(engine.url))


def cause(error: BaseException) -> str:
    """What the database said of a failure, in one line: SQLAlchemy's own messages quote the whole statement."""
    return first_line(getattr(error, "orig", None) or error)


def _sqlite(path: Path) -> sa.Engine:
    make_private(path.parent)
    create_private(path)  # its logs get the permissions that it has
    url = sa.URL.create("sqlite", database=str(path))
    # What people wrote does not belong in an error, which may be logged.
    engine = sa.create_engine(url, connect_args={"timeout": _PATIENCE}, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_connection)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _postgresql(address: str) -> sa.Engine:
    try:
        url = sa.make_url(address).set(drivername="postgresql+psycopg")
    except (sa.exc.ArgumentError, ValueError):
        # What the parser says may quote the address, and with it the password.
        raise DatabaseError(
            "FOOTNOTE_DATABASE_URL cannot be read. It must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with %40 "
            "for an @ in the password."
        ) from None
    try:
        # Asked before each use whether it still lives: the server may have been started anew.
        engine = sa.create_engine(
            url, connect_args={"connect_timeout": _PATIENCE}, pool_pre_ping=True, hide_parameters=True
        )
    except ModuleNotFoundError as error:
        raise DatabaseError(
            "FOOTNOTE_DATABASE_URL needs PostgreSQL's driver. Install it: pip install 'footnote-bot[postgresql]'."
        ) from error
    sa.event.listen(engine, "connect", _plan_each_time)
    sa.event.listen(engine, "begin", _begin_alone)
    return engine


def _plan_each_time(connection: Any, _record: object) -> None:
    """A plan that is made for all words alike reads all passages for each question: it knows not how rare a word is."""
    connection.execute("SET plan_cache_mode = force_custom_plan")
    connection.commit()


def _prepare_connection(connection: Any, _record: object) -> None:
    """Readers go on while one process writes (WAL), commits reach the disk, and foreign keys are enforced."""
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver
    cursor = connection.cursor()
    _keep_log(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _keep_log(cursor: Any) -> None:
    """Have a new file keep a log beside it (WAL), once and for all; SQLite does not wait for others to do the same."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(_PAUSE)


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


def _begin_alone(connection: sa.Connection) -> None:
    """Have a writing transaction wait for the one before it; what it reads then is what that one left."""
    if connection.get_execution_options().get("writing"):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        try:
            version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
            if "no such table" not in str(error) and getattr(error.orig, "sqlstate", None) != "42P01":
                raise
            return None
    return None if version is None else str(version)


def _migrate(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:  # it knows no such version
        version = _version(engine) or ""
        writer, cure = ("a newer Footnote", "Update footnote-bot, or name")
        if version < OLDEST:
            writer, cure = ("a Footnote before its first release", "Name")
        raise DatabaseError(
            f"The database {engine.url.database} was written by {writer} (version {version}). "
            f"{cure} another database: --data-dir, FOOTNOTE_DATABASE_URL."
        ) from error


def _shown(where: Path | str) -> str:
    """The place without what is secret in it."""
    if isinstance(where, Path):
        return str(where)
    url = sa.make_url(where)
    return f"{url.database or ''} at {url.host or 'the local socket'}{f':{url.port}' if url.port else ''}"


def _cure(where: Path | str) -> str:
    if isinstance(where, Path):
        return "The data folder must be yours to write and have room; --data-dir names another."
    return "Check that the server runs and that FOOTNOTE_DATABASE_URL names it, its user and its password."
