"""The vector index: approximate search finds what exact search finds, and a wrong model is told."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest
from looking_inside import cut_short
from numpy.typing import NDArray

from retrieval.index.chroma import VectorIndexError
from retrieval.index.chroma_local import ChromaFolder
from retrieval.index.vector_index import VectorIndex
from retrieval.store.database import open_database
from retrieval.store.state import SharedState
from retrieval.types import SHARED

SIZE = 384
Opener = Callable[..., VectorIndex]


def new_state(folder: Path) -> SharedState:
    return SharedState(open_database(folder / "state" / "footnote.db"))


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Opens indexes, each in a folder of Chroma that must hold so many vectors; they are closed at the end."""
    with ExitStack() as stack:

        def opener(
            folder: Path,
            state: SharedState,
            needed: tuple[int, int] = (0, 0),
            identity: tuple[str, int] = ("model", SIZE),
        ) -> VectorIndex:
            index = VectorIndex(ChromaFolder(folder, state, lambda: needed), lambda: identity, state)
            return stack.enter_context(closing(index))

        yield opener


def put(
    index: VectorIndex, owner: str, document: str, revision: int, vectors: NDArray[np.float32], first: int = 0
) -> None:
    """Write the vectors of passages `first` and so on of a revision."""
    index.upsert([(owner, (document, revision, first + number)) for number in range(len(vectors))], vectors)


@pytest.fixture
def index(tmp_path: Path, opened: Opener) -> VectorIndex:
    """An index in an empty folder."""
    return opened(tmp_path / "chroma", new_state(tmp_path))


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
        for key, similarity in hits.items():
            assert similarity == pytest.approx(float(vectors[key[2]] @ query), abs=1e-5)
        shares.append(len(exact & {key[2] for key in hits}) / 10)
    return float(np.mean(shares))


def test_recall_against_exact_search(index: VectorIndex) -> None:
    """Recall@10 over 3,000 random vectors, the hardest there are, is at least .98; similarities are cosines."""
    vectors = unit(3000)
    put(index, SHARED, "d", 1, vectors)
    assert recall(index, vectors, unit(60, 1)) >= 0.98


@pytest.mark.long
def test_recall_among_many(index: VectorIndex) -> None:
    """Among 20,000 random vectors recall@10 is still at least .7; texts, which lie in clusters, are found better."""
    vectors = unit(20_000)
    put(index, SHARED, "d", 1, vectors)
    assert recall(index, vectors, unit(100, 1)) >= 0.7


def test_vectors_read_back(index: VectorIndex) -> None:
    """Vectors are read back as they were written, of unit length; what is not there is left out."""
    vectors = unit(5)
    put(index, "chat:1", "d", 2, vectors, first=10)
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
        put(index, f"chat:{owner}", f"d{owner}", 1, vectors[owner * 50 : owner * 50 + 50])
    for query in unit(20, 1):
        exact = np.argsort(-(vectors[100:150] @ query))
        hits = index.query(query, ["chat:2"], 50)
        assert list(hits) == [("d2", 1, int(number)) for number in exact]


def test_owner_of_many_passages(index: VectorIndex) -> None:
    """An owner of thousands finds what exact search finds and nobody else's; what is deleted is gone everywhere."""
    vectors = unit(3000)
    for first in range(0, 3000, 500):
        put(index, "key:big", f"d{first}", 1, vectors[first : first + 500])
    put(index, "key:small", "s", 1, vectors[:50])
    assert index.count() == (0, 3050)
    shares = []
    for query in unit(40, 1):
        exact = [
            (f"d{number // 500 * 500}", 1, number % 500) for number in np.argsort(-(vectors @ query))[:10].tolist()
        ]
        hits = index.query(query, ["key:big"], 10)
        shares.append(len(set(hits) & set(exact)) / 10)
        assert {key[0] for key in index.query(query, ["key:small"], 100)} == {"s"}
    assert np.mean(shares) >= 0.98
    keys = [("d0", 1, 3), ("d2500", 1, 499)]
    assert set(index.vectors("key:big", keys)) == set(keys)
    assert index.vectors("key:small", keys) == {}
    assert {key[0] for key in index.query(vectors[0], ["key:big"], 10, ["d2500"])} == {"d2500"}
    assert index.missing("key:big", "d2500", 1, 502) == [500, 501]
    index.delete("key:big", "d2500", 1)
    index.delete("key:big", "d0", 1)
    assert index.count() == (0, 2050)
    assert index.missing("key:big", "d2500", 1, 2) == [0, 1]
    assert {key[0] for key in index.query(vectors[0], ["key:big"], 2000)} == {"d500", "d1000", "d1500", "d2000"}


def test_narrowed_to_documents(index: VectorIndex) -> None:
    """Only the chosen documents of the chosen owners are looked at; none chosen, none found."""
    vectors = unit(30)
    for document in range(3):
        put(index, SHARED, f"d{document}", 1, vectors[document * 10 : document * 10 + 10])
    put(index, "chat:1", "p", 1, vectors)
    query = unit(1, 1)[0]
    assert {key[0] for key in index.query(query, [SHARED], 50, ["d1", "p"])} == {"d1"}
    assert {key[0] for key in index.query(query, [SHARED, "chat:1"], 50, ["d1", "p"])} == {"d1", "p"}
    assert {key[0] for key in index.query(query, ["chat:2"], 50)} == set()
    assert index.query(query, ["chat:1"], 50, ["no such"]) == {}
    assert index.query(query, [SHARED], 50, []) == {}


def test_deleting(index: VectorIndex) -> None:
    """One revision is deleted and no other; deleting what is not there is fine; an emptied index finds nothing."""
    index.delete(SHARED, "never", 1)
    vectors = unit(20)
    put(index, SHARED, "d", 1, vectors[:10])
    put(index, SHARED, "d", 2, vectors[10:])
    index.delete(SHARED, "d", 1)
    index.delete(SHARED, "d", 3)
    index.delete("chat:1", "d", 2)
    assert {key[1] for key in index.query(vectors[0], [SHARED], 50)} == {2}
    index.delete(SHARED, "d", 2)
    assert index.query(vectors[0], [SHARED], 50) == {}


def test_empty_index(index: VectorIndex, tmp_path: Path) -> None:
    """An index that nothing was written to finds nothing and makes no folder."""
    assert index.query(unit(1)[0], [SHARED], 5) == {}
    assert index.vectors(SHARED, [("d", 1, 0)]) == {}
    assert not (tmp_path / "chroma").exists()


@pytest.mark.parametrize("identity", [("other model", SIZE), ("model", SIZE + 1)])
def test_wrong_model(identity: tuple[str, int], tmp_path: Path, opened: Opener) -> None:
    """Vectors of another model or size are refused in one line that says what to do, in reading and writing."""
    folder, state = tmp_path / "chroma", new_state(tmp_path)
    first = opened(folder, state)
    put(first, SHARED, "d", 1, unit(3))
    first.close()
    second = opened(folder, state, identity=identity)
    doing: list[Callable[[], object]] = [
        lambda: second.query(unit(1)[0], [SHARED], 5),
        lambda: put(second, SHARED, "e", 1, unit(3)),
        lambda: second.vectors(SHARED, [("d", 1, 0)]),
    ]
    for one in doing:
        with pytest.raises(VectorIndexError, match=r"\A.*embedded with model.*footnote reindex.*\Z"):
            one()
    second.close()
    assert len(opened(folder, state).query(unit(1)[0], [SHARED], 5)) == 3


def filled(index: VectorIndex) -> NDArray[np.float32]:
    """300 shared vectors, so that there are graph files, and 5 private ones in an index that is closed again."""
    vectors = unit(300)
    put(index, SHARED, "d", 1, vectors)
    put(index, "chat:1", "p", 1, vectors[:5])
    assert index.count() == (300, 5)
    index.close()
    return vectors


RUIN: dict[str, Callable[[Path], object]] = {
    "deleted": shutil.rmtree,
    "database emptied": lambda folder: (folder / "chroma.sqlite3").write_bytes(b""),
    "database cut short": lambda folder: cut_short(folder / "chroma.sqlite3"),
    "no database": lambda folder: (folder / "chroma.sqlite3").write_bytes(b"My diary." * 1000),
    "graph cut short": lambda folder: [cut_short(file) for file in folder.glob("*/data_level0.bin")],
    "graph deleted": lambda folder: [shutil.rmtree(graph) for graph in folder.iterdir() if graph.is_dir()],
}


@pytest.mark.parametrize("ruin", RUIN.values(), ids=RUIN)
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_ruined_folder_is_a_loss(ruin: Callable[[Path], object], is_open: bool, tmp_path: Path, opened: Opener) -> None:
    """However a folder is ruined, whoever uses it next raises nothing; what is not answered right counts as a loss."""
    folder, state = tmp_path / "chroma", new_state(tmp_path)
    vectors = filled(opened(folder, state))
    index = opened(folder, state, (300, 5))
    if is_open:
        assert len(index.query(vectors[0], [SHARED, "chat:1"], 50)) == 50
    ruin(folder)
    found = index.query(vectors[0], [SHARED, "chat:1"], 50)
    assert state.read().losses == 1 or [len(found), index.count()] == [50, (300, 5)]
    put(index, SHARED, "d", 1, vectors)
    put(index, "chat:1", "p", 1, vectors[:5])
    assert {key[:2] for key in index.query(vectors[0], [SHARED, "chat:1"], 2)} == {("d", 1), ("p", 1)}
    assert index.count() == (300, 5)
    assert state.read().losses <= 1


@pytest.mark.parametrize(("needed", "losses"), [((300, 5), 0), ((299, 0), 0), ((301, 5), 1), ((300, 6), 1)])
def test_fewer_vectors_than_passages(needed: tuple[int, int], losses: int, tmp_path: Path, opened: Opener) -> None:
    """Opened with fewer vectors than passages, of either kind, the folder is lost, once; with more it is whole."""
    folder, state = tmp_path / "chroma", new_state(tmp_path)
    vectors = filled(opened(folder, state))
    index = opened(folder, state, needed)
    for _ in range(3):
        assert len(index.query(vectors[0], [SHARED], 9)) == (0 if losses else 9)
        assert state.read().losses == losses
        index.close()


@pytest.mark.parametrize("what", ["a file for the folder", "a folder for the database"])
def test_what_the_disk_refuses_is_no_loss(what: str, tmp_path: Path, opened: Opener) -> None:
    """Where files cannot be written nothing is thrown away, and one line says what to do."""
    folder, state = tmp_path / "chroma", new_state(tmp_path)
    if what == "a file for the folder":
        folder.write_text("x", "utf-8")
    else:
        (folder / "chroma.sqlite3").mkdir(parents=True)
        state.advance()
    with pytest.raises(VectorIndexError, match=r"\A.*cannot be used.*footnote doctor.*\Z"):
        put(opened(folder, state), SHARED, "d", 1, unit(1))
    assert folder.exists()
    assert state.read().losses == 0


def test_data_folder_deleted(tmp_path: Path, opened: Opener) -> None:
    """The data folder deleted under a running index is told in one line, and is not made again."""
    folder, state = tmp_path / "data" / "chroma", new_state(tmp_path)
    (tmp_path / "data").mkdir()
    vectors = filled(opened(folder, state))
    index = opened(folder, state)
    assert index.query(vectors[0], [SHARED], 5)
    shutil.rmtree(tmp_path / "data")
    for use in (lambda: index.query(vectors[0], [SHARED], 5), lambda: put(index, SHARED, "d", 1, vectors)):
        with pytest.raises(VectorIndexError, match="is gone"):
            use()
    assert not (tmp_path / "data").exists()


def test_folder_of_somebody_else(tmp_path: Path, opened: Opener) -> None:
    """A folder that Chroma cannot open and this library never wrote is left as it is, and told in one line."""
    database = tmp_path / "chroma" / "chroma.sqlite3"
    database.parent.mkdir()
    database.write_bytes(b"no database at all" * 100)
    with pytest.raises(VectorIndexError, match=r"\A.*Move it away.*\Z"):
        put(opened(tmp_path / "chroma", new_state(tmp_path)), SHARED, "d", 1, unit(1))
    assert database.read_bytes() == b"no database at all" * 100


def test_what_is_kept_of_a_small_collection(tmp_path: Path, opened: Opener) -> None:
    """A look finds what another client of the folder has written and deleted since the one before it."""
    state, vectors = new_state(tmp_path), unit(3)
    one, other = (opened(tmp_path / "chroma", state) for _ in range(2))
    put(one, SHARED, "a", 1, vectors[:2])
    assert len(one.query(vectors[0], [SHARED], 5)) == len(one.query(vectors[0], [SHARED], 5)) == 2
    put(other, SHARED, "b", 1, vectors[2:])
    assert next(iter(one.query(vectors[2], [SHARED], 5))) == ("b", 1, 0)
    other.delete(SHARED, "a", 1)
    assert list(one.query(vectors[0], [SHARED], 5)) == [("b", 1, 0)]
    put(one, SHARED, "c", 1, vectors[:1])
    assert len(other.query(vectors[0], [SHARED], 5)) == len(one.query(vectors[0], [SHARED], 5)) == 2
