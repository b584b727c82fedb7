"""The tokens of keyword search: the same for a text and a question, and safe for the full-text table."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.index.tokenizer import tokens, word_count


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Cities' libraries", ["the", "city", "library"]),
        ("China's and China’s", ["china", "and", "china"]),
        ("U.S.-led", ["us", "led"]),
        ("didn't didn’t", ["didnt", "didnt"]),
        ("1,200 and 12,5", ["1200", "and", "12", "5"]),
        ("Straße Müller ÉCOLE", ["strasse", "muller", "ecole"]),
        ("ﬁne ＡＢＣ", ["fine", "abc"]),
        ("bus glass", ["bus", "glass"]),
        ("中国外交 abc", ["中国", "国外", "外交", "abc"]),
        ("中", ["中"]),
        ("ภาษาไทยABC ที่ 5", ["ภาษ", "าษา", "ษาไ", "าไท", "ไทย", "abc", "ที่", "5"]),
        ("والكتاب الكِتَاب كتاب للكتاب", ["كتاب"] * 4),
        ("snake_case", ["snake", "case"]),
        ("la\u0300'a l\u00e0'a", ["laa", "laa"]),
        ("…!?", []),
        ("", []),
    ],
)
def test_tokens(text: str, expected: list[str]) -> None:
    """Case, width, accents, plurals, possessives, articles, acronyms, thousands, and scripts without spaces."""
    assert tokens(text) == expected


@given(st.text(st.characters(), max_size=200))
def test_any_text(text: str) -> None:
    """Tokens of any text are 1 to 64 letters, digits and marks: no space, no punctuation, no surrogate."""
    for token in tokens(text):
        assert 1 <= len(token) <= 64
        assert all(c.isalnum() or unicodedata.category(c) in ("Mn", "Mc") for c in token)
        token.encode()


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_case_and_composition_do_not_matter(text: str) -> None:
    """A text composed in another way has the same tokens, and ASCII has them whatever its case."""
    composed = unicodedata.normalize("NFC", text)
    assert tokens(composed) == tokens(unicodedata.normalize("NFD", composed))
    if text.isascii():
        assert tokens(text) == tokens(text + "\u00a0")


def test_longest_token() -> None:
    """A word without end is cut, as it is in the question."""
    assert tokens("x" * 500) == ["x" * 64]


@pytest.mark.parametrize(
    ("text", "words"), [("", 0), ("Who built it?", 3), ("谁建的灯塔？", 2), ("кто построил маяк", 3), ("GPS 信号", 1.5)]
)
def test_words_are_counted_in_every_script(text: str, words: float) -> None:
    """Two characters of a script without spaces count as one word."""
    assert word_count(text) == words
