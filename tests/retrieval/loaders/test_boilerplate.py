"""Boilerplate of plain text: what is recognised, and above all what is not."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.loaders.boilerplate import covers_all, merged, recognise
from retrieval.types import Span

BEFORE = "The talks in the capital ended late on Friday without a common statement by the two sides."
AFTER = "Both governments said that they would meet again in the spring, after the elections in the north."


# Lines of boilerplate, and below the blank line those that only look like it.
BUTTONS, NEAR_MISSES = (
    part.split("\n")
    for part in Path(__file__).with_name("boilerplate_cases.txt").read_text("utf-8").strip().split("\n\n")
)


def between(line: str) -> str:
    """The line as a paragraph of its own between two others."""
    return f"{BEFORE}\n\n{line}\n\n{AFTER}\n"


@pytest.mark.parametrize("line", BUTTONS)
def test_a_known_line_is_boilerplate(line: str) -> None:
    """A line of boilerplate between two paragraphs is recognised as a whole and alone."""
    text = between(line)
    assert [span.of(text) for span in recognise(text)] == [line]


@pytest.mark.parametrize("line", NEAR_MISSES)
def test_a_near_miss_is_text(line: str) -> None:
    """A line that merely begins like boilerplate, or holds its words, stays text."""
    assert recognise(between(line)) == ()


@pytest.mark.parametrize("line", BUTTONS)
def test_boilerplate_within_a_sentence_is_text(line: str) -> None:
    """The words of boilerplate within running text are never recognised."""
    assert recognise(f"{BEFORE} {line} and that was that, {AFTER}") == ()


@pytest.mark.parametrize("text", ["Share.", "Share.\nExit mobile version\n", "\n  Subscribe now\n\n© 2024 X\n", "分享"])
def test_a_text_of_nothing_but_boilerplate_has_none(text: str) -> None:
    """When every line would be boilerplate, the text is taken at its word."""
    assert recognise(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Ship\nShare\nPrint\nShirt\n",
        "Ship\n\nShare\n\nShirt\n",
        f"Share\n\nA share is a part of a company's capital that can be bought.\n\n{AFTER}",
        f"{BEFORE}\n\nPrint\n\nTo print a page, press the button on the left and wait for the lamp.\n\n{AFTER}",
        f"My plans for the new year are these, and I mean to keep every one of them:\n\n- Read more\n\n{AFTER}",
        f"Advertisement\n\n{BEFORE}\n\n{AFTER}",
        f"{BEFORE}\n\n```\nSkip to content\n```\n\n{AFTER}",
        "Ours to give,\nshare,\nours to live\n",
        f"{BEFORE}\n\nPage | Visits\nAbout | Contact\n12 | 13\n\n{AFTER}",
    ],
    ids=["list", "spaced list", "title", "headword", "bullet", "first line", "code", "verse", "table"],
)
def test_single_words_that_belong_to_the_text_stay(text: str) -> None:
    """Word lists, titles, headwords, items of a list, code, verse and rows of tables are text."""
    assert recognise(text) == ()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (between("Share\nTweet\nPrint"), ["Share", "Tweet", "Print"]),
        (f"{BEFORE}\nShare\n{AFTER}", ["Share"]),
        (
            f"{BEFORE}\r\n\r\n  Share this article \t\r\n\r\n{AFTER}\fPage 1 of 2\r{BEFORE}",
            ["Share this article", "Page 1 of 2"],
        ),
    ],
    ids=["row", "no blank lines", "line ends"],
)
def test_buttons_are_boilerplate_line_by_line(text: str, lines: list[str]) -> None:
    """A row of buttons is recognised together, one between long lines, too; spans are exact with any line end."""
    assert [span.of(text) for span in recognise(text)] == lines


pieces = st.sampled_from([*BUTTONS, *NEAR_MISSES, BEFORE, AFTER, "", " ", "```", "\r", "\u2028", "|", "© "])


@given(st.one_of(st.text(), st.lists(st.one_of(pieces, st.text(max_size=20))).map("\n".join)))
def test_spans_are_sorted_and_within_the_text(text: str) -> None:
    """For any text spans are sorted, apart, not blank at their ends, whole lines, and leave some text."""
    spans = recognise(text)
    position = 0
    for span in spans:
        assert position <= span.start < span.end <= len(text)
        words = span.of(text)
        assert words == words.strip()
        assert len(words.splitlines()) == 1
        assert (text[: span.start] + "x").splitlines()[-1].strip() == "x"
        assert ("x" + text[span.end :]).splitlines()[0].strip() == "x"
        position = span.end
    assert not spans or not covers_all(text, spans)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: Span(min(pair), max(pair)))))
def test_merged_spans_cover_the_same_and_lie_apart(spans: list[Span]) -> None:
    """Merging keeps exactly the covered code points and leaves gaps between spans."""
    result = merged(spans)
    assert {i for s in result for i in range(s.start, s.end)} == {i for s in spans for i in range(s.start, s.end)}
    assert all(one.end < other.start for one, other in pairwise(result))


def test_recognising_takes_linear_time() -> None:
    """Hostile megabytes of one line, of buttons, and of near matches take seconds of CPU at most."""
    begun = time.process_time()
    for text in ("a" * 3_000_000, "Share\n" * 200_000 + "x", "| " * 1_000_000, "© 20" * 50_000, "cookies " * 300_000):
        recognise(text)
        recognise("\n".join([("copyright © " + text)[:290]] * 3000))
    assert time.process_time() - begun < 40
