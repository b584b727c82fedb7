"""Words are made safe to show: nothing steers a terminal, changes the order of what is read, or hides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.interfaces.text import clean, one_line

UNSEEN = [chr(code) for code in (*range(9), *range(11, 32), *range(127, 160), 0x061C, 0x200E, 0x200F, 0x2028, 0x2029)]
UNSEEN += [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x2070), *range(0xE0000, 0xE0080))]


@pytest.mark.parametrize("unseen", UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
def test_what_cannot_be_seen_is_not_shown(unseen: str) -> None:
    """Controls, marks and overrides of direction, tags, and line ends of other kinds, wherever they stand."""
    for words in (unseen, f"a{unseen}b", unseen * 3 + "x"):
        assert unseen not in clean(words)
        assert one_line(words).isprintable()


@given(st.text())
def test_cleaning_is_done_once(words: str) -> None:
    """What is clean stays as it is; letters, and what shapes them, stay in their order."""
    cleaned = clean(words)
    assert clean(cleaned) == cleaned
    assert [one for one in cleaned if one.isalnum()] == [one for one in words if one.isalnum()]


def test_what_shapes_words_stays() -> None:
    """Joiners, accents and signs of emoji are no tricks."""
    for words in ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "👩\u200d🚀", "❤\ufe0f", "e\u0301", "a\tb\nc"):
        assert clean(words) == words
