"""Whether probabilities mean what they say: Brier score, expected calibration error, and the curve of reliability.

The error is taken over ten bins of equal mass. Knows only numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bot.evaluation.discrimination import Bools, Floats, Judged, arrays, both_ways, first_half

_BINS = 10
_LEAST = 1e-4  # nearer to 0 or 1 the log-odds of one probability would outweigh all others

Bin = tuple[float, float, int]
"""Mean probability, share of what is so, and how many."""


def told_calibration(judged: Sequence[Judged]) -> dict[str, Any]:
    """The figures as the probabilities were told, then scaled by the other half (left out where that cannot be)."""
    told, truth = arrays(judged)
    named = _figures(told, truth, "")
    scaled = scaled_by_other_half(judged)
    return named if scaled is None else named | _figures(scaled, truth, ", cross-fitted")


def _figures(told: Floats, truth: Bools, which: str) -> dict[str, Any]:
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
