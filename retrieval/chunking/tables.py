"""Rows of tables as lines of text: their cells, and which row names the columns of those below it.

Cells stand between bars, as Markdown and the loaders write them, or tabs. Knows no language and no layout.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from retrieval.types import Passage, Sentence, Span

_BAR, _TAB = re.compile(r"(?<!\\)\|"), re.compile(r"\t")  # an escaped bar belongs to its cell
_BETWEEN_CELLS = re.compile(r"[^\s|](?:[ \t]\|)+[ \t]+[^\s|]")
_FEWEST_BARS = 2
_FEWEST_NAMES = 3  # two cells side by side are more often a name and its value
_VALUE = re.compile(r"(?!(?:1[6-9]|20)\d\d$)[\W_]*\d[\W\d_]*")  # a number, with whatever stands around it; a year names


def has_cells(words: str) -> bool:
    """Whether a line has bars between words, as the rows of tables in PDFs have: "Total | 12.50"."""
    return _BETWEEN_CELLS.search(words) is not None


def is_delimiter(words: str) -> bool:
    """Whether a line is the one that stands under a table's head in Markdown: "| --- | :-: |"."""
    return "-" in words and "|" in words and not words.strip("|:-+ \t")


def cells_of(row: str) -> list[Span]:
    """Where the cells of a row stand in it, white space left out; none where it is no row."""
    between = _BAR if has_cells(row) or row.count("|") >= _FEWEST_BARS else _TAB
    parts = between.split(row) if between.search(row) else []
    found, at = [], 0
    for number, part in enumerate(parts):
        start = at + len(part) - len(part.lstrip())
        # Bars may stand around a row, too.
        if part.strip() or 0 < number < len(parts) - 1:
            found.append(Span(start, start + len(part.strip())))
        at += len(part) + 1
    return found


def is_row(words: str) -> bool:
    """Whether words have cells."""
    return ("|" in words or "\t" in words) and bool(cells_of(words))


def words_of_cells(row: str) -> list[str]:
    """The words of each cell of a row."""
    return [cell.of(row) for cell in cells_of(row)]


def are_labels(row: str, under: str) -> bool:
    """Whether the cells of a row are all labels, "Date: | Due:", to which the row `under` it has a value each."""
    labels, values = (words_of_cells(one) if has_cells(one) else [] for one in (row, under))
    return len(labels) > 1 and len(labels) == len(values) and all(one.endswith((":", "：")) for one in labels)


def names_columns(row: str, under: str) -> bool:
    """Whether the first row of a table names its columns: told by the line under it in Markdown; else by having no
    numbers where at least half of the columns have one in the row `under` it, the first column aside.
    """
    _, _, rest = row.partition("\n")
    if is_delimiter(rest):
        return True
    names, cells = words_of_cells(row), words_of_cells(under)
    if rest or len(names) != len(cells) or len(names) < _FEWEST_NAMES or 2 * sum(map(bool, names)) < len(names):
        return False
    values = sum(is_value(cell) for cell in cells[1:])
    return not any(map(is_value, names)) and values > 0 and 2 * values >= len(cells) - 1


def is_value(cell: str) -> bool:
    """Whether a cell is a number, with whatever stands around it; a year is a name."""
    return _VALUE.fullmatch(cell) is not None


def column_names(above: str, columns: int) -> list[str]:
    """The cells of the first line of `above` that has as many as there are columns; none where no line has."""
    for line in above.split("\n"):
        if not is_delimiter(line) and len(names := words_of_cells(line)) == columns:
            return names
    return []


def with_heads(text: str, passages: Sequence[Passage], pages: Sequence[int] = ()) -> list[Passage]:
    """The passages, those that begin within a table with the row that names its columns.

    A table goes on over a page's end (`pages` are their beginnings), where the next row has as many cells.
    """
    found: list[Passage] = []
    first: Sentence | None = None  # row of the table
    head: Span | None = None
    before: Sentence | None = None
    for passage in passages:
        for sentence in passage.sentences:
            words = sentence.span.of(text)
            if not is_row(words):
                first = head = None
            elif before is not None and head is not None and _over_page(text, head, before, sentence, pages):
                pass
            elif first is None or before is None or before.paragraph != sentence.paragraph:
                first, head = sentence, None
            elif before is first:
                head = first.span if names_columns(first.span.of(text), words) else None
            before = sentence
            if sentence is passage.sentences[0]:
                over = head if head is not None and head.end <= passage.start else None
                found.append(passage if over is None else replace(passage, head=over))
    return found


def _over_page(text: str, head: Span, before: Sentence, row: Sentence, pages: Sequence[int]) -> bool:
    """Whether a row goes on with a table of the page before."""
    if before.paragraph == row.paragraph or bisect_right(pages, before.end) == bisect_right(pages, row.start):
        return False
    return len(cells_of(row.span.of(text))) == len(cells_of(head.of(text)))
