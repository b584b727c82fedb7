"""One loader for each file type."""
