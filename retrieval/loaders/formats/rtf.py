"""RTF documents to text: paragraphs, and rows of tables with the names of their columns. Knows no files."""

from __future__ import annotations

import re
from itertools import groupby

from retrieval.loaders.formats.rows import rows_text
from retrieval.loaders.sandbox import Extracted

_TITLE = re.compile(r"\{\\title\s([^{}]{1,2000})\}")


def read_rtf(data: bytes) -> Extracted:
    """The text and title of an RTF document."""
    # Bytes beyond ASCII are escaped in RTF; what is not is of the commonest encoding.
    markup = data.decode("cp1252", "replace")
    named = _TITLE.search(markup)
    title = " ".join(_text(rf"{{\rtf1 {named[1]}}}").split()) if named else ""
    return Extracted(_text(markup), title)


def _text(markup: str) -> str:
    from striprtf.striprtf import rtf_to_text

    lines = (line.strip() for line in rtf_to_text(markup, errors="replace").splitlines())
    pieces: list[str] = []
    for is_row, group in groupby(filter(None, lines), key=lambda line: line.endswith("|")):
        found = list(group)
        pieces += [rows_text(line[:-1].split("|") for line in found)] if is_row else found
    return "\n\n".join(pieces)
