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
from retrieval.chunking.blocks import has_cells
from retrieval.chunking.labels import is_labelled
from retrieval.index.tokenizer import tokens
from retrieval.types import Span

_BAR, _TAB = re.compile(r"(?<!\\)\|"), re.compile(r"\t")  # an escaped bar belongs to its cell
_FEWEST_LABELLED = 3
_FEWEST = 2  # cells of a row, and bars that make one
_ASKED_FOR = re.compile(r"\b(?:which|what) (\w+)", re.IGNORECASE)  # "which city": the column of cities


def siblings(quote: Quote, others: Sequence[Quote]) -> list[Quote]:
    """The rows, items or labelled lines under the same words as `quote`, itself included; none if it is no such."""
    listed, labelled = is_listed(quote.words), is_labelled(quote.words)
    beside = [one for one in others if one.passage == quote.passage and one.lead == quote.lead]
    if listed:
        alike = [one for one in beside if is_listed(one.words)]
    else:
        alike = [one for one in beside if labelled and one.paragraph == quote.paragraph and is_labelled(one.words)]
    # A sentence may have a colon, too.
    return sorted(alike, key=lambda one: one.span.start) if listed or len(alike) >= _FEWEST_LABELLED else []


def own_share(weights: Mapping[str, float], quote: Quote) -> float:
    """How much of the question a row or item holds by itself: of the words that what stands over it does not hold."""
    above = f"{quote.passage.origin.title}\n{quote.lead}"
    own = {term: weight for term, weight in weights.items() if not covered({term: weight}, above)}
    return covered(own, quote.words)


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
    named = _named(question, f"{labels}\n{quote.lead}\n{quote.passage.text}", len(cells))
    if len(named) == 1 and not cells[named[0]].of(row):
        return quote.span  # what is asked for is left empty: the row alone can be shown
    asked_for = [number for number in named if number in new]
    if len(asked_for) == 1:
        return places[asked_for[0]]
    return max((places[number] for number in new), key=likelihood, default=None)


def _named(question: str, above: str, columns: int) -> list[int]:
    """The columns whose head the question names: the one after "which" or "what" alone, where there is one."""
    head = next((line for line in above.split("\n") if "--" not in line and len(cells_of(line)) == columns), "")
    names = [cell.of(head) for cell in cells_of(head)]
    named = [number for number, name in enumerate(names) if _share_words(name, question)]
    first = _ASKED_FOR.search(question)
    return [number for number in named if first and _share_words(first[1], names[number])] or named


def _share_words(one: str, other: str) -> bool:
    return covered(dict.fromkeys(tokens(one), 1.0), other) > 0


def cells_of(row: str) -> list[Span]:
    """Where the cells of a row stand in it, white space left out; none where it is no row."""
    between = _BAR if has_cells(row) or row.count("|") >= _FEWEST else _TAB
    parts = between.split(row) if between.search(row) else []
    found, at = [], 0
    for number, part in enumerate(parts):
        start = at + len(part) - len(part.lstrip())
        # Bars may stand around a row, too.
        if part.strip() or 0 < number < len(parts) - 1:
            found.append(Span(start, start + len(part.strip())))
        at += len(part) + 1
    return found
