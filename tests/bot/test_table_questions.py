"""Questions about a workbook and a CSV file, asked of the real program: the row that answers is quoted."""

from __future__ import annotations

import io

import openpyxl
import pytest

from bot.answers import Turn
from bot.bootstrap import Footnote
from retrieval.loaders.loading import load_bytes

STATES = "Alabama Alaska Arizona Iowa Kansas Maine Nevada Ohio Oregon Texas Utah Vermont".split()
STAFF = "Name;Role;Phone\nAna Roy;Harbour master;555-0101\nBen Fox;Clerk;555-0102\nEva Stone;Pilot;555-0103\n"


def workbook() -> bytes:
    """A row for each state."""
    book = openpyxl.Workbook()
    book.active.append(["State", "Violent crime", "Murder"])
    for number, state in enumerate(STATES):
        book.active.append([state, 38332 - 97 * number, 20 + 13 * number])
        book.active.cell(number + 2, 2).number_format = "#,##0"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


FILES = {"crime.xlsx": workbook(), "staff.csv": STAFF.encode()}
DOCUMENTS = {name: load_bytes(data, source=name, name=name) for name, data in FILES.items()}


@pytest.fixture(scope="module")
def bot(module_footnote: Footnote) -> Footnote:
    """A library of the two files."""
    for document in DOCUMENTS.values():
        module_footnote.library.add(document)
    return module_footnote


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("How many murders were there in Ohio?", "| State: Ohio | Violent crime: 37,653 | Murder: 111 |"),
        ("How many violent crimes did Texas have?", "| State: Texas | Violent crime: 37,459 | Murder: 137 |"),
        ("What is Eva Stone's phone number?", "| Name: Eva Stone | Role: Pilot | Phone: 555-0103 |"),
    ],
)
def test_the_row_that_answers_is_quoted(bot: Footnote, question: str, row: str) -> None:
    """The first quote is the whole row, which says by itself what its cells are; the text has it at its place."""
    citation = bot.assistant.answer(Turn(question, "local")).citations[0]
    assert citation.quote == row
    assert DOCUMENTS[citation.document.source].text[citation.start : citation.end] == row


def test_what_no_row_holds_is_refused(bot: Footnote) -> None:
    """A row that is not there is not made up from another."""
    assert bot.assistant.answer(Turn("How many murders were there in France?", "local")).status == "not_in_documents"
