"""Marks of layout out of words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.chunking.markup import bare, is_listed, said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("**Default**: true", "Default: true"),
        ("au **format *txt* ou *json***.", "au format txt ou json."),
        ("***Both*** and _one_ and ~~old~~ new.", "Both and one and old new."),
        ('See [SP **800-131A**](#SP800) and ![a map](map.png "the map").', "See SP 800-131A and a map."),
        ("[a page](https://example.org/a_(b)?c=_d_) and [another][2].", "a page and another."),
        ("# Title\n> quoted **over\nlines**\n\n> and on", "Title\nquoted over\nlines\n\nand on"),
        ("Chapter one ........... 17", "Chapter one . 17"),
        (
            "It is <i>something you have</i>, a<sup>2</sup> <br/>or <b class=x>more</b>.",
            "It is something you have, a2 or more.",
        ),
        (r"5 \* 3 is \_not\_ marked", "5 * 3 is _not_ marked"),
        ("**It begins here. It ends later.", "It begins here. It ends later."),
    ],
)
def test_marks_of_layout_are_left_out(text: str, words: str) -> None:
    """Emphasis, links, headings, quotes, escapes and rows of dots."""
    assert bare(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a sleeping bag", "a sleeping bag"),
        ("* **rain** boots", "rain boots"),
        ("•\train\nboots", "rain boots"),
        ("| Room: Maple | Beds: 4 |", "Room: Maple | Beds: 4"),
        ("1. Mix the flour.", "1. Mix the flour."),
        ("-5 degrees", "-5 degrees"),
        ("ls | wc -l", "ls | wc -l"),
        ("{% block title %}Opening hours{% endblock %}", "Opening hours"),
        ("Write {{ name }} there.", "Write {{ name }} there."),
    ],
)
def test_an_item_and_a_row_are_said_without_their_marks(text: str, words: str) -> None:
    """Bullets, bars round a row and tags of templates go; numbers of steps stay, and each has a line of its own."""
    assert said(text) == words
    assert is_listed(text) == text.startswith(("- ", "* ", "•", "|"))


@pytest.mark.parametrize(
    "text",
    [
        "2*3*4 is 24, a * b * c is not known",
        "f(*args, **kwargs) calls __init__ of snake_case_name",
        "*Other stands for more, see [1] and [2] below.",
        "- an item\n* another\n1. a third",
        "Wait ... and see … there.",
        "`code` stays, as `a*b*c` does",
        "| Total | 12.50 |",
        "if a<b and c>d or x <y> z",
    ],
)
def test_what_is_no_mark_stays(text: str) -> None:
    """Sums, names in code, notes, lists and tables are as they were written."""
    assert bare(text) == text


_marked = st.lists(st.sampled_from([*"ab *_~[]()#>.\\\n", "**", "word ", "![x](y)"]), max_size=60).map("".join)


@given(_marked)
def test_nothing_is_added_or_moved(text: str) -> None:
    """What is left are characters of the text, in their order."""
    left = iter(text)
    assert all(character in left for character in bare(text))


@pytest.mark.parametrize("piece", ["*a ", "**a", "[", "[a](", "_a ", ".", "> ", "~~a", "\\*"])
def test_hostile_repetitions_take_no_longer(piece: str) -> None:
    """Marks that are never closed: twice as many take about twice as long, not four times."""

    def seconds(count: int) -> float:
        """Those of the thread, the least of three: collecting garbage takes time, too."""

        def once(number: int) -> float:
            text = f"{piece * count} {number}"
            began = time.thread_time()
            bare(text)
            return time.thread_time() - began

        return min(map(once, range(3)))

    seconds(1000)
    assert seconds(32_000) < 16 * seconds(4_000) + 0.5
