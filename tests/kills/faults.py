"""What is wrong with a library: lost, doubled or half. Compares it with the world that it is to hold.

Looks at every table and at every collection of vectors by itself, and then asks as a user would.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from bot.bootstrap import Footnote
from retrieval.index.chroma import View, collection_name, index_of, prefix, space_of
from retrieval.library.catalogue import Catalogue
from retrieval.models.embedder import MULTILINGUAL
from retrieval.store.database import reading
from retrieval.store.state import text_of, vector_state
from retrieval.store.tables import (
    documents,
    kept_vectors,
    multilingual_vectors,
    owner_statistics,
    passage_tokens,
    passages,
    revisions,
    term_statistics,
    vector_deletions,
)
from retrieval.types import SHARED
from tests.kills import texts
from tests.kills.world import ANN, Place, World

_HALF = np.dtype("<f2")


@dataclass
class _Tables:
    """What SQL holds, as one transaction sees it."""

    state: Any
    begun: dict[str, Any]
    """The new index that is being made, if any."""
    dropping: str | None
    documents: list[Any]
    revisions: list[Any]
    passages: list[Any]
    tokens: list[Any]
    terms: list[Any]
    sums: list[Any]
    kept: list[Any]
    deletions: list[Any]
    multilingual: list[Any]


@dataclass
class _Vector:
    """A row of Chroma."""

    collection: str
    owner: str
    vector: NDArray[np.float32]


def seen(catalogue: Catalogue) -> World:
    """The editions that a reader finds whole; raises ValueError when one is no edition, or is there twice."""
    owners = (SHARED, ANN)
    found: dict[Place, int] = {}
    for entry in catalogue.entries(owners):
        place = Place(entry.owner, entry.source)
        text = catalogue.words(entry.id, owners)
        edition = edition_of(entry.source, text)
        if edition is None or place in found:
            raise ValueError(f"{place} holds {text!r}" if edition is None else f"{place} is there twice")
        found[place] = edition
    return found


def edition_of(source: str, text: str) -> int | None:
    """The edition that a text is, whole and to the letter."""
    for word in texts.words(text):
        edition = int(word.removeprefix("lamp"))
        if texts.document(source, edition).text == text:
            return edition
    return None


def faults(footnote: Footnote, world: World) -> list[str]:
    """Everything that is wrong with a library that is to hold `world`, each in a line."""
    # First: who asks first finds that a kill has ruined the vectors, and is answered all the same.
    found = _asked(footnote, world)
    tables = _read(footnote)
    vectors, doubled = _vectors(footnote)
    return [*found, *_in_sql(tables, world), *doubled, *_in_chroma(tables, vectors)]


def _read(footnote: Footnote) -> _Tables:
    tables = (
        documents,
        revisions,
        passages,
        passage_tokens,
        term_statistics,
        owner_statistics,
        kept_vectors,
        vector_deletions,
        multilingual_vectors,
    )
    with reading(footnote.engine) as connection:
        begun = json.loads(text_of(connection, "reindex") or "{}")
        rows = [list(connection.execute(sa.select(*table.c))) for table in tables]
        return _Tables(vector_state(connection), begun, text_of(connection, "dropping"), *rows)


def _in_sql(tables: _Tables, world: World) -> Iterator[str]:
    places = {one.id: Place(one.owner, one.source) for one in tables.documents}
    ready = [one for one in tables.revisions if one.state == "ready"]
    for document, place in places.items():
        if (times := sum(one.document_id == document for one in ready)) != 1:
            yield f"{place} has {times} ready revisions"
    for one in ready:
        edition = world.get(places[one.document_id])
        text = "" if edition is None else texts.document(places[one.document_id].source, edition).text
        if one.text != text:
            yield f"{places[one.document_id]} holds {one.text!r}, not edition {edition}"
    for place in world.keys() - places.values():
        yield f"{place} is lost"
    for one in tables.revisions:
        if one.state != "ready" and not (one.state == "waiting" and tables.begun):
            yield f"a revision of {places[one.document_id]} is {one.state}"
    if tables.deletions or tables.dropping or tables.state.lost:
        yield f"left to do: {tables.deletions}, dropping {tables.dropping}, lost {tables.state.lost}"
    yield from _passages(tables, {(one.document_id, one.revision): one for one in ready}, places)
    yield from _counts(tables)
    yield from _kept(tables)


def _passages(tables: _Tables, ready: dict[tuple[str, int], Any], places: dict[str, Place]) -> Iterator[str]:
    numbers: dict[tuple[str, int], list[int]] = {key: [] for key in ready}
    for row in tables.passages:
        key = (row.document_id, row.revision)
        if key not in ready:
            yield f"a passage of {key}, which is not ready"
            continue
        numbers[key].append(row.number)
        if row.owner != places[row.document_id].owner or not ready[key].text[row.start : row.end].strip():
            yield f"passage {key}/{row.number} is not a part of its text"
    for key, found in numbers.items():
        if not found or sorted(found) != list(range(len(found))):
            yield f"{key} has the passages {found}"


def _counts(tables: _Tables) -> Iterator[str]:
    """The keyword index and its statistics against a recount."""
    tokens = {one.rowid: one.tokens.split() for one in tables.tokens}
    if sorted(one.rowid for one in tables.tokens) != sorted(one.id for one in tables.passages):
        yield f"{len(tables.tokens)} rows of the keyword index for {len(tables.passages)} passages"
    terms: Counter[tuple[str, str]] = Counter()
    sums: dict[str, tuple[int, int]] = {}
    for row in tables.passages:
        found = tokens.get(row.id, [])
        if row.length != len(found) or not found:
            yield f"passage {row.document_id}/{row.number} has {len(found)} tokens, not {row.length}"
        terms.update((row.owner, term) for term in set(found))
        number, length = sums.get(row.owner, (0, 0))
        sums[row.owner] = number + 1, length + len(found)
    if {(one.owner, one.term): one.passages for one in tables.terms} != dict(terms):
        yield "the counts of terms are not those of the passages"
    if {one.owner: (one.passages, one.tokens) for one in tables.sums if one.passages} != sums:
        yield "the sums of owners are not those of the passages"


def _kept(tables: _Tables) -> Iterator[str]:
    """What is kept of the model that serves is what there is; of another, only while its index is being made."""
    needed = set(_keys(tables))
    kept = {_key(one) for one in tables.kept if one.model == tables.state.embedding}
    if kept != needed:
        yield f"vectors are kept of {sorted(kept - needed)}, and not of {sorted(needed - kept)}"
    if in_languages := {_key(one) for one in tables.kept if one.model == MULTILINGUAL} - needed:
        yield f"vectors of other languages are kept of {sorted(in_languages)}"
    others = {one.model for one in tables.kept} - {tables.state.embedding, MULTILINGUAL}
    if others - {tables.begun.get("embedding")}:
        yield f"vectors of {others} are kept"


def _in_chroma(tables: _Tables, vectors: dict[tuple[str, str], _Vector]) -> Iterator[str]:
    state, needed = tables.state, _keys(tables)
    serving = {key: one for (name, key), one in vectors.items() if _serves(name, state.index) and not space_of(name)}
    if missing := needed.keys() - serving.keys():
        yield f"vectors are lost: {sorted(missing)}"
    if stray := serving.keys() - needed.keys():
        yield f"vectors of no passage: {sorted(stray)}"
    kept = {_key(one): np.frombuffer(one.vector, _HALF) for one in tables.kept if one.model == state.embedding}
    for key in needed.keys() & serving.keys() & kept.keys():
        one = serving[key]
        if not np.allclose(one.vector, kept[key].astype(np.float32), atol=1e-6):
            yield f"the vector of {key} is not the one that is kept"
        if one.owner != needed[key] or not one.collection.startswith(_kind(state, needed[key])):
            yield f"the vector of {key} is {one.owner}'s in {one.collection}, not {needed[key]}'s"
    others = {(name, key) for name, key in vectors if not _serves(name, state.index)}
    there = {f"{one.document_id}/{one.revision}" for one in tables.revisions}
    for name, key in others:
        if index_of(name) != tables.begun.get("index") or key.rpartition("/")[0] not in there:
            yield f"{name} still holds {key}"
    in_languages = {key for name, key in vectors if _serves(name, state.index) and space_of(name)}
    if in_languages - needed.keys():
        yield f"vectors of other languages of no passage: {sorted(in_languages - needed.keys())}"
    for one in tables.multilingual:
        of_it = {f"{one.document_id}/{one.revision}/{number}" for number in range(one.passages)}
        if (one.index, one.losses) == (state.index, state.losses) and of_it - in_languages:
            yield f"vectors of other languages are noted and not there: {sorted(of_it - in_languages)}"


def _asked(footnote: Footnote, world: World) -> list[str]:
    """What a user finds who asks for each document by words that no other edition holds."""
    found: list[str] = []
    for place, edition in world.items():
        document = texts.document(place.source, edition)
        question = f"What is said of {texts.word(edition)} at the {document.title}?"
        hits = footnote.search.search(question, ANN, limit=50)
        mine = [one for one in hits if (one.origin.owner, one.origin.source) == place]
        if not any(one.keyword > 0 and texts.word(edition) in one.text for one in mine):
            found.append(f"the keywords do not find {place}")
        if not any(one.similarity > 0 for one in mine):
            found.append(f"the vectors do not find {place}")
        found += [f"{one.text!r} is not in {place}" for one in mine if one.text not in document.text]
        if place.owner != SHARED and any(
            one.origin.owner == place.owner for one in footnote.search.search(question, "key:bob", limit=50)
        ):
            found.append(f"{place} is shown to others")
    return found


def _vectors(footnote: Footnote) -> tuple[dict[tuple[str, str], _Vector], list[str]]:
    """Every vector of the library by collection and id, read afresh; and the ids that are there more than once."""
    ours = prefix(footnote.state.read())

    def look(view: View) -> list[tuple[str, str, _Vector]]:
        rows: list[tuple[str, str, _Vector]] = []
        for collection in view.client.list_collections():
            if collection.name.startswith(ours):
                found: Any = collection.get(include=["embeddings", "metadatas"])
                for key, vector, about in zip(found["ids"], found["embeddings"], found["metadatas"], strict=True):
                    one = _Vector(collection.name, about["owner"], np.asarray(vector, np.float32))
                    rows.append((collection.name, key, one))
        return rows

    footnote.vectors.close()
    rows: list[tuple[str, str, _Vector]] = footnote.vectors._backend.read(look, [])
    times = Counter((name, key) for name, key, _ in rows)
    doubled = [f"{key} is in {name} {number} times" for (name, key), number in times.items() if number > 1]
    serving = Counter((re.sub(r".*-\w+-", "", name), key) for name, key in times)
    doubled += [f"{key} is in {number} collections" for (_, key), number in serving.items() if number > 1]
    return {(name, key): one for name, key, one in rows}, doubled


def _keys(tables: _Tables) -> dict[str, str]:
    """The ids of the vectors that are needed, with the owner of each."""
    return {_key(row): row.owner for row in tables.passages}


def _key(row: Any) -> str:
    return f"{row.document_id}/{row.revision}/{row.number}"


def _serves(name: str, index: int) -> bool:
    return index_of(name) == index


def _kind(state: Any, owner: str) -> str:
    return collection_name(state, owner).rpartition("-")[0]
