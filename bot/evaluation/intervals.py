"""Figures with their 95 % bootstrap interval and n, as text: "0.892 [0.852, 0.928] n=250". Knows no metric.

Every interval is drawn with the same seed, so that a figure is the same each time it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

_DRAWS = 2000

Indices = NDArray[np.intp]
Statistic = Callable[[Indices], float]
"""A figure over the things at these places; not a number where they do not give one."""


def share(values: Sequence[float]) -> str | None:
    """The mean of `values`; None if there are none."""
    if not values:
        return None
    drawn = np.random.default_rng(0).choice(np.asarray(values, dtype=float), (_DRAWS, len(values))).mean(axis=1)
    return _told(sum(values) / len(values), drawn, len(values))


def figure(statistic: Statistic, groups: Sequence[Hashable] | int) -> str | None:
    """`statistic` over all things; None if it is not a number.

    `groups` says what each belongs to, and whole groups are drawn; where it is a number, that many things singly.
    """
    count = groups if isinstance(groups, int) else len(groups)
    value = statistic(np.arange(count))
    if np.isnan(value):
        return None
    drawn = np.array([statistic(places) for places in _draws(groups)])
    return _told(value, drawn[~np.isnan(drawn)], count)


def _draws(groups: Sequence[Hashable] | int) -> Iterator[Indices]:
    chance = np.random.default_rng(0)
    if isinstance(groups, int):
        for _ in range(_DRAWS):
            yield chance.integers(groups, size=groups)
        return
    members: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    each = [np.array(places) for places in members.values()]
    for _ in range(_DRAWS):
        yield np.concatenate([each[at] for at in chance.integers(len(each), size=len(each))])


def _told(value: float, drawn: NDArray[np.float64], count: int) -> str:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{value:.3f} [{low:.3f}, {high:.3f}] n={count}"
