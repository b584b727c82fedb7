"""Vectors in SQL: a lost index is filled from them, without the model; and they go with their documents."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import sqlalchemy as sa
from looking_inside import ShortEmbedder, check_in_step, facts
from numpy.typing import NDArray

from bot.bootstrap import Footnote
from retrieval.library.library import Library
from retrieval.store.database import reading
from retrieval.store.tables import kept_vectors
from retrieval.types import SHARED
from tests.conftest import Opener

QUESTION = "sea mammals with tusks"


def lost(footnote: Footnote, open_footnote: Opener) -> Footnote:
    """The library opened anew after its folder of vectors was deleted."""
    footnote.close()
    shutil.rmtree(footnote.settings.data_dir / "chroma")
    return open_footnote(footnote.settings.data_dir)


def forbidden(*_: Any) -> NDArray[Any]:
    """Stands for an embedder's `encode` where nothing is to be embedded."""
    raise AssertionError("something was embedded")


def models(footnote: Footnote) -> set[str]:
    """Whose vectors are kept."""
    with reading(footnote.engine) as connection:
        return set(connection.execute(sa.select(kept_vectors.c.model).distinct()).scalars())


def test_a_lost_index_is_filled_without_the_model(
    footnote: Footnote, open_footnote: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is embedded, and everything is found with the very same scores; in other languages, too."""
    footnote.library.add(facts("walruses", 70, "shared"))
    footnote.library.add(facts("marmots", 3, "private"), "local")
    asked = (QUESTION, "Welche Meeressäuger haben Stoßzähne?")
    before = [footnote.search.search(question, "local", limit=20) for question in asked]
    again = lost(footnote, open_footnote)
    monkeypatch.setattr(again.embedder(), "encode", forbidden)
    monkeypatch.setattr(again._multilingual_embedder, "encode", forbidden)
    again.library.repair()
    assert [again.search.search(question, "local", limit=20) for question in asked] == before
    check_in_step(again)


def test_what_was_not_kept_is_embedded_and_kept(footnote: Footnote, open_footnote: Opener) -> None:
    """A library of a version that kept nothing is filled by the model, and the next time without it."""
    footnote.library.add(facts("walruses", 3, "shared"))
    before = footnote.search.search(QUESTION, "local")
    with footnote.engine.begin() as connection:
        connection.execute(sa.delete(kept_vectors).where(kept_vectors.c.number > 0))
    again = lost(footnote, open_footnote)
    assert again.search.search(QUESTION, "local") == before
    check_in_step(again)


def test_a_new_model_s_vectors_are_kept_in_the_place_of_the_old_one_s(footnote: Footnote) -> None:
    """Making an index anew embeds again, with the same model, too; what no longer serves is not kept."""
    footnote.library.add(facts("walruses", 3, "shared"))
    assert models(footnote) == {footnote.embedder().name}
    short = ShortEmbedder()
    library = Library(footnote.engine, footnote.vectors, lambda: short)
    footnote.vectors._embedding = lambda: (short.name, short.dimensions)
    for number in (1, 2):
        library.reindex()
        assert (models(footnote), short.encoded) == ({"short"}, 3 * number)
    check_in_step(footnote)


def test_they_go_with_their_document(footnote: Footnote) -> None:
    """Replaced or removed, nothing of it is kept."""
    added = footnote.library.add(facts("walruses", 3, "shared"))
    footnote.library.add(facts("otters", 2, "shared"))
    with reading(footnote.engine) as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(kept_vectors)).scalar() == 2
    footnote.library.remove(added.id, [SHARED])
    assert models(footnote) == set()
