"""Long messages in pieces: each can be sent, nothing is lost or broken, and the cuts are where a reader would pause."""

from __future__ import annotations

import regex
from hypothesis import given, settings
from hypothesis import strategies as st
from riches import check_sendable, looks, riches, words

from bot.interfaces.telegram.messages.markup import FormattedText, formatted, is_blank, joined, unformatted, units
from bot.interfaces.telegram.messages.splitting import MOST_UNITS, beginning, ending, shortened, split

FAMILY = "👩‍👩‍👧‍👦"
SENTENCE = "This is sentence number {number} of the text."


def places(whole: FormattedText, pieces: list[FormattedText]) -> list[int]:
    """Where each piece begins in the whole; what lies between them must be blank."""
    found, at = [], 0
    for piece in pieces:
        begin = whole.text.index(piece.text, at)
        assert is_blank(whole.text[at:begin])
        found.append(begin)
        at = begin + len(piece.text)
    assert is_blank(whole.text[at:])
    return found


@given(riches, st.integers(2, 80))
def test_pieces_can_be_sent_and_lose_nothing(whole: FormattedText, most: int) -> None:
    """Whatever the text: pieces fit, are not blank, and hold all of the text but white space where they meet."""
    pieces = split(whole, most)
    check_sendable(pieces, most)
    for begin, piece in zip(places(whole, pieces), pieces, strict=True):
        for at, character in enumerate(piece.text):
            if not is_blank(character):
                assert looks(piece, at) == looks(whole, begin + at)


@given(words.map(unformatted), st.integers(16, 80))
def test_no_character_is_broken(whole: FormattedText, most: int) -> None:
    """Emoji, flags, accents and syllables of several code points stay whole, unless one alone is too long."""
    pieces = split(whole, most)
    starts = {found.start() for found in regex.finditer(r"\X", whole.text)} | {len(whole.text)}
    ends = {at for found in regex.finditer(r"\X", whole.text) if units(found[0]) > most for at in range(*found.span())}
    for begin, piece in zip(places(whole, pieces), pieces, strict=True):
        for at in (begin, begin + len(piece.text)):
            beside_space = whole.text[at - 1 : at].isspace() or whole.text[at : at + 1].isspace()
            assert at in starts | ends or beside_space


short = st.text("abc ", min_size=1, max_size=12)


@given(st.lists(st.tuples(st.booleans(), short), min_size=1, max_size=30), st.integers(12, 40))
def test_what_is_marked_stays_in_one_piece(parts: list[tuple[bool, str]], most: int) -> None:
    """Formatting that fits into a piece is never cut."""
    whole = joined("|", [formatted("bold", text) if bold else unformatted(text) for bold, text in parts])
    pieces = split(whole, most)
    begins = places(whole, pieces)
    for mark in whole.marks:
        assert any(
            begin <= mark.start and mark.end <= begin + len(piece.text)
            for begin, piece in zip(begins, pieces, strict=True)
        )


@given(st.lists(st.sampled_from(["word", " ", "[1]", " [23]", "[4][5]", ". ", "x" * 9, "\n"]), max_size=40))
def test_markers_stay_whole(parts: list[str]) -> None:
    """No cut is inside the brackets of a footnote's marker."""
    whole = unformatted("".join(parts))
    pieces = split(whole, 12)
    assert regex.findall(r"\[\d+\]", whole.text) == [m for p in pieces for m in regex.findall(r"\[\d+\]", p.text)]


@settings(max_examples=20)
@given(st.integers(1, 30), st.integers(60, 300))
def test_a_marker_stays_with_its_sentence(number: int, most: int) -> None:
    """No piece begins with the marker of a sentence in the piece before; pieces end where sentences do."""
    text = " ".join(f"{SENTENCE.format(number=n)} [{n}]" for n in range(1, number + 1))
    for piece in split(unformatted(text), most):
        assert piece.text.startswith("This")
        assert regex.search(r"\. \[\d+\]$", piece.text)


@given(st.lists(st.sampled_from(["word", "a", "bcd", "word [1]", "a [23]", "bcd [4] [5]"]), max_size=40))
def test_a_marker_stays_with_its_word(parts: list[str]) -> None:
    """Also where no sentence ends, no piece begins with the marker of a word in the piece before."""
    assert not any(piece.text.startswith("[") for piece in split(unformatted(" ".join(parts)), 14))


def test_a_word_of_a_hundred_thousand_letters() -> None:
    """Where there is no pause the pieces are full."""
    pieces = split(unformatted("x" * 100_000))
    check_sendable(pieces)
    assert "".join(piece.text for piece in pieces) == "x" * 100_000
    assert len(pieces) == -(-100_000 // MOST_UNITS)


def test_five_thousand_emoji() -> None:
    """Families of seven code points, eleven UTF-16 units: none is parted."""
    pieces = split(formatted("expandable_blockquote", FAMILY * 5000))
    check_sendable(pieces)
    assert sum(len(piece.text) for piece in pieces) == 5000 * len(FAMILY)
    assert all(piece.text == FAMILY * (len(piece.text) // len(FAMILY)) for piece in pieces)
    assert all([mark.kind for mark in piece.marks] == ["expandable_blockquote"] for piece in pieces)


def test_three_hundred_footnotes() -> None:
    """A long answer with a long folded quote: every footnote is whole, the quote is closed and opened again."""
    said = unformatted(" ".join(f"{SENTENCE.format(number=n)} [{n}]" for n in range(1, 301)))
    notes = [
        joined("\n", [joined("", [f"[{n}] ", formatted("bold", SENTENCE.format(number=n))]), formatted("italic", "A")])
        for n in range(1, 301)
    ]
    whole = joined("\n\n", [said, formatted("expandable_blockquote", joined("\n\n", notes))])
    pieces = split(whole)
    check_sendable(pieces)
    places(whole, pieces)
    numbers = [int(n) for piece in pieces for n in regex.findall(r"\[(\d+)\]", piece.text)]
    assert numbers == [*range(1, 301), *range(1, 301)]
    quoted = [piece for piece in pieces if any(mark.kind == "expandable_blockquote" for mark in piece.marks)]
    assert len(quoted) > 6  # 600 marks, a hundred at most in a message
    assert all(piece.text.startswith("[") and piece.text.endswith("A") for piece in quoted[1:])


def test_no_more_entities_than_telegram_takes() -> None:
    """A thousand bold words take ten messages and more, all of them bold."""
    whole = joined(" ", [formatted("bold", "word") if number % 2 else unformatted("and") for number in range(2000)])
    pieces = split(whole)
    check_sendable(pieces)
    places(whole, pieces)
    assert sum(len(piece.marks) for piece in pieces) == 1000


def test_a_paragraph_then_a_sentence_then_a_word() -> None:
    """The cut is at the strongest pause that is not too early; a quote that fits is whole; a blank is no piece."""
    first, second = "A first paragraph. " * 3, "A second one. " * 3
    assert split(unformatted(f"{first.strip()}\n\n{second}"), 80)[0].text == first.strip()
    assert split(unformatted("One sentence is here. Another one is here"), 30)[0].text == "One sentence is here."
    assert (
        split(unformatted("No. Then words and words and words and words"), 30)[0].text == "No. Then words and words and"
    )
    assert split(unformatted("彼は来た。彼女は見た。我々は勝った"), 12)[0].text == "彼は来た。彼女は見た。"
    pieces = split(joined("\n", ["Some words before it.", formatted("blockquote", "quoted words " * 7)]), 100)
    assert [piece.text for piece in pieces] == ["Some words before it.", ("quoted words " * 7).strip()]
    assert split(unformatted("")) == split(unformatted(" \n\u200b" * 3000)) == []


@given(words, st.integers(4, 60))
def test_a_shortened_line_is_one_line_that_fits(text: str, most: int) -> None:
    """At most so many units, no line end, empty only where nothing is to be seen."""
    line = shortened(text, most)
    assert units(line) <= most
    assert "\n" not in line
    assert bool(line) == (not is_blank(unformatted(text).text))


@given(words, st.integers(4, 60))
def test_beginnings_and_endings_are_of_the_text(text: str, most: int) -> None:
    """What is shown of a text stands in it; what is left out is told by a mark."""
    clean = unformatted(text).text
    first, last = beginning(clean, most), ending(clean, most)
    assert first == clean if len(clean) <= most else first.endswith("…") and first[:-1].strip() in clean
    assert last == clean if len(clean) <= most else last.startswith("… ") and clean.endswith(last[2:])
    assert max(len(first), len(last)) <= most + 3
