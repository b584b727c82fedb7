"""Documents that a question names: told by title or file, searched first, and not in the way of other answers."""

from __future__ import annotations

import pytest

from bot.answers import Turn
from bot.bootstrap import Footnote
from bot.understanding.document_names import documents_named, only_named, pointed
from retrieval.library.catalogue import DocumentName
from retrieval.types import Document


def entry(title: str, source: str = "") -> DocumentName:
    """A document of that title."""
    return DocumentName(title, title, source or f"notes/{title}.txt")


REPORT, PLAN, LEASE = (
    entry("Annual report"),
    entry("Annual report 2025"),
    entry("Untitled", "/home/ann/Lease of 1997.pdf"),
)
ALL = [REPORT, PLAN, LEASE]


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What does Annual report 2025 say about the board?", [PLAN]),
        ("what does the annual  REPORT say", [REPORT]),
        ("Who signed the lease of 1997?", [LEASE]),
        ("Lease of 1997.pdf: who signed it?", [LEASE]),
        ("Which report is annual?", []),
        ("Who is the chair?", []),
        ("", []),
    ],
)
def test_a_document_is_named_word_for_word(question: str, named: list[DocumentName]) -> None:
    """By its title or its file's name, in small or capital letters; of two names the longer one counts."""
    assert documents_named(question, ALL) == named


def test_a_name_alone_asks_nothing() -> None:
    """It is the document that is meant, whatever its name's length; anything beside it makes it a question."""
    assert only_named("lease of 1997.pdf", ALL) == LEASE
    assert only_named("Annual report", ALL) == REPORT
    assert only_named("Who wrote the annual report?", ALL) is None
    assert only_named("!?", ALL) is None


def test_what_is_named_is_pointed_at() -> None:
    """No passage of a document has its name: what is asked of it is asked of "it"."""
    assert pointed("What does the Annual report 2025 say about it?", [PLAN]) == "What does it say about it?"
    assert pointed("In “Annual report 2025”, who is the chair?", [PLAN]) == "In it, who is the chair?"
    assert pointed("Who is the chair?", [PLAN]) == "Who is the chair?"


def test_what_a_question_names_is_searched_first(footnote: Footnote) -> None:
    """The named document answers, though others have the same words; where it does not, the others may."""
    for year, chair in ((2024, "Mr Mull"), (2025, "Ms Tarbert")):
        text = f"The board met in May. The chair is {chair}. It approved the accounts."
        footnote.library.add(Document(f"r{year}.txt", f"Annual report {year}", text))
    footnote.library.add(
        Document("f.txt", "Ferry times", "The annual report 2025 of the ferry company costs nine pounds.")
    )

    def ask(question: str) -> tuple[str, str]:
        answer = footnote.assistant.answer(Turn(question, "local"))
        assert answer.standalone_question == question
        return answer.status, " ".join(f"{one.document.title}: {one.quote}" for one in answer.citations)

    assert ask("Who is the chair in the Annual report 2024?") == (
        "answered",
        "Annual report 2024: The chair is Mr Mull.",
    )
    assert ask("Who is the chair in Annual report 2025?") == (
        "answered",
        "Annual report 2025: The chair is Ms Tarbert.",
    )
    status, said = ask("How many pounds does the annual report 2025 of the ferry company cost?")
    assert status == "answered" and "nine pounds" in said
    assert footnote.assistant.answer(Turn("Annual report 2024", "local")).status == "smalltalk"
    listed = footnote.assistant.answer(Turn("Which documents do you have?", "local"))
    assert listed.status == "smalltalk" and "“Annual report 2024”, “Annual report 2025”, “Ferry times”" in listed.text
