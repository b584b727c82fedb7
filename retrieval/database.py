"""The SQL database: its tables, how it is opened, and its migrations.

SQL is the truth; the vectors can be made again from it. This module knows nothing of what the rows mean.
Alembic is imported only when a migration has to run, since that costs a quarter of a second.
"""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

HEAD = "0001"
"""The newest migration in `retrieval/migrations`; a test keeps the two equal."""


class DatabaseError(Exception):
    """The database cannot be used; the message is one line that says what to do."""


metadata = sa.MetaData()

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.UniqueConstraint("owner", "source"),
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),  # indexing | ready
    sa.Column("lease_until", sa.Float),  # Unix time; only while indexing
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("text", sa.Text, nullable=False),  # empty until ready: a half-written text is never readable
    sa.Column("furniture", sa.JSON, nullable=False),  # [[start, end], …]
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Index("revisions_state", "state", "lease_until"),
)

passages = sa.Table(
    "passages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("document_id", sa.String(32), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("sentences", sa.JSON, nullable=False),  # [[start, end, paragraph, heading], …]
    sa.Column("length", sa.Integer, nullable=False),  # tokens of the keyword index
    sa.ForeignKeyConstraint(
        ["document_id", "revision"], ["revisions.document_id", "revisions.revision"], ondelete="CASCADE"
    ),
    sa.UniqueConstraint("document_id", "revision", "number"),
    sa.Index("passages_owner", "owner", "length"),
)

# A full-text table of SQLite (FTS5): rowid is passages.id, `tokens` the analyser's tokens joined by spaces.
passage_tokens = sa.table("passage_tokens", sa.column("rowid", sa.Integer), sa.column("tokens", sa.Text))

term_statistics = sa.Table(
    "term_statistics",
    metadata,
    sa.Column("owner", sa.String(200), primary_key=True),
    sa.Column("term", sa.Text, primary_key=True),
    sa.Column("passages", sa.Integer, nullable=False),
)

vector_deletions = sa.Table(
    "vector_deletions",
    metadata,
    sa.Column("document_id", sa.String(32), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
)

library_state = sa.Table(
    "library_state",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

conversations = sa.Table(
    "conversations",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asker", sa.String(200), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.UniqueConstraint("asker", "name"),
)

turns = sa.Table(
    "turns",
    metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("asked_at", sa.Float, nullable=False),
)


def open_database(path: Path) -> sa.Engine:
    """The engine for the SQLite file `path`, made and migrated where needed.

    Raises DatabaseError when the file cannot be written, is no database, or is of a newer version of Footnote.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": 30})
        sa.event.listen(engine, "connect", _prepare_connection)
        sa.event.listen(engine, "begin", _begin)
        version = _version(engine)
        if version != HEAD:
            with FileLock(path.with_suffix(".lock")):
                _migrate(engine)
    except (sa.exc.OperationalError, sa.exc.DatabaseError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise DatabaseError(
            f"Cannot use the database {path} ({cause}). Check the data folder or name another."
        ) from error
    return engine


def reading(engine: sa.Engine) -> AbstractContextManager[sa.Connection]:
    """A transaction that sees one state of the database from its first statement to its last."""
    return engine.begin()


def writing(engine: sa.Engine) -> AbstractContextManager[sa.Connection]:
    """A transaction that is the only writer from its start, so that what it reads first still holds when it writes."""
    return engine.execution_options(writing=True).begin()


def _prepare_connection(connection: Any, _record: object) -> None:
    """Readers go on while one process writes (WAL), commits reach the disk, and foreign keys are enforced."""
    connection.isolation_level = None  # transactions are begun by _begin, not by the driver
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writing") else "BEGIN")


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        try:
            version = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        except sa.exc.OperationalError as error:
            if "no such table" not in str(error):
                raise
            return None
    return None if version is None else str(version)


def _migrate(engine: sa.Engine) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    version = _version(engine)
    if version is not None and version not in {
        s.revision for s in ScriptDirectory.from_config(config).walk_revisions()
    }:
        raise DatabaseError(
            f"The database {engine.url.database} was written by a newer Footnote (version {version}). "
            "Update footnote-bot, or name another data folder with --data-dir."
        )
    with writing(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def now() -> float:
    """The present in seconds of Unix time, the unit of every time in the tables."""
    return time.time()
