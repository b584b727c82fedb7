"""The tables of the SQL database, which is the truth: the vectors can be made again from it.

This module knows nothing of what the rows mean, nor where the database is.
"""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy.dialects.sqlite import Insert

CLOCKS_APART = 60.0
"""Seconds by which the clocks of the machines on one database may differ."""

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
    sa.Column("furniture", sa.JSON, nullable=False, key="boilerplate"),  # [[start, end], …]
    sa.Column("added_at", sa.Float, nullable=False),
    sa.Column("pages", sa.JSON, nullable=False, server_default="[]"),  # [where each page begins, …]
    sa.Column("characters", sa.Integer, nullable=False, server_default="0"),
    sa.Column("language", sa.String(8)),  # ISO 639-1, "" where it cannot be told; NULL while indexing
    sa.Column("authors", sa.Text, nullable=False, server_default=""),  # as the file says of itself
    sa.Column("dated", sa.Text, nullable=False, server_default=""),
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
    sa.Column("head_start", sa.Integer),  # of the row of column names over a passage that begins within a table
    sa.Column("head_end", sa.Integer),
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
    sa.Column("term", sa.Text, primary_key=True),  # in the order of code points on both databases
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

# The files of which pages can be shown as pictures.
originals = sa.Table(
    "originals",
    metadata,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("text_hash", sa.String(64), nullable=False),  # of the text that was read in it
    sa.Column("data", sa.LargeBinary, nullable=False),
)

# What a chat model has cost on a day (UTC).
model_usage = sa.Table(
    "model_usage",
    metadata,
    sa.Column("day", sa.String(10), primary_key=True),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("read", sa.BigInteger, nullable=False),  # tokens
    sa.Column("written", sa.BigInteger, nullable=False),
)

# How far a revision has come in the multilingual space of the vectors.
multilingual_vectors = sa.Table(
    "multilingual_vectors",
    metadata,
    sa.Column("document_id", sa.String(32), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("index", sa.Integer, nullable=False),  # of that index,
    sa.Column("losses", sa.Integer, nullable=False),  # which had been lost so often
    sa.Column("passages", sa.Integer, nullable=False),  # the first passages have their vectors
    sa.Column("whole", sa.Boolean, nullable=False),  # all have
    sa.ForeignKeyConstraint(
        ["document_id", "revision"], ["revisions.document_id", "revisions.revision"], ondelete="CASCADE"
    ),
)

# Every passage's vector, so that a loss of the vectors' index costs no embedding: 16-bit floats, little-endian.
kept_vectors = sa.Table(
    "kept_vectors",
    metadata,
    sa.Column("document_id", sa.String(32), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True),
    sa.Column("model", sa.String(200), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("vector", sa.LargeBinary, nullable=False),
    sa.ForeignKeyConstraint(
        ["document_id", "revision"], ["revisions.document_id", "revisions.revision"], ondelete="CASCADE"
    ),
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
    sa.Column("once", sa.String(255)),  # what the asker calls this very question: asked again, it has this answer
    sa.Index("turns_once", "conversation_id", "once", unique=True),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("conversation_id", sa.Integer, primary_key=True),
    sa.Column("turn", sa.Integer, primary_key=True),
    sa.Column("helpful", sa.Boolean, nullable=False),
    sa.Column("comment", sa.Text),
    sa.Column("given_at", sa.Float, nullable=False),
    sa.ForeignKeyConstraint(["conversation_id", "turn"], ["turns.conversation_id", "turns.number"], ondelete="CASCADE"),
)

# What was sent under a name of its own, with what it was answered: sent again, it does nothing.
named_requests = sa.Table(
    "named_requests",
    metadata,
    sa.Column("asker", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),  # the sender's Idempotency-Key
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("began_at", sa.Float, nullable=False),
    sa.Column("answer", sa.JSON(none_as_null=True)),  # NULL while it is being answered
)

webhook_questions = sa.Table(
    "webhook_questions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asker", sa.String(200), nullable=False),
    sa.Column("message_id", sa.String(255), nullable=False),  # the sender's webhook-id
    sa.Column("body_hash", sa.String(64), nullable=False),
    sa.Column("data", sa.JSON, nullable=False),  # question, conversation, documents, metadata as they were sent
    sa.Column("reply_url", sa.Text),
    sa.Column("state", sa.String(16), nullable=False),  # asked | answered
    sa.Column("worker", sa.String(32)),  # who is answering it
    sa.Column("tries", sa.Integer, nullable=False),  # that failed
    sa.Column("next_at", sa.Float, nullable=False),  # when it may be tried
    sa.Column("event", sa.Text),  # the answer as it is sent, byte for byte
    sa.Column("asked_at", sa.Float, nullable=False),
    sa.Column("answered_at", sa.Float),
    sa.UniqueConstraint("asker", "message_id"),
    sa.Index("webhook_questions_state", "state", "next_at"),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("id", sa.String(40), primary_key=True),  # the webhook-id of the event
    sa.Column("question_id", sa.ForeignKey("webhook_questions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("asker", sa.String(200), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # waiting | delivered | failed
    sa.Column("worker", sa.String(32)),  # who is sending it
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", sa.Float, nullable=False),
    sa.Column("last_status", sa.Integer),  # of HTTP, where one came back
    sa.Column("last_error", sa.Text),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Index("deliveries_state", "state", "next_at"),
    sa.Index("deliveries_question", "question_id"),
)

chat_updates = sa.Table(
    "chat_updates",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),  # the chat service's own
    sa.Column("chat", sa.BigInteger, nullable=False),
    sa.Column("data", sa.JSON, nullable=False),  # as it came
    sa.Column("state", sa.String(16), nullable=False),  # waiting | handled
    sa.Column("received_at", sa.Float, nullable=False),
    sa.Column("handled_at", sa.Float),
    sa.Index("chat_updates_state", "state", "chat", "id"),
    sa.Index("chat_updates_chat", "chat", "id"),
)

chat_messages = sa.Table(
    "chat_messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("update_id", sa.ForeignKey("chat_updates.id", ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # among those for one update
    sa.Column("chat", sa.BigInteger, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),  # what is to be sent
    sa.Column("state", sa.String(16), nullable=False),  # waiting | sent | refused
    sa.Column("message_id", sa.BigInteger),  # the chat service's, once it is sent
    sa.Column("conversation", sa.Text),  # with `turn`: the answer that it shows
    sa.Column("turn", sa.Integer),
    sa.Column("error", sa.Text),
    sa.Column("sent_at", sa.Float),
    sa.UniqueConstraint("update_id", "number"),
    sa.Index("chat_messages_state", "state", "chat", "update_id", "number"),
    sa.Index("chat_messages_message", "chat", "message_id"),
)

# What a chat, or a topic of one, is about at the moment.
chat_topics = sa.Table(
    "chat_topics",
    metadata,
    sa.Column("chat", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("thread", sa.BigInteger, primary_key=True, autoincrement=False),  # 0: not in a topic
    sa.Column("conversation", sa.Integer, nullable=False),  # its number, which /new raises
    sa.Column("document_id", sa.String(32)),  # the one document that is asked about
)

# Who put a document into a chat: in a group, only they and administrators take it out again.
chat_documents = sa.Table(
    "chat_documents",
    metadata,
    sa.Column("document_id", sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sender", sa.BigInteger, nullable=False),
)


def now() -> float:
    """The present in seconds of Unix time, the unit of every time in the tables."""
    return time.time()


def is_over(
    moment: sa.ColumnElement[float], at: float, longest: float | sa.ColumnElement[float]
) -> sa.ColumnElement[bool]:
    """Whether, at the time `at`, a moment is over that was set `longest` seconds ahead at most.

    One that lies further ahead is: the clock was set back since, and nothing is to wait until it has come round again.
    """
    return sa.or_(moment <= at, moment > longest + sa.literal(at + CLOCKS_APART))


def among(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether a column is one of the values that are given as `name` when a statement is executed.

    So a statement can be built once: building it takes longer than executing it.
    """
    return column.in_(sa.bindparam(name, expanding=True))


def insert(connection: sa.Connection, table: sa.Table) -> Insert:
    """An INSERT that can say what to do `on_conflict`: both databases speak of that in the same words."""
    dialect = import_module(f"sqlalchemy.dialects.{connection.dialect.name}")
    statement: Insert = dialect.insert(table)  # PostgreSQL's has the methods of SQLite's
    return statement
