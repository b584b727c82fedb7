"""Which questions set documents side by side, and what each document is asked then."""

from __future__ import annotations

import pytest

from bot.answers import Exchange
from bot.understanding.comparisons import comparison
from retrieval.library.catalogue import DocumentName

TITLES = ["Lease for 7 Harbour Road", "Lease for 12 Maple Street", "Travel policy 2019", "Travel policy 2024"]
NAMES = [DocumentName(title, title, f"papers/{title}.md") for title in TITLES]
HARBOUR, MAPLE, OLD, NEW = TITLES


@pytest.mark.parametrize(
    ("question", "asked", "documents"),
    [
        ("Compare the two leases on the notice period", "What is the notice period?", [HARBOUR, MAPLE]),
        ("compare smoking in the maple street lease and 7 Harbour Road.", "What is smoking?", [MAPLE, HARBOUR]),
        ("Could you compare both travel policies in terms of hotels?", "What is hotels?", [OLD, NEW]),
        ("What is the difference between Travel policy 2019 and the 2024 one on tips?", "What is tips?", [OLD, NEW]),
        ("How do the leases differ on who pays for repairs?", "who pays for repairs?", [HARBOUR, MAPLE]),
        ("Do all the documents agree on pets?", "What is pets?", TITLES),
        ("Is the rent the same in both leases?", "What is the rent?", [HARBOUR, MAPLE]),
        ("What do the policies say about tips?", "What is tips?", [OLD, NEW]),
        ("Compare the policies", "", [OLD, NEW]),
        ("Which of the documents mentions dogs?", "dogs", TITLES),
        ("which document says that smoking is forbidden", "smoking is forbidden", TITLES),
        ("In which files are cars mentioned?", "cars", TITLES),
        ("What is the limit in Travel policy 2019 and Travel policy 2024?", "What is the limit?", [OLD, NEW]),
        ("Wann bucht man laut Travel policy 2019 und Travel policy 2024?", "Wann bucht man?", [OLD, NEW]),
        ("Compare China and Russia on exports", None, []),
        ("Do they agree on exports?", None, []),
        ("Which documents do I need for a visa?", None, []),
        ("What does the 2019 travel policy say about tips?", None, []),
        ("", None, []),
    ],
)  # fmt: skip
def test_documents_are_compared_that_are_named(question: str, asked: str | None, documents: list[str]) -> None:
    """By any words of their titles, all of them, or those that say something; nothing else is a comparison."""
    found = comparison(question, (), NAMES)
    assert (found and found.question, list(found.documents) if found else []) == (asked, documents)


def test_of_one_document_nothing_is_compared() -> None:
    """A question about "the documents" is one about what there is."""
    assert comparison("Which of the documents mentions dogs?", (), NAMES[:1]) is None


def test_both_are_the_only_two() -> None:
    """Where nothing was said before, and there are no more."""
    found = comparison("Do both agree on pets?", (), NAMES[:2])
    assert found is not None
    assert found.documents == (HARBOUR, MAPLE)
    assert comparison("Do both agree on pets?", (), NAMES) is None


def test_a_comparison_goes_on() -> None:
    """With another thing that is asked of the same documents."""
    history = [Exchange("Compare the two leases on pets")]
    found = comparison("and what about smoking?", history, NAMES)
    assert found is not None
    assert (found.question, found.documents) == ("What is smoking?", (HARBOUR, MAPLE))
    assert comparison("and what about smoking?", [Exchange("Are pets allowed?")], NAMES) is None


def test_long_questions_are_told_quickly() -> None:
    """Words that nearly fit every pattern take no time that grows with them."""
    assert comparison("compare " + "the both all " * 20_000, (), NAMES) is None
