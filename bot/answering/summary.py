"""Which sentences make a summary: those that together stand for all the others, in the order of the text.

Greedy facility location (Lin and Bilmes, "A class of submodular functions for document summarization", 2011): each
sentence taken is the one that most raises how well every sentence of the text is stood for. Knows vectors only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.models.similarity_calibration import DEFAULT_SIMILARITY, SimilarityCalibration

_SHARE = 0.2  # of the sentences, within these bounds
_FEWEST, _MOST = 3, 6


def choose_summary(
    vectors: NDArray[np.float32],
    lengths: Sequence[int],
    wanted: int | None = None,
    similarity: SimilarityCalibration = DEFAULT_SIMILARITY,
) -> list[int]:
    """Indices of the sentences to quote, ascending. `vectors` is (n, dimensions) of unit length, in text order;
    `lengths` in characters: of two that stand for as much, the shorter is taken. `wanted` is how many, if that was
    said.
    """
    count = min(len(vectors), wanted or max(_FEWEST, min(_MOST, round(_SHARE * len(vectors)))))
    likeness = np.clip(similarity.between_texts(vectors @ vectors.T), 0, 1)
    cost = np.sqrt(np.maximum(np.asarray(lengths, dtype=np.float64) / max(1.0, float(np.mean(lengths or [1]))), 0.5))
    stood_for = np.zeros(len(vectors))
    open_to = np.ones(len(vectors), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < count and open_to.any():
        gains = np.maximum(likeness - stood_for, 0).sum(axis=1) / cost
        best = int(np.argmax(np.where(open_to, gains, -1)))
        chosen.append(best)
        stood_for = np.maximum(stood_for, likeness[best])
        open_to &= likeness[best] < similarity.repeated_in_summary
    return sorted(chosen)
