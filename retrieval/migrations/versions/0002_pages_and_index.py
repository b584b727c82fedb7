"""Pages of documents; a name for the library, which tells its vectors from others on one server."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Texts have no pages so far, and every library gets a name of its own."""
    op.add_column("revisions", sa.Column("pages", sa.JSON, nullable=False, server_default="[]"))
    state = sa.table("library_state", sa.column("name", sa.String), sa.column("value", sa.Text))
    op.bulk_insert(state, [{"name": "library", "value": secrets.token_hex(6)}])
