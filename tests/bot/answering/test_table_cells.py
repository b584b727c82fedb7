"""Tables and lists: the row that is asked about is quoted, its cell shown, and of a list all that is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from phrases import cases

from bot.answers import Answer, Turn
from bot.bootstrap import Footnote
from bot.interfaces.highlights import pieces
from bot.understanding.questions import asks_for_several
from retrieval.chunking.markup import said
from retrieval.types import Document

TOWNS = """Population of the towns of Vorland:

| Town | Population | Mayor | Founded |
|---|---|---|---|
| Aldern | 12,400 | Rosa Finch | 1204 |
| Borrow | 88,000 | Ian Cole | 1377 |
| Cressing | 3,150 | Mia Stone | 1650 |
| Dunmarsh | 45,020 | Omar Aziz | 1899 |
| Elmsea | 900 | | 1910 |
"""
STAFF = "Name\tPhone\tRoom\nAnna Berg\t555-0101\t12\nCarl Dorn\t555-0102\t14\nEva Frost\t555-0103\t16"
CAKE = """# Apple cake

For this cake you need these ingredients:

- 250 g flour
- 120 g sugar
- four apples
- two eggs

Peel the apples and bake everything for fifty minutes.

The following people help:

- Helen: ask the bakery for a tin
- Aisha: buy the flour
- Tom: fetch a padlock for the shed
"""
GYM = """Gym prices

Day: 8 €
Week: 30 €
Month: 80 €
Year: 700 €
"""
PLANTS = """Plants

| Plant | Water | Light | Notes |
|:-|:-:|-:|--|
| Fern | weekly | shade | keep moist |
| Cactus | | full sun | do not \\| overwater |
"""
ROTA = """Watering rota

Name | Day | Room
--- | --- | ---
Anton | Monday | 101
Boris | Tuesday | 102
Clara | Sunday | 103
"""
WASHER = "Can I open the door during a wash?\nYes. Press Pause and wait until the lock clicks.\n\nIs it loud?\nNo.\n"

INVOICE = """Invoice INV-77

Guest Name: Sanjay Gupta

2 Single rooms, 140.00

Breakfast Inc. Paris | 24.00
Parking | 30.00
Sum to pay | 194.00
"""

INGREDIENTS = ["- 250 g flour", "- 120 g sugar", "- four apples", "- two eggs"]

Ask = Callable[[str], Answer]


@pytest.fixture(scope="module")
def ask(module_footnote: Footnote) -> Ask:
    """Asks a library of a table, a list of staff, a recipe and a manual."""
    texts = {"Towns": TOWNS, "Staff": STAFF, "Apple cake": CAKE, "Washing machine": WASHER, "Gym": GYM}
    for name, text in (texts | {"Plants": PLANTS, "Rota": ROTA, "Invoice": INVOICE}).items():
        module_footnote.library.add(Document(name, name, text))
    return lambda question: module_footnote.assistant.answer(Turn(question, "local"))


def shown(answer: Answer) -> str:
    """The words of the first citation that are shown bold."""
    first = answer.citations[0]
    assert first.highlight is not None
    start, end = first.highlight
    return first.quote[start - first.start : end - first.start]


@pytest.mark.parametrize(
    ("question", "row", "cell"),
    [
        ("Who is the mayor of Borrow?", "| Borrow |", "Ian Cole"),
        ("Who is the mayor of Dunmarsh?", "| Dunmarsh |", "Omar Aziz"),
        ("What is the population of Cressing?", "| Cressing |", "3,150"),
        ("Which town was founded in 1204?", "| Aldern |", "Aldern"),
        ("What is the phone number of Eva Frost?", "Eva Frost\t", "555-0103"),
        ("Which room is Carl Dorn in?", "Carl Dorn\t", "14"),
        ("What are the notes on the cactus?", "| Cactus |", "do not \\| overwater"),
        ("What light does the fern need?", "| Fern |", "shade"),
        ("On which day does Boris water?", "Boris |", "Tuesday"),
        ("How much is the parking?", "Parking | 30.00", "30.00"),
        ("What is the sum to pay?", "Sum to pay | 194.00", "194.00"),
    ],
)
def test_the_row_and_the_cell_that_are_asked_for(ask: Ask, question: str, row: str, cell: str) -> None:
    """Not a neighbour, though it is read with the same words above, and one cell of it alone."""
    answer = ask(question)
    assert answer.status == "answered"
    assert answer.citations[0].quote.startswith(row)
    assert shown(answer) == cell


@pytest.mark.parametrize(
    ("question", "quoted"),
    [
        ("Who will fetch the padlock?", ["- Tom: fetch a padlock for the shed"]),
        ("How much is a month at the gym?", ["Month: 80 €"]),
        ("How much sugar is in the apple cake?", ["- 120 g sugar"]),
        ("List the ingredients of the apple cake.", INGREDIENTS),
        ("Which ingredients do I need?", INGREDIENTS),
        ("What is the name of the guest?", ["Guest Name: Sanjay Gupta"]),
        ("Can I open the door during a wash?", ["Yes. Press Pause and wait until the lock clicks."]),
    ],
)
def test_items_and_lines_that_are_asked_for(ask: Ask, question: str, quoted: list[str]) -> None:
    """The item with the question's own words, the line with its label, every item of a list in its order where they are
    asked for and none of another list; a mere "Yes." with what follows it.
    """
    assert [citation.quote for citation in ask(question).citations] == quoted


def test_a_cell_that_is_empty_has_no_words(ask: Ask) -> None:
    """The row is quoted, and no other cell is shown for it."""
    first = ask("Who is the mayor of Elmsea?").citations[0]
    assert first.quote.startswith("| Elmsea |")
    assert first.highlight is None


@pytest.mark.parametrize(
    ("question", "several"),
    cases(
        {
            True: (
                "List the ingredients. | Which error codes are there? | What are the steps? | "
                "Can you give me all of the names? | Who were the members?"
            ),
            False: (
                "Which city was founded in 1204? | What does the machine cost? | What was the first step? | "
                "How much sugar is in the cake? | Who is the mayor?"
            ),
        }
    ),
)
def test_what_asks_for_several(question: str, several: bool) -> None:
    """Lists, plurals and "all"; a verb that ends in s is no plural."""
    assert asks_for_several(question) == several


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("Is there flour in the apple cake?", "answered"),
        ("Is the washing machine made in Germany?", "not_in_documents"),
    ],
)
def test_yes_or_no_needs_more_than_the_subject(ask: Ask, question: str, status: str) -> None:
    """That a text is about the washing machine does not tell where it was made."""
    assert ask(question).status == status


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("What is the population of Borrow?", "Borrow – Population: 88,000"),
        ("What is the phone number of Eva Frost?", "Eva Frost – Phone: 555-0103"),
        ("What are the notes on the cactus?", "Cactus – Notes: do not \\| overwater"),
        ("Which town was founded in 1204?", "| Aldern | 12,400 | Rosa Finch | 1204 |"),  # the first cell names the row
        ("How much is the parking?", "Parking | 30.00"),  # no column has a name
    ],
)
def test_a_cell_is_said_with_its_column(ask: Ask, question: str, told: str) -> None:
    """And with what its row is called; the quote stays the row, and the cell is bold on every interface."""
    answer = ask(question)
    first = answer.citations[0]
    assert answer.text[first.answer_start : first.answer_end] == said(told)
    assert first.support == 1.0
    assert said(shown(answer)) in [piece.words for piece in pieces(answer) if piece.bold]


def test_a_row_far_from_the_head_of_its_table_is_told_by_it(footnote: Footnote) -> None:
    """However long the table is, and though its parts are found one by one."""
    rows = [f"Harbour {number} | {number * 7} | {number * 31} | {number * 3}" for number in range(101, 220)]
    text = "Harbours of the coast\n\n" + "\n".join(["Harbour | Boats | Tons | Crew", *rows])
    footnote.library.add(Document("coast.txt", "Coast", text))
    answer = footnote.assistant.answer(Turn("How many tons has Harbour 187?", "local"))
    assert answer.text.endswith(f"Harbour 187 – Tons: {187 * 31} [1]")
    assert answer.citations[0].quote == f"Harbour 187 | {187 * 7} | {187 * 31} | {187 * 3}"
