"""What a document is called: what it says itself, else its file's name where that says something, else its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrieval.loaders.loading import load_bytes, load_path
from retrieval.loaders.titles import file_title

_WORDS = b"The board met in May and approved the accounts of the year before, as it does each year in that month.\n"


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Annual report 2025.pdf", "Annual report 2025"),
        ("lease_types.txt", "lease_types"),
        ("Jahresbericht.docx", "Jahresbericht"),
        ("报告.txt", "报告"),
        ("scan0042.pdf", ""),
        ("document (3).docx", ""),
        ("10811.exe", ""),
        ("IMG_2041.txt", ""),
        ("new file.txt", ""),
    ],
)
def test_what_a_file_s_name_says(name: str, title: str) -> None:
    """Names that people gave tell of the file; those that machines give do not."""
    assert file_title(name) == title


def test_a_text_without_a_title_is_called_what_its_file_is_called() -> None:
    """The file's name, not the first words of its first sentence; a scan without a name is called by these."""
    assert load_bytes(_WORDS, source="x", name="Annual report 2025.txt").title == "Annual report 2025"
    assert load_bytes(_WORDS, source="x", name="scan0042.txt").title.startswith("The board met in May")
    assert load_bytes(b"# Accounts\n\n" + _WORDS, source="x", name="Annual report.md").title == "Accounts"
    assert load_bytes(b"Accounts of 2025\n\n" + _WORDS, source="x", name="report.txt").title == "Accounts of 2025"


def test_a_row_of_a_table_and_a_line_of_a_form_are_no_titles() -> None:
    """What stands first in a file of rows or of labels and values does not name it."""
    rows = b"NAME | AMOUNT\n\nBain | 12.50\nSmith | 14.00\n"
    labels = b"Department: Transport\n\nAgency: Ferries\n\nNumber: 12\n"
    assert load_bytes(rows, source="x", name="expenses.txt").title == "expenses"
    assert load_bytes(labels, source="x", name="vacancy.txt").title == "vacancy"


def test_the_article_that_ships_keeps_its_title() -> None:
    """Its file's name was given by its makers, not by its readers."""
    assert load_path(Path("seeds/china-russia-diplomatic-ties.txt")).title == "China and Russia have deepened …"
