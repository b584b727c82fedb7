"""The language of each revision, and how far it has come in the vectors of the model of other languages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """The languages of what is there are told at the next start."""
    op.add_column("revisions", sa.Column("language", sa.String(8)))
    op.create_table(
        "multilingual_vectors",
        sa.Column("document_id", sa.String(32), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("passages", sa.Integer, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "revision"], ["revisions.document_id", "revisions.revision"], ondelete="CASCADE"
        ),
    )
