"""How sure one can be that a text answers where nothing reads it: from likeness and shared words alone.

The numbers were fitted on public question sets by `scripts/fit_likeness.py`; docs/evaluation.md has the figures. Knows
no passages.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

# Logistic regression of "about the documents" (rather than off-topic) on the best cosine of a sentence or passage with
# the question, the largest share of the question's words in one sentence, and the logarithm of how many passages were
# searched. Refused below these log-odds: among hundreds of documents the balanced accuracy is best there, and a false
# refusal is worse than a far-off quote.
INTERCEPT = -7.57
COEFFICIENTS = (18.97, 4.97, -0.654)
THRESHOLD = -0.5
# Logistic regression of "answered by the documents" on those log-odds, near misses included: what is on topic may
# still not be answered, and likeness cannot tell.
CALIBRATION = (-1.49, 0.26)


def on_topic(values: Sequence[float]) -> float:
    """The log-odds that the question is about what the documents are about."""
    return INTERCEPT + sum(weight * value for weight, value in zip(COEFFICIENTS, values, strict=True))


def confidence_of(log_odds: float) -> float:
    """The probability, between 0 and 1, that the documents answer, from `on_topic`."""
    return 1 / (1 + math.exp(-(CALIBRATION[0] + CALIBRATION[1] * log_odds)))
