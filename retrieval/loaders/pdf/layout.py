"""The words of a page as lines in reading order: columns, tables, and what stands across columns.

Knows positions and hardly any wording: columns of prose are told from those of a table by their number of words, and
wrapped cells by what begins and ends their lines.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from statistics import median

from retrieval.loaders.pdf.characters import PageWord, is_leftward

_GAP = 0.7
"""Words that stand further apart, in times their size, need not belong to one line."""
_FEWEST_BESIDE = 3
_DENSE = 0.6
"""Words fill more than this share of a line of prose, however far it is stretched; a table's row is emptier."""
_TITLE_SIZE = 1.3
_HALF_LINE = 0.8
_CLOSE = 1.45
"""The lines of a wrapped cell stand closer than this, in times their size."""
_ITEM = re.compile(r"[•‣▪–—-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]")
_FORMULA_NUMBER = re.compile(r"\(\d{1,3}(?:\.\d{1,3})?[a-z]?\)")
_CELL_ENDS = re.compile("[.!?…:;。！？：·]$")
_TALLEST_CELL = 6
"""So many lines further on the next row of a table is looked for."""
_WRAPPED_WORDS = 3
"""A cell of fewer words that is followed by an upper-case letter or a figure is a name or number, and not wrapped."""
_DEEPEST = 6
_CANDIDATES = 12


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


def in_reading_order(words: list[PageWord]) -> list[Line]:
    """The lines of a page in reading order; words that are turned come last, as they were drawn."""
    lines: list[Line] = []
    for column, block in enumerate(_blocks(_segments([word for word in words if not word.turned]), 0)):
        rows = _rows(block)
        left, right = _edges(rows)
        for row in rows:
            row.column, row.left, row.right = column, left, right
        lines += rows
    turned = [word for word in words if word.turned]
    if turned:
        line = Line(turned, column=-1)
        line.left, line.right = line.x0, line.x1
        lines.append(line)
    return lines


def _segments(words: list[PageWord]) -> list[Line]:
    """Pieces of lines: neighbouring words with no wide gap between them."""
    runs: list[list[PageWord]] = []
    for word in words:
        if runs and _follows(runs[-1][-1], word):
            runs[-1].append(word)
        else:
            runs.append([word])
    # What was drawn in another order than it is read meets here.
    runs.sort(key=lambda run: (round(run[0].base), run[0].x0))
    joined: list[list[PageWord]] = []
    for run in runs:
        if joined and _follows(joined[-1][-1], run[0]):
            joined[-1] += run
        else:
            joined.append(run)
    return [Line(run) for run in joined]


def _follows(before: PageWord, word: PageWord) -> bool:
    size = max(before.size, word.size)
    gap = word.x0 - before.x1
    return abs(word.base - before.base) < 0.45 * size and -0.3 * size < gap < _GAP * min(before.size, word.size)


def _blocks(lines: list[Line], depth: int) -> list[list[Line]]:
    """The columns in reading order; what crosses them parts them into those above and those below it."""
    gutter = _gutter(lines) if depth < _DEEPEST else None
    if gutter is None:
        bands = _bands(lines) if depth < _DEEPEST else []
        if any(_gutter(band) for band in bands):
            return [block for band in bands for block in _blocks(band, depth + 1)]
        return [lines] if lines else []
    heights = Counter(height for line in lines for height in _near(line))
    usual = median(line.size for line in lines)
    crossing: list[Line] = []
    beside: list[Line] = []
    for line in sorted(lines, key=lambda line: line.base):
        # The last line of a title across the columns may be a short one.
        titling = not beside and line.size > _TITLE_SIZE * usual and heights[_height(line)] == 1
        (crossing if titling or line.x0 < gutter < line.x1 else beside).append(line)
    found: list[list[Line]] = []
    across: list[Line] = []
    for index in range(len(crossing) + 1):
        floor = crossing[index].base if index < len(crossing) else float("inf")
        count = next((i for i, line in enumerate(beside) if line.base >= floor), len(beside))
        band, beside = beside[:count], beside[count:]
        left, right = [line for line in band if line.x1 <= gutter], [line for line in band if line.x0 >= gutter]
        if left and right:
            found += [across] if across else []
            found += [*_blocks(left, depth + 1), *_blocks(right, depth + 1)]
            across = []
        else:
            # The short last line of a paragraph that stands across both columns.
            across += band
        if index < len(crossing):
            across.append(crossing[index])
    return [*found, across] if across else found


def _bands(lines: list[Line]) -> list[list[Line]]:
    """The lines that have others beside them and those that have none, by turns from top to bottom."""
    heights = Counter(height for line in lines for height in _near(line))
    bands: list[list[Line]] = []
    last: bool | None = None
    for line in sorted(lines, key=lambda line: line.base):
        accompanied = heights[_height(line)] > 1
        if accompanied != last:
            bands.append([])
        bands[-1].append(line)
        last = accompanied
    return bands if len(bands) > 1 else []


def _gutter(lines: list[Line]) -> float | None:
    """The middle of the gap between two columns of prose, the one that parts most lines; None when there is none."""
    if len(lines) < 2 * _FEWEST_BESIDE:
        return None
    starts = Counter(round(line.x0) for line in lines)
    best: tuple[int, float] | None = None
    for start, count in starts.most_common(_CANDIDATES):
        if count < 2:
            break
        right = [line for line in lines if line.x0 >= start - 1]
        left = [line for line in lines if line.x1 < start]
        if not _is_prose(left) or not _is_prose(right):
            continue
        parted = min(_beside(left, right), _beside(right, left))
        crossing = [line for line in lines if line.x0 < start - 1 and line.x1 >= start]
        if parted < _FEWEST_BESIDE or _beside(crossing, [*left, *right]) * 10 > parted:
            continue
        if best is None or parted > best[0]:
            best = (parted, (max(line.x1 for line in left) + start - 1) / 2)
    return best[1] if best else None


def _is_prose(lines: list[Line]) -> bool:
    """Whether the lines are as those of a column of prose: several words long and filled, for the most part."""
    rows: dict[int, list[Line]] = {}
    for line in lines:
        rows.setdefault(_height(line), []).append(line)
    filled = 0
    for row in rows.values():
        words = [word for line in row for word in line.words]
        width = max(line.x1 for line in row) - min(line.x0 for line in row)
        dense = sum(word.x1 - word.x0 for word in words) >= _DENSE * width
        filled += len(words) >= 3 and width > 8 * row[0].size and dense
    return filled >= _FEWEST_BESIDE and 2 * filled >= len(rows)


def _height(line: Line) -> int:
    return round(line.base / 4)


def _near(line: Line) -> range:
    """The heights at which others count as beside the line."""
    return range(_height(line) - 1, _height(line) + 2)


def _beside(lines: list[Line], others: list[Line]) -> int:
    """How many of `lines` have one of `others` at their height."""
    heights = {height for other in others for height in _near(other)}
    return sum(_height(line) in heights for line in lines)


def _rows(segments: list[Line]) -> list[Line]:
    """The lines of one column from top to bottom; the rows of a table as one line each, with their cells."""
    rows: list[list[Line]] = []
    for segment in sorted(segments, key=lambda line: (line.base, line.x0)):
        if rows and _is_beside(rows[-1], segment):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    for row in rows:
        row.sort(key=lambda line: line.x0)
    lines: list[Line] = []
    start = 0
    while start < len(rows):
        if _begins_table(rows, start):
            end, lanes = _table(rows, start)
            lines += _table_rows(rows[start:end], lanes)
            start = end
        else:
            lines.append(_plain(rows[start]))
            start += 1
    return lines


def _is_beside(row: list[Line], segment: Line) -> bool:
    """Whether a segment belongs to the row; in tables a cell may stand half a line lower than those beside it."""
    size = max(segment.size, row[0].size)
    drop = segment.base - row[0].base
    if drop < 0.4 * size:
        return True
    gap = _GAP * size
    return drop < _HALF_LINE * size and all(segment.x0 - each.x1 > gap or each.x0 - segment.x1 > gap for each in row)


def _plain(row: list[Line]) -> Line:
    words = [word for segment in row for word in segment.words]
    return Line(words[::-1] if is_leftward("".join(word.text for word in words)) else words)


def _aligned(above: list[Line], below: list[Line]) -> bool:
    """Whether two rows have as many cells, with the gaps between them above each other."""
    if len(above) != len(below) or len(above) < 2:
        return False
    # The number of a formula at the edge of the page is no cell.
    numbers = [_FORMULA_NUMBER.fullmatch(row[-1].words[0].text) is not None for row in (above, below)]
    if len(above) == 2 and any(numbers) and not all(numbers):
        return False
    gap = _GAP * min(above[0].size, below[0].size)
    ends = [max(pair[0].x1, pair[1].x1) for pair in zip(above, below, strict=True)]
    starts = [min(pair[0].x0, pair[1].x0) for pair in zip(above, below, strict=True)]
    return all(start - end > gap for end, start in zip(ends, starts[1:], strict=False))


def _begins_table(rows: list[list[Line]], start: int) -> bool:
    """Whether a row is aligned with one of the next, with nothing but further lines of its own cells between them."""
    lanes: _Lanes = [(segment.x0, segment.x1) for segment in rows[start]]
    for index in range(start + 1, min(start + 1 + _TALLEST_CELL, len(rows))):
        if _aligned(rows[start], rows[index]):
            return True
        if not _is_close(rows[index - 1], rows[index]) or _places(rows[index], lanes) is None:
            return False
    return False


def _is_close(above: list[Line], below: list[Line]) -> bool:
    return below[0].base - above[0].base < _CLOSE * below[0].size


_Lanes = list[tuple[float, float]]
"""The left and right edge of each column of a table."""


def _table(rows: list[list[Line]], start: int) -> tuple[int, _Lanes]:
    """Where the table ends that begins with the row numbered `start`, and its lanes."""
    lanes: _Lanes = [(segment.x0, segment.x1) for segment in rows[start]]
    end = start
    while end < len(rows):
        row = rows[end]
        places = _places(row, lanes)
        if places is None or (len(row) == 1 and not _is_close(rows[end - 1], row)):
            break
        # What has more columns is another table.
        if len(row) > len(lanes) and end + 1 < len(rows) and _aligned(row, rows[end + 1]):
            break
        for place, segment in zip(places, row, strict=True):
            lanes[place] = (min(lanes[place][0], segment.x0), max(lanes[place][1], segment.x1))
        end += 1
    return end, lanes


def _places(row: list[Line], lanes: _Lanes) -> list[int] | None:
    """The lane of each segment of a row; None when one crosses a gap between lanes."""
    rights = [right for _, right in lanes]
    places: list[int] = []
    for segment in row:
        place = bisect_right(rights, segment.x0)
        if place == len(lanes) or segment.x1 <= lanes[place][0]:
            return None
        if place + 1 < len(lanes) and segment.x1 >= lanes[place + 1][0]:
            return None
        places.append(place)
    return places


def _table_rows(rows: list[list[Line]], lanes: _Lanes) -> list[Line]:
    """The rows of a table as lines: each with its cells, to which the further lines of wrapped cells are added."""
    lines: list[Line] = []
    cells: list[list[Line]] = []
    for index, row in enumerate(rows):
        parts: dict[int, Line] = {}
        for place, segment in zip(_places(row, lanes) or [], row, strict=True):
            parts[place] = Line([*parts[place].words, *segment.words]) if place in parts else segment
        if not cells or not _is_close(rows[index - 1], row) or not _goes_on(cells, parts, lanes):
            lines += _row_of(cells)
            cells = [[] for _ in lanes]
        for place, part in parts.items():
            cells[place].append(part)
    return lines + _row_of(cells)


def _row_of(cells: list[list[Line]]) -> list[Line]:
    segments = [segment for cell in cells for segment in cell]
    if len(segments) < 2:
        return segments
    line = Line([word for segment in segments for word in segment.words])
    filled = [[segment.words for segment in cell] for cell in cells if cell]
    line.cells = filled if len(filled) > 1 else []
    return [line]


def _goes_on(cells: list[list[Line]], parts: dict[int, Line], lanes: _Lanes) -> bool:
    """Whether a row continues the cells above it: no cell begins anew, and one at least was cut by its right edge."""
    wrapped = False
    for place, part in parts.items():
        # An item of a list within a cell does not begin a row.
        if not cells[place] or (place > 0 and len(part.words) > 1 and _ITEM.fullmatch(part.words[0].text)):
            continue
        last, first = cells[place][-1], part.words[0]
        low = first.text.strip("(\"'“‘,;:.").isalpha() and first.text.lstrip("(\"'“‘")[0].islower()
        long = len(last.words) >= _WRAPPED_WORDS
        if lanes[place][1] - last.x1 > first.x1 - first.x0 + 0.3 * last.size or not (low or long):
            return False
        # A sentence may end at the end of a line; without a label beside it, the next one goes on in the cell.
        wrapped = wrapped or low or 0 not in parts or not _CELL_ENDS.search(last.words[-1].text)
    return wrapped


def _edges(rows: list[Line]) -> tuple[float, float]:
    """Where the lines of a column begin and end, a few that stand out left aside."""
    starts, ends = sorted(row.x0 for row in rows), sorted(row.x1 for row in rows)
    few = len(rows) // 10
    return starts[few // 2], ends[-1 - few]
