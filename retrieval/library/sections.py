"""The sections of documents: what stands under each heading, as a run of passages. Knows no question."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import groupby

import sqlalchemy as sa

from retrieval.chunking.markup import marked_level, said
from retrieval.query import Section
from retrieval.store.database import reading
from retrieval.store.tables import among, passages, revisions

_NUMBER = re.compile(r"(?:§+\s*)?(\d{1,3}(?:\.\d{1,3})*)[.):]?\s")
_WORD = re.compile(r"[^\W\d_]{3}")
# Levels: of one to six marks, of "Chapter 3", of a number and of one with points in it, and where nothing tells.
_NAMED, _NUMBERED, _UNTOLD = 7, 8, 20

_ROWS = (
    sa.select(passages.c.document_id, passages.c.number, passages.c.sentences)
    .where(among(passages.c.owner, "owners"), among(passages.c.document_id, "documents"))
    .where(sa.cast(passages.c.sentences, sa.Text).like("%1]%"))  # as JSON, a sentence ends with whether it is a heading
    .order_by(passages.c.document_id, passages.c.number)
)
_LAST = (
    sa.select(passages.c.document_id, sa.func.max(passages.c.number).label("number"))
    .where(among(passages.c.owner, "owners"), among(passages.c.document_id, "documents"))
    .group_by(passages.c.document_id)
)
_TEXTS = sa.select(revisions.c.document_id, revisions.c.text).where(
    among(revisions.c.document_id, "documents"), revisions.c.state == "ready"
)
_Heading = tuple[int, int, str]
"""The number of the passage in which it stands, where it begins, and its words."""


def sections(engine: sa.Engine, owners: Collection[str], documents: Collection[str]) -> list[Section]:
    """Every section of some documents of `owners`, in the order of their texts; what they hold overlaps.

    One ends before the next heading of its level or of one above it. Marks of Markdown tell a level, as loaders write
    them; else the word before a number does ("Chapter 3"), or how deep a number is ("5.1"), as far as the document has
    several such.
    """
    values = {"owners": list(owners), "documents": list(documents)}
    with reading(engine) as connection:
        texts = {row.document_id: row.text for row in connection.execute(_TEXTS, {"documents": list(documents)})}
        rows = connection.execute(_ROWS, values).all()
        last = {row.document_id: row.number for row in connection.execute(_LAST, values)}
    found: list[Section] = []
    for document, mine in groupby(rows, lambda row: str(row.document_id)):
        text = texts.get(document, "")
        headings = [
            (row.number, start, text[start:end]) for row in mine for start, end, _, is_one in row.sentences if is_one
        ]
        found += _sections(document, headings, (last[document], len(text)))
    return found


def _sections(document: str, headings: Sequence[_Heading], last: tuple[int, int]) -> list[Section]:
    """The sections of a document; `last` are the number of its last passage and its end."""
    words = [_first_word(heading) for *_, heading in headings]
    several = {word for word, count in Counter(words).items() if word and count > 1}
    levels = [_level(heading, word in several) for (*_, heading), word in zip(headings, words, strict=True)]
    ends: list[tuple[int, int]] = [last] * len(headings)
    open_ones: list[int] = []  # of levels that rise
    for place, level in enumerate(levels):
        while open_ones and levels[open_ones[-1]] >= level:
            ends[open_ones.pop()] = headings[place][:2]
        open_ones.append(place)
    return [
        Section(document, said(heading), number, max(number, after), start, end, _is_told(heading, level))
        for (number, start, heading), (after, end), level in zip(headings, ends, levels, strict=True)
    ]


def _is_told(heading: str, level: int) -> bool:
    # The numbers of formulas and tables are no section's.
    return marked_level(heading) is not None or (level != _UNTOLD and _WORD.search(heading) is not None)


def _first_word(heading: str) -> str:
    found = re.match(r"[#*_ \t]*([^\W\d_]+)[ \t]+(?:\d|[IVXLC]+\b)", heading)
    return found[1].casefold() if found else ""


def _level(heading: str, named: bool) -> int:
    if (level := marked_level(heading)) is not None:
        return level
    if named:
        return _NAMED
    number = _NUMBER.match(said(heading) + " ")
    return _UNTOLD if number is None else _NUMBERED + number[1].count(".")
