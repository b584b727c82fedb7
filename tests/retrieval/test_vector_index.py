"""The vector index: approximate search finds what exact search finds, and a wrong model is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from retrieval.catalogue import SHARED
from retrieval.vector_index import VectorIndex, VectorIndexError

SIZE = 384


class Counter:
    """A generation number of this process."""

    def __init__(self) -> None:
        self.number = 0
        self.losses = 0

    def read(self) -> int:
        """The number."""
        return self.number

    def advance(self) -> int:
        """The number, raised."""
        self.number += 1
        return self.number

    def lose(self) -> None:
        """Count a loss."""
        self.losses += 1


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    """An index in an empty folder."""
    made = VectorIndex(tmp_path / "chroma", lambda: ("model", SIZE), Counter())
    yield made
    made.close()


def unit(rows: int, seed: int = 0) -> NDArray[np.float32]:
    """Random vectors (rows, SIZE) of unit length."""
    vectors = np.random.default_rng(seed).standard_normal((rows, SIZE))
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def recall(index: VectorIndex, vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> float:
    """The share of the ten nearest that are found among the first ten."""
    shares = []
    for query in queries:
        exact = set(np.argsort(-(vectors @ query))[:10].tolist())
        hits = index.query(query, [SHARED], 10)
        for hit in hits:
            assert hit.similarity == pytest.approx(float(vectors[hit.key[2]] @ query), abs=1e-5)
        shares.append(len(exact & {hit.key[2] for hit in hits}) / 10)
    return float(np.mean(shares))


def test_recall_against_exact_search(index: VectorIndex) -> None:
    """Recall@10 over 3,000 random vectors, the hardest there are, is at least .98; similarities are cosines."""
    vectors = unit(3000)
    index.upsert(SHARED, "d", 1, vectors)
    assert recall(index, vectors, unit(60, 1)) >= 0.98


@pytest.mark.long
def test_recall_among_many(index: VectorIndex) -> None:
    """Among 20,000 random vectors recall@10 is still at least .7; texts, which lie in clusters, are found better."""
    vectors = unit(20_000)
    index.upsert(SHARED, "d", 1, vectors)
    assert recall(index, vectors, unit(100, 1)) >= 0.7


def test_vectors_read_back(index: VectorIndex) -> None:
    """Vectors are read back as they were written, of unit length; what is not there is left out."""
    vectors = unit(5)
    index.upsert("chat:1", "d", 2, vectors, first=10)
    keys = [("d", 2, 10 + n) for n in range(5)]
    found = index.vectors("chat:1", [*keys, ("d", 2, 99), ("e", 1, 0)])
    assert list(found) == keys or set(found) == set(keys)
    for number, key in enumerate(keys):
        np.testing.assert_allclose(found[key], vectors[number], atol=1e-6)
    assert index.vectors("chat:1", []) == {}


def test_private_search_is_exact(index: VectorIndex) -> None:
    """An owner's passages are compared exactly, and no other's are among them."""
    vectors = unit(300)
    for owner in range(6):
        index.upsert(f"chat:{owner}", f"d{owner}", 1, vectors[owner * 50 : owner * 50 + 50])
    for query in unit(20, 1):
        exact = np.argsort(-(vectors[100:150] @ query))
        hits = index.query(query, ["chat:2"], 50)
        assert [hit.key for hit in hits] == [("d2", 1, int(number)) for number in exact]


def test_narrowed_to_documents(index: VectorIndex) -> None:
    """Only the chosen documents of the chosen owners are looked at; none chosen, none found."""
    vectors = unit(30)
    for document in range(3):
        index.upsert(SHARED, f"d{document}", 1, vectors[document * 10 : document * 10 + 10])
    index.upsert("chat:1", "p", 1, vectors)
    query = unit(1, 1)[0]
    assert {hit.key[0] for hit in index.query(query, [SHARED], 50, ["d1", "p"])} == {"d1"}
    assert {hit.key[0] for hit in index.query(query, [SHARED, "chat:1"], 50, ["d1", "p"])} == {"d1", "p"}
    assert {hit.key[0] for hit in index.query(query, ["chat:2"], 50)} == set()
    assert index.query(query, ["chat:1"], 50, ["no such"]) == []
    assert index.query(query, [SHARED], 50, []) == []


def test_deleting(index: VectorIndex) -> None:
    """One revision is deleted and no other; deleting what is not there is fine; an emptied index finds nothing."""
    index.delete(SHARED, "never", 1)
    vectors = unit(20)
    index.upsert(SHARED, "d", 1, vectors[:10])
    index.upsert(SHARED, "d", 2, vectors[10:])
    index.delete(SHARED, "d", 1)
    index.delete(SHARED, "d", 3)
    index.delete("chat:1", "d", 2)
    assert {hit.key[1] for hit in index.query(vectors[0], [SHARED], 50)} == {2}
    index.delete(SHARED, "d", 2)
    assert index.query(vectors[0], [SHARED], 50) == []


def test_empty_index(index: VectorIndex, tmp_path: Path) -> None:
    """An index that nothing was written to finds nothing and makes no folder."""
    assert index.query(unit(1)[0], [SHARED], 5) == []
    assert index.vectors(SHARED, [("d", 1, 0)]) == {}
    assert not (tmp_path / "chroma").exists()


@pytest.mark.parametrize("identity", [("other model", SIZE), ("model", SIZE + 1)])
def test_wrong_model(index: VectorIndex, identity: tuple[str, int], tmp_path: Path) -> None:
    """Vectors of another model or size are refused in one line that says what to do, in reading and writing."""
    counter = Counter()
    first = VectorIndex(tmp_path / "other", lambda: ("model", SIZE), counter)
    first.upsert(SHARED, "d", 1, unit(3))
    first.close()
    second = VectorIndex(tmp_path / "other", lambda: identity, counter)
    doing: list[Callable[[], object]] = [
        lambda: second.query(unit(1)[0], [SHARED], 5),
        lambda: second.upsert(SHARED, "e", 1, unit(3)),
        lambda: second.vectors(SHARED, [("d", 1, 0)]),
    ]
    for one in doing:
        with pytest.raises(VectorIndexError, match="embedded with model") as raised:
            one()
        assert "\n" not in str(raised.value)
        assert "--data-dir" in str(raised.value)
    second.close()
    again = VectorIndex(tmp_path / "other", lambda: ("model", SIZE), counter)
    assert len(again.query(unit(1)[0], [SHARED], 5)) == 3
    again.close()


def test_ruined_folder(tmp_path: Path) -> None:
    """A folder that Chroma cannot open is told in one line."""
    (tmp_path / "chroma").mkdir()
    (tmp_path / "chroma" / "chroma.sqlite3").write_bytes(b"no database at all" * 100)
    counter = Counter()
    counter.number = 2
    index = VectorIndex(tmp_path / "chroma", lambda: ("model", SIZE), counter)
    with pytest.raises(VectorIndexError) as raised:
        index.query(unit(1)[0], [SHARED], 5)
    assert "\n" not in str(raised.value)
    index.close()
