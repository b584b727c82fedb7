"""Questions about a document itself are told from those about what it says."""

from __future__ import annotations

import pytest
from phrases import cases, phrases

from bot.understanding.document_questions import document_question, may_ask_of_a_document


@pytest.mark.parametrize(
    ("asked", "wanted"),
    cases(
        {
            "authors": "Who wrote this? | Who are the authors? | who is the author of this book | name the authors | "
            "What is the author’s name? | Who wrote the paper on tides? | Wer hat diesen Text geschrieben? | "
            "Qui a écrit ce livre ? | ¿Quién escribió esto? | by whom is this written",
            "date": "When was this published? | What year was this book published? | How old is this report? | "
            "Wann wurde das Buch veröffentlicht? | what is the date | ¿Cuándo se publicó este libro?",
            "title": "What's the title? | What is this book called? | Wie heißt das Buch?",
            "language": "What language is it written in? | In welcher Sprache ist das?",
            "length": "How many pages are there? | how long is the article",
            "contents": "What chapters are there? | How is the guide organised? | table of contents please",
        }
    ),
)
def test_a_question_about_a_document_says_what_is_asked_for(asked: str, wanted: str) -> None:
    """In English and, for authors and dates, in three other languages."""
    found = document_question(asked)
    assert found is not None
    assert found.wanted == wanted


@pytest.mark.parametrize(
    "asked",
    phrases(
        "Who wrote the letter to George? | When was the contract signed? | What is the name of the company? | "
        "How long is the lease? | How long is the policy valid? | Who is the author's brother? | "
        "How many words must a passphrase have? | Who published the results first? | What language do they speak? | "
        "Who wrote the law on housing and why? | When is the form due? | "
        "What is the date of delivery? | What is the title of the third song?"
    ),
)
def test_a_question_about_what_a_text_says_is_none(asked: str) -> None:
    """Something else stands in it than words for a text."""
    assert document_question(asked) is None


def test_it_may_be_said_which_document_is_meant() -> None:
    """By what it is called or about; "it" may mean what was spoken of, "the paper" one that a text speaks of."""
    named = {asked: document_question(asked) for asked in ("Who wrote the TIMP paper?", "Who wrote the book on tides?")}
    assert [found and (found.named, found.this) for found in named.values()] == [("timp", False), ("tides", False)]
    leaning = document_question("Who wrote it?")
    assert leaning is not None
    assert leaning.leans
    assert may_ask_of_a_document("Who wrote Three Men in a Boat?")
    assert not may_ask_of_a_document("Who rowed the boat?")
