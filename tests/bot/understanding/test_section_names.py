"""Which section of a text a question names, by number or by name, in several languages."""

from __future__ import annotations

import pytest

from bot.understanding.section_names import asks_of_all, names_a_section, sections_named, without_section

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
        ("What is due in section 5.1?", MANUAL, "5.1 Fees for boats"),
        ("What does section 8 housing pay?", ["8. Leaving the flat"], None),
        ("What are the costs of a caesarean section?", ["Costs"], None),
        ("What happens in the second act?", ["1. History", "2. Building"], None),
        ("What is her first book about?", ["1 Early life", "2 Travels"], None),
        ("Was regelt § 3?", ["§ 3 Fristen", "§ 3a Form"], "§ 3 Fristen"),
        ("Was regelt § 3a?", ["§ 3 Fristen", "§ 3a Form"], "§ 3a Form"),
        ("What does the section on refunds say?", ["4 Refunds and returns"], "4 Refunds and returns"),
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
    places = sections_named(question, headings) if names_a_section(question) else []
    assert [headings[place] for place in places] == ([] if expected is None else [expected])


def test_contents_come_before_what_they_list() -> None:
    """Of two headings alike the later one is the section."""
    assert sections_named("in chapter 2", ["CHAPTER 1", "CHAPTER 2", "CHAPTER 1", "CHAPTER 2", "CHAPTER 3"]) == [1, 3]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is chapter 3 about?", True),
        ("what does the section on refunds say?", True),
        ("Worum geht es in Kapitel 2?", True),
        ("Que dit le chapitre 2 ?", True),
        ("第三章讲了什么？", True),
        ("Who sings in chapter 3?", False),
        ("What is the fee in section 5.1?", False),
        ("what does the section on refunds say about boats?", False),
    ],
)
def test_whether_all_of_a_section_is_asked_for(question: str, expected: bool) -> None:
    """Where nothing else is asked, its summary is the answer."""
    assert asks_of_all(question, "4 Refunds") is expected


def test_the_number_of_a_section_is_no_word_of_the_question() -> None:
    """Nothing under the heading has it."""
    assert without_section("Who sings in chapter VIII?") == "Who sings in ?"
    assert without_section("Was gilt nach § 5.1?") == "Was gilt nach ?"
