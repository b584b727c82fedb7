"""The campaign of kills: a handful of them, and what it would find if something were lost, doubled or half."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
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
from tests.kills.campaign import Campaign
from tests.kills.faults import faults, seen
from tests.kills.instants import INSTANTS
from tests.kills.log import Log
from tests.kills.place import places
from tests.kills.schedule import ANYWHEN, Kill, Unit, lanes, schedule
from tests.kills.summary import summary
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


def made(tmp_path: Path, *units: Unit) -> list[dict[str, Any]]:
    """The log of a campaign of these kills, on files."""
    log = Log(tmp_path / "kills.jsonl")
    with places(tmp_path / "libraries", servers=False) as there:
        Campaign(there, log, seed=1, passes=1).run(list(units))
    return log.rows()


def unit(*titles: str) -> Unit:
    """Kills at these instants, one after the other."""
    return [Kill(title, title.partition(":")[0], title, "files") for title in titles]


def test_a_handful_of_kills(tmp_path: Path) -> None:
    """Real processes die where they are to, and what they leave is whole: every kind of operation once."""
    titles = [
        unit("add: vectors kept in SQL, before Chroma", "repair: committed, before the sweep"),
        unit("replace: ready, before the sweep"),
        unit("reindex: indexed half"),
        unit("restore: half made again"),
        unit("remove: vectors deleted, before that is noted"),
        unit("serve: delivered, before that is noted"),
        unit("telegram: sent, before that is noted"),
        [Kill("random", "replace", ANYWHEN, "files")],
    ]
    rows = made(tmp_path, *titles)
    assert [row for row in rows if row["kind"] != "kill"] == []
    assert {row["id"] for row in rows} == {kill.id for one in titles for kill in one}
    assert all(row["faults"] == [] for row in rows)
    repeated = {row["operation"]: row["repeated"] for row in rows if row["operation"] in ("serve", "telegram")}
    assert repeated["telegram"] == 1 <= repeated["serve"], "what was sent could not be noted"


def test_an_instant_that_is_missed_is_no_kill(tmp_path: Path) -> None:
    """An operation that does not come by its instant ends whole; that is told, and no kill is counted."""
    rows = made(tmp_path, [Kill("wrong", "add", "replace: old text retired, before the new one is ready", "files")])
    assert {row["kind"] for row in rows} == {"missed", "note"}
    assert not summary(rows)[1]


def test_the_schedule_hits_every_instant() -> None:
    """Each is hit as often on files as on servers, always in the same order; what a log holds is not made again."""
    units = schedule(1200, 20, seed=3)
    assert units == schedule(1200, 20, seed=3) != schedule(1200, 20, seed=4)
    kills = [kill for one in units for kill in one]
    assert len({kill.id for kill in kills}) == 1200
    hits = Counter((kill.instant, kill.topology) for kill in kills if kill.named)
    assert hits == {(instant.title, topology): 10 for instant in INSTANTS for topology in ("files", "servers")}
    for one in units:
        assert (one[-1].operation == "repair") == (len(one) == 2)
    half = {kill.id for one in units[:600] for kill in one}
    left = [kill.id for some in lanes(units, half).values() for one in some for kill in one]
    assert half.isdisjoint(left) and len(half) + len(left) == 1200


def test_the_names_of_instants_are_told_apart() -> None:
    """No two instants have one name."""
    assert len({instant.title for instant in INSTANTS}) == len(INSTANTS)


def test_a_fault_makes_the_summary_unsound() -> None:
    """What a kill left counts, and so does an instant that was never hit."""
    rows = [{"kind": "kill", **unit(instant.title)[0]._asdict(), "faults": []} for instant in INSTANTS]
    assert summary(rows)[1]
    assert not summary(rows[1:])[1]
    assert not summary([*rows, {**rows[0], "faults": ["text-0 is lost"]}])[1]
