"""How well a probability tells what is so from what is not: AUC, balanced accuracy, thresholds chosen apart.

Knows only numbers: what the probability is of, a question's answerability or a claim's support, is the caller's matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.intervals import Indices, figure

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """A probability that was told, whether it is so, and what the things that must not be parted have in common."""

    told: float
    truth: bool
    group: str


@dataclass(frozen=True, slots=True)
class Crossfitted:
    """What each is taken for by the threshold of the other half, and the two thresholds."""

    taken: Bools
    thresholds: tuple[float, float]


def arrays(judged: Sequence[Judged]) -> tuple[Floats, Bools]:
    """What was told, and what is so."""
    return np.array([one.told for one in judged], dtype=float), np.array([one.truth for one in judged], dtype=bool)


def auc(told: Floats, truth: Bools) -> float:
    """The chance that of two, one so and one not, the former was told the higher probability; ties count half."""
    true, false = told[truth], np.sort(told[~truth])
    if not len(true) or not len(false):
        return float("nan")
    below = np.searchsorted(false, true, "left") + np.searchsorted(false, true, "right")
    return float(below.mean() / (2 * len(false)))


def balanced_accuracy(taken: Bools, truth: Bools) -> float:
    """The mean of how many that are so were taken to be, and how many that are not were not."""
    true = np.count_nonzero(truth)
    if true in (0, len(truth)):
        return float("nan")
    right = np.count_nonzero(taken & truth) / true + np.count_nonzero(~taken & ~truth) / (len(truth) - true)
    return float(right / 2)


def told_auc(judged: Sequence[Judged], by_group: bool = False) -> str | None:
    """AUC with its interval, drawn singly or by whole groups; None where all are so, or none."""
    told, truth = arrays(judged)

    def statistic(places: Indices) -> float:
        return auc(told[places], truth[places])

    return figure(statistic, [one.group for one in judged] if by_group else len(judged))


def told_balanced(taken: Bools, judged: Sequence[Judged], by_group: bool = False) -> str | None:
    """Balanced accuracy with its interval, drawn singly or by whole groups; None where all are so, or none."""
    _, truth = arrays(judged)

    def statistic(places: Indices) -> float:
        return balanced_accuracy(taken[places], truth[places])

    return figure(statistic, [one.group for one in judged] if by_group else len(judged))


def first_half(judged: Sequence[Judged]) -> Bools:
    """Which are in the first half: by a hash of their group, so that it depends on nothing else in the set."""
    return np.array([hashlib.sha256(one.group.encode()).digest()[0] % 2 == 0 for one in judged], dtype=bool)


def best_threshold(told: Floats, truth: Bools) -> float:
    """The threshold of best balanced accuracy, what reaches it being taken: midway between two probabilities told."""
    values = np.unique(told)
    candidates = np.concatenate([values[:1], (values[:-1] + values[1:]) / 2, values[-1:] + 1])
    true, false = np.sort(told[truth]), np.sort(told[~truth])
    missed = np.searchsorted(true, candidates, "left") / len(true)
    refused = np.searchsorted(false, candidates, "left") / len(false)
    return float(candidates[np.argmax(refused - missed)])


def crossfitted(judged: Sequence[Judged]) -> Crossfitted | None:
    """Each half judged by the best threshold of the other; None where a half is all so, or not at all."""
    told, truth = arrays(judged)
    first = first_half(judged)
    if not both_ways(truth, first):
        return None
    for_first = best_threshold(told[~first], truth[~first])
    for_second = best_threshold(told[first], truth[first])
    return Crossfitted(told >= np.where(first, for_first, for_second), (for_first, for_second))


def both_ways(truth: Bools, first: Bools) -> bool:
    """Whether each half has some that are so and some that are not."""
    return all(len(np.unique(half)) == 2 for half in (truth[first], truth[~first]))
