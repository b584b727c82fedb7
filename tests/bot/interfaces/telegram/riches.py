"""Hostile words and formatted text for properties, and what Telegram takes."""

from __future__ import annotations

from bot_api_text import kept
from hypothesis import strategies as st

from bot.interfaces.telegram.messages.markup import (
    FormattedText,
    Kind,
    Mark,
    formatted,
    is_blank,
    joined,
    link,
    unformatted,
    units,
)
from bot.interfaces.telegram.messages.splitting import MOST_BYTES, MOST_ENTITIES, MOST_UNITS

FRAGMENTS = (
    *(
        "</b>",
        "<b>",
        "&amp;",
        "&",
        "<",
        "<!-- ",
        "<![CDATA[",
        "&#0;",
        "[1]",
        " [23]",
        "]",
        "\x00",
        "\x1b[31m",
        "\ud800",
    ),
    *("\u202e", "\u2067", "\u200f\u200f", "\u200b", "\u00ad", "\ufeff", "\u2028", "\u2800", "\r", "\r\n", "\n\n", "\n"),
    *(" ", "\t", "\u3000", "a\u030a", "\u0333", "e\u0301", "👩‍👩‍👧‍👦", "👍🏽", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "नि", "각", "。"),
    *("Yes. ", "word ", "x" * 30),
)
ADDRESS = "https://example.org/?a=\"<&b'"

words = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=4)), max_size=12).map("".join)


def _grown(inner: st.SearchStrategy[FormattedText]) -> st.SearchStrategy[FormattedText]:
    kinds: list[Kind] = ["bold", "italic", "code", "quote", "expandable"]
    return st.one_of(
        st.builds(formatted, st.sampled_from(kinds), inner),
        st.builds(link, inner, st.just(ADDRESS)),
        st.builds(joined, st.sampled_from(["", " ", "\n", "\n\n"]), st.lists(inner, max_size=4)),
    )


riches = st.recursive(words.map(unformatted), _grown, max_leaves=8)
"""Any text with any formatting, in and across each other."""


def looks(marks: list[Mark], at: int) -> set[tuple[str, str]]:
    """How the character at `at` looks."""
    return {(mark.kind, mark.url) for mark in marks if mark.start <= at < mark.end}


def check_sendable(pieces: list[FormattedText], most: int = MOST_UNITS) -> None:
    """Every piece is taken by Telegram as it is."""
    for piece in pieces:
        assert 0 < units(piece.text) <= most
        assert piece.text == piece.text.strip()
        assert not is_blank(piece.text)
        assert len(piece.entities()) <= MOST_ENTITIES
        assert len(piece.html().encode()) <= MOST_BYTES
        text, entities = kept(piece.html(), "HTML")
        assert text == piece.text
        assert len(entities) == len(piece.entities())
