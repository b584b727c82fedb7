"""The words of a text without the marks that only lay it out.

Marks of Markdown (emphasis, headings, quotes, the addresses of links and pictures), tags within a line and rows of dots
that lead to a page number are for the eye, so are marks of items, bars of rows and tags of templates: an answer is
said without them, and its quote keeps them. After CommonMark 0.31, as far as a paragraph tells. Marks that code and
sums are full of stay where they do not stand in pairs round words: backticks, two underscores, a star between two
numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_TARGET = r"\((?:<[^<>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+\"[^\"\n]*\")?\)|\[[^\[\]\n]*\]"
_LINK = re.compile(rf"(?P<open>!?\[)[^\[\]\n]+(?P<target>\](?:{_TARGET}))")
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u)"
    r"(?:\s+[\w:-]{1,40}=(?:\"[^\"<>]{0,300}\"|'[^'<>]{0,300}'|[^\s\"'<>]{1,300})){0,9}\s?/?>",
    re.IGNORECASE,
)
_LINE = re.compile(r"^[ \t]*(?:#{1,6}(?=[ \t])|>(?:[ \t]?>)*)[ \t]*", re.MULTILINE)
_HASHES = re.compile(r"[ \t]*(#{1,6})(?=[ \t])")
_DOTS = re.compile(r"(?<=[.·…])(?:[ \t]?[.·…]){3,}")
_LEFT_OVER = re.compile(r"\A\*{2,3}(?=[^\s*])|(?<=[^\s*])\*{2,3}\Z")  # of emphasis that goes on before or after
_ITEM = re.compile(r"\A\s*[-*+•‣◦▪●]\s+(?=\S)")
_BARS = re.compile(r"\A\|\s*(?=[^\s|])|(?<=[^\s|])\s*\|\Z")
_TEMPLATE = re.compile(r"\{%[^{}\n]{0,300}%\}")
_ESCAPE = re.compile(r"\\(?=[*_#>\[\]~|])")
_NEWLINE = r"\n(?![ \t]*\n)"
_LONGEST = 600  # characters between two marks, which bounds the time that hostile texts take


def _pairs(mark: str, count: int, within: str) -> re.Pattern[str]:
    """Words between two runs of `count` marks, each with word or white space on the right side only; between them other
    runs of the same mark may stand, as `within` says.
    """
    opens, closes = rf"(?<![\w\\{mark}]){mark * count}(?=[^\s{mark}])", rf"(?<=[^\s\\]){mark * count}"
    after = r"(?!\w)" if count == 1 else rf"(?![\w{mark}])"
    return re.compile(rf"{opens}(?:[^{mark}\n]|{_NEWLINE}|{within}){{1,{_LONGEST}}}?{closes}{after}")


_STAR = r"\*"
_EMPHASIS = (
    (3, _pairs(_STAR, 3, r"\*{1,2}(?!\*)")),
    (2, _pairs(_STAR, 2, r"(?<!\*)\*(?!\*)|\*(?=\*\*(?!\*))")),
    (1, _pairs(_STAR, 1, r"\*\*")),
    (1, _pairs("_", 1, "__")),
    (2, _pairs("~", 2, "~(?!~)")),
)


def marked_level(heading: str) -> int | None:
    """The level of a heading by its marks, as loaders write them, too; None where it has none."""
    marks = _HASHES.match(heading)
    return None if marks is None else len(marks[1])


def said(words: str) -> str:
    """Words of a document as they are said: in one line, without their marks, the mark of an item, the bars round a row
    and tags of templates.
    """
    line = " ".join(_TEMPLATE.sub(" ", bare(words)).split())
    return _BARS.sub("", line) if line.startswith("|") else _ITEM.sub("", line)


def is_listed(words: str) -> bool:
    """Whether words of a document are an item of a list or a row of a table, which are said on a line of their own."""
    return _ITEM.match(words) is not None or words.lstrip().startswith("|")


@lru_cache(maxsize=256)
def bare(text: str) -> str:
    """The text without its marks."""
    kept, at = [], 0
    for start, end in sorted(_marks(text)):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    return "".join([*kept, text[at:]])


def _marks(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_LINE, _DOTS, _ESCAPE, _LEFT_OVER, _TAG):
        yield from (found.span() for found in pattern.finditer(text))
    for found in _LINK.finditer(text):
        yield from (found.span("open"), found.span("target"))
    for count, pattern in _EMPHASIS:
        for found in pattern.finditer(text):
            yield found.start(), found.start() + count
            yield found.end() - count, found.end()
