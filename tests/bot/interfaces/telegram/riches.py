"""Hostile words and formatted text for properties, a reader of Telegram's HTML that is not ours, and its limits."""

from __future__ import annotations

from html.parser import HTMLParser

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
KINDS: dict[str, Kind] = {"b": "bold", "i": "italic", "code": "code", "a": "link", "blockquote": "quote"}
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


class Read(HTMLParser):
    """Telegram's HTML read by Python's parser: its text and what is marked; anything unbalanced fails."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.marks: list[Mark] = []
        self._open: list[tuple[str, int, Kind, str]] = []
        self.feed(html)
        self.close()
        assert self._open == []
        self.marks.reverse()  # an inner mark is closed first
        self.marks.sort(key=lambda mark: (mark.start, -mark.end))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One of the tags that there are, with no more attributes than it needs."""
        assert tag not in [name for name, *_ in self._open]
        assert [name for name, _ in attrs] == (["href"] if tag == "a" else ["expandable"] if attrs else [])
        kind: Kind = "expandable" if tag == "blockquote" and attrs else KINDS[tag]
        self._open.append((tag, len(self.text), kind, attrs[0][1] or "" if tag == "a" else ""))

    def handle_endtag(self, tag: str) -> None:
        """The end of what was opened last, around some text."""
        name, start, kind, url = self._open.pop()
        assert name == tag
        assert start < len(self.text)
        self.marks.append(Mark(start, len(self.text), kind, url))

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        self.text += data

    def handle_comment(self, data: str) -> None:
        """Markup of any other kind."""
        raise AssertionError(f"markup came through: {data!r}")

    handle_decl = handle_pi = unknown_decl = handle_comment


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
