"""Sentence boundaries by rule: what ends a sentence and what only looks like it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking.sentences import sentences

# One case a line; `|` parts the sentences that are expected and stands for the space between them; `¦` does so where
# there is no space, in Chinese and Japanese.
CASES = Path(__file__).with_name("sentence_cases.txt").read_text("utf-8")


def parted(text: str) -> list[str]:
    """The sentences of a whole text."""
    return [span.of(text) for span in sentences(text, 0, len(text))]


@pytest.mark.parametrize("case", CASES.strip().split("\n"))
def test_parts_where_a_reader_would(case: str) -> None:
    """Each text of the table splits into exactly the sentences it was joined from."""
    assert parted(case.replace("|", " ").replace("¦", "")) == re.split(r"[|¦]", case)


def test_a_line_end_is_a_space() -> None:
    """Wrapping a text at any of its spaces, with any line end, changes no boundary."""
    text = "U.S. Secretary Blinken spoke in the U.S. The West heard Mr. Smith. “Why?” she asked. It was Jan. 5."
    for line_end in ("\n", "\r\n", "\r", "\u2028", "\n> "):
        assert len(parted(text.replace(" ", line_end))) == len(parted(text)) == 4


def test_thai_is_parted_at_spaces_once_long_enough() -> None:
    """Thai has no full stop: long text is parted at spaces, a short phrase is not."""
    phrase = "ประเทศไทยเป็นประเทศในเอเชียตะวันออกเฉียงใต้"
    assert parted(f"{phrase} {phrase}") == [f"{phrase} {phrase}"]
    assert len(parted(" ".join([phrase] * 4))) == 2


MARKS = [*".!?…。！؟।;:,", *"\"'”“»«)(][*_>", *" \n\t\u00a0\u2028", "...", ". . .", "[1]", "¹"]
WORDS = ["Mr.", "U.S.", "z. B.", "i.e.", "No.", "3.", "I", "A", "The", "said", "am", "他", "と", "กา", "שלום"]
WORDS += ["😀", "e\u0301"]
PIECES = st.sampled_from([*MARKS, *WORDS])


@given(st.lists(PIECES | st.text(max_size=4), max_size=40).map("".join), st.integers(0, 9), st.integers(0, 9))
def test_every_character_lies_in_exactly_one_sentence(text: str, before: int, after: int) -> None:
    """Within the stretch asked for, sentences are in order, stripped, and leave out only white space."""
    start, end = min(before, len(text)), max(len(text) - after, min(before, len(text)))
    at = start
    for span in sentences(text, start, end):
        assert at <= span.start < span.end <= end
        assert not text[at : span.start].strip()
        assert span.of(text) == span.of(text).strip()
        at = span.end
    assert not text[at:end].strip()
