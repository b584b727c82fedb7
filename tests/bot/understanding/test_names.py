"""Names, found by form alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.names import Name, bearers, names_in


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("What did Blinken say?", ["Blinken"]),
        ("who is janet yellen?", []),
        ("Is Rome older than Paris?", ["Rome", "Paris"]),
        ("Tell me about the Bank of England.", ["Bank of England"]),
        ("Secretary of State Antony Blinken spoke.", ["Antony Blinken"]),
        ("Does the Treasury Secretary agree?", ["Treasury Secretary"]),
        ("Dr. J. Watson’s friend met Mr. Holmes.", ["J. Watson", "Holmes"]),
        ("Ludwig van Beethoven was born in Bonn.", ["Ludwig van Beethoven", "Bonn"]),
        ("Rivers flow. The rivers of Spain are short.", ["Spain"]),
        ("WHO IS MAO NING?", []),
        ("Why did the US leave?", ["US"]),
        ("Who founded the Justice League?", ["Justice League"]),
        ("", []),
    ],
)
def test_names_are_found_without_their_titles(text: str, names: list[str]) -> None:
    """Titles, function words and capitals that only open a sentence are no part of a name."""
    assert [name.text for name in names_in(text)] == names


@pytest.mark.parametrize(
    ("text", "name", "person"),
    [
        ("Senator Rosa Marsh spoke.", "Rosa Marsh", True),
        ("Marsh emphasized that it rained.", "Marsh", True),
        ("They met in Lisbon.", "Lisbon", False),
        ("The Ministry of Defence warned them.", "Ministry of Defence", False),
        ("Portuguese officials left.", "Portuguese", False),
    ],
)
def test_what_stands_beside_a_name_tells_persons(text: str, name: str, person: bool) -> None:
    """Titles and verbs of saying speak for a person; places, bodies and adjectives do not."""
    found = {one.text: one for one in names_in(text)}
    assert found[name].person is person


def test_titles_tell_the_gender() -> None:
    """Mr and Queen tell whom "he" and "she" cannot mean; a bare name tells nothing."""
    assert [name.gender for name in names_in("Mr Hale met Queen Astrid and Jules Roy.")] == ["m", "f", ""]


def test_one_bearer_has_one_name() -> None:
    """A surname and the full name are one bearer, with the evidence for both."""
    merged = bearers([Name("Marsh", 1), Name("Lisbon", -2), Name("Rosa Marsh", 2)])
    assert [(name.text, name.score) for name in merged] == [("Rosa Marsh", 3), ("Lisbon", -2)]


@given(st.text() | st.text(alphabet="Aa .’'-US,he", max_size=80))
def test_places_are_places(text: str) -> None:
    """Names are slices of any text at the places they state."""
    assert all(text[name.start :].startswith(name.text) for name in names_in(text))
