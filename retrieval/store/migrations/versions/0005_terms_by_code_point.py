"""Terms in the order of their code points, in which those that begin alike stand together."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """PostgreSQL orders text by its language; SQLite has that order already."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("term_statistics", "term", type_=sa.Text(collation="C"))
