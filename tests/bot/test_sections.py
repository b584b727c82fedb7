"""Sections of a text: what stands under each heading, searched first where a question names it, and summarised."""

from __future__ import annotations

from bot.answers import Turn
from bot.bootstrap import Footnote
from retrieval.types import Document

BOOK = """# The Harbour

## Chapter 1

The keeper of the first lighthouse was called Anna Berg. She lit the lamp every evening at eight.

### Tools

She had a rope of hemp and a ladder of oak.

## Chapter 2

The keeper of the second lighthouse was called Carl Dorn. He lit the lamp every evening at nine.

## Chapter 3

Nobody keeps the third lighthouse, which burns by itself since 1931.
"""


def test_a_section_ends_before_the_next_of_its_level(footnote: Footnote) -> None:
    """What is deeper belongs to it, and a heading without a level ends at the next one."""
    filler = " ".join(f"Ship number {number} passed the harbour in the fog." for number in range(40))
    text = BOOK.replace("\n\n", f"\n\n{filler}\n\n")
    added = footnote.library.add(Document("book.md", "The Harbour", text))
    found = footnote.library.sections(["local", "shared"], [added.id])
    held = {one.heading: (one.first, one.last) for one in found}
    assert [one.heading for one in found] == ["The Harbour", "Chapter 1", "Tools", "Chapter 2", "Chapter 3"]
    assert held["The Harbour"] == (0, added.passages - 1)
    assert held["Chapter 1"][1] == held["Tools"][1] <= held["Chapter 2"][0]
    assert held["Chapter 3"][1] == added.passages - 1
    assert footnote.library.sections(["chat:9"], [added.id]) == []


def test_a_citation_says_under_which_heading_it_stands(footnote: Footnote) -> None:
    """The innermost that is marked or numbered; a text without such headings has none."""
    footnote.library.add(Document("book.md", "The Harbour", BOOK))
    footnote.library.add(Document("oak.txt", "The oak", "Oaks\n\nThe oak at the gate was planted by Eva Falk."))

    def under(question: str) -> list[str | None]:
        return [one.section for one in footnote.assistant.answer(Turn(question, "local")).citations]

    assert under("Who was the keeper of the first lighthouse?") == ["Chapter 1"]
    assert under("What was the rope made of?") == ["Tools"]
    assert under("Who planted the oak at the gate?") == [None]


def test_a_section_that_is_named_is_searched_first(footnote: Footnote) -> None:
    """The same words stand in several chapters; what a chapter does not say is looked for in all."""
    filler = " ".join(f"Ship number {number} passed the harbour in the fog." for number in range(40))
    footnote.library.add(Document("book.md", "The Harbour", BOOK.replace("\n\n", f"\n\n{filler}\n\n")))

    def said(question: str) -> str:
        return footnote.assistant.answer(Turn(question, "local")).text

    assert "Anna Berg" in said("Who was the keeper in chapter 1?")
    assert "Carl Dorn" in said("Who was the keeper in the second chapter?")
    assert "1931" in said("Since when does the third lighthouse burn by itself, chapter 1?")


def test_a_section_is_summarised(footnote: Footnote) -> None:
    """Nothing of the other chapters is said."""
    footnote.library.add(
        Document("book.md", "The Harbour", BOOK.replace("\n\n", "\n\n" + "Fog came in. " * 60 + "\n\n"))
    )
    for question in ("Summarise chapter 2", "What is chapter II about?"):
        answer = footnote.assistant.answer(Turn(question, "local"))
        assert "Carl Dorn" in answer.text
        assert "Anna" not in answer.text
        assert answer.question == question


CONTRACT = """Lease

Article 1 - Flat

The flat has three rooms.

Article 2 - Rent

The rent is 900 euros per month.

Article 3 - Deposit

The deposit is 2,700 euros.
"""


def test_short_sections_are_told_apart(footnote: Footnote) -> None:
    """Several stand in one passage; what is said is from the one that is named."""
    document = footnote.library.add(Document("lease.txt", "Lease", CONTRACT)).id

    def said(question: str) -> str:
        return footnote.assistant.answer(Turn(question, "local", documents=(document,))).text

    assert said("What does article 3 say?") == "The deposit is 2,700 euros. [1]"
    assert said("Summarise article 2") == "The rent is 900 euros per month. [1]"
    assert said("How much is to be paid under article 2?") == "The rent is 900 euros per month. [1]"


def test_a_number_that_several_texts_have_narrows_nothing(footnote: Footnote) -> None:
    """Unless the question names the text, too."""
    for name, deposit in (("Mill Lane lease", "2,700"), ("High Street lease", "8,100")):
        footnote.library.add(Document(f"{name}.txt", name, CONTRACT.replace("2,700", deposit)))
    both = footnote.assistant.answer(Turn("What does article 3 say about the deposit?", "local")).text
    assert "2,700" in both and "8,100" in both
    named = footnote.assistant.answer(Turn("How much is the deposit under article 3 of the Mill Lane lease?", "local"))
    assert "2,700" in named.text and "8,100" not in named.text
