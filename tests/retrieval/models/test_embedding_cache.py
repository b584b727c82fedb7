"""Vectors that are kept are those that would be made, and no more of them than there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from retrieval.models.embedder import Embedder
from retrieval.models.embedding_cache import EmbeddingCache

TEXTS = ["The ferry leaves at nine.", "It was built of granite.", "", "The ferry leaves at nine."]


class Counting:
    """A real embedder that counts what it is given."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder, self.dimensions = embedder, embedder.dimensions
        self.embedded: list[str] = []

    def encode(self, texts: Sequence[str]) -> Any:
        """What the embedder gives."""
        self.embedded += texts
        return self._embedder.encode(texts)


def test_the_vectors_are_those_of_the_embedder_and_are_made_once(embedder: Embedder) -> None:
    """Order, repetitions and the empty text included; the second time nothing is embedded."""
    counting = Counting(embedder)
    remembered = EmbeddingCache(lambda: counting)
    expected = embedder.encode(TEXTS)
    assert np.array_equal(remembered.encode(TEXTS), expected)
    assert counting.embedded == TEXTS[:3]
    assert np.array_equal(remembered.encode(TEXTS[::-1]), expected[::-1])
    assert counting.embedded == TEXTS[:3]
    assert remembered.encode([]).shape == (0, embedder.dimensions)


def test_what_was_asked_for_last_is_kept(embedder: Embedder) -> None:
    """With room for two, the one that was not asked for the longest is made again, and the other is not."""
    counting = Counting(embedder)
    remembered = EmbeddingCache(lambda: counting, most=2)
    for text in ("a", "b", "a", "c"):
        remembered.encode([text])
    counting.embedded.clear()
    remembered.encode(["a"])
    assert counting.embedded == []
    remembered.encode(["b"])
    assert counting.embedded == ["b"]
    assert remembered.encode(["d", "e", "f"]).shape == (3, embedder.dimensions)


def test_several_threads_get_right_vectors(embedder: Embedder) -> None:
    """Threads that push each other's texts out all get what the embedder gives."""
    texts = [f"The ferry number {number} leaves." for number in range(12)]
    expected = embedder.encode(texts)
    remembered = EmbeddingCache(lambda: embedder, most=4)

    def ask(first: int) -> None:
        for step in range(first, first + 60):
            number = step % len(texts)
            assert np.array_equal(remembered.encode([texts[number]])[0], expected[number])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))  # raises what failed
