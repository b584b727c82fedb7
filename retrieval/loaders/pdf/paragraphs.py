"""Lines to paragraphs: which lines belong together, and which paragraph continues in the next column or page.

Knows positions and what ends a sentence; how lines are joined is for `retrieval.loaders.pdf.hyphenation` to say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from retrieval.loaders.pdf.characters import HYPHEN, Line
from retrieval.loaders.pdf.hyphenation import LineJoiner

_BULLET = re.compile(r"[•‣◦▪●○■□∙·*–—-]$|[•‣◦▪●○■□∙]")
_NUMBERED = re.compile(r"(?:\(?(?:\d{1,3}|[a-zA-Z]|[ivx]{1,4})[.)]|\[\d{1,3}\]|[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_ENDS = re.compile("[.!?…:;。！？：][\"'”’»)\\]⁰¹²³⁴⁵⁶⁷⁸⁹]*$")
_LEADERS = re.compile(r"(?: ?[.·…]){5,}")
_HEADING_SIZE = 1.12
_LEAST_SIZE = 0.1  # sizes are rounded to tenths
_FLOATING = 12
"""So many rows and captions may stand above the rest of a paragraph, at the head of a page."""


@dataclass(slots=True)
class Paragraph:
    """Lines that read on: all of one column, or over the end of a column or page."""

    lines: list[Line]
    item: bool = False
    row: bool = False
    marks: list[tuple[int, int]] = field(default_factory=list)
    """Where within `text` the words of each further page begin: (page, code point)."""
    text: str = ""

    @property
    def page(self) -> int:
        """The page on which it begins."""
        return self.lines[0].page


def paragraphs(pages: Sequence[list[Line]]) -> list[Paragraph]:
    """The paragraphs of all pages in reading order, with their texts."""
    lines = [line for page in pages for line in page]
    body = _body_size(lines)
    pitches = _pitches(lines)
    found: list[Paragraph] = []
    for page in pages:
        fresh = _of_page(page, body, pitches)
        _join_across_breaks(found, fresh, body)
        found += fresh
    joiner = LineJoiner(line for paragraph in found for line in paragraph.lines)
    for paragraph in found:
        paragraph.text, paragraph.marks = joiner.join_lines(paragraph.lines)
    return [paragraph for paragraph in found if paragraph.text]


def _body_size(lines: Iterable[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += sum(len(word.text) for word in line.words)
    return max(sizes, key=lambda size: (sizes[size], size), default=10.0)


def _pitches(lines: Sequence[Line]) -> dict[int, float]:
    """The usual distance between the lines of a paragraph, in times the letters' size, by size."""
    seen: dict[int, list[float]] = {}
    for above, below in pairwise(lines):
        apart = (below.base - above.base) / max(below.size, 1.0)
        same = (above.page, above.column) == (below.page, below.column) and abs(above.size - below.size) < 0.5
        if same and 0.8 < apart < 3.0:
            seen.setdefault(round(below.size), []).append(apart)
    # The lower half, since the rest may be gaps between paragraphs of one line.
    return {size: median(sorted(apart)[: len(apart) // 2 + 1]) for size, apart in seen.items()}


def _of_page(lines: list[Line], body: float, pitches: dict[int, float]) -> list[Paragraph]:
    found: list[Paragraph] = []
    for index, line in enumerate(lines):
        before = lines[index - 1] if index else None
        after = lines[index + 1] if index + 1 < len(lines) else None
        if line.cells or line.alone or _LEADERS.search(" ".join(word.text for word in line.words)):
            found.append(Paragraph([line], row=True))
        elif before is None or not found or _begins_paragraph(found[-1], before, line, after, body, pitches):
            found.append(Paragraph([line], item=_is_item(line)))
        else:
            found[-1].lines.append(line)
    return found


def _begins_paragraph(
    paragraph: Paragraph, before: Line, line: Line, after: Line | None, body: float, pitches: dict[int, float]
) -> bool:
    """Whether a new paragraph begins with `line`."""
    if (before.page, before.column) != (line.page, line.column) or paragraph.row:
        return True
    size = line.size
    if abs(size - before.size) > 0.08 * size:
        return True
    pitch = pitches.get(round(size), 1.2)
    if (line.base - before.base) / max(size, _LEAST_SIZE) > 1.22 * max(pitch, 1.0):
        return True
    if _BULLET.match(line.words[0].text) and len(line.words) > 1:
        return _is_item(paragraph.lines[0]) or not _starts_low(line)
    if line.size > _HEADING_SIZE * body or (line.bold and before.bold):
        return False
    if line.bold != before.bold and (_has_room(before, line) or len(paragraph.lines) == 1) and not _starts_low(line):
        return True
    ended = _ENDS.search(before.words[-1].text) is not None
    if _NUMBERED.fullmatch(line.words[0].text) and (ended or paragraph.item) and len(line.words) > 1:
        return True
    centred = abs(line.x0 + line.x1 - before.x0 - before.x1) < 4 and abs(line.x0 - before.x0) > 2
    if centred:
        return False
    step = line.x0 - before.x0
    if step > 0.8 * size and not paragraph.item:
        # A first line that is set in returns to the edge with the next one; what hangs, or a quotation, does not.
        return after is None or after.column != line.column or after.x0 < line.x0 - 0.5 * size or ended
    if step < -0.8 * size and (len(paragraph.lines) > 1 or paragraph.item):
        return True
    return _has_room(before, line) and (ended or not _starts_low(line))


def _has_room(before: Line, line: Line) -> bool:
    """Whether the first word of `line` would have found room at the end of `before`, so that the break was meant."""
    first, last = line.words[0], before.words[-1].text
    if len(last) > 1 and last[-1] in "-" + HYPHEN:
        return False
    return before.x1 + 0.3 * before.size + (first.x1 - first.x0) < before.right - before.size


def _is_item(line: Line) -> bool:
    first = line.words[0].text
    return len(line.words) > 1 and (_BULLET.match(first) is not None or _NUMBERED.fullmatch(first) is not None)


def _starts_low(line: Line) -> bool:
    return next((mark for mark in line.words[0].text if mark.isalnum()), "").islower()


def _join_across_breaks(found: list[Paragraph], fresh: list[Paragraph], body: float) -> None:
    """Joins what goes on: from column to column within `fresh`, and from the last page of `found` to it.

    Notes at the foot of the column are put before the paragraph that goes on, so that both can be read through.
    """
    index = 1
    while index < len(fresh):
        if fresh[index].lines[0].column != fresh[index - 1].lines[0].column:
            start = _begins_column(fresh, index - 1)
            index = _join(fresh, start, index, fresh, index, body)
        index += 1
    if found and fresh:
        last = len(found) - 1
        _join(found, _begins_column(found, last), last + 1, fresh, _resumed(fresh, body), body)


def _resumed(fresh: list[Paragraph], body: float) -> int:
    """Which paragraph at the head of a page may be the rest of one: the first, or one below a table or a picture."""
    for index, paragraph in enumerate(fresh[:_FLOATING]):
        line = paragraph.lines[0]
        beside = line.column != fresh[0].lines[0].column
        if not beside and not paragraph.row and _same(line.size, body) and _starts_low(line):
            return index
    return 0


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 0.06 * max(one, other)


def _begins_column(found: list[Paragraph], last: int) -> int:
    """The first paragraph that lies in the same column as the one numbered `last`."""
    line = found[last].lines[-1]
    start = last
    while start and (found[start - 1].lines[-1].page, found[start - 1].lines[-1].column) == (line.page, line.column):
        start -= 1
    return start


def _join(found: list[Paragraph], start: int, end: int, fresh: list[Paragraph], index: int, body: float) -> int:
    """Appends `fresh[index]` to the last paragraph of `found[start:end]` that is no note, when that goes on.

    Returns the index at which the list goes on.
    """
    at = end - 1
    while at > start and found[at].lines[0].size < 0.95 * body and not found[at].row:
        at -= 1
    before, after = found[at], fresh[index]
    last, line = before.lines[-1], after.lines[0]
    if before.row or after.row or after.item or not _same(last.size, line.size) or last.bold != line.bold:
        return index
    if last.size > _HEADING_SIZE * body or last.words[0].turned or line.words[0].turned:
        return index
    words = last.words[-1].text
    set_in = line.x0 - line.left > 0.8 * line.size
    if set_in or (_ENDS.search(words) and not _begins_set_in(before)):
        return index
    if not _starts_low(line) and (_has_room(last, line) or len(before.lines) < 2):
        return index
    del fresh[index]
    before.lines += after.lines
    notes = found[at + 1 : end]
    found[at:end] = [*notes, before]
    return index - 1


def _begins_set_in(paragraph: Paragraph) -> bool:
    """Whether it begins as paragraphs do where each first line is set in, so that a line that is not goes on."""
    first = paragraph.lines[0]
    return len(paragraph.lines) > 1 and 0.8 * first.size < first.x0 - first.left < 5 * first.size
