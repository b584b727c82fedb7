"""Which section of a text a question names, by number or by name, in several languages."""

from __future__ import annotations

import pytest

from bot.understanding.section_names import asks_of_all, names_a_section, section_named, without_section

BOOK = ["The Harbour", "Contents", "CHAPTER I.", "CHAPTER II.", "CHAPTER III.", "Appendix A: Tides", "CHAPTER XIV."]
MANUAL = ["1 Scope", "5 Fees", "5.1 Fees for boats", "5.1.2 Late fees", "Refunds", "Opening hours", "6 Complaints"]


@pytest.mark.parametrize(
    ("question", "headings", "expected"),
    [
        ("Who sings in chapter 3?", BOOK, "CHAPTER III."),
        ("Who sings in chapter three?", BOOK, "CHAPTER III."),
        ("summarise the third chapter", BOOK, "CHAPTER III."),
        ("what happens in Chapter XIV", BOOK, "CHAPTER XIV."),
        ("what does appendix a say", BOOK, "Appendix A: Tides"),
        ("Who sings in chapter 9?", BOOK, None),
        ("Who sings?", BOOK, None),
        ("What does section 5.1 say about boats?", MANUAL, "5.1 Fees for boats"),
        ("What is due according to section 5?", MANUAL, "5 Fees"),
        ("How long does it take, see the section on refunds?", MANUAL, "Refunds"),
        ("In the opening hours section, what about Sunday?", MANUAL, "Opening hours"),
        ("Are refunds possible?", MANUAL, None),
        ("Was steht in Kapitel 2?", ["Kapitel 1", "Kapitel 2"], "Kapitel 2"),
        ("¿Qué dice el artículo 11?", ["ARTÍCULO 10", "ARTÍCULO 11 — Plazos"], "ARTÍCULO 11 — Plazos"),
        ("第三章讲了什么？", ["第一章 总则", "第三章 居住证"], "第三章 居住证"),
    ],
)
def test_which_section_is_named(question: str, headings: list[str], expected: str | None) -> None:
    """By its number in digits, Roman ones or words, or by all the telling words of its heading."""
    place = section_named(question, headings) if names_a_section(question) else None
    assert (None if place is None else headings[place]) == expected


def test_contents_come_before_what_they_list() -> None:
    """Of two headings alike the later one is the section."""
    assert section_named("in chapter 2", ["CHAPTER 1", "CHAPTER 2", "CHAPTER 1", "CHAPTER 2", "CHAPTER 3"]) == 3


@pytest.mark.parametrize(
    ("question", "heading", "expected"),
    [
        ("What is chapter 3 about?", "CHAPTER III.", True),
        ("what does the section on refunds say?", "Refunds", True),
        ("Who sings in chapter 3?", "CHAPTER III.", False),
        ("what does the section on refunds say about boats?", "Refunds", False),
    ],
)
def test_whether_all_of_a_section_is_asked_for(question: str, heading: str, expected: bool) -> None:
    """Where nothing else is asked, its summary is the answer."""
    assert asks_of_all(question, heading) is expected


def test_the_number_of_a_section_is_no_word_of_the_question() -> None:
    """Nothing under the heading has it."""
    assert without_section("Who sings in chapter VIII?") == "Who sings in ?"
    assert without_section("Was gilt nach § 5.1?") == "Was gilt nach ?"
