"""A line of a page: words beside each other in one column, or a row of a table with its cells."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from retrieval.loaders.pdf.characters import PageWord

GAP = 0.7
"""Words that stand further apart, in times their size, need not belong to one line."""


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
