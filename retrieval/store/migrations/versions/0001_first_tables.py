"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Documents with their revisions and passages, the full-text index, conversations."""
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
        sa.Column("term", sa.Text, primary_key=True),
        sa.Column("passages", sa.Integer, nullable=False),
    )
    op.create_table(
        "vector_deletions",
        sa.Column("document_id", sa.String(32), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String(200), nullable=False),
    )
    op.create_table(
        "library_state",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
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
