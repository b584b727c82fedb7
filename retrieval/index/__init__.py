"""Vectors in Chroma and full-text search in the database."""
