"""Runs the migrations over the connection that `retrieval.database` hands in; there is no other way to run them."""

from __future__ import annotations

from alembic import context

from retrieval.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
