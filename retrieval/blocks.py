"""A document's layout: paragraphs, headings, list items, table rows and lines of code, as stretches of its text.

This module knows no language: where a sentence ends within a block is for `retrieval.sentences` to say.

A paragraph is what stands between blank lines (a fenced code block is one paragraph, blank lines and all). A heading,
list item or table row glued to other lines without a blank line is a block of its own and shares their paragraph
number. A line of nothing but `---` or `* * *` between blank lines takes the number of the paragraph before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

_LINE_END = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")
_QUOTE = re.compile(r"(?:[ \t]{0,3}>[ \t]?)+")
_ATX = re.compile(r"[ \t]{0,3}#{1,6}(?:[ \t]|$)")
_BULLET = re.compile(r"[ \t]*[-*+•‣⁃◦▪●○■□·][ \t\u00a0]+\S")
_DASH = re.compile(r"[ \t]*[–—][ \t\u00a0]*\S")
_NUMBER = re.compile(
    r"[ \t]*(?:[(（]?(?:\d{1,3}(?:\.\d{1,3})*|[^\W\d_]|[ivx]{1,5}|[IVX]{1,5})[.)）][ \t\u00a0]+\S"
    r"|[①-⑳]|[(（]\d{1,3}[)）]|(?:\d{1,3}|[一二三四五六七八九十]{1,3})、)"
)
_FIRST_NUMBER = re.compile(r"[ \t]*[(（]?(?:1|a|A|i)[.)）]")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_RULE_MARKS = "-*_=~•·—–+# \t\u00a0"
_SENTENCE_MARKS = ".!?…:;。！？：；؟۔।॥"
_TITLE_CLOSERS = ")]}\"'”’»」』》）】"


class Kind(Enum):
    """What a block is, as far as splitting cares."""

    PROSE = auto()
    """Holds sentences."""
    HEADING = auto()
    LINE = auto()
    """One unit, never split into sentences: a table row, a line of code, a rule."""


@dataclass(slots=True)
class Block:
    """A stretch of text, `start` to `end` in code points, in the paragraph of that number (from 1)."""

    start: int
    end: int
    paragraph: int
    kind: Kind


@dataclass(slots=True)
class _Line:
    start: int
    end: int
    words: str
    """The line without its block quote marks and outer white space."""
    quoted: bool
    blank: bool
    last: bool
    """Whether its line end also ends the paragraph (U+2029)."""


def blocks(text: str) -> list[Block]:
    """The blocks of `text` in order. They do not overlap; between them is only white space. Linear in the text."""
    lines = _lines(text)
    found: list[Block] = []
    titles: list[Block | None] = []
    number = 0
    for first, end, fenced in _paragraphs(lines):
        paragraph = lines[first:end]
        rule = not fenced and all(_is_rule(line.words) for line in paragraph)
        if not rule or not number:
            number += 1
        if fenced:
            part = [Block(line.start, line.end, number, Kind.LINE) for line in paragraph if not line.blank]
        else:
            part = _paragraph_blocks(paragraph, number)
        found += part
        alone = len(paragraph) == 1 and part[0].kind is Kind.PROSE and _is_title(paragraph[0].words)
        titles.append(part[0] if alone else None)
    _mark_titles(titles)
    return found


def _lines(text: str) -> list[_Line]:
    lines = []
    start = 0
    for mark in _LINE_END.finditer(text):
        lines.append(_line(text, start, mark.start(), last=mark.group() == "\u2029"))
        start = mark.end()
    lines.append(_line(text, start, len(text), last=True))
    return lines


def _line(text: str, start: int, end: int, *, last: bool) -> _Line:
    quote = _QUOTE.match(text, start, end)
    words = text[quote.end() if quote else start : end].strip()
    return _Line(start, end, words, quote is not None, not words and quote is None, last)


def _paragraphs(lines: Sequence[_Line]) -> list[tuple[int, int, bool]]:
    """Each paragraph's first line, the line after its last, and whether it is fenced code."""
    closing = _closing_fences(lines)
    found = []
    at = 0
    while at < len(lines):
        if lines[at].blank:
            at += 1
            continue
        if (close := closing[at]) is not None:
            found.append((at, close + 1, True))
            at = close + 1
            continue
        first = at
        while at < len(lines) and not lines[at].blank and closing[at] is None:
            at += 1
            if lines[at - 1].last:
                break
        found.append((first, at, False))
    return found


def _closing_fences(lines: Sequence[_Line]) -> list[int | None]:
    """For each line that opens a fenced code block, the line that closes it; a fence never closed opens nothing."""
    closing: list[int | None] = [None] * len(lines)
    following: dict[str, int] = {}
    for index in range(len(lines) - 1, -1, -1):
        words = lines[index].words
        if not words.startswith(("```", "~~~")):
            continue
        mark = words[:3]
        closing[index] = following.get(mark)
        if not words.strip(mark[0]):
            following[mark] = index
    return closing


def _paragraph_blocks(lines: Sequence[_Line], number: int) -> list[Block]:
    found: list[Block] = []
    width = max(len(line.words) for line in lines)
    opened: int | None = None
    in_list = in_table = False

    def flush(end: int, kind: Kind = Kind.PROSE) -> None:
        nonlocal opened
        if opened is not None:
            found.append(Block(lines[opened].start, lines[end - 1].end, number, kind))
        opened = None

    for index, line in enumerate(lines):
        words = line.words
        before = lines[index - 1] if index else None
        after = lines[index + 1] if index + 1 < len(lines) else None
        in_table = "|" in words and (in_table or (after is not None and _is_delimiter(after.words)))
        if _is_delimiter(words) and found and opened is None and "|" in (before.words if before else ""):
            # The line under a table's head says nothing alone.
            found[-1].end = line.end
            in_table = True
        elif _is_row(words, before, after) or in_table:
            flush(index)
            found.append(Block(line.start, line.end, number, Kind.LINE))
        elif _ATX.match(words):
            flush(index)
            found.append(Block(line.start, line.end, number, Kind.HEADING))
            in_list = False
        elif _is_underline(words) and opened == index - 1 and before is not None and _is_short(before.words):
            flush(index + 1, Kind.PROSE if in_list else Kind.HEADING)
        elif _is_rule(words):
            flush(index)
            found.append(Block(line.start, line.end, number, Kind.LINE))
        else:
            item = _is_item(line, before, in_list)
            if before is not None and opened is not None:
                short = _is_cut_short(before.words, words, width)
                if item or not words or before.quoted != line.quoted or short:
                    title = short and opened == 0 and index == 1 and _is_title(before.words)
                    flush(index, Kind.HEADING if title else Kind.PROSE)
            in_list = in_list or item
            if opened is None:
                opened = index
    flush(len(lines))
    return found


def _is_item(line: _Line, before: _Line | None, in_list: bool) -> bool:
    words = line.words
    if _BULLET.match(words):
        return True
    # A wrapped line may begin with a dash, "12. May" or "J. Smith": it counts only where an item may be expected.
    expected = before is None or in_list or before.words[-1:] in _SENTENCE_MARKS or before.quoted != line.quoted
    if _NUMBER.match(words):
        return expected or _FIRST_NUMBER.match(words) is not None
    return expected and _DASH.match(words) is not None


def _is_row(words: str, before: _Line | None, after: _Line | None) -> bool:
    if words.startswith("|") and words.count("|") > 1:
        return True
    if "\t" not in words:
        return False
    return any(line is not None and "\t" in line.words for line in (before, after))


def _is_delimiter(words: str) -> bool:
    return "-" in words and "|" in words and not words.strip("|:-+ \t")


def _is_rule(words: str) -> bool:
    return len(words) > 2 and not words.strip(_RULE_MARKS) and sum(not mark.isspace() for mark in words) > 2


def _is_underline(words: str) -> bool:
    return len(words) > 1 and (not words.strip("=") or not words.strip("-"))


def _is_short(words: str) -> bool:
    return 0 < len(words) <= 120


def _is_cut_short(line: str, after: str, width: int) -> bool:
    """Whether `line` ends far before the paragraph's `width`, so that no wrapping put the line end there."""
    if width < 60 or len(line) >= 0.6 * width or not line or line[-1] in ",-–—" or not after:
        return False
    return not _starts_low(after)


def _starts_low(words: str) -> bool:
    letter = next((mark for mark in words[:8] if mark.isalnum()), "")
    return letter.islower()


def _is_title(words: str) -> bool:
    """Whether a line standing alone reads like a heading: short, no end mark, no bullet, no lower case start."""
    if _BULLET.match(words) or _DASH.match(words):
        return False
    plain = words.strip("*_ ")
    if not plain or len(plain) > (30 if _WIDE.search(plain) else 80) or len(plain.split()) > 12:
        return False
    bare = plain.rstrip(_TITLE_CLOSERS)
    # Old books end a heading in capitals with a full stop.
    closed = bare[-1:].isalnum() or (plain.isupper() and plain.endswith("."))
    return closed and not _starts_low(plain) and any(mark.isalpha() for mark in plain)


def _mark_titles(titles: Sequence[Block | None]) -> None:
    """Make headings of the lines that read like one and stand before a text.

    Up to three may follow each other (title, subtitle, section); of more than that, a poem or a list of names, only
    the last is taken for a heading. A line with no text after it is none.
    """
    run: list[Block] = []
    for title in titles:
        if title is not None:
            run.append(title)
            continue
        for block in run if len(run) <= 3 else run[-1:]:
            block.kind = Kind.HEADING
        run = []
