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
        ("Built by the engineer Alan Berg.", "Alan Berg", True),
        ("They met in Lisbon.", "Lisbon", False),
        ("The Ministry of Defence warned them.", "Ministry of Defence", False),
    ],
)
def test_a_title_tells_a_person(text: str, name: str, person: bool) -> None:
    """In the name or before it."""
    found = {one.text: one for one in names_in(text)}
    assert found[name].person is person


def test_one_bearer_has_one_name() -> None:
    """A surname and the full name are one bearer."""
    merged = bearers([Name("Marsh"), Name("Lisbon"), Name("Rosa Marsh", person=True)])
    assert merged == [Name("Rosa Marsh", person=True), Name("Lisbon")]


@given(st.text() | st.text(alphabet="Aa .’'-US,he", max_size=80))
def test_places_are_places(text: str) -> None:
    """Names are slices of any text."""
    assert all(name.text in text for name in names_in(text))
