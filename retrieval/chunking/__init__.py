"""A document's text to passages: its layout, its sentences, and passages as spans of it."""
