"""Rows of tables: their cells, the row that names their columns, and parts of a long table that keep it."""

from __future__ import annotations

import pytest

from retrieval.chunking.chunker import embedded_texts, split
from retrieval.chunking.tables import column_names, names_columns, with_heads, words_of_cells
from retrieval.types import Document

NAMES = "Harbour | Boats | Tons"
TABLE = "\n".join([NAMES, *(f"Port {name} | {number} | {number * 30}" for number, name in enumerate("ABCDEFGHIJ", 11))])


@pytest.mark.parametrize(
    ("row", "under", "expected"),
    [
        (NAMES, "Oban | 12 | 360", True),
        ("| | 2009 | 2010 |", "| Austria | 60,000 | — |", True),
        ("| Name | Trade |\n| --- | --- |", "| Anna | baker |", True),
        ("Oban | 12 | 360", "Mallaig | 40 | 1,200", False),
        ("Name | Anna", "Age | 34", False),  # a name and its value
        (NAMES, "Oban | 12", False),  # another table
        ("Harbour | Master | Trade", "Oban | Anna | baker", False),  # nothing tells
        ("", "", False),
    ],
)
def test_which_row_names_columns(row: str, under: str, expected: bool) -> None:
    """Told by Markdown's line, else by a row without numbers over one with numbers; years are names."""
    assert names_columns(row, under) is expected


def test_every_part_of_a_long_table_keeps_the_names_of_its_columns() -> None:
    """A passage that begins within a table knows them; neither the first does, nor what stands after the table."""
    text = f"Boats in May\n\n{TABLE}\n\nAll figures are rounded to the nearest boat, as the board decided in June."
    passages = with_heads(text, split(text, (), lambda texts: [len(one.split()) for one in texts], 20))
    heads = [passage.head.of(text) if passage.head else "" for passage in passages]
    within = ["Port" in text[passage.start : passage.end].split("\n")[0] for passage in passages]
    assert len(passages) > 3
    assert heads == [NAMES if begins else "" for begins in within]
    embedded = embedded_texts(Document("a.txt", "Boats", text), passages)
    assert all(made.count(NAMES) == 1 for made, head in zip(embedded, heads, strict=True) if head)


def test_two_tables_one_after_the_other_have_names_of_their_own() -> None:
    """What stands between them ends the first."""
    text = f"{TABLE}\n\nThe second table:\n\n" + TABLE.replace("Harbour", "Pier").replace("Port", "Pier")
    passages = with_heads(text, split(text, (), lambda texts: [len(one.split()) for one in texts], 20))
    for passage in passages:
        if passage.head is not None:
            assert ("Pier" in text[passage.start : passage.end]) == ("Pier" in passage.head.of(text))


def test_names_are_those_of_as_many_columns() -> None:
    """The first line that has as many cells, Markdown's line between them aside."""
    above = "# Fares\n| From | To |\n| --- | --- |\n| a | b | c |"
    assert column_names(above, 2) == ["From", "To"]
    assert column_names(above, 3) == ["a", "b", "c"]
    assert column_names(above, 4) == []
    assert words_of_cells("| | 2009 | 2010 |") == ["", "2009", "2010"]
