"""Headers, footers and page numbers: lines that stand at the same position on page after page.

Knows positions, and of the wording only whether it stays the same, numbers aside.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from retrieval.loaders.pdf.characters import PageWord

_ROWS = 3
"""So many rows at the top and at the bottom of a page may be headers or footers."""
_ZONE = 0.16
"""They stand within this share of the page's height."""
_LONGEST = 160
_APART = 1.6
"""Headers stand further from the text than this, in multiples of the font size, or are set in another size."""
_OTHER_SIZE = 0.08
_FIGURES = re.compile(r"\d+|\b[ivxlc]+\b", re.I)
_NUMBER = re.compile(
    r"[-–—\s(\[]*(?:(?:page|seite|p\.|стр\.?|página|第)\s*)?(\d{1,4}|[ivxlc]{1,7})"
    r"(?:\s*(?:of|von|de|sur|из|/)\s*\d{1,4}|\s*页)?[-–—\s)\].]*",
    re.I,
)


@dataclass(slots=True)
class _Row:
    """A row of words at the edge of a page; `key` is its wording with numbers masked."""

    page: int
    words: list[PageWord]
    text: str
    key: str
    place: tuple[bool, int]
    """Whether it stands at the top, and its distance in steps of 2 points from that edge of the page."""
    apart: bool
    """Whether a gap or another font size separates it from the next row toward the middle of the page."""


def split_headers(pages: list[list[PageWord]], heights: list[float]) -> tuple[list[list[PageWord]], list[list[str]]]:
    """The words of each page without headers and footers, and each page's headers and footers, row by row."""
    rows = [row for number, words in enumerate(pages) for row in _edge_rows(number, words, heights[number])]
    chosen = _repeated(rows, len(pages))
    bodies, boilerplate = list(pages), [list[_Row]() for _ in pages]
    for row in rows:
        if id(row) in chosen:
            gone = {id(word) for word in row.words}
            bodies[row.page] = [word for word in bodies[row.page] if id(word) not in gone]
            boilerplate[row.page].append(row)
    # Pages that hold nothing but what repeats are text after all.
    if not any(bodies):
        return pages, [[] for _ in pages]
    return bodies, [[row.text for row in sorted(page, key=lambda row: row.words[0].base)] for page in boilerplate]


def _edge_rows(number: int, words: list[PageWord], height: float) -> list[_Row]:
    zone = _ZONE * height
    rows: list[list[PageWord]] = []
    for word in sorted((word for word in words if not word.turned), key=lambda word: (word.base, word.x0)):
        if rows and abs(word.base - rows[-1][0].base) < 0.4 * word.size:
            rows[-1].append(word)
        else:
            rows.append([word])
    found = []
    for at_head in (True, False):
        group = rows if at_head else rows[::-1]
        for index, row in enumerate(group[:_ROWS]):
            base = row[0].base if at_head else height - row[0].base
            if base > zone:
                break
            row.sort(key=lambda word: word.x0)
            text = " ".join(word.text for word in row)
            if len(text) > _LONGEST:
                break
            inner = group[index + 1][0] if index + 1 < len(group) else None
            apart = inner is None or _is_apart(row[0], inner)
            key = _FIGURES.sub("#", text.casefold())
            found.append(_Row(number, row, text, key, (at_head, round(base / 2)), apart))
    return found


def _is_apart(word: PageWord, inner: PageWord) -> bool:
    size = max(word.size, inner.size)
    return abs(inner.base - word.base) > _APART * size or abs(inner.size - word.size) > _OTHER_SIZE * size


def _repeated(rows: list[_Row], count: int) -> set[int]:
    """The rows that are boilerplate: alike at the same place on several pages, or numbers that count the pages."""
    alike: dict[tuple[bool, str], list[_Row]] = defaultdict(list)
    counting: dict[tuple[bool, int], list[_Row]] = defaultdict(list)
    for row in rows:
        alike[row.place[0], row.key].append(row)
        if number := _NUMBER.fullmatch(row.text):
            counting[row.place[0], _value(number[1]) - row.page].append(row)
    edges: dict[tuple[int, bool], int] = {}
    for row in rows:
        edge = (row.page, row.place[0])
        edges[edge] = min(row.place[1], edges.get(edge, row.place[1]))
    chosen: set[int] = set()
    for group in alike.values():
        pages_at: dict[int, set[int]] = defaultdict(set)
        for row in group:
            pages_at[row.place[1]].add(row.page)
        for row in group:
            near = set[int]().union(*(pages_at.get(row.place[1] + step, ()) for step in (-1, 0, 1)))
            if len(near) >= (2 if count <= 6 else 3) and any(mark.isalpha() for mark in row.key):
                chosen.add(id(row))
    for (_, offset), group in counting.items():
        several = len({row.page for row in group}) >= 2
        chosen.update(id(row) for row in group if several or (offset == 1 and _is_outer(row, edges)))
    # Where headers stand on three pages, a line at the very same position on another is a header, whatever it says.
    slots: dict[tuple[bool, int, float], set[int]] = defaultdict(set)
    for row in rows:
        if id(row) in chosen:
            slots[(*row.place, round(row.words[0].size, 1))].add(row.page)
    for row in rows:
        if len(slots.get((*row.place, round(row.words[0].size, 1)), ())) >= 3 and _is_outer(row, edges):
            chosen.add(id(row))
    return _outermost(chosen, rows)


def _outermost(chosen: set[int], rows: list[_Row]) -> set[int]:
    """Those of the chosen rows that have no other between them and the edge, and a gap to the text."""
    kept: set[int] = set()
    held: list[int] = []
    edge: tuple[int, bool] | None = None
    blocked = False
    # The rows come page by page, from the edge of the page inward.
    for row in rows:
        if (row.page, row.place[0]) != edge:
            edge, blocked, held = (row.page, row.place[0]), False, []
        blocked = blocked or id(row) not in chosen
        if not blocked:
            held.append(id(row))
            if row.apart or _NUMBER.fullmatch(row.text):
                kept.update(held)
    return kept


def _is_outer(row: _Row, edges: dict[tuple[int, bool], int]) -> bool:
    """Whether the row is the nearest to the edge of its page, and does not end as a sentence does."""
    return row.place[1] == edges[row.page, row.place[0]] and not row.text.endswith((".", "!", "?", ",", ";"))


def _value(figures: str) -> int:
    if figures.isdigit():
        return int(figures)
    values = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
    worth = [values[mark] for mark in figures.lower()]
    following = [*worth[1:], 0]
    return sum(-here if here < after else here for here, after in zip(worth, following, strict=True))
