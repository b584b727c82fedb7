"""Numbers, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.numbers import bears_out, figures_in


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("5,759 boats", [5759]),
        ("1.234.567 and 1,234,567.5", [1234567, 1234567.5]),
        ("twenty-one gulls, two hundred and fifty thousand eels", [21, 250000]),
        ("a dozen, a hundred, hundreds", [12, 100]),
        ("two and three", [2, 3]),
        ("$3bn, £5m, 5 m, 2.5 million", [3e9, 5e6, 5, 2.5e6]),
        ("the twenty-first and 3rd", [21, 3]),
        ("人口320万", [3.2e6]),
        ("٤٢", [42]),
        ("DB10 and v1.2", []),
    ],
)
def test_values(text: str, values: list[float]) -> None:
    """Separators, words, scales and currencies all give the value; a number inside a word is none."""
    assert [figure.value for figure in figures_in(text)] == values


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("52 %", "percent"),
        ("thirty per cent", "percent"),
        ("€7", "money"),
        ("7 dollars", "money"),
        ("7th", "ordinal"),
        ("the 1970s", "decade"),
        ("the nineteenth century", "century"),
        ("7 gulls", ""),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    """What a number counts is read from what stands beside it."""
    assert [figure.kind for figure in figures_in(text)] == [kind]


@pytest.mark.parametrize(
    ("said", "known", "holds"),
    [
        ("5,759", "5759", True),
        ("5,800", "5,759", False),
        ("about 5,800", "5,759", True),
        ("nearly 6,000", "5,759", True),
        ("about 5,200", "5,759", False),
        ("5,759", "about 5,800", False),
        ("2.5 million", "2,512,000", True),
        ("2.6 million", "2,512,000", False),
        ("more than 5,000", "5,759", True),
        ("more than 6,000", "5,759", False),
        ("under 60", "57", True),
        ("12 %", "twelve per cent", True),
        ("12 %", "12 boats", False),
        ("the 1970s", "1974", True),
        ("the 90s", "1987", False),
        ("the 19th century", "1874", True),
        ("the 18th century", "1874", False),
    ],
)
def test_bearing_out(said: str, known: str, *, holds: bool) -> None:
    """The same value bears out; a rounded one only where it is said roughly; a year its decade and century."""
    assert bears_out(figures_in(said)[0], figures_in(known)[0]) is holds


@given(st.text(st.characters(), max_size=200) | st.text(alphabet="0129,.-% $kmMay", max_size=60))
def test_any_text_has_figures_at_their_places(text: str) -> None:
    """Any text can be read, and every number stands where it says."""
    for figure in figures_in(text):
        assert text[figure.start : figure.end].strip() == figure.text
