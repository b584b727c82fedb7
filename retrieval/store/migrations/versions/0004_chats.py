"""Chats: their updates, what is sent for them, what they are about, and who put documents into them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """All tables are new."""
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
