"""Formatted text: what comes out as HTML is what was put in, whatever it holds."""

from __future__ import annotations

import unicodedata

import pytest
from bot_api_text import kept
from hypothesis import given, settings
from hypothesis import strategies as st
from riches import ADDRESS, looks, riches, words

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

TELEGRAMS_NAMES = {
    "link": "text_link",
    "quote": "blockquote",
    "expandable": "expandable_blockquote",
}
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
BLANK = [
    "",
    " \n\t",
    "\u200b\u200d\u2060",
    "\u3000\u00a0\u2800",
    "\ufeff\u00ad",
    "\ufffc",
    "\u3164\u115f",
    "\U000e0041",
]


@settings(deadline=None)
@given(riches)
def test_every_character_looks_as_its_marks_say(whole: FormattedText) -> None:
    """Bold, italic and links hold outside code, code holds everywhere, and the outermost quote is the one shown."""
    entities = whole.entities()
    for at in range(len(whole.text)):
        marked = looks(list(whole.marks), at)
        shown = looks(entities, at)
        kinds = {kind for kind, _ in marked}
        quotes = kinds & {"quote", "expandable"}
        assert len({kind for kind, _ in shown} & {"quote", "expandable"}) == bool(quotes)
        expected = {("code", "")} if "code" in kinds else {one for one in marked if one[0] not in quotes}
        assert {one for one in shown if one[0] not in ("quote", "expandable")} == expected


@settings(deadline=None)
@given(riches)
def test_telegram_reads_what_was_put_in(whole: FormattedText) -> None:
    """By Telegram's own rules the text of the HTML is the same, each mark is an entity, and nothing is refused."""
    trimmed = whole.cut(0, len(whole.text))
    if is_blank(trimmed.text):
        return
    text, entities = kept(trimmed.html(), "HTML", longest=1_000_000)
    assert text == trimmed.text
    ours = [
        (
            TELEGRAMS_NAMES.get(mark.kind, mark.kind),
            units(text[: mark.start]),
            units(text[mark.start : mark.end]),
            mark.url,
        )
        for mark in trimmed.entities()
    ]
    theirs = [(entity["type"], entity["offset"], entity["length"], entity.get("url", "")) for entity in entities]
    assert sorted(theirs) == sorted(ours)[:100]


@settings(deadline=None)
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


@settings(deadline=None)
@given(st.lists(riches, max_size=4), st.sampled_from(["", " ", "\n\n"]))
def test_joining_keeps_text_and_looks(parts: list[FormattedText], separator: str) -> None:
    """Each part looks as it did, the separators as nothing."""
    whole = joined(separator, parts)
    assert whole.text == separator.join(part.text for part in parts)
    at = 0
    for part in parts:
        for place in range(len(part.text)):
            assert looks(list(whole.marks), at + place) == looks(list(part.marks), place)
        at += len(part.text) + len(separator)


@settings(deadline=None)
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
            assert looks(list(part.marks), at) == looks(list(whole.marks), first + at)
    assert all(part.text[mark.start : mark.end].strip() == part.text[mark.start : mark.end] for mark in part.marks)


@pytest.mark.parametrize("kind", ["bold", "italic", "code", "quote", "expandable"])
def test_each_kind_has_its_tag(kind: Kind) -> None:
    """One tag a kind, around the words and not the white space beside them."""
    tags = {
        "bold": ("<b>", "</b>"),
        "italic": ("<i>", "</i>"),
        "code": ("<code>", "</code>"),
        "quote": ("<blockquote>", "</blockquote>"),
        "expandable": ("<blockquote expandable>", "</blockquote>"),
    }
    opening, closing = tags[kind]
    assert formatted(kind, " a < b ").html() == f" {opening}a &lt; b{closing} "
    assert formatted("expandable", formatted(kind, formatted("quote", formatted("code", "a")))).html() == (
        "<blockquote expandable><code>a</code></blockquote>"  # no quote in a quote, and code in quotes alone
    )


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "https://", "https://a.b c", "http://ä.de", "tg://user", *UNREACHABLE]
)
def test_what_is_no_web_address_is_no_link(url: str | None) -> None:
    """The words stay; only the web is linked to."""
    assert link("words", url) == unformatted("words")


def test_a_link_is_escaped() -> None:
    """An address may hold all that would end an attribute."""
    assert kept(link("a", ADDRESS).html(), "HTML")[1][0]["url"] == ADDRESS


@pytest.mark.parametrize("text", BLANK)
def test_what_nobody_sees_is_blank(text: str) -> None:
    """White space and characters without a shape, which Telegram would refuse as an empty message."""
    assert is_blank(text)
    assert not is_blank(f"{text}a")
    assert formatted("bold", text).marks == ()


@settings(deadline=None)
@given(st.text())
def test_units_are_utf16(text: str) -> None:
    """As many as the UTF-16 encoding has code units."""
    assert units(text) == len(text.encode("utf-16-le")) // 2
