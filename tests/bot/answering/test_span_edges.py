"""Where the words that are shown bold begin and end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.span_edges import tidied
from retrieval.types import Span


@pytest.mark.parametrize(
    ("words", "told", "shown"),
    [
        ("Try it with --dry-run first.", "dry", "dry-run"),
        ("A 54-year-old driver died.", "54-year", "54-year-old"),
        ("It closed on 4 May 1912.", "1912", "1912"),
        ("Closed in July and August.", "July and August.", "July and August"),
        ("It was built in 1844.", "1844.", "1844"),
        ("She called it “the lamp” once.", "“the lamp”", "the lamp"),
        ("She called it “the lamp of Skalen” once.", "“the lamp", "the lamp"),
        ("Run `make` first.", "`make", "make"),
        ("A rate of 4 percent, at most.", " 4 percent,", "4 percent"),
        ("It has a “Titanic” poster in the hall.", "“Titanic” poster", "“Titanic” poster"),
        ("Xi Jinping said so.", "Xi Jinping", "Xi Jinping"),
        ("Ferries - and trains - stopped.", "Ferries", "Ferries"),
        ("...", "..", ".."),
    ],
)
def test_whole_words_without_what_is_not_theirs(words: str, told: str, shown: str) -> None:
    """Words and hyphenated words are whole; quotation marks stand in pairs or not at all."""
    start = words.find(told)
    start = max(start, 0)
    assert tidied(words, Span(start, start + len(told))).of(words) == shown


@given(st.text(alphabet="ab1 .-“”\"'|\n", min_size=1, max_size=40), st.data())
def test_something_is_always_left(words: str, data: st.DataObject) -> None:
    """Whatever the words, the span lies in them and is not empty."""
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    found = tidied(words, Span(start, end))
    assert 0 <= found.start < found.end <= len(words)
