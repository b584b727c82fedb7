"""Vectors of texts that come again and again: embedded once, and kept while there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from retrieval.models.embedder import Embedder

MOST = 8192
"""Vectors that are kept: some 15 MB with the texts."""


class EmbeddingCache:
    """Embeds as `embedder` does; the texts asked for last are not embedded again. Safe between threads."""

    def __init__(self, embedder: Callable[[], Embedder], most: int = MOST) -> None:
        self._embedder, self._most = embedder, most
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of the texts in their order, shape (n, dimensions), each of unit length. Raises EmbeddingError."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        embedder = self._embedder()
        # Copies, so that one vector does not keep the whole batch alive.
        known |= {text: vector.copy() for text, vector in zip(new, embedder.encode(new), strict=True)}
        with self._lock:
            for text in texts:
                self._vectors[text] = known[text]
                self._vectors.move_to_end(text)
            while len(self._vectors) > self._most:
                self._vectors.popitem(last=False)
        return np.stack([known[text] for text in texts]) if texts else np.empty((0, embedder.dimensions), np.float32)
