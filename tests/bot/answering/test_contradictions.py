"""What a sentence says that a quote does not bear out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.contradictions import contradictions, is_borne_out

QUOTE = (
    "On Tuesday, 14 March 1911, Mayor Anna Lindqvist said in Holm that the harbour fire had destroyed 5,759 crates "
    "of herring and three of the seven warehouses, and that the United Fishers’ League had not asked for any help."
)


@pytest.mark.parametrize(
    "claim",
    [
        QUOTE,
        "The harbour fire had destroyed 5,759 crates of herring.",
        "The harbour fire had destroyed about 5,800 crates of herring.",
        "The fire destroyed 3 of 7 warehouses.",
        "Lindqvist said that the fire had destroyed herring.",
        "Lindqvist’s statement was made in Holm.",
        "The mayor spoke in March 1911, on a Tuesday.",
        "The UFL had not asked for help.",
        "The League didn't ask for any help.",
        "The fire was in the 1910s.",
    ],
)
def test_borne_out(claim: str) -> None:
    """The quote's own facts hold in other words: rounded, in figures, by surname, by initials, denied alike."""
    assert contradictions(claim, QUOTE) == []
    assert is_borne_out(claim, QUOTE)


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("The fire had destroyed 5,800 crates of herring.", "number 5,800 is not in the quote"),
        ("The fire had destroyed nine warehouses.", "number nine is not in the quote"),
        ("The fire destroyed 12 % of the herring.", "number 12 is not in the quote"),
        ("The mayor spoke on 15 March 1911.", "date 15 March 1911 is 14 March 1911 in the quote"),
        ("The mayor spoke in April.", "date April is not in the quote"),
        ("The mayor spoke on a Friday.", "day Friday is not in the quote"),
    ],
)
def test_not_borne_out(claim: str, reason: str) -> None:
    """A number, date or weekday that the quote lacks is told with a reason."""
    assert reason in contradictions(claim, QUOTE)
    assert not is_borne_out(claim, QUOTE)


def test_a_number_of_something_else() -> None:
    """A number that the quote has, but of other things, is told where the quote has another one of these."""
    assert contradictions("It took 9 hours.", "It took 7 hours and 9 men.") == ["number 9 is 7 in the quote"]


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Two keepers, Berg and Dahl, live there.", "Berg and Dahl live there."),
        ("No doubt one of them left.", "They left."),
    ],
)
def test_not_taken_for_contradictions(claim: str, quote: str) -> None:
    """Counts of what is listed, and numbers that count nothing, are no errors."""
    assert contradictions(claim, quote) == []


def test_other_languages_are_compared_by_their_numbers() -> None:
    """Of a German or Russian sentence the numbers count, not capitals, months or negations."""
    german = "Das Feuer im Hafen hat 5.759 Kisten und sieben Lager nicht zerstört."
    assert contradictions("Das Feuer hat im Hafen 5.759 Kisten Heringe zerstört.", german) == []
    assert contradictions("Das Feuer hat 6.000 Kisten zerstört.", german) != []
    assert contradictions("Пожар уничтожил 12 складов.", "Пожар уничтожил 7 складов.") == [
        "number 12 is not in the quote"
    ]
    assert contradictions("Пожар уничтожил 7 складов.", "В порту Пожар уничтожил 7 складов.") == []


@given(st.text(st.characters(), max_size=200))
def test_a_quote_bears_itself_out(text: str) -> None:
    """Any text bears out itself, and part of it, however its white space lies."""
    assert is_borne_out(text, text)
    assert is_borne_out("\n".join(text.split()), f"{text} and more")


@given(st.text(alphabet="Aab 12.,not%MayX", max_size=80), st.text(alphabet="Aab 12.,not%MayX", max_size=80))
def test_any_two_texts_are_compared(claim: str, quote: str) -> None:
    """Reasons are short texts without repetition, for any pair."""
    reasons = contradictions(claim, quote)
    assert len(reasons) == len(set(reasons))
    assert is_borne_out(claim, quote) is (not reasons)


def test_hostile_lengths_cost_little() -> None:
    """Long repetitive texts do not make the rules crawl."""
    started = time.perf_counter()
    for text in ("in March 5 " * 9000, "a. " * 9000, "1,000 " * 9000, "Ab Cd not " * 9000, "9" * 90000):
        contradictions(text, f"{text[3:]} more")
    assert time.perf_counter() - started < 5
