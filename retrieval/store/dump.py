"""A copy of the whole database in one file, made while others write, and put back in one transaction.

SQLite copies itself by its backup interface; PostgreSQL's own programs (pg_dump, pg_restore, psql) copy its tables. A
process that is killed leaves the database as it was before, or with all of the copy. Knows not what the rows mean.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from retrieval.errors import StorageError, first_line
from retrieval.store.database import place
from retrieval.store.permissions import create_private
from retrieval.store.tables import metadata

_TABLES = (*metadata.tables, "passage_tokens", "alembic_version")
_PAGES = 32  # of SQLite, copied between two looks at who may want to know
_SECONDS = 30  # for which what others hold is waited for

Told = Callable[[str], object]
"""Called with each step that has been taken."""


class DumpError(StorageError):
    """The database cannot be copied, or a copy not be put back; the message is one line that says what to do."""


def dump(connection: sa.Connection, file: Path) -> None:
    """Write a copy of the database to `file`, for its owner alone: as `connection`, which is reading, sees it.

    On SQLite nothing of what was deleted is in it. Raises DumpError.
    """
    create_private(file)
    if connection.dialect.name == "sqlite":
        live = connection.connection.driver_connection
        assert isinstance(live, sqlite3.Connection)
        with _sqlite_failures(), closing(_open(file)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            copy.execute("INSERT INTO passage_tokens (passage_tokens) VALUES ('optimize')")  # lets go of old words
            copy.execute("VACUUM")
        return
    snapshot = connection.scalar(sa.text("SELECT pg_export_snapshot()"))
    tables = [f"--table={name}" for name in _TABLES]
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={file}"]
    _run(connection.engine, "pg_dump", [*options, *tables, f"--dbname={_address(connection.engine)}"])


def load(engine: sa.Engine, file: Path, statements: Sequence[str], told: Told) -> None:
    """Have the database hold what is in `file`, which is changed under way, and run `statements` on that: all at once.

    Raises DumpError, and leaves the database as it was, also where another process uses it.
    """
    engine.dispose()  # what this process has open is no other's
    if engine.dialect.name == "sqlite":
        with _sqlite_failures(), closing(_open(file)) as copy:
            if copy.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise DumpError("The copy of the database is damaged. Take another backup.")
            for statement in statements:
                copy.execute(statement)
            told("prepared")
            with _alone(Path(str(engine.url.database))) as live:
                copy.backup(live, pages=_PAGES, progress=lambda *_: told("copying"))
        return
    check_alone(engine)
    before, script, after = (file.with_name(f"{number}.sql") for number in (1, 2, 3))
    # All of ours go, also those that the copy, of an earlier version, does not know.
    drop = f"SET lock_timeout = '{_SECONDS}s';\nDROP TABLE IF EXISTS {', '.join(_TABLES)} CASCADE;\n"
    before.write_text(drop, "utf-8")
    after.write_text("".join(f"{one};\n" for one in ("RESET search_path", *statements)), "utf-8")
    _run(engine, "pg_restore", ["--no-owner", "--no-privileges", f"--file={script}", str(file)])
    told("prepared")
    options = ["--no-psqlrc", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    files = [f"--file={one}" for one in (before, script, after)]
    _run(engine, "psql", [*options, *files, f"--dbname={_address(engine)}"])


def check_alone(engine: sa.Engine) -> None:
    """Raises DumpError when another process has the database open, or a program that is needed is not installed."""
    engine.dispose()
    if engine.dialect.name == "sqlite":
        with _sqlite_failures(), _alone(Path(str(engine.url.database))):
            return
    for program in ("pg_restore", "psql"):
        _found(program)
    with engine.connect() as connection:
        others = connection.scalar(
            sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                # Those of the server itself have no user; of what kind others' are is not shown to everyone.
                "pid <> pg_backend_pid() AND usesysid IS NOT NULL"
            )
        )
    engine.dispose()
    if others:
        raise _in_use(place(engine))


def _in_use(what: str) -> DumpError:
    return DumpError(
        f"Another process uses {what}.",
        "End `footnote serve`, `footnote telegram` and whatever else does, then try again.",
    )


def _open(path: Path, timeout: float = _SECONDS) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=timeout, isolation_level=None)


@contextmanager
def _alone(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, which nobody else can open meanwhile. Raises DumpError where somebody has it open."""
    with closing(_open(path, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            raise _in_use(f"the library in {path.parent}") from error
        yield connection


@contextmanager
def _sqlite_failures() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
        raise DumpError(
            f"The database cannot be copied ({first_line(error)}).", "`footnote doctor` looks why.", full=full
        ) from error


def _found(program: str) -> str:
    """The path of a program of PostgreSQL's. Raises DumpError where it is not installed."""
    found = shutil.which(program)
    if found is None:
        raise DumpError(
            f"{program} is not installed.",
            "Install PostgreSQL's client programs, of the server's version or a later one: apt install "
            "postgresql-client, or brew install libpq.",
        )
    return found


def _address(engine: sa.Engine) -> str:
    """The database's address without the password: other users of the machine see what programs are called with."""
    plain = sa.URL.create(
        "postgresql",
        engine.url.username,
        None,
        engine.url.host,
        engine.url.port,
        engine.url.database,
        engine.url.difference_update_query(["password"]).query,
    )
    return plain.render_as_string()


def _run(engine: sa.Engine, program: str, arguments: Sequence[str]) -> None:
    """Run a program of PostgreSQL's on the database. Raises DumpError with what it says where it fails."""
    password = engine.url.password or engine.url.query.get("password")
    secret = {"PGPASSWORD": str(password)} if password else {}
    result = subprocess.run(  # noqa: S603  # no shell, and the arguments are paths and the operator's own setting
        [_found(program), *arguments],
        env={**os.environ, "PGCONNECT_TIMEOUT": str(_SECONDS), **secret},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if result.returncode:
        said = " ".join(result.stderr.split())[:300] or f"status {result.returncode}"
        raise DumpError(f"{program} failed: {said}.", "The database is as it was; mend that, then try again.")
