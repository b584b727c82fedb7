"""An embedding model with what its cosines mean: what compares questions and texts of some languages."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from retrieval.models.embedder import Embedder
from retrieval.models.similarity_calibration import SimilarityCalibration

_KEPT = 64  # questions whose vectors are kept


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both are called when they are first needed."""

    embedder: Callable[[], Embedder]
    similarity: Callable[[], SimilarityCalibration] = SimilarityCalibration
    _asked: OrderedDict[str, NDArray[np.float32]] = field(default_factory=OrderedDict, init=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False, compare=False)

    def question(self, text: str) -> NDArray[np.float32]:
        """The vector of a question, shape (dimensions,): it is embedded once, though found and ranked by. Safe between
        threads. Raises EmbeddingError.
        """
        with self._lock:
            vector = self._asked.get(text)
        if vector is None:
            vector = self.embedder().encode_query(text)
        with self._lock:
            self._asked[text] = vector
            self._asked.move_to_end(text)
            while len(self._asked) > _KEPT:
                self._asked.popitem(last=False)
        return vector
