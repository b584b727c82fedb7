"""What a file says of itself: its authors and its date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Nothing is known of documents that are there already: adding them again tells it."""
    op.add_column("revisions", sa.Column("authors", sa.Text, nullable=False, server_default=""))
    op.add_column("revisions", sa.Column("dated", sa.Text, nullable=False, server_default=""))
