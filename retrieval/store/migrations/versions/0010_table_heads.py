"""Where the names of a table's columns stand, for a passage that begins within the table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Passages that were cut before have none: their rows are shown as they stand."""
    op.add_column("passages", sa.Column("head_start", sa.Integer))
    op.add_column("passages", sa.Column("head_end", sa.Integer))
