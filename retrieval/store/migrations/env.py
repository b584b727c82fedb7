"""Runs the migrations over the connection that `retrieval.store.database` hands in, and in no other way."""

from __future__ import annotations

from alembic import context

from retrieval.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
