"""An embedding model with what its cosines mean: what compares questions and texts of some languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from retrieval.models.embedder import Embedder
from retrieval.models.similarity_calibration import SimilarityCalibration


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both are called when they are first needed."""

    embedder: Callable[[], Embedder]
    similarity: Callable[[], SimilarityCalibration] = SimilarityCalibration
