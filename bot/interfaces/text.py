"""Words made safe to show, counts in words, and rows in columns.

What is shown comes from documents and questions: control characters could move a cursor or rewrite what was printed,
direction overrides could make words read as others, and characters without a shape could hide words, or make two names
look alike.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

_LONGEST_HEADING = 40  # characters
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Marks of direction, which honest texts in Arabic and Hebrew hold, and tags, which are letters that nobody sees.
_SHAPELESS = re.compile("[\u061c\u200e\u200f\u206a-\u206f\U000e0000-\U000e007f]")


def clean(words: str) -> str:
    """Words safe to print: control and direction-override characters, except tab and line feed, are replaced, and
    marks of direction and tags left out.
    """
    return _UNSAFE.sub("\ufffd", _LINE_ENDS.sub("\n", without_shapeless(words)))


def without_shapeless(words: str) -> str:
    """Words without marks of direction and tags."""
    return _SHAPELESS.sub("", words)


def one_line(words: str) -> str:
    """Words safe to print, in one line: a name that holds line ends cannot pass for several lines."""
    return " ".join(clean(words).split())


def under(section: str | None) -> str:
    """The heading under which something stands, before where it stands: "Chapter 3, ", or nothing."""
    return f"{textwrap.shorten(one_line(section), _LONGEST_HEADING, placeholder=' …')}, " if section else ""


def counted_noun(number: int, noun: str) -> str:
    """A number and what it counts: "1 passage", "3 passages"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, a line each, all columns but the last of one width."""
    widths = [max(map(len, column)) for column in [*zip(*rows, strict=True)][:-1]]
    return "\n".join("  ".join([*map(str.ljust, row, widths), row[-1]]) for row in rows)
