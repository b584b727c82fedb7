"""The library: documents added, replaced, removed and listed, with text and both indexes in step."""
