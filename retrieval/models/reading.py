"""What a reader says of a passage: whether it answers a question, and where. Plain types; knows no model."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.models.calibration import ENGLISH
from retrieval.types import Span

_LONGEST_ANSWER = 30  # tokens


def log_probability(odds: float) -> float:
    """The logarithm of the probability that has these log-odds."""
    return min(odds, 0.0) - math.log1p(math.exp(-abs(odds)))


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a passage that was read at once.

    `odds` are the log-odds that it answers; `starts` and `ends` (n,) the places of its tokens, code points in the
    passage's text; `begins` and `finishes` (n,) the log-probabilities that the answer begins and ends with a token.
    """

    odds: float
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    begins: NDArray[np.float32]
    finishes: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """Part of a passage with what speaks for an answer in it.

    `answer` is the likeliest answer, `likelihood` its log-probability (beginning and end together, whether there is an
    answer left aside), `share` the part of all beginnings and ends that falls into the place, 0 to 1.
    """

    answer: Span
    likelihood: float
    share: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage, read with a question, in one window or in several that overlap.

    `network` is the name of what read it: of whose numbers what it says is to be weighed by.
    """

    windows: tuple[Window, ...]
    network: str = ENGLISH

    @property
    def odds(self) -> float:
        """The log-odds that the passage answers the question: those of its best window."""
        return max(window.odds for window in self.windows)

    @property
    def probability(self) -> float:
        """The same as a probability."""
        return 1 / (1 + math.exp(-self.odds))

    @property
    def log_probability(self) -> float:
        """The logarithm of that: near 0 for all passages that seem to answer, low for those that do not."""
        return log_probability(self.odds)

    def within(self, span: Span) -> AnswerSpan | None:
        """What speaks for an answer inside `span` of the passage's text; None where nothing of it was read."""
        places = [(window.odds, place) for window in self.windows if (place := _within(window, span)) is not None]
        return max(places, key=lambda one: one[0] + one[1].likelihood)[1] if places else None


class Reader(Protocol):
    """Reads a question with passages, and judges whether quotes bear out sentences. Several threads may use it."""

    def read(self, question: str, passages: Sequence[str], before: Sequence[str] = ()) -> list[Reading]:
        """A reading of each passage, in their order; `before` is what was said before, the latest first."""

    def support(self, sentences: Sequence[str], quotes: Sequence[str]) -> list[float]:
        """The probability that each quote bears out the sentence beside it."""


def _within(window: Window, span: Span) -> AnswerSpan | None:
    inside = np.flatnonzero((window.starts >= span.start) & (window.ends <= span.end))
    if not len(inside):
        return None
    first, last = inside[0], inside[-1] + 1
    begins, finishes = window.begins[first:last], window.finishes[first:last]
    # Every beginning with every end up to the longest answer after it.
    sums = begins[:, None] + finishes[None, :]
    later = np.arange(len(inside))[None, :] - np.arange(len(inside))[:, None]
    best = int(np.where((later >= 0) & (later < _LONGEST_ANSWER), sums, -np.inf).argmax())
    begin, end = divmod(best, len(finishes))
    answer = Span(int(window.starts[first + begin]), int(window.ends[first + end]))
    share = float(np.sqrt(np.exp(begins).sum() * np.exp(finishes).sum()))
    return AnswerSpan(answer, float(begins[begin] + finishes[end]), min(1.0, share))
