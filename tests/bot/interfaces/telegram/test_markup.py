"""Formatted text: what Telegram is sent is what was put in, whatever it holds."""

from __future__ import annotations

import unicodedata

import pytest
from bot_api_text import kept
from bot_api_text import part as part_of
from hypothesis import given
from hypothesis import strategies as st
from riches import KINDS, looks, riches, words

from bot.interfaces.telegram.messages.markup import (
    FormattedText,
    Kind,
    formatted,
    is_blank,
    joined,
    link,
    unformatted,
    units,
)

ALTERED = [
    ("line ends of other systems", "a\r\nb\rc\u2028d\u2029e", "a\nb\nc\nd\ne"),
    ("controls", "a\x00b\x1b[31mc\x7fd\x85e\tf", "a b [31mc d e f"),
    ("direction overrides and isolates", "a\u202eb\u2066c\u2069d", "abcd"),
    ("direction marks one after the other", "a\u200e\u200f\u200eb", "a\u200eb"),
    ("half of a surrogate pair", "a\ud83d b", "a\ufffd b"),
    ("a letter with a ring of its own", "A\u030angstro\u030am", "Ångstro\u030am".replace("\u030a", "")),
    ("lines through letters", "a\u0333b\u033fc", "abc"),
    ("joiners, flags and accents stay", "👩‍👧 🇩🇪 e\u0301 \u200b", "👩‍👧 🇩🇪 e\u0301 \u200b"),
]
UNREACHABLE = ["http://localhost/a", "https://ann:secret@example.org", f"https://example.org/{'a' * 2000}"]
BLANK = "/ \n\t/\u200b\u200d\u2060/\u3000\u00a0\u2800/\ufeff\u00ad/\ufffc/\u3164\u115f/\U000e0041".split("/")


@given(riches, st.sampled_from(KINDS))
def test_formatting_is_put_around_what_there_is(inner: FormattedText, kind: Kind) -> None:
    """White space at the ends has none of it; within it there is no more of its kind, and in a quote no other quote."""
    whole = formatted(kind, inner)
    assert whole.text == inner.text
    words = inner.text.strip()
    first = inner.text.index(words)
    like = {"blockquote", "expandable_blockquote"} if "quote" in kind else {kind}
    for at in range(len(whole.text)):
        own = {kind} if first <= at < first + len(words) and not is_blank(words) else set()
        assert looks(whole, at) == own | (looks(inner, at) - like)


@given(riches)
def test_telegram_keeps_what_was_put_in(whole: FormattedText) -> None:
    """By Telegram's own rules the text is the same, each mark is an entity, and nothing is refused, cut or moved."""
    trimmed = whole.cut(0, len(whole.text))
    if is_blank(trimmed.text):
        return
    text, entities = kept(trimmed.text, trimmed.entities(), longest=1_000_000)
    assert text == trimmed.text
    told = [(entity["type"], part_of(text, entity), entity.get("url")) for entity in entities]
    assert told == [(mark.kind, text[mark.start : mark.end], mark.url) for mark in trimmed.marks][:100]


@given(words)
def test_words_are_cleaned_once(text: str) -> None:
    """What is clean stays as it is, and can be sent: no surrogate, no control character but the line feed."""
    clean = unformatted(text).text
    assert unformatted(clean).text == clean
    assert clean.encode().decode() == clean
    assert not any(unicodedata.category(character) == "Cc" and character != "\n" for character in clean)


@pytest.mark.parametrize(("kind", "text", "clean"), ALTERED)
def test_what_telegram_would_alter_is_altered_here(kind: str, text: str, clean: str) -> None:
    """Each kind of character that Telegram takes away or replaces, and those that must stay."""
    assert unformatted(text).text == clean


@given(st.lists(riches, max_size=4), st.sampled_from(["", " ", "\n\n"]))
def test_joining_keeps_text_and_looks(parts: list[FormattedText], separator: str) -> None:
    """Each part looks as it did, the separators as nothing."""
    whole = joined(separator, parts)
    assert whole.text == separator.join(part.text for part in parts)
    at = 0
    for part in parts:
        for place in range(len(part.text)):
            assert looks(whole, at + place) == looks(part, place)
        at += len(part.text) + len(separator)


@given(riches, st.data())
def test_a_cut_keeps_the_looks(whole: FormattedText, data: st.DataObject) -> None:
    """A part of a text has no white space at its ends; inside, bar white space, it looks as it did in the whole."""
    start = data.draw(st.integers(0, len(whole.text)))
    end = data.draw(st.integers(start, len(whole.text)))
    part = whole.cut(start, end)
    assert part.text == whole.text[start:end].strip()
    first = start + len(whole.text[start:end]) - len(whole.text[start:end].lstrip())
    for at, character in enumerate(part.text):
        if not is_blank(character):
            assert looks(part, at) == looks(whole, first + at)
    assert all(part.text[mark.start : mark.end].strip() == part.text[mark.start : mark.end] for mark in part.marks)


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "https://", "https://a.b c", "http://ä.de", "tg://user", *UNREACHABLE]
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    """The words stay; only the web is linked to."""
    assert link("words", url) == unformatted("words")


@pytest.mark.parametrize("text", BLANK)
def test_what_nobody_sees_is_blank(text: str) -> None:
    """White space and characters without a shape, which Telegram would refuse as an empty message."""
    assert is_blank(text)
    assert not is_blank(f"{text}a")
    assert formatted("bold", text).marks == ()


@given(st.text())
def test_units_are_utf16(text: str) -> None:
    """As many as the UTF-16 encoding has code units."""
    assert units(text) == len(text.encode("utf-16-le")) // 2
