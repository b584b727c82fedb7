"""The migrations of the database, run by `retrieval.store.database` at start."""
