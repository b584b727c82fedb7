"""The rows of one column of a page: plain lines, and the rows of tables, whose cells may wrap.

Knows positions, and of the wording what begins and ends the lines of a cell.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from retrieval.loaders.pdf.characters import GAP, Line, is_leftward

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


def rows_of(segments: list[Line]) -> list[Line]:
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
    gap = GAP * size
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
    gap = GAP * min(above[0].size, below[0].size)
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
    topped = False
    for index, row in enumerate(rows):
        beside: dict[int, list[Line]] = {}
        for place, segment in zip(_places(row, lanes) or [], row, strict=True):
            beside.setdefault(place, []).append(segment)
        parts = {place: _joined(segments) for place, segments in beside.items()}
        # Where a table's first row has a first cell, a line of words without one belongs to the row above it.
        topped = topped or (index == 0 and 0 in parts)
        below = topped and 0 not in parts and len(parts) == 1 and bool(cells and cells[0]) and _is_wordy(parts)
        if not cells or not _is_close(rows[index - 1], row) or not (below or _goes_on(cells, parts, lanes)):
            lines += _row_of(cells)
            cells = [[] for _ in lanes]
        for place, part in parts.items():
            cells[place].append(part)
    return lines + _row_of(cells)


def _is_wordy(parts: dict[int, Line]) -> bool:
    return all(len(part.words) > 1 and part.words[0].text[:1].isalpha() for part in parts.values())


def _joined(segments: list[Line]) -> Line:
    return segments[0] if len(segments) == 1 else Line([word for segment in segments for word in segment.words])


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
