"""The words of a page as lines in reading order: columns, and what stands across them.

Knows positions and no wording, save for telling columns of prose from those of a table by their number of words.
"""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from statistics import median

from retrieval.loaders.pdf.characters import GAP, Line, PageWord
from retrieval.loaders.pdf.page_tables import rows_of

_FEWEST_BESIDE = 3
_DENSE = 0.6
"""Words fill more than this share of a line of prose, however far it is stretched; a table's row is emptier."""
_TITLE_SIZE = 1.3
_DEEPEST = 6
_CANDIDATES = 12


def in_reading_order(words: list[PageWord]) -> list[Line]:
    """The lines of a page in reading order; words that are turned come last, as they were drawn."""
    lines: list[Line] = []
    for column, block in enumerate(_blocks(_segments([word for word in words if not word.turned]), 0)):
        rows = rows_of(block)
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
    return abs(word.base - before.base) < 0.45 * size and -0.3 * size < gap < GAP * min(before.size, word.size)


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
    ordered = sorted(lines, key=lambda line: line.base)
    bands = [list(band) for _, band in groupby(ordered, key=lambda line: heights[_height(line)] > 1)]
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


def _edges(rows: list[Line]) -> tuple[float, float]:
    """Where the lines of a column begin and end, a few that stand out left aside."""
    starts, ends = sorted(row.x0 for row in rows), sorted(row.x1 for row in rows)
    few = len(rows) // 10
    return starts[few // 2], ends[-1 - few]
