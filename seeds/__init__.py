"""The documents that Footnote knows from the start; they ship with it as data."""
