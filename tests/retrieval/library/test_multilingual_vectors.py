"""Vectors of the model of other languages: made when they are needed, once, and gone with their documents."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

import pytest
from looking_inside import check_in_step, facts, multilingual_ids, vector_ids
from numpy.typing import NDArray

from bot.bootstrap import Footnote
from retrieval.library.multilingual_vectors import MultilingualVectors
from retrieval.models.embedder import Embedder
from retrieval.types import SHARED, Document
from tests.conftest import Opener

ENGLISH = Document("keeper.txt", "The keeper", "Anna Lund keeps the lighthouse of Skalen. The lamp was lit in 1858.")
GERMAN = Document(
    "leuchtturm.txt", "Der Leuchtturm", "Anna Lund ist die Wärterin des Leuchtturms. Die Lampe brennt seit 1858."
)


class Counting:
    """The embedder it stands for; `embedded` counts the passages."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder, self.embedded = embedder, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def encode(self, texts: Sequence[str]) -> NDArray[Any]:
        """As the embedder does."""
        self.embedded += len(texts)
        return self._embedder.encode(texts)


def counted(footnote: Footnote) -> Counting:
    """Counts what the model of other languages embeds from now on."""
    counting = Counting(footnote._multilingual_embedder)
    footnote.__dict__["_multilingual_embedder"] = counting
    return counting


@pytest.mark.both_topologies
def test_who_asks_in_english_pays_for_no_other_language(footnote: Footnote) -> None:
    """English documents and questions make no vectors of the second model, nor load it."""
    footnote.library.add(ENGLISH)
    assert footnote.search.search("Who keeps the lighthouse?", "local")
    assert multilingual_ids(footnote) == set() and "_multilingual_embedder" not in footnote.__dict__


@pytest.mark.both_topologies
def test_a_question_in_another_language_makes_them_once(footnote: Footnote) -> None:
    """The first question makes those of what the asker may read, the second none, and both find by meaning."""
    footnote.library.add(ENGLISH)
    footnote.library.add(facts("marmots", 3))
    footnote.library.add(Document("mine.txt", "Mine", "My own gulls sleep on the roof."), "ann")
    counting = counted(footnote)
    for question in ("Wer kümmert sich um den Leuchtturm?", "Кто смотритель маяка?"):
        found = footnote.search.search(question, "local")
        assert found[0].origin.title == "The keeper" and found[0].multilingual
    assert counting.embedded == len(multilingual_ids(footnote)) == len(vector_ids(footnote)) - 1
    assert footnote.search.search("Где спят чайки?", "ann")[0].origin.title == "Mine"
    check_in_step(footnote)


def test_a_document_in_another_language_has_them_at_once(footnote: Footnote) -> None:
    """What is added in German can be found by an English question, too, and by meaning."""
    footnote.library.add(ENGLISH)
    footnote.library.add(GERMAN)
    assert len(multilingual_ids(footnote)) == 1
    found = footnote.search.search("Since when has the lamp been burning?", "local")
    assert {one.origin.title: one.multilingual for one in found} == {"The keeper": False, "Der Leuchtturm": True}
    assert all(one.similarity > 0.2 for one in found)


@pytest.mark.both_topologies
def test_they_go_with_their_document(footnote: Footnote) -> None:
    """Replaced or removed, a document leaves none behind."""
    kept = footnote.library.add(GERMAN)
    gone = footnote.library.add(Document("b.txt", "Boote", "Das Boot liegt im Hafen und ist blau und sehr alt."))
    footnote.library.add(Document(GERMAN.source, GERMAN.title, f"{GERMAN.text} Der Turm ist aus Granit."))
    footnote.library.remove(gone.id, [SHARED])
    (one,) = multilingual_ids(footnote)
    assert one.startswith(kept.id) and one in vector_ids(footnote)
    check_in_step(footnote)


def test_what_is_begun_is_gone_on_with(footnote: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    """When time is up, the rest is made the next time, and nothing twice."""
    monkeypatch.setattr("retrieval.library.multilingual_vectors._BATCH", 2)
    footnote.library.add(facts("marmots", 40))
    clock = iter(range(1000))
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    counting = counted(footnote)
    vectors = MultilingualVectors(footnote.engine, footnote._multilingual_vectors, lambda: counting)
    needed = len(vector_ids(footnote))
    assert needed > 6
    assert not vectors.fill([SHARED], seconds=2.5)
    assert 0 < counting.embedded < needed
    assert vectors.fill([SHARED])
    assert vectors.fill([SHARED], seconds=-1)
    assert counting.embedded == len(multilingual_ids(footnote)) == needed


def test_what_is_lost_or_indexed_anew_is_made_again(footnote: Footnote, open_footnote: Opener) -> None:
    """After the folder of vectors is deleted, and after a new index, a question finds by meaning as before."""
    footnote.library.add(ENGLISH)
    footnote.library.add(facts("walruses", 3))
    question = "Wer kümmert sich um den Leuchtturm?"
    before = footnote.search.search(question, "local")
    footnote.close()
    shutil.rmtree(footnote.settings.data_dir / "chroma")
    again = open_footnote(footnote.settings.data_dir)
    assert again.search.search(question, "local") == before
    again.library.reindex()
    assert again.search.search(question, "local") == before
    assert len(multilingual_ids(again)) == len(vector_ids(again))
