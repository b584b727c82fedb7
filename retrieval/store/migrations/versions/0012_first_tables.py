"""All tables of 0.1.0. Its number is that of the last of the steps in which they were made before the release."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = None


def upgrade() -> None:
    """Documents and their passages, conversations, questions by webhook, chats; a name that tells the library's vectors
    from others on one server.
    """
    op.create_table(
        "documents",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        *_one_each("owner", "source"),
    )
    _one_each_of_any_length("documents", "owner", "source")
    op.create_table(
        "revisions",
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("lease_until", sa.Float),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("furniture", sa.JSON, nullable=False),
        sa.Column("added_at", sa.Float, nullable=False),
        sa.Column("pages", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("characters", sa.Integer, nullable=False, server_default="0"),
        sa.Column("language", sa.String(8)),
        sa.Column("authors", sa.Text, nullable=False, server_default=""),
        sa.Column("dated", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("revisions_state", "revisions", ["state", "lease_until"])
    op.create_table(
        "passages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("document_id", sa.String(32), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("start", sa.Integer, nullable=False),
        sa.Column("end", sa.Integer, nullable=False),
        sa.Column("sentences", sa.JSON, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("head_start", sa.Integer),
        sa.Column("head_end", sa.Integer),
        sa.ForeignKeyConstraint(
            ["document_id", "revision"], ["revisions.document_id", "revisions.revision"], ondelete="CASCADE"
        ),
        sa.UniqueConstraint("document_id", "revision", "number"),
    )
    op.create_index("passages_owner", "passages", ["owner", "length"])
    if _on_postgresql():
        # The terms are our own analyser's tokens as they are: PostgreSQL's parser has no part in them.
        op.execute(
            "CREATE TABLE passage_tokens (rowid integer PRIMARY KEY, tokens text NOT NULL, "
            "terms tsvector GENERATED ALWAYS AS (array_to_tsvector(string_to_array(tokens, ' '))) STORED)"
        )
        op.execute("CREATE INDEX passage_tokens_terms ON passage_tokens USING gin (terms)")
    else:
        # `ascii` keeps every token of our own analyser whole: it splits at ASCII white space and punctuation only.
        op.execute("CREATE VIRTUAL TABLE passage_tokens USING fts5(tokens, tokenize='ascii')")
    op.create_table(
        "term_statistics",
        sa.Column("owner", sa.String(200), primary_key=True),
        # In the order of code points on both databases; PostgreSQL would order text by its language.
        sa.Column("term", sa.Text(collation="C") if _on_postgresql() else sa.Text, primary_key=True),
        sa.Column("passages", sa.Integer, nullable=False),
    )
    op.create_table(
        "owner_statistics",
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "vector_deletions",
        sa.Column("document_id", sa.String(32), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
    )
    state = op.create_table(
        "library_state",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.bulk_insert(state, [{"name": "library", "value": secrets.token_hex(6)}])
    op.create_table(
        "conversations",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("asker", sa.String(200), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        *_one_each("asker", "name"),
    )
    _one_each_of_any_length("conversations", "asker", "name")
    op.create_table(
        "turns",
        sa.Column(
            "conversation_id", sa.Integer, sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("answer", sa.JSON, nullable=False),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.Column("once", sa.String(255)),
    )
    op.create_index("turns_once", "turns", ["conversation_id", "once"], unique=True)
    op.create_table(
        "multilingual_vectors",
        sa.Column("document_id", sa.String(32), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "revision"], ["revisions.document_id", "revisions.revision"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "kept_vectors",
        sa.Column("document_id", sa.String(32), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("model", sa.String(200), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("vector", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "revision"], ["revisions.document_id", "revisions.revision"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "originals",
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "model_usage",
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("read", sa.BigInteger, nullable=False),
        sa.Column("written", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "feedback",
        sa.Column("conversation_id", sa.Integer, primary_key=True),
        sa.Column("turn", sa.Integer, primary_key=True),
        sa.Column("helpful", sa.Boolean, nullable=False),
        sa.Column("comment", sa.Text),
        sa.Column("given_at", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id", "turn"], ["turns.conversation_id", "turns.number"], ondelete="CASCADE"
        ),
    )
    op.create_table(
        "webhook_questions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("asker", sa.String(200), nullable=False),
        sa.Column("message_id", sa.String(255), nullable=False),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("reply_url", sa.Text),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("worker", sa.String(32)),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("event", sa.Text),
        sa.Column("asked_at", sa.Float, nullable=False),
        sa.Column("answered_at", sa.Float),
        sa.UniqueConstraint("asker", "message_id"),
    )
    op.create_index("webhook_questions_state", "webhook_questions", ["state", "next_at"])
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("question_id", sa.Integer, sa.ForeignKey("webhook_questions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("asker", sa.String(200), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("worker", sa.String(32)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Float, nullable=False),
        sa.Column("last_status", sa.Integer),
        sa.Column("last_error", sa.Text),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.Column("ended_at", sa.Float),
    )
    op.create_index("deliveries_state", "deliveries", ["state", "next_at"])
    op.create_index("deliveries_question", "deliveries", ["question_id"])
    op.create_table(
        "named_requests",
        sa.Column("asker", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("began_at", sa.Float, nullable=False),
        sa.Column("answer", sa.JSON),
    )
    op.create_table(
        "chat_updates",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("received_at", sa.Float, nullable=False),
        sa.Column("handled_at", sa.Float),
    )
    op.create_index("chat_updates_state", "chat_updates", ["state", "chat", "id"])
    op.create_index("chat_updates_chat", "chat_updates", ["chat", "id"])
    op.create_table(
        "chat_messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("update_id", sa.BigInteger, sa.ForeignKey("chat_updates.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("chat", sa.BigInteger, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("message_id", sa.BigInteger),
        sa.Column("conversation", sa.Text),
        sa.Column("turn", sa.Integer),
        sa.Column("error", sa.Text),
        sa.Column("sent_at", sa.Float),
        sa.UniqueConstraint("update_id", "number"),
    )
    op.create_index("chat_messages_state", "chat_messages", ["state", "chat", "update_id", "number"])
    op.create_index("chat_messages_message", "chat_messages", ["chat", "message_id"])
    op.create_table(
        "chat_topics",
        sa.Column("chat", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("thread", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("conversation", sa.Integer, nullable=False),
        sa.Column("document_id", sa.String(32)),
    )
    op.create_table(
        "chat_documents",
        sa.Column("document_id", sa.String(32), sa.ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sender", sa.BigInteger, nullable=False),
    )


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _one_each(*columns: str) -> list[sa.UniqueConstraint]:
    return [] if _on_postgresql() else [sa.UniqueConstraint(*columns)]


def _one_each_of_any_length(table: str, owner: str, name: str) -> None:
    """The same on PostgreSQL, whose plain indexes take no words longer than some 2,700 bytes."""
    if _on_postgresql():
        op.execute(f"CREATE UNIQUE INDEX {table}_unique ON {table} ({owner}, md5({name}))")
        op.execute(f"CREATE INDEX {table}_{name} ON {table} USING hash ({name})")
