"""Questions by webhook with the deliveries of their answers; feedback; turns that are asked once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Turns get the asker's name for them; the others are new tables."""
    op.add_column("turns", sa.Column("once", sa.String(255)))
    op.create_index("turns_once", "turns", ["conversation_id", "once"], unique=True)
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
        "workers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("alive_until", sa.Float, nullable=False),
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
