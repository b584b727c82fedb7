"""Statistics of probabilities and of shares: bootstrap intervals, AUC, balanced accuracy, calibration.

A figure is text, with its 95 % bootstrap interval and n: "0.892 [0.852, 0.928] n=250". Every interval is drawn with the
same seed, so that a figure is the same each time. Knows only numbers, not what a probability is of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_DRAWS = 2000
_BINS = 10
_LEAST = 1e-4  # nearer to 0 or 1 the log-odds of one probability would outweigh all others

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.intp]
T = TypeVar("T", Floats, Bools)
Statistic = Callable[[Indices], float]
"""A figure over the things at these places; not a number where they do not give one."""
Bin = tuple[float, float, int]
"""Mean probability, share of what is true, and how many."""


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


def share(values: Sequence[float]) -> str | None:
    """The mean of `values`; None if there are none."""
    all_values = np.asarray(values, dtype=float)
    return figure(lambda places: float(all_values[places].mean()), len(values)) if values else None


def figure(statistic: Statistic, groups: Sequence[Hashable] | int) -> str | None:
    """`statistic` over all things; None if it is not a number.

    `groups` says what each belongs to, and whole groups are drawn; where it is a number, that many things singly.
    """
    count = groups if isinstance(groups, int) else len(groups)
    value = statistic(np.arange(count))
    if np.isnan(value):
        return None
    drawn = np.array([statistic(places) for places in _draws(groups)])
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return f"{value:.3f} [{low:.3f}, {high:.3f}] n={count}"


def _draws(groups: Sequence[Hashable] | int) -> Iterator[Indices]:
    chance = np.random.default_rng(0)
    if isinstance(groups, int):
        yield from (chance.integers(groups, size=groups) for _ in range(_DRAWS))
        return
    members: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    each = [np.array(places) for places in members.values()]
    for _ in range(_DRAWS):
        yield np.concatenate([each[at] for at in chance.integers(len(each), size=len(each))])


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
    if truth.all() or not truth.any():
        return float("nan")
    return float((taken[truth].mean() + 1 - taken[~truth].mean()) / 2)


def told_auc(judged: Sequence[Judged], by_group: bool = False) -> str | None:
    """AUC with its interval, drawn singly or by whole groups; None where all are so, or none."""
    return _told(auc, arrays(judged)[0], judged, by_group)


def told_balanced(taken: Bools, judged: Sequence[Judged], by_group: bool = False) -> str | None:
    """Balanced accuracy with its interval, drawn singly or by whole groups; None where all are so, or none."""
    return _told(balanced_accuracy, taken, judged, by_group)


def _told(rate: Callable[[T, Bools], float], values: T, judged: Sequence[Judged], by_group: bool) -> str | None:
    _, truth = arrays(judged)
    groups = [one.group for one in judged] if by_group else len(judged)
    return figure(lambda places: rate(values[places], truth[places]), groups)


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


def told_calibration(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures as the probabilities were told, then scaled by the other half (left out where that cannot be)."""
    told, truth = arrays(judged)
    named = _calibration(told, truth, "")
    scaled = scaled_by_other_half(judged)
    return named if scaled is None else named | _calibration(scaled, truth, ", cross-fitted")


def _calibration(told: Floats, truth: Bools, which: str) -> dict[str, Any]:
    curve = reliability(told, truth)
    return {
        f"Brier score{which}": round(float(np.mean((told - truth) ** 2)), 3),
        f"expected calibration error{which}": round(expected_error(curve), 3),
        f"reliability{which}": [[round(mean, 4), round(so, 4), count] for mean, so, count in curve],
    }


def reliability(told: Floats, truth: Bools) -> list[Bin]:
    """Bins of equal mass, the lowest probabilities first; those that would be empty are left out."""
    order = np.argsort(told, kind="stable")
    parts = (order[len(order) * i // _BINS : len(order) * (i + 1) // _BINS] for i in range(_BINS))
    return [(float(told[part].mean()), float(truth[part].mean()), len(part)) for part in parts if len(part)]


def expected_error(curve: Sequence[Bin]) -> float:
    """How far the probabilities of a bin are from what is so, on average over all that are in the bins."""
    return sum(count * abs(mean - so) for mean, so, count in curve) / sum(count for _, _, count in curve)


def scaled_by_other_half(judged: Sequence[Judged]) -> Floats | None:
    """Platt scaling: a logistic regression on the log-odds, fitted on one half and applied to the other, both ways."""
    from sklearn.linear_model import LogisticRegression

    told, truth = arrays(judged)
    first = first_half(judged)
    if not both_ways(truth, first):
        return None
    inside = np.clip(told, _LEAST, 1 - _LEAST)
    odds = np.log(inside / (1 - inside))[:, None]
    scaled = np.empty_like(told)
    for half in (first, ~first):
        scaled[half] = LogisticRegression(C=1e3).fit(odds[~half], truth[~half]).predict_proba(odds[half])[:, 1]
    return scaled
