"""A text as words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.english import words_of, written_out


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("What did Hale’s friend say?", ["what", "did", "hale", "friend", "say"]),
        ("Don’t the US and us differ?", ["don't", "the", "US", "and", "us", "differ"]),
        ("Will it rain in May?", ["will", "it", "rain", "in", "May"]),
    ],
)
def test_words_have_their_base(text: str, bases: list[str]) -> None:
    """Bases are small and without a possessive; small words that are names when written large stay."""
    assert [word.base for word in words_of(text)] == bases


def test_short_forms_are_written_out() -> None:
    """Signs fall away and short forms are said in full; too many words are none."""
    assert written_out("Hey, what’s THIS about? 👋", 5) == "hey what is this about"
    assert written_out("Hey, what’s THIS about?", 3) == ""


@given(st.text() | st.text(alphabet="Aa .’'-US,he", max_size=80))
def test_places_are_places(text: str) -> None:
    """Words are slices of any text at the places they state."""
    assert all(text[word.start : word.end] == word.text for word in words_of(text))
