"""What speaks against a sentence of a model before any network is asked."""

from __future__ import annotations

import pytest

from bot.answering.generation.gates import Evidence, passes_vetoes, says_nothing_new

REST = "From the perspective of the driver, the car and all that is in it stand still, whatever the street does."
TIES = "China and Russia have deepened their ties in recent years as a counterweight to the West."
TWO = ("The bridge was opened by Anna Berg in 1931.", "It had cost nine million crowns.")


@pytest.mark.parametrize(
    ("sentence", "quotes", "passes"),
    [
        (TIES, (TIES,), True),
        ("China and Russia have deepened their ties in recent years.", (TIES,), True),
        ("China and Russia have deepened their ties in recent years as a counterweight to", (TIES,), False),  # cut
        ("China and Iran have deepened their ties in recent years.", (TIES,), False),
        ("China and Russia have not deepened their ties in recent years.", (TIES,), False),
        ("China and Russia have deepened their ties in 7 recent years.", (TIES,), False),
        ("Ties.", (TIES,), True),
        ("It.", (TIES,), False),  # says nothing
        ("The car and all that is in it stand still.", (REST,), False),  # for the driver alone
        ("For the driver the car and all that is in it stand still.", (REST,), True),
        ("Anna Berg opened the bridge in 1931, which had cost nine million crowns.", TWO[:1], False),
        ("Anna Berg opened the bridge in 1931, which had cost nine million crowns.", TWO, True),
        ("China and Russia have deepened their ties, see ties.example.", (TIES,), False),
        ("China | Russia | have deepened their ties in recent years", (TIES,), False),
    ],
)
def test_vetoes(sentence: str, quotes: tuple[str, ...], passes: bool) -> None:
    """Names, numbers, negation, words, frames, addresses, rows and cut ends."""
    assert passes_vetoes(sentence, Evidence(quotes)) is passes


def test_without_a_judge_only_the_quote_itself_passes() -> None:
    """What bears out a sentence in another language than English nobody can tell yet."""
    quote = "Die Brücke wurde 1931 eröffnet."
    assert passes_vetoes(quote, Evidence((quote,), judged=False))
    assert not passes_vetoes("1931 wurde die Brücke eröffnet.", Evidence((quote,), judged=False))


@pytest.mark.parametrize(
    ("sentence", "question", "nothing"),
    [
        ("Question: On what day does the board meet?", "On what day does the board meet?", True),
        ("The board meets on a day.", "On what day does the board meet?", True),
        ("The board meets on Thursday.", "On what day does the board meet?", False),
        ("The board meets on Thursday.", "Does the board meet on Thursday?", False),
    ],
)
def test_what_the_question_says_is_no_answer(sentence: str, question: str, nothing: bool) -> None:
    """Unless it asks whether that is so."""
    assert says_nothing_new(sentence, question) is nothing
