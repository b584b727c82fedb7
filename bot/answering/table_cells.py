"""Rows of tables and items of lists: which of them a question means, and which cell of a row answers it.

A reader takes rows for one long sentence: it finds what looks like an answer, in a neighbour as soon as in the row that
was asked for. The words of a row by itself, and the head of its column, tell them apart. Knows no scores.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from bot.answering.draft import Quote
from bot.answering.quotes import is_listed
from bot.understanding.questions import covered
from retrieval.chunking.labels import is_labelled
from retrieval.chunking.markup import said
from retrieval.chunking.tables import cells_of, column_names, is_value, words_of_cells
from retrieval.index.tokenizer import tokens
from retrieval.types import Span

_FEWEST_LABELLED = 3
_FEWEST = 2  # cells of a row
_ASKED_FOR = re.compile(r"\b(?:which|what) (\w+)", re.IGNORECASE)  # "which city": the column of cities


def siblings(quote: Quote, others: Sequence[Quote]) -> list[Quote]:
    """The rows, items or labelled lines under the same words as `quote`, itself included; none if it is no such.

    Rows under the same names of columns are of one table, though it was parted.
    """
    listed, labelled = is_listed(quote.words), is_labelled(quote.words)
    beside = [one for one in others if (one.passage == quote.passage and one.lead == quote.lead) or _same(one, quote)]
    if listed:
        alike = [one for one in beside if is_listed(one.words)]
    else:
        alike = [one for one in beside if labelled and one.paragraph == quote.paragraph and is_labelled(one.words)]
    # A sentence may have a colon, too.
    return sorted(alike, key=lambda one: one.span.start) if listed or len(alike) >= _FEWEST_LABELLED else []


def _same(one: Quote, other: Quote) -> bool:
    """Whether two rows are of one table with names of its columns."""
    return one.columns == other.columns != "" and one.passage.origin == other.passage.origin


def own_share(weights: Mapping[str, float], quote: Quote) -> float:
    """How much of the question a row or item holds by itself: of the words that what stands over it does not hold."""
    above = f"{quote.passage.origin.title}\n{quote.lead}"
    own = {term: weight for term, weight in weights.items() if not covered({term: weight}, above)}
    share = covered(own, quote.words)
    if quote.columns and (cells := words_of_cells(quote.words)):
        share += covered(own, cells[0])  # what a row is called counts twice: its figures may be those of a name
    return share


def cell_of(question: str, quote: Quote, likelihood: Callable[[Span], float]) -> Span | None:
    """The place in the document of the cell that answers, None where `quote` is no row of a table.

    It is the one under the head that the question names; where that is not one, the likeliest of those that the
    question does not hold itself. `likelihood` is that of an answer in a span of the document.
    """
    labels, _, row = quote.words.rpartition("\n")  # a row of labels may stand over it
    cells = cells_of(row)
    if len(cells) < _FEWEST:
        return None
    asked = set(tokens(question))
    new = [number for number, cell in enumerate(cells) if not set(tokens(cell.of(row))) <= asked]
    begin = quote.span.end - len(row)
    places = [Span(begin + cell.start, begin + cell.end) for cell in cells]
    named = _named(question, f"{labels}\n{quote.columns}\n{quote.lead}\n{quote.passage.text}", len(cells))
    if len(named) == 1 and not cells[named[0]].of(row):
        return quote.span  # what is asked for is left empty: the row alone can be shown
    asked_for = [number for number in named if number in new]
    if len(asked_for) == 1:
        return places[asked_for[0]]
    return max((places[number] for number in new), key=likelihood, default=None)


def told(quote: Quote, cell: Span) -> str | None:
    """A cell as it is said, with the name of its column and the first cell of its row: "Kansas – Permit: 894".

    None where the row says it better: its columns have no names, two have the same, the cell is the first, or the row
    has several names.
    """
    row = quote.words
    place = next((n for n, one in enumerate(cells_of(row)) if quote.span.start + one.start == cell.start), 0)
    return _told(row, quote.columns, place)


def is_told(text: str, quote: Quote) -> bool:
    """Whether a text says nothing but a cell of a row with what stands over and before it."""
    return any(text == _told(quote.words, quote.columns, place) for place in range(len(cells_of(quote.words))))


def _told(row: str, columns: str, place: int) -> str | None:
    cells = words_of_cells(row)
    names = column_names(columns, len(cells)) if "\n" not in row else []
    if not place or not names or not cells[0] or not cells[place] or not names[place]:
        return None
    if names.count(names[place]) > 1 or is_value(cells[0]):
        return None
    if is_value(cells[place]) and not all(is_value(cell) or not cell for cell in cells[1:place]):
        return None  # of a row with more names than one, it is not told which one has that number
    return said(f"{cells[0]} – {names[place]}: {cells[place]}")


def _named(question: str, above: str, columns: int) -> list[int]:
    """The columns whose head the question names: the one after "which" or "what" alone, where there is one."""
    names = column_names(above, columns)
    named = [number for number, name in enumerate(names) if _share_words(name, question)]
    first = _ASKED_FOR.search(question)
    return [number for number in named if first and _share_words(first[1], names[number])] or named


def _share_words(one: str, other: str) -> bool:
    return covered(dict.fromkeys(tokens(one), 1.0), other) > 0
