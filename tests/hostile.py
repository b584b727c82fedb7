"""Strings that break programs, made by chance: the same ones for the same seed.

Each is of one kind or of several mixed: marks that turn the direction round, halves of surrogate pairs, clusters of
hundreds of code points, escapes of terminals, Markdown, HTML and its entities, tags and other characters that nobody
sees, very long runs, and the words of a question among them.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

LONGEST = 3900
"""Characters of a string: less than a question may have, and a message of Telegram's."""

_DIRECTIONS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_SCRIPTS = ("harbour wall", "מזח הנמל", "جدار الميناء", "стена порта", "港の壁", "बंदरगाह", "ท่าเรือ")
_UNSEEN = "\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u2060\u2061\u206a\u2800\u3164\ufe0f\ufeff\ufff9\ufffc\U0001d173"
_ESCAPES = (
    "\x1b[31m", "\x1b[2J\x1b[H", "\x1b[1A\x1b[2K", "\x1b]0;title\x07", "\x1b]8;;https://example.invalid\x1b\\",
    "\x9b31m", "\x9d52;c;AAAA\x9c", "\x1bP+q544e\x1b\\", "\x08\x08\x08", "\r",
    "\x7f", "\x07", "\x0e", "\x85", "\x1bc", "\x1b[6n",
)  # fmt: skip
_MARKDOWN = (
    "*", "**", "_", "__", "~", "||", "`", "```", "[text](https://example.invalid)", "![x](y)", "> ", "# ", "- ",
    "| a | b |", "[1]", "\\", "[[1]]", "<https://example.invalid>", "(tg://user?id=1)", "---", "@everyone", "/start",
)  # fmt: skip
_HTML = (
    "<b>", "</b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='javascript:x'>", "<!--",
    "-->", "]]>", "&lt;", "&#60;", "&#x3c;b&#x3e;", "&amp;amp;", "&nbsp;", "&unknown;", "&", "<", ">", '"', "'",
    "</textarea>",
    "<blockquote expandable>", "<tg-spoiler>", "&#0;", "&#xD800;", "{{7*7}}", "${x}", "%s%n", "\\u003c", "%3Cb%3E",
)  # fmt: skip
_WORDS = (
    "Who built the harbour",
    "?",
    "what",
    "the sign",
    "says",
    "1911",
    "null",
    "; DROP TABLE x; --",
    "$(id)",
    "../..",
)


def generated(count: int, seed: int = 0) -> list[str]:
    """So many strings, none of them empty and no two alike."""
    chance, found = random.Random(seed), dict[str, None]()
    while len(found) < count:
        found[_string(chance)] = None
    return list(found)


def developed() -> list[object]:
    """The strings of `dev_hostile_strings.jsonl` as a long case, where FOOTNOTE_DEV_SETS names a folder that has it."""
    file = Path(os.environ.get("FOOTNOTE_DEV_SETS", "")) / "dev_hostile_strings.jsonl"
    if not file.is_file():
        return []
    strings = [json.loads(line)["question"] for line in file.read_text("utf-8").split("\n") if line]
    return [pytest.param(strings, id="development", marks=pytest.mark.long)]


def sets() -> list[object]:
    """A few that are made by chance; many; and those of the folder of question sets, if there is one."""
    return [
        pytest.param(generated(12), id="some"),
        pytest.param(generated(2000), id="generated", marks=pytest.mark.long),
        *developed(),
    ]


def _string(chance: random.Random) -> str:
    kinds = chance.choices(_KINDS, k=chance.choice((1, 1, 2, 3)))
    string = chance.choice(("", " ", " \n", "\t")).join(kind(chance) for kind in kinds)
    # Two halves side by side are one character to whoever reads JSON, so that they are here.
    return (string[:LONGEST] or "?").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _some(chance: random.Random, of: str | tuple[str, ...], most: int = 12, between: str = "") -> str:
    return between.join(chance.choices(of, k=chance.randint(1, most)))


def _turned(chance: random.Random) -> str:
    return "".join(_some(chance, _DIRECTIONS, 3) + chance.choice(_SCRIPTS) for _ in range(chance.randint(1, 6)))


def _surrogates(chance: random.Random) -> str:
    half = "".join(chr(chance.randint(0xD800, 0xDFFF)) for _ in range(chance.randint(1, 8)))
    return chance.choice(_WORDS) + half + chance.choice(("", "\x00", "x"))


def _cluster(chance: random.Random) -> str:
    base = chance.choice("aZ0é漢🙂")
    marks = "".join(
        chr(chance.choice((0x300, 0x33F, 0x30A, 0x489, 0x20E3, 0x1AB0))) for _ in range(chance.randint(9, 900))
    )
    family = "\u200d".join("👩👨👧🏽❤🏳" for _ in range(chance.randint(1, 60)))
    flags = "".join(chr(0x1F1E6 + chance.randint(0, 25)) for _ in range(chance.randint(1, 99)))
    return chance.choice((base + marks, family, flags, "🏴" + _tags(chance), "\u1100" * chance.randint(2, 500)))


def _tags(chance: random.Random) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in chance.choice(_WORDS)) + chance.choice(("", "\U000e007f"))


def _run(chance: random.Random) -> str:
    of = chance.choice(
        ("a", "(", "<", "&", "*", "[", "\u00a0", "\u200b", "\u0301", "ﷺ", "🙂", "\t", ". ", "\n", "?", "\u202e", "0")
    )
    return of * (chance.choice((99, 999, LONGEST)) // len(of))


_KINDS: tuple[Callable[[random.Random], str], ...] = (
    _turned,
    _surrogates,
    _cluster,
    _tags,
    _run,
    lambda chance: _some(chance, _ESCAPES) + chance.choice(_WORDS),
    lambda chance: _some(chance, _MARKDOWN, between=chance.choice(("", " ", "x"))),
    lambda chance: _some(chance, _HTML, between=chance.choice(("", " ", "x"))),
    lambda chance: _some(chance, _UNSEEN) + chance.choice(("", "x")),
    lambda chance: _some(chance, _WORDS, 6, " "),
    lambda chance: "".join(chr(chance.randint(1, 0x10FFFF)) for _ in range(chance.randint(1, 60))),
)
