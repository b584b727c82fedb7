"""Hostile words and formatted text for properties, and what Telegram takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

from bot_api_text import kept
from hypothesis import strategies as st

from bot.interfaces.telegram.messages.markup import FormattedText, Kind, formatted, is_blank, joined, unformatted, units
from bot.interfaces.telegram.messages.splitting import MOST_ENTITIES, MOST_UNITS

FRAGMENTS: list[str] = json.loads(Path(__file__).with_name("hostile_strings.json").read_text("utf-8"))["fragments"]
ADDRESS = "https://example.org/?a=\"<&b'"

KINDS = get_args(Kind)

words = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=12).map("".join)


def _grown(inner: st.SearchStrategy[FormattedText]) -> st.SearchStrategy[FormattedText]:
    return st.one_of(
        st.builds(formatted, st.sampled_from(KINDS), inner, st.just(ADDRESS)),
        st.builds(joined, st.sampled_from(["", " ", "\n", "\n\n"]), st.lists(inner, max_size=4)),
    )


riches = st.recursive(words.map(unformatted), _grown, max_leaves=8)
"""Any text with any formatting, in and across each other."""


def looks(whole: FormattedText, at: int) -> set[Kind]:
    """How the character at `at` looks."""
    return {mark.kind for mark in whole.marks if mark.start <= at < mark.end}


def check_sendable(pieces: list[FormattedText], most: int = MOST_UNITS) -> None:
    """Every piece is taken by Telegram as it is."""
    for piece in pieces:
        assert 0 < units(piece.text) <= most
        assert piece.text == piece.text.strip()
        assert not is_blank(piece.text)
        assert len(piece.marks) <= MOST_ENTITIES
        assert kept(piece.text, piece.entities()) == (piece.text, piece.entities())
