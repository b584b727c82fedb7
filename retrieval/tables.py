"""The tables of the SQL database, which is the truth: the vectors can be made again from it.

This module knows nothing of what the rows mean, nor where the database is.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.dialects.sqlite import Insert

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
    sa.Column("state", sa.String(16), nullable=False),  # indexing | ready | waiting for an index to be whole
    sa.Column("lease_until", sa.Float),  # Unix time; only while indexing
    sa.Column("content_hash", sa.String(64), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("url", sa.Text),
    sa.Column("text", sa.Text, nullable=False),  # empty until ready: a half-written text is never readable
    sa.Column("furniture", sa.JSON, nullable=False),  # [[start, end], …]
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Column("pages", sa.JSON, nullable=False, server_default="[]"),  # [where each page begins, …]
    sa.Column("characters", sa.Integer, nullable=False, server_default="0"),
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

# The full text: rowid is passages.id, `tokens` the analyser's tokens joined by spaces. On SQLite a table of FTS5; on
# PostgreSQL one with a tsvector `terms` beside the tokens.
passage_tokens = sa.table("passage_tokens", sa.column("rowid", sa.Integer), sa.column("tokens", sa.Text))

term_statistics = sa.Table(
    "term_statistics",
    metadata,
    sa.Column("owner", sa.String(200), primary_key=True),
    sa.Column("term", sa.Text, primary_key=True),
    sa.Column("passages", sa.Integer, nullable=False),
)

# What sums over all passages of an owner would have to be made for at every question.
owner_statistics = sa.Table(
    "owner_statistics",
    metadata,
    sa.Column("owner", sa.String(200), primary_key=True),
    sa.Column("passages", sa.Integer, nullable=False),
    sa.Column("tokens", sa.BigInteger, nullable=False),
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


def now() -> float:
    """The present in seconds of Unix time, the unit of every time in the tables."""
    return time.time()


def insert(connection: sa.Connection, table: sa.Table) -> Insert:
    """An INSERT that can say what to do `on_conflict`: both databases speak of that in the same words."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        statement: Any = postgresql.insert(table)
        return statement  # type: ignore[no-any-return]  # its methods are those of SQLite's
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
