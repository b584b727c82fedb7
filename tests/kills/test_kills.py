"""The campaign of kills: a handful of them, and what it would find if something were lost, doubled or half."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from bot.bootstrap import Footnote
from retrieval.store.database import writing
from retrieval.store.tables import (
    documents,
    kept_vectors,
    passage_tokens,
    passages,
    revisions,
    term_statistics,
    vector_deletions,
)
from retrieval.types import SHARED
from tests.kills import texts
from tests.kills.faults import faults, seen
from tests.kills.world import ANN, Place

pytestmark = pytest.mark.usefixtures("without_reader")

WORLD = {Place(SHARED, "text-0"): 1, Place(SHARED, "text-1"): 2, Place(ANN, "text-3"): 3}


@pytest.fixture
def filled(footnote: Footnote) -> Footnote:
    """A library that holds WORLD, one document of it in its second edition."""
    footnote.library.add(texts.document("text-0", 9))
    for place, edition in WORLD.items():
        footnote.library.add(texts.document(place.source, edition), place.owner)
    return footnote


def in_sql(statement: sa.Executable) -> Callable[[Footnote], None]:
    """Breaks a library by a statement."""

    def carry_out(footnote: Footnote) -> None:
        with writing(footnote.engine) as connection:
            connection.execute(statement)

    return carry_out


def in_chroma(change: Callable[[Any], object]) -> Callable[[Footnote], None]:
    """Breaks the collection of shared vectors."""

    def carry_out(footnote: Footnote) -> None:
        def write(client: Any) -> None:
            (collection,) = [one for one in client.list_collections() if "shared" in one.name]
            change(collection)

        footnote.vectors._backend.write(write)

    return carry_out


def of_shared(table: sa.Table) -> sa.ColumnElement[bool]:
    """The rows of the shared document text-0."""
    found = sa.select(documents.c.id).where(documents.c.source == "text-0")
    return table.c.document_id == found.scalar_subquery()


def doubled_revision(footnote: Footnote) -> None:
    """The ready revision of text-0 is there a second time, with another text."""
    with writing(footnote.engine) as connection:
        row = connection.execute(sa.select(revisions).where(of_shared(revisions))).one()
        again = {column.key: value for column, value in zip(revisions.c, row, strict=True)}
        connection.execute(sa.insert(revisions).values({**again, "revision": 999}))


def noted(footnote: Footnote) -> None:
    """Vectors wait to be deleted."""
    with writing(footnote.engine) as connection:
        connection.execute(sa.insert(vector_deletions).values(document_id="gone", revision=7, owner=SHARED))


BROKEN: dict[str, tuple[Callable[[Footnote], None], str]] = {
    "a doubled revision": (doubled_revision, "has 2 ready revisions"),
    "a lost document": (in_sql(sa.delete(documents).where(documents.c.source == "text-1")), "is lost"),
    "a half text": (
        in_sql(sa.update(revisions).values(text=sa.func.substr(revisions.c.text, 1, 60)).where(of_shared(revisions))),
        "holds 'Fact",
    ),
    "an unfinished revision": (
        in_sql(sa.update(revisions).values(state="indexing").where(of_shared(revisions))),
        "is indexing",
    ),
    "a lost passage": (
        in_sql(sa.delete(passages).where(of_shared(passages), passages.c.number == 0)),
        "has the passages [1",
    ),
    "a lost row of the keyword index": (
        in_sql(
            sa.delete(passage_tokens).where(
                passage_tokens.c.rowid == sa.select(sa.func.min(passages.c.id)).scalar_subquery()
            )
        ),
        "rows of the keyword index",
    ),
    "a stray keyword": (
        in_sql(sa.insert(term_statistics).values(owner=SHARED, term="stray", passages=1)),
        "the counts of terms",
    ),
    "a lost kept vector": (
        in_sql(sa.delete(kept_vectors).where(of_shared(kept_vectors), kept_vectors.c.number == 0)),
        "vectors are kept of [], and not of",
    ),
    "a vector kept of no passage": (
        in_sql(sa.update(kept_vectors).values(number=77).where(of_shared(kept_vectors), kept_vectors.c.number == 0)),
        "vectors are kept of ['",
    ),
    "a deletion that was not carried out": (noted, "left to do"),
    "a lost vector": (in_chroma(lambda one: one.delete(ids=one.get()["ids"][:1])), "vectors are lost"),
    "a stray vector": (
        in_chroma(
            lambda one: one.upsert(
                ids=["gone/7/0"],
                embeddings=np.ones((1, 384), np.float32),
                metadatas=[{"owner": SHARED, "document": "gone", "revision": 7}],
            )
        ),
        "vectors of no passage",
    ),
    "a half written vector": (
        in_chroma(lambda one: one.update(ids=one.get()["ids"][:1], embeddings=np.ones((1, 384), np.float32))),
        "is not the one that is kept",
    ),
    "a vector of another owner": (
        in_chroma(lambda one: one.update(ids=one.get()["ids"][:1], metadatas=[{"owner": ANN}])),
        "not shared's",
    ),
}


def test_a_whole_library_has_no_faults(filled: Footnote) -> None:
    """Nothing is found where nothing is wrong."""
    assert seen(filled.library) == WORLD
    assert faults(filled, WORLD) == []


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_broken_is_found(how: str, filled: Footnote) -> None:
    """Whatever is lost, doubled or half is told, each by its own words."""
    break_it, told = BROKEN[how]
    break_it(filled)
    found = faults(filled, WORLD)
    assert any(told in fault for fault in found), found


def test_a_text_of_before_is_found(filled: Footnote) -> None:
    """An edition other than the one that is to be there is a fault, and so is a document that nobody added."""
    older = WORLD | {Place(SHARED, "text-0"): 8}
    assert any("not edition 8" in fault for fault in faults(filled, older))
    fewer = {place: edition for place, edition in WORLD.items() if place.source != "text-1"}
    assert any("not edition None" in fault for fault in faults(filled, fewer))
