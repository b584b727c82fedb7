"""Numbers as they stand in documents, read for computing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.answering.generation.computing import value_of


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("120", "120"),
        ("12,5", "12.5"),
        ("1,234", "1234"),
        ("1,200.50", "1200.50"),
        ("1.200,50", "1200.50"),
        ("1.234.567", "1234567"),
        ("1 200", "1200"),
        ("1’200", "1200"),
        ("0.125", "0.125"),
        ("1.234", None),  # a thousand, or one
        ("", None),
    ],
)
def test_marks_in_numbers(number: str, value: str | None) -> None:
    """Thousands and decimals are parted as one writes them; what may be either is not read."""
    assert value_of(number) == (None if value is None else Decimal(value))
