"""The migrations of the database, run by `retrieval.database` at start."""
