"""A document's layout: paragraphs, headings, list items, table rows and lines of code, as stretches of its text.

This module knows no language: where a sentence ends within a block is for `retrieval.chunking.sentences` to say.

A paragraph is what stands between blank lines (a fenced code block is one paragraph, blank lines and all); but where
every line stands by itself, as in what was saved line by line, a sentence goes on after a blank line. A heading,
list item or table row glued to other lines without a blank line is a block of its own and shares their paragraph
number; so is each "Label: value" of a price list, of minutes or of a chat. A line of nothing but `---` or `* * *`
between blank lines takes the number of the paragraph before it.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from retrieval.chunking.labels import is_labelled, starts_low
from retrieval.chunking.tables import are_labels, has_cells, is_delimiter

_LINE_ENDS = "\n\r\v\f\x85\u2028\u2029"
_WORDS = re.compile(rf"\S[^{_LINE_ENDS}]*")
_QUOTE = re.compile(r"(?:[ \t]{0,3}>[ \t]?)+")
_ATX = re.compile(r"[ \t]{0,3}#{1,6}(?:[ \t]|$)")
_BULLET = re.compile(r"[ \t]*[-*+•‣⁃◦▪●○■□·][ \t\u00a0]+\S")
_DASH = re.compile(r"[ \t]*[–—][ \t\u00a0]*\S")
_NUMBER = re.compile(
    r"[ \t]*(?:[(（]?(?:\d{1,3}(?:\.\d{1,3})*|[^\W\d_]|[ivx]{1,5}|[IVX]{1,5})[.)）][ \t\u00a0]+\S"
    r"|[①-⑳]|[(（]\d{1,3}[)）]|(?:\d{1,3}|[一二三四五六七八九十]{1,3})、)"
)
_SHORTEST_WRAPPED, _LONGEST_WRAPPED = 40, 150  # characters of a line that may have been wrapped
_GOING_ON = re.compile(r"[,;][ \t]*\w{0,4}$")  # ends with a comma or semicolon, or one and "and", "oder", "et"
_LABELLED_LINES = 3
_FIRST_NUMBER = re.compile(r"[ \t]*[(（]?(?:1|a|A|i)[.)）]")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_MARKS_OF_BLOCKS = "#|>-*+•–—"
_RULE_MARKS = "-*_=~•·—–+# \t\u00a0"
_SENTENCE_MARKS = ".!?…:;。！？：；؟۔।॥"
_TITLE_CLOSERS = ")]}\"'”’»」』》）】"


class Kind(Enum):
    """What a block is, as far as splitting cares."""

    PROSE = auto()  # holds sentences
    HEADING = auto()
    LINE = auto()  # one unit, never split into sentences: a table row, a line of code, a rule


@dataclass(slots=True)
class Block:
    """A stretch of text, `start` to `end` in code points, in the paragraph of that number (from 1)."""

    start: int
    end: int
    paragraph: int
    kind: Kind


@dataclass(slots=True)
class _Line:
    """A line that holds something."""

    start: int
    end: int
    words: str  # without its block quote marks and outer white space
    quoted: bool
    parted: bool  # whether a blank line or U+2029 stands before it


@dataclass(slots=True)
class _Paragraph:
    """What must be known of a paragraph before its blocks can be told. Its lines, maybe many, are read again."""

    start: int
    end: int
    fenced: bool
    rule: bool = True
    count: int = 0
    width: int = 0
    labels: int = 0  # how many of its lines read "Label: value"
    headed: bool = False  # whether its first line does not

    def add(self, line: _Line) -> None:
        self.end = line.end
        self.rule = self.rule and not self.fenced and _is_rule(line.words)
        self.count += 1
        self.width = max(self.width, len(line.words))
        labelled = not self.fenced and is_labelled(line.words)
        self.labels += labelled
        self.headed = self.headed or (self.count == 1 and not labelled)

    @property
    def labelled(self) -> bool:
        """Whether its lines are "Label: value", so that each says something of its own.

        Lines between them that go on with a value are told from wrapped prose by their being the fewer.
        """
        if self.count < _LABELLED_LINES:
            return False
        every = self.labels == self.count - self.headed
        return every or (self.labels >= _LABELLED_LINES and 2 * self.labels > self.count)


def blocks(text: str) -> Iterator[Block]:
    """The blocks of `text` in order. They do not overlap; between them is only white space.

    Linear in the text, and however long it is, only few of its lines and blocks are held at a time.
    """
    number = 0
    # Lines that read like a title: up to three may follow each other (title, subtitle, section) and stand before a
    # text; of more than that, a poem or a list of names, only the last is taken for a heading.
    titles: list[Block] = []
    many = False
    for paragraph in _paragraphs(text):
        if not paragraph.rule or not number:
            number += 1
        lines = _lines(text, paragraph.start, paragraph.end)
        if paragraph.count == 1 and not paragraph.fenced:
            (line,) = lines
            (block,) = _paragraph_blocks(iter((line,)), number, paragraph)
            if block.kind is Kind.PROSE and _is_title(line.words):
                if many or len(titles) == 3:
                    yield from titles
                    titles, many = [], True
                titles.append(block)
                continue
            part = iter((block,))
        elif paragraph.fenced:
            part = (Block(line.start, line.end, number, Kind.LINE) for line in lines)
        else:
            part = _paragraph_blocks(lines, number, paragraph)
        for title in titles:
            title.kind = Kind.HEADING
        yield from titles
        titles, many = [], False
        yield from part
    # With no text after it, a line is no heading.
    yield from titles


def _lines(text: str, start: int, end: int) -> Iterator[_Line]:
    """The lines that hold something between two places that are each the start of a line, or its end, or the text's."""
    at = start
    for found in _WORDS.finditer(text, start, end):
        gap = text[at : found.start()]
        begin = found.start()
        if gap[-1:] not in _LINE_ENDS:
            begin -= len(gap) - len(gap.rstrip(" \t"))
        if begin > at and text[begin - 1] not in _LINE_ENDS:
            begin = at + max(map(gap.rfind, _LINE_ENDS)) + 1
        quote = _QUOTE.match(text, begin, found.end())
        words = text[quote.end() if quote else found.start() : found.end()].strip()
        ended = at + (2 if gap.startswith("\r\n") else 1)
        parted = at > start and (begin > ended or gap[0] == "\u2029")
        yield _Line(begin, found.end(), words, quote is not None, parted)
        at = found.end()


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    closers = _closers(text)
    paragraph: _Paragraph | None = None
    before: _Line | None = None
    close = -1
    for line, after in _with_next(_lines(text, 0, len(text))):
        last, before = before, line
        if paragraph is not None and paragraph.fenced:
            paragraph.add(line)
            if line.start == close:
                yield paragraph
                paragraph = None
            continue
        close = _closing(line, closers) if closers else -1
        parted = line.parted and not (last is not None and _goes_on(last, line, after))
        if paragraph is not None and (parted or close >= 0):
            yield paragraph
            paragraph = None
        if paragraph is None:
            paragraph = _Paragraph(line.start, line.end, fenced=close >= 0)
        paragraph.add(line)
    if paragraph is not None:
        yield paragraph


def _with_next(lines: Iterator[_Line]) -> Iterator[tuple[_Line, _Line | None]]:
    line = next(lines, None)
    while line is not None:
        after = next(lines, None)
        yield line, after
        line = after


def _goes_on(before: _Line, line: _Line, after: _Line | None) -> bool:
    """Whether the sentence of the line `before` goes on in `line`, though a blank line stands between them."""
    if not before.words or before.quoted != line.quoted:
        return False
    if not starts_low(line.words) or line.words[:1] in _MARKS_OF_BLOCKS:
        return False
    ends = before.words[-1:]
    if ends in ":：":  # begins an enumeration: told from a list of names by how its first item ends
        return line.words[-1:] in ",;" and after is not None and starts_low(after.words)
    if _GOING_ON.search(before.words):
        return True
    return len(before.words) >= _SHORTEST_WRAPPED and (ends.isalpha() or ends in "-–") and "\t" not in before.words


def _closers(text: str) -> dict[str, array[int]]:
    """Where the lines start that may close a fenced code block, by the mark they are made of."""
    found = {mark: array("Q") for mark in ("```", "~~~") if mark in text}
    for line in _lines(text, 0, len(text)) if found else ():
        mark = line.words[:3]
        if mark in found and not line.words.strip(mark[0]):
            found[mark].append(line.start)
    return found


def _closing(line: _Line, closers: dict[str, array[int]]) -> int:
    """Where the line starts that closes the fenced code block that `line` opens; -1 if it opens none."""
    places = closers.get(line.words[:3], ())
    # A fence never closed opens nothing.
    index = bisect_right(places, line.start)
    return places[index] if index < len(places) else -1


def _paragraph_blocks(lines: Iterator[_Line], number: int, paragraph: _Paragraph) -> Iterator[Block]:
    found: list[Block] = []
    opened: int | None = None
    opened_at = 0
    in_list = in_table = False

    def flush(end: int, kind: Kind = Kind.PROSE) -> None:
        nonlocal opened
        if opened is not None:
            found.append(Block(opened_at, end, number, kind))
        opened = None

    before: _Line | None = None
    line = next(lines, None)
    index = 0
    while line is not None:
        words = line.words
        after = next(lines, None)
        ended = before.end if before is not None else line.start
        in_table = "|" in words and (in_table or (after is not None and is_delimiter(after.words)))
        if is_delimiter(words) and found and opened is None and "|" in (before.words if before else ""):
            # The line under a table's head says nothing alone.
            found[-1].end = line.end
            in_table = True
        elif found and opened is None and before is not None and are_labels(before.words, words):
            # "Date: | Due: |" says nothing without the row of values under it.
            found[-1].end = line.end
        elif _is_row(words, before, after) or in_table:
            flush(ended)
            found.append(Block(line.start, line.end, number, Kind.LINE))
        elif _ATX.match(words):
            flush(ended)
            found.append(Block(line.start, line.end, number, Kind.HEADING))
            in_list = False
        elif _is_underline(words) and opened == index - 1 and before is not None and 0 < len(before.words) <= 120:
            flush(line.end, Kind.PROSE if in_list else Kind.HEADING)
        elif _is_rule(words):
            flush(ended)
            found.append(Block(line.start, line.end, number, Kind.LINE))
        else:
            item = _is_item(line, before, in_list)
            if before is not None and opened is not None:
                short = _is_cut_short(before.words, words, paragraph.width)
                entry = paragraph.labelled and is_labelled(words)
                if item or entry or not words or before.quoted != line.quoted or short:
                    headed = _is_list_title(before.words) if paragraph.labelled else short and _is_title(before.words)
                    title = opened == 0 and index == 1 and headed
                    flush(ended, Kind.HEADING if title else Kind.PROSE)
            in_list = in_list or item
            if opened is None:
                opened, opened_at = index, line.start
        # The last may yet grow.
        yield from found[:-1]
        del found[:-1]
        before, line, index = line, after, index + 1
    if before is not None:
        flush(before.end)
    yield from found


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
    beside = any(line is not None and "\t" in line.words for line in (before, after))
    return (words.startswith("|") and words.count("|") > 1) or ("\t" in words and beside) or has_cells(words)


def _is_rule(words: str) -> bool:
    return len(words) > 2 and not words.strip(_RULE_MARKS) and sum(not mark.isspace() for mark in words) > 2


def _is_underline(words: str) -> bool:
    return len(words) > 1 and (not words.strip("=") or not words.strip("-"))


def _is_cut_short(line: str, after: str, width: int) -> bool:
    """Whether no wrapping put the end of `line` there.

    It ends far before the paragraph's `width`, or the paragraph has a line that is longer than any that was wrapped.
    """
    if width < 60 or not line or line[-1] in ",-–—" or not after:
        return False
    return (len(line) < 0.6 * width or width > _LONGEST_WRAPPED) and not starts_low(after)


def _is_list_title(words: str) -> bool:
    """Whether the line before the first "Label: value" is the heading of them all: "Prices", "Opening hours:"."""
    return not is_labelled(words) and _is_title(words.rstrip(":： "))


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
    return closed and not starts_low(plain) and any(mark.isalpha() for mark in plain)
