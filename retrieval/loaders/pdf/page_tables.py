"""The rows of one column of a page: plain lines, and the rows of tables, whose cells may wrap.

Knows positions, and of the wording what begins and ends the lines of a cell.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import pairwise

from retrieval.loaders.pdf.characters import GAP, Line, PageWord, is_leftward

_HALF_LINE = 0.8
_CLOSE = 1.45
"""The lines of a wrapped cell stand closer than this, in times their size."""
_ITEM = re.compile(r"[•‣▪*–—-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivx]{1,4})[.)]")
_FORMULA_NUMBER = re.compile(r"\(\d{1,3}(?:\.\d{1,3})?[a-z]?\)")
_CELL_ENDS = re.compile("[.!?…:;。！？：·]$")
_TALLEST_CELL = 6
"""So many lines further on the next row of a table is looked for."""
_FEWEST_NAMED = 4
"""Columns of a table whose names are looked for in the lines above it: fewer stand over words of prose by chance."""
_TALLEST_HEAD = 4
_HEAD_APART, _NAMES_APART = 3.5, 2.2
"""The names of columns stand closer above the table, and above each other, than this, in times their size."""
_FEWEST_ROWS = 3
_IN_LINE = 0.5
"""Words stand in line where their edges are no further apart, in times their size."""
_OFF_MIDDLE = 0.4
"""The name of a group stands over its middle, no further off than this share of a column."""
_LONGEST_NAME = 10  # words
_NAME = re.compile(r"[^\W\d_]{3}|\b(?:1[6-9]|20)\d\d\b")
_BLOCKS_APART, _LOWER = 1.5, 0.15
"""Blocks stand further apart than this, in times their size; one that stands lower does so by more than this."""
_PARTED = 0.6
"""Wider gaps than this, in times their size, part the names of columns; a space is narrower."""
_WRAPPED_WORDS = 3
"""A cell of fewer words that is followed by an upper-case letter or a figure is a name or number, and not wrapped."""

_Lanes = list[tuple[float, float]]
"""The left and right edge of each column of a table."""


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
    start = plain = 0
    while start < len(rows):
        if _begins_table(rows, start):
            end, lanes = _table(rows, start)
            above, table = rows[start - plain : start], rows[start:end]
            head, lanes, own = _head(above, table, lanes) if len(table) >= _FEWEST_ROWS else ([], lanes, 0)
            lines = lines[: len(lines) - len(head) + own]
            lines += [*_names(head), *_table_rows(table[own:], lanes, named=bool(head))]
            start, plain = end, 0
        else:
            lines += _plain(rows[start])
            start, plain = start + 1, plain + 1
    return lines


_Head = list[list[list[PageWord]]]
"""The words of lines by the lane that they stand over."""


def _head(above: list[list[Line]], table: list[list[Line]], lanes: _Lanes) -> tuple[_Head, _Lanes, int]:
    """The names of the columns: the lines above a table, the lanes, and how many of the table's own rows are names.

    The lowest line is taken for names where all lanes have some, but for one, and none is a number. Lines above it
    begin these where they stand in line with them; one may have names of groups of as many columns each.
    """
    if len(lanes) < _FEWEST_NAMED:
        return [], lanes, 0
    below = table[0]
    named = _by_lane([segment.words for segment in below], lanes)
    own = named is not None and _are_names([named], len(lanes))
    found: _Head = [named] if named is not None and own else []
    for row in reversed(above):
        apart = (below[0].base - row[0].base) / row[0].size
        if apart > (_NAMES_APART if found else _HEAD_APART) or len(found) == _TALLEST_HEAD:
            break
        runs = _runs(row)
        if not found:
            lanes = _with_empty(lanes, runs)
        named = _by_lane(runs, lanes) if found or len(runs) >= len(lanes) - 1 else None
        if named is None or any(map(_is_number, named)) or (found and not _goes_on_with(named, found)):
            found = [*_by_group(runs, lanes), *found] if found else []
            break
        found.insert(0, named)
        below = row
    # A head that is the table's own first row is read as one already, unless there are lines above it.
    if not _are_names(found, len(lanes)) or (own and len(found) == 1):
        return [], lanes, 0
    return found, lanes, int(own)


def _goes_on_with(named: list[list[PageWord]], head: _Head) -> bool:
    """Whether the names of a line begin those of the lines below it.

    Each stands in line with the words under it, by its left edge, its right edge or its middle, and not in the middle
    of a group, with nothing on both sides where the lines below have names.
    """
    below = [next((line[lane] for line in head if line[lane]), []) for lane in range(len(named))]
    for lane, words in enumerate(named):
        beside = [other for other in (lane - 1, lane + 1) if 0 <= other < len(named)]
        alone = all(not named[other] and below[other] for other in beside)
        if words and below[lane] and (alone or not _is_in_line(words, below[lane])):
            return False
    return True


def _is_in_line(words: list[PageWord], others: list[PageWord]) -> bool:
    edges = [(some[0].x0, some[-1].x1) for some in (words, others)]
    (left, right), (low, high) = edges
    return min(abs(left - low), abs(right - high), abs(left + right - low - high) / 2) < _IN_LINE * words[0].size


def _are_names(head: _Head, columns: int) -> bool:
    texts = [" ".join(word.text for line in head for word in line[lane]) for lane in range(columns)]
    short = all(len(text.split()) <= _LONGEST_NAME and not text.endswith(":") for text in texts)
    return (
        bool(head)
        and short
        and not any(map(_is_number, head[-1]))
        and 2 * sum(_NAME.search(text) is not None for text in texts) >= columns
    )


def _is_number(words: list[PageWord]) -> bool:
    text = "".join(word.text for word in words)
    return any(map(str.isdigit, text)) and not any(map(str.isalpha, text)) and _NAME.search(text) is None


def _runs(row: list[Line]) -> list[list[PageWord]]:
    """The words of a line, parted where more than a space stands between two."""
    words = sorted((word for segment in row for word in segment.words), key=lambda word: word.x0)
    gaps = [right.x0 - left.x1 for left, right in pairwise(words)]
    least = _PARTED * row[0].size
    least = max(least, 1.5 * max((gap for gap in gaps if gap < least), default=0.0))
    runs = [[words[0]]]
    for gap, word in zip(gaps, words[1:], strict=True):
        if gap < least:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _with_empty(lanes: _Lanes, runs: list[list[PageWord]]) -> _Lanes:
    """The lanes with one for each name that stands over none: of a column without any value."""
    edges = [(run[0].x0 - run[0].size, run[-1].x1 + run[-1].size) for run in runs]
    empty = [(left, right) for left, right in edges if all(right < x0 or x1 < left for x0, x1 in lanes)]
    return sorted([*lanes, *empty])


def _by_lane(runs: list[list[PageWord]], lanes: _Lanes) -> list[list[PageWord]] | None:
    """The runs by the lane that each stands over; None where two stand over one, or one over two."""
    named: list[list[PageWord]] = [[] for _ in lanes]
    for run in runs:
        left, right = run[0].x0, run[-1].x1
        place = max(range(len(lanes)), key=lambda lane: min(right, lanes[lane][1]) - max(left, lanes[lane][0]))
        crossed = sum(left < (x0 + x1) / 2 < right for x0, x1 in lanes)
        if named[place] or crossed > 1:
            return None
        named[place] = run
    return named


def _by_group(runs: list[list[PageWord]], lanes: _Lanes) -> _Head:
    """The runs over every lane of the group that each stands over, where all columns but the first are in such."""
    many, left_over = divmod(len(lanes) - 1, len(runs))
    if left_over or many < 2 or len(runs) < 2:  # a group of one is none, and one group tells nothing
        return []
    named: list[list[PageWord]] = [[]]
    for number, run in enumerate(runs):
        group = lanes[1 + number * many : 1 + (number + 1) * many]
        pitch = (group[-1][1] - group[0][0]) / many
        if abs(run[0].x0 + run[-1].x1 - group[0][0] - group[-1][1]) / 2 > _OFF_MIDDLE * pitch:
            return []
        named += [run] * many
    return [named]


def _names(head: _Head) -> list[Line]:
    """The names of the columns as one row."""
    if not head:
        return []
    line = Line([word for named in head for words in named for word in words])
    line.cells = [[named[lane] for named in head if named[lane]] for lane in range(len(head[0]))]
    return [line]


def _is_beside(row: list[Line], segment: Line) -> bool:
    """Whether a segment belongs to the row; in tables a cell may stand half a line lower than those beside it."""
    size = max(segment.size, row[0].size)
    drop = segment.base - row[0].base
    if drop < 0.4 * size:
        return True
    gap = GAP * size
    return drop < _HALF_LINE * size and all(segment.x0 - each.x1 > gap or each.x0 - segment.x1 > gap for each in row)


def _plain(row: list[Line]) -> list[Line]:
    """A row that is in no table as a line; blocks beside each other are its cells, and lines where one stands lower."""
    words = [word for segment in row for word in segment.words]
    if is_leftward("".join(word.text for word in words)):
        return [Line(words[::-1])]
    line = Line(words)
    blocks: list[list[PageWord]] = []
    for segment in row:
        before = blocks[-1] if blocks else []
        apart = bool(before) and segment.x0 - before[-1].x1 > _BLOCKS_APART * line.size
        labelled = len(before) == 1 and _ITEM.fullmatch(before[0].text) is not None
        numbered = _FORMULA_NUMBER.fullmatch(segment.words[0].text) is not None
        parted = apart and _is_set_otherwise(before[-1], segment.words[0]) and not labelled and not numbered
        if parted or not before:
            blocks.append([*segment.words])
        else:
            before += segment.words
    if len(blocks) == 1:
        return [line]
    bases = [block[0].base for block in blocks]
    if max(bases) - min(bases) > _LOWER * line.size:
        return [Line(block, alone=True) for block in blocks]
    line.cells, line.alone = [[block] for block in blocks], True
    return [line]


def _is_set_otherwise(word: PageWord, other: PageWord) -> bool:
    """Whether words beside each other are not of one line: lower, in letters of another size, bold."""
    size = max(word.size, other.size)
    return (
        word.bold != other.bold
        or abs(word.base - other.base) > _LOWER * size
        or abs(word.size - other.size) > 0.08 * size
    )


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


def _table_rows(rows: list[list[Line]], lanes: _Lanes, *, named: bool) -> list[Line]:
    """The rows of a table as lines: each with its cells, to which the further lines of wrapped cells are added.

    Where the columns are `named`, a cell that is empty is one, too.
    """
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
            lines += _row_of(cells, named=named)
            cells = [[] for _ in lanes]
        for place, part in parts.items():
            cells[place].append(part)
    return lines + _row_of(cells, named=named)


def _is_wordy(parts: dict[int, Line]) -> bool:
    return all(len(part.words) > 1 and part.words[0].text[:1].isalpha() for part in parts.values())


def _joined(segments: list[Line]) -> Line:
    return segments[0] if len(segments) == 1 else Line([word for segment in segments for word in segment.words])


def _row_of(cells: list[list[Line]], *, named: bool) -> list[Line]:
    segments = [segment for cell in cells for segment in cell]
    if len(segments) < 2:
        return segments
    line = Line([word for segment in segments for word in segment.words])
    filled = [[segment.words for segment in cell] for cell in cells if cell]
    if named and len(filled) > 1:
        filled = [[segment.words for segment in cell] for cell in cells]
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
