"""Noun phrases, found by form alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.noun_phrases import is_plural, noun_phrases


@pytest.mark.parametrize(
    ("question", "phrases"),
    [
        ("What is the capital of Peru?", ["the capital", "Peru"]),
        ("How does exercise affect blood pressure?", ["exercise", "blood pressure"]),
        ("Is the red bridge safe?", ["the red bridge"]),
        ("When did Lufthansa merge with them?", ["Lufthansa"]),
        ("What did France and Spain sign?", ["France and Spain"]),
        ("Do tariffs hurt Chile?", ["tariffs", "Chile"]),
        ("What are the possible causes?", ["the possible causes"]),
        ("Does the Minister of Trade agree?", ["the Minister of Trade"]),
        ("Was it in May?", ["May"]),
        ("Who designed the lighthouse?", ["the lighthouse"]),
        ("How do I install shelfsync?", ["shelfsync"]),
        ("Where can she stable horses?", ["horses"]),
        ("Do tables wobble?", ["tables"]),
        ("When was the Tower of London built?", ["the Tower of London"]),
        ("Is the left wing open?", ["the left wing"]),
        ("Why?", []),
    ],
)
def test_noun_phrases_end_before_verbs_and_predicates(question: str, phrases: list[str]) -> None:
    """Phrases hold determiners, adjectives and nouns, and two that "and" joins are one."""
    assert [phrase.text for phrase in noun_phrases(question)] == phrases


@pytest.mark.parametrize(
    ("phrase", "several"),
    [
        ("electric cars", True),
        ("Hale and Marsh", True),
        ("the people", True),
        ("a lava lamp", False),
        ("Norway", False),
    ],
)
def test_phrases_tell_one_from_several(phrase: str, several: bool) -> None:
    """Plural nouns and two joined by "and" are several."""
    assert is_plural(phrase) is several


@given(st.text() | st.text(alphabet="Aa .’'-US,he", max_size=80))
def test_places_are_places(text: str) -> None:
    """Phrases are slices of any text at the places they state."""
    assert all(text[p.span.start : p.span.end] == p.text for p in noun_phrases(text))
