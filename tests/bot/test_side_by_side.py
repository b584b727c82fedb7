"""What several documents say, side by side: one quote of each, and what differs in it highlighted."""

from __future__ import annotations

import pytest

from bot.answers import Answer, Exchange, Turn, exchange_of
from bot.bootstrap import Footnote
from retrieval.types import Document

HARBOUR = """Every month 980 euros are due as rent, on the first of the month.

It can be terminated by either party with a notice period of six weeks.

Smoking is forbidden in the whole building, balconies included."""
MAPLE = """The rent is 1,150 euros a month and is due on the first of the month.

Either side may end it in writing with three months' notice to the end of a month.

Dogs are allowed if the landlord agrees in writing."""


@pytest.fixture
def leases(footnote: Footnote) -> Footnote:
    """A library of two leases."""
    for title, text in (("Lease for 7 Harbour Road", HARBOUR), ("Lease for 12 Maple Street", MAPLE)):
        footnote.library.add(Document(f"{title}.md", title, text))
    return footnote


def asked(footnote: Footnote, question: str, *history: Exchange) -> Answer:
    """The answer to a question."""
    return footnote.assistant.answer(Turn(question, "local", history=history))


def highlights(answer: Answer) -> list[str]:
    """What is highlighted in each citation."""
    return [
        one.quote[one.highlight[0] - one.start : one.highlight[1] - one.start]
        for one in answer.citations
        if one.highlight
    ]


def test_each_document_is_quoted_under_its_title(leases: Footnote) -> None:
    """On a line of its own; offsets of the quotes leave the title out."""
    answer = asked(leases, "Compare the two leases on the rent")
    first, second = answer.text.split("\n")
    assert first == "Lease for 7 Harbour Road: Every month 980 euros are due as rent, on the first of the month. [1]"
    assert (
        second == "Lease for 12 Maple Street: The rent is 1,150 euros a month and is due on the first of the month. [2]"
    )
    for one in answer.citations:
        assert answer.text[one.answer_start : one.answer_end] == one.quote
    assert ["980" in words or "1,150" in words for words in highlights(answer)] == [True, True]
    assert answer.note == ""


def test_a_document_that_says_nothing_of_it_is_named(leases: Footnote) -> None:
    """In a note; what the other one says is quoted."""
    answer = asked(leases, "Which of the documents mentions dogs?")
    assert answer.text == "Lease for 12 Maple Street: Dogs are allowed if the landlord agrees in writing. [1]"
    assert answer.note == "Nothing on this in: Lease for 7 Harbour Road"
    assert answer.unanswered == ()


def test_what_no_document_says_is_refused(leases: Footnote) -> None:
    """With what came nearest in any of them."""
    answer = asked(leases, "Which of the documents mentions elephants?")
    assert (answer.status, answer.note) == ("not_in_documents", "")
    assert answer.related


def test_without_a_topic_each_is_summed_up(leases: Footnote) -> None:
    """In two sentences."""
    answer = asked(leases, "Compare the leases")
    assert answer.text.count("\nLease for 12 Maple Street: ") == 1
    assert len(answer.citations) == 4


def test_the_next_question_may_be_about_them(leases: Footnote) -> None:
    """“They” are the documents that were quoted side by side."""
    said = exchange_of(asked(leases, "Compare the two leases on the rent"))
    answer = asked(leases, "Do they agree on the notice period?", said)
    assert [one.document.title for one in answer.citations] == ["Lease for 7 Harbour Road", "Lease for 12 Maple Street"]
    assert "six weeks" in answer.text
    assert "three months" in answer.text


def test_of_many_documents_those_are_asked_that_are_likeliest(footnote: Footnote) -> None:
    """Six of them."""
    for number in range(9):
        words = f"Ship {number} carries {number + 2} anchors." if number % 2 else f"Barn {number} stores hay in winter."
        footnote.library.add(Document(f"{number}.txt", f"Record {number}", words))
    answer = asked(footnote, "Which of the documents mentions anchors?")
    assert {one.document.title for one in answer.citations} == {f"Record {number}" for number in (1, 3, 5, 7)}
