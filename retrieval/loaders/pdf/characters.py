"""The characters of a PDF page, grouped into words with their positions, and words to lines. Knows no documents.

Positions are in points from the upper left corner of the page as it is displayed.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

HYPHEN = "\u00ad"
"""Ends a word that the end of the line may have hyphenated, whichever character the file has for it."""
_LETTERS: dict[int, str] = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
# The reader gives U+FFFE or U+0002 for a hyphen at the end of a line.
_LETTERS |= dict.fromkeys((0x02, 0xAD, 0xFFFE), HYPHEN) | dict.fromkeys((0x2010, 0x2011), "-")
# What fonts of symbols keep in the private area for bullets.
_LETTERS |= {0xF0B7: "•", 0xF0A7: "▪", 0xF0D8: "‣", 0xF0FC: "✓", 0xF02D: "–"}
# Some writers take the radicals for the signs that look the same.
_LETTERS |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_ACCENTS = {"´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "ˇ": "\u030c", "¸": "\u0327"}
_BOLD = re.compile(rb"bold|black|heavy|cmbx|sfbx|ecbx|-bd", re.I)
_NAME_LENGTH = 100
GAP = 0.7
"""Words that stand further apart, in times their size, need not belong to one line."""


@dataclass(slots=True)
class PageWord:
    """Characters without white space between them, from `x0` to `x1`; `base` is the baseline, downward from the top."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    bold: bool = False
    turned: bool = False
    """Whether it runs in another direction than from left to right."""
    top: float = 0.0
    bottom: float = 0.0
    """The edges of its letters."""


@dataclass(slots=True)
class Line:
    """Words that stand beside each other within one column. `left` and `right` are the column's edges."""

    words: list[PageWord]
    page: int = 0
    column: int = 0
    left: float = 0.0
    right: float = 0.0
    cells: list[list[list[PageWord]]] = field(default_factory=list)
    """The cells of a table's row, each as its lines; empty when the line is no such row."""
    alone: bool = False
    """Whether it, or each of its cells, is a block beside others, in no table with the rows above and below."""
    x0: float = 0.0
    x1: float = 0.0
    base: float = 0.0
    size: float = 0.0
    bold: bool = False

    def __post_init__(self) -> None:
        self.x0 = min(word.x0 for word in self.words)
        self.x1 = max(word.x1 for word in self.words)
        sizes: Counter[float] = Counter()
        for word in self.words:
            sizes[round(word.size, 1)] += len(word.text)
        self.size = max(sizes, key=lambda size: (sizes[size], size))
        self.base = next(word.base for word in self.words if round(word.size, 1) == self.size)
        self.bold = all(word.bold for word in self.words)


@dataclass(slots=True)
class _Character:
    """A character in the page's own coordinates, which grow upward; `angle` is the direction of its baseline."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    origin: tuple[float, float]
    size: float
    angle: float
    index: int


def page_words(page: PdfPage) -> list[PageWord]:
    """The words of a page in the order in which they are drawn; what lies outside the page is not read."""
    turns = page.get_rotation() // 90 % 4
    left, bottom, right, top = page.get_bbox()
    wide, high = (right - left, top - bottom) if turns % 2 == 0 else (top - bottom, right - left)
    text = page.get_textpage()
    words = (_word(run, text.raw, (left, bottom, right, top), turns) for run in _runs(text.raw))
    return [each for each in words if each.text and each.x0 < wide and each.x1 > 0 and 0 < each.base < high + each.size]


def is_leftward(text: str) -> bool:
    """Whether most characters are of a script that runs from right to left."""
    if text.isascii():
        return False
    signs = [unicodedata.bidirectional(mark) for mark in text]
    return sum(sign in ("R", "AL") for sign in signs) > signs.count("L")


def _runs(text: ctypes.c_void_p) -> Iterator[list[_Character]]:
    """The characters between white space and jumps of position."""
    import pypdfium2.raw as pdfium

    x0, x1, y0, y1, x, y = (ctypes.c_double() for _ in range(6))
    box = [ctypes.byref(edge) for edge in (x0, x1, y0, y1)]
    point = [ctypes.byref(x), ctypes.byref(y)]
    matrix = pdfium.FS_MATRIX()
    run: list[_Character] = []
    for index in range(pdfium.FPDFText_CountChars(text)):
        code = pdfium.FPDFText_GetUnicode(text, index)
        mark = _LETTERS.get(code) or (chr(code) if 0 < code < 0x110000 else "\ufffd")
        if mark.isspace():
            if run:
                yield run
            run = []
            continue
        pdfium.FPDFText_GetCharBox(text, index, *box)
        pdfium.FPDFText_GetCharOrigin(text, index, *point)
        before = run[-1] if run else None
        if before is not None and _jumps(before, x0.value, y0.value, x1.value, y1.value):
            yield run
            run, before = [], None
        if before is None or before.origin[1] != y.value:
            # The size of a font is that of its own space, which may be anything.
            pdfium.FPDFText_GetMatrix(text, index, ctypes.byref(matrix))
            size = pdfium.FPDFText_GetFontSize(text, index) * math.hypot(matrix.c, matrix.d)
            angle = math.degrees(math.atan2(matrix.b, matrix.a))
            if size < 0:  # letters of a negative size are turned about where they stand
                size, angle = -size, angle + 180
        else:
            size, angle = before.size, before.angle
        run.append(_Character(mark, x0.value, y0.value, x1.value, y1.value, (x.value, y.value), size, angle, index))
    if run:
        yield run


def _jumps(before: _Character, x0: float, y0: float, x1: float, y1: float) -> bool:
    """Whether a character stands too far from the one before it to belong to the same word."""
    reach = max(before.size, 1.0)
    across = max(x0 - before.x1, before.x0 - x1)
    along = max(y0 - before.y1, before.y0 - y1)
    return across > reach or along > reach


def _word(run: list[_Character], text: ctypes.c_void_p, box: tuple[float, float, float, float], turns: int) -> PageWord:
    size = max(letter.size for letter in run)
    # The first letter of full size stands on the line; a raised figure before it does not.
    main = next(letter for letter in run if letter.size >= 0.85 * size)
    corners = [_shown(x, y, box, turns) for letter in run for x, y in ((letter.x0, letter.y0), (letter.x1, letter.y1))]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    if is_leftward("".join(letter.text for letter in run)):
        run = sorted(run, key=lambda letter: -letter.x0)
    turned = round((main.angle - 90 * turns) / 90) % 4 != 0
    base = _shown(*main.origin, box, turns)[1]
    bold = _is_bold(text, main.index)
    return PageWord(_text_of(run, main, turns), min(xs), max(xs), base, size, bold, turned, min(ys), max(ys))


def _shown(x: float, y: float, box: tuple[float, float, float, float], turns: int) -> tuple[float, float]:
    """A position on the page as it is displayed, which may be rotated clockwise by quarter turns."""
    left, bottom, right, top = box
    if turns == 0:
        return x - left, top - y
    if turns == 1:
        return y - bottom, x - left
    return (right - x, y - bottom) if turns == 2 else (top - y, right - x)


def _text_of(run: list[_Character], main: _Character, turns: int) -> str:
    """The word's text: superscript digits as such, accents combined with their letters, no control characters."""
    letters: list[str] = []
    accent: _Character | None = None
    for letter in run:
        mark = letter.text
        if letter.size < 0.85 * main.size and turns == 0 and letter.origin[1] - main.origin[1] > 0.15 * main.size:
            mark = mark.translate(RAISED)
        if accent is not None:
            over = min(accent.x1, letter.x1) - max(accent.x0, letter.x0)
            if mark.isalpha() and over > 0.5 * (accent.x1 - accent.x0):
                letters[-1] = unicodedata.normalize("NFC", mark + _ACCENTS[accent.text])
                accent = None
                continue
        accent = letter if mark in _ACCENTS else None
        letters.append(mark)
    word = "".join(letters)
    if word.isascii():
        return word if word.isprintable() else "".join(mark for mark in word if mark.isprintable())
    # A soft hyphen within the line is none.
    kept = word[:-1].replace(HYPHEN, "") + word[-1:]
    return "".join(
        mark for mark in kept if mark == HYPHEN or unicodedata.category(mark) not in ("Cc", "Co", "Cn", "Cs")
    )


def _is_bold(text: ctypes.c_void_p, index: int) -> bool:
    import pypdfium2.raw as pdfium

    name, flags = ctypes.create_string_buffer(_NAME_LENGTH), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text, index, name, _NAME_LENGTH, ctypes.byref(flags))
    return _BOLD.search(name.value) is not None or bool(flags.value & 0x40000)
