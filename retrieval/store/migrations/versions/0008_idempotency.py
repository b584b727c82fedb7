"""Requests that were sent under a name of their own, and their answers, so that sent again they do nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """An empty table."""
    op.create_table(
        "named_requests",
        sa.Column("asker", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("body_hash", sa.String(64), nullable=False),
        sa.Column("began_at", sa.Float, nullable=False),
        sa.Column("answer", sa.JSON),
    )
