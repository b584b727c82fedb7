"""Pages of documents; a name for the library, which tells its vectors from others on one server."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Texts have no pages so far; their lengths and sums are kept; every library gets a name of its own."""
    op.add_column("revisions", sa.Column("pages", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("revisions", sa.Column("characters", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE revisions SET characters = length(text)")
    op.create_table(
        "owner_statistics",
        sa.Column("owner", sa.String(200), primary_key=True),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO owner_statistics SELECT owner, count(*), sum(length) FROM passages GROUP BY owner")
    state = sa.table("library_state", sa.column("name", sa.String), sa.column("value", sa.Text))
    op.bulk_insert(state, [{"name": "library", "value": secrets.token_hex(6)}])
