"""The vectors of passages beside their texts, so that an index that is lost need not be embedded again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """What was added before is kept from its next indexing on."""
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
