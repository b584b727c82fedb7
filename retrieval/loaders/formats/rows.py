"""Rows of a spreadsheet or CSV file to text: one line each, every cell with the name of its column.

A row is quoted by itself, so each has to say what its cells are: "| State: Ohio | Murder: 654 |". The bars make it one
unit for chunking, which is never split into sentences. Knows no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from retrieval.loaders.sandbox import ExtractionError

Row = Sequence[str]
"""The cells of a row as they are shown, from the first column on; "" for an empty one."""

MOST_CHARACTERS = 50_000_000
"""Bound on the text of one file, in code points: names of columns are repeated in every row."""
_LONGEST_NAME = 100
_YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
_LETTER = re.compile(r"[^\W\d_]")


def rows_text(rows: Iterable[Row]) -> str:
    """The text of a table's rows. Raises ExtractionError when it is longer than MOST_CHARACTERS.

    The first row of several cells gives the names of the columns where all its cells are distinct words or years. After
    an empty row, one such row followed by one with numbers begins a new table. A row of one cell before a table is a
    paragraph of its own: a caption. Empty cells are left out.
    """
    pieces: list[str] = []
    names: Row = ()
    length = 0
    shown = ([" ".join(cell.split()) for cell in row] for row in rows)
    for filled, group in groupby(shown, key=any):
        block = list(group) if filled else []
        caption = 0
        while caption < len(block) and sum(map(bool, block[caption])) == 1:
            caption += 1
        if 0 < caption == len(block) and names:
            caption = 0 if len(block) > 1 else caption
        paragraphs = ["".join(row) for row in block[:caption]]
        table = block[caption:]
        if len(table) > 1 and _are_names(table[0]) and not (names and _are_names(table[1])):
            names, table = table[0], table[1:]
        lines: list[str] = []
        for row in table:
            lines.append(_line(row, names))
            length += len(lines[-1])
            if length > MOST_CHARACTERS:
                raise ExtractionError("holds more text than can be read: split it into smaller files", "too_large")
        pieces += [*paragraphs, *(["\n".join(lines)] if lines else [])]
    return "\n\n".join(pieces)


def _are_names(row: Row) -> bool:
    """Whether the cells read like the names of columns: distinct, short, no numbers but years."""
    names = [cell for cell in row if cell]
    worded = [bool(_LETTER.search(name)) for name in names]
    return (
        len(names) > 1
        and len({name.casefold() for name in names}) == len(names)
        and any(worded)
        and all(word or _YEAR.fullmatch(name) for word, name in zip(worded, names, strict=True))
        and max(map(len, names)) <= _LONGEST_NAME
    )


def _line(row: Row, names: Row) -> str:
    cells = []
    for number, cell in enumerate(row):
        name = names[number].rstrip(": ") if number < len(names) else ""
        if cell:
            cells.append((f"{name}: {cell}" if name else cell).replace("|", r"\|"))
    return f"| {' | '.join(cells)} |"
