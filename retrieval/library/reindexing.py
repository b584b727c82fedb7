"""Vectors made again from the texts: those an index has lost, or a whole new index beside the one that serves.

What was begun is gone on with: only vectors that are missing are made. Knows no question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from retrieval.chunking.chunker import cut, embedded_texts
from retrieval.index.vector_index import Row, VectorIndex
from retrieval.library.kept_vectors import forget, keep, kept, rounded
from retrieval.library.revisions import (
    Revision,
    Words,
    begin,
    content_hash,
    delete_vectors_later,
    find_revisions,
    is_there,
    make_ready,
    passages_of,
    retire,
    stored,
)
from retrieval.models.embedder import Embedder
from retrieval.store.database import reading, writing
from retrieval.store.state import set_state, text_of, vector_state
from retrieval.store.tables import revisions
from retrieval.types import Document, Passage

_BATCH = 256  # passages embedded and written at once

Told = Callable[[int, int], None]
"""Called with how many passages are done, and of how many."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a ready revision is to become in a new index: itself, or `revision`, cut into other passages."""

    of: Revision
    revision: Revision
    passages: int
    cut: tuple[Passage, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Lacking:
    """A passage that has no vector, with the text that is embedded."""

    revision: Revision
    number: int
    text: str

    @property
    def row(self) -> Row:
        """What the index names it by."""
        return self.revision.owner, (self.revision.document_id, self.revision.number, self.number)


def restore(engine: sa.Engine, vectors: VectorIndex, embedder: Embedder) -> None:
    """Fill the serving index with the vectors that it has lost, from those that are kept where there are any."""
    with reading(engine) as connection:
        state = vector_state(connection)
        ready = _ready(connection)
    plans = [_Plan(one, one, 0) for one in ready]
    _fill(engine, vectors, embedder, plans, state.index, lambda done, total: None, from_kept=True)
    with writing(engine) as connection:
        there = set(_ready(connection))
        for one in ready:
            if one not in there:  # replaced or removed meanwhile, perhaps before its vectors came
                delete_vectors_later(connection, one)
        set_state(connection, "recovered", str(state.losses))
        if state.embedding is None:  # a library of the first version, which did not say
            set_state(connection, "embedding", embedder.name)


def reindex(engine: sa.Engine, vectors: VectorIndex, embedder: Embedder, told: Told) -> int:
    """Make a new index of every text, and have it serve once it is whole; how many passages it has."""
    index = _begun(engine, embedder.name)
    plans: dict[Revision, _Plan] = {}
    filled_at = -1
    while True:
        with reading(engine) as connection:
            losses = vector_state(connection).losses
            ready = _ready(connection)
        new = [one for one in ready if one not in plans]
        plans |= {one: plan for one in new if (plan := _planned(engine, embedder, one))}
        # All of them again, where only what is missing is made, when a folder was lost under way.
        todo = [plans[one] for one in (new if losses == filled_at else ready) if one in plans]
        _fill(engine, vectors, embedder, todo, index, told)
        filled_at = losses
        if _switched(engine, plans, index, embedder.name, losses):
            return sum(plan.passages for plan in plans.values())


def _begun(engine: sa.Engine, embedding: str) -> int:
    """The number of the new index: the one begun with this model before, or a new one."""
    with writing(engine) as connection:
        known = json.loads(text_of(connection, "reindex") or "{}")
        if known.get("embedding") == embedding:
            return int(known["index"])
        index = int(max(vector_state(connection).index, known.get("index", 0))) + 1
        set_state(connection, "reindex", json.dumps({"index": index, "embedding": embedding}))
        return index


def _ready(connection: sa.Connection) -> list[Revision]:
    return find_revisions(connection, revisions.c.state == "ready")


def _planned(engine: sa.Engine, embedder: Embedder, of: Revision) -> _Plan | None:
    """What becomes of a revision; None when it is no longer there."""
    with reading(engine) as connection:
        document = stored(connection, of)
        old = passages_of(connection, of)
    if document is None:
        return None
    new = cut(document, embedder)
    if new == old:
        return _Plan(of, of, len(old))
    waiting = _waiting(engine, of, document)
    return None if waiting is None else _Plan(of, waiting, len(new), tuple(new))


def _waiting(engine: sa.Engine, of: Revision, document: Document) -> Revision | None:
    """The revision in which a document waits for the new index, made where there is none; None when it is gone."""
    content = content_hash(document)
    waiting = sa.and_(revisions.c.document_id == of.document_id, revisions.c.state == "waiting")
    with writing(engine) as connection:
        if stored(connection, of) is None:
            return None
        for outdated in find_revisions(connection, waiting & (revisions.c.content_hash != content)):
            retire(connection, outdated)  # of a text that was replaced since
        for begun in find_revisions(connection, waiting):
            return begun
        return of._replace(number=begin(connection, of.document_id, document, "waiting"))


def _fill(
    engine: sa.Engine,
    vectors: VectorIndex,
    embedder: Embedder,
    plans: Iterable[_Plan],
    index: int,
    told: Told,
    *,
    from_kept: bool = False,
) -> None:
    """Make the vectors that an index lacks, or take those that are kept."""
    plans = list(plans)
    total = sum(plan.passages for plan in plans)
    done = 0

    def there(number: int) -> None:
        nonlocal done
        done += number

    rows = _lacking(engine, vectors, plans, index, there)
    while batch := list(islice(rows, _BATCH)):
        known = _known(engine, batch, embedder.name) if from_kept else {}
        found = [known.get(one.row) for one in batch]
        if new := [at for at, vector in enumerate(found) if vector is None]:
            made = rounded(embedder.encode([batch[at].text for at in new]))
            for at, vector in zip(new, made, strict=True):
                found[at] = vector
            with writing(engine) as connection:
                _keep(connection, [batch[at] for at in new], made, embedder.name)
        vectors.upsert([one.row for one in batch], np.array(found), index)
        done += len(batch)
        told(min(done, total), total)
    told(total, total)


def _known(engine: sa.Engine, batch: Sequence[_Lacking], model: str) -> dict[Row, NDArray[np.float32]]:
    """The vectors that are kept of what a batch lacks."""
    numbers: dict[Revision, list[int]] = {}
    for one in batch:
        numbers.setdefault(one.revision, []).append(one.number)
    with reading(engine) as connection:
        return {
            (revision.owner, (revision.document_id, revision.number, number)): vector
            for revision, mine in numbers.items()
            for number, vector in kept(connection, revision, model, mine).items()
        }


def _keep(connection: sa.Connection, lacking: Sequence[_Lacking], made: NDArray[np.float32], model: str) -> None:
    """Keep the vectors of those revisions that are still there."""
    for revision in {one.revision for one in lacking}:
        if is_there(connection, revision):
            places = [at for at, one in enumerate(lacking) if one.revision == revision]
            keep(connection, revision, model, [lacking[at].number for at in places], made[places])


def _lacking(
    engine: sa.Engine, vectors: VectorIndex, plans: Iterable[_Plan], index: int, there: Callable[[int], None]
) -> Iterator[_Lacking]:
    """What an index lacks; `there` is told how many it has."""
    for plan in plans:
        of = plan.of
        with reading(engine) as connection:
            document = stored(connection, of)
            found = plan.cut or passages_of(connection, of)
        if document is None:
            continue
        missing = vectors.missing(of.owner, of.document_id, plan.revision.number, len(found), index)
        there(len(found) - len(missing))
        texts = embedded_texts(document, found) if missing else []
        for number in missing:
            yield _Lacking(plan.revision, number, texts[number])


def _switched(engine: sa.Engine, plans: dict[Revision, _Plan], index: int, embedding: str, losses: int) -> bool:
    """Have the new index serve, in one transaction; False when it lacks something by now."""
    with writing(engine) as connection:
        there = set(_ready(connection))
        if vector_state(connection).losses != losses or there - plans.keys():
            return False
        serving = {plan.revision for of, plan in plans.items() if of in there}
        for of, plan in plans.items():
            if of not in there:
                if plan.revision not in serving:
                    delete_vectors_later(connection, plan.revision)
            elif plan.cut is not None:
                document = stored(connection, of)
                assert document is not None, "it is ready, and nobody else writes now"
                retire(connection, of)
                make_ready(connection, plan.revision, document, Words.of(document, plan.cut))
        for waiting in find_revisions(connection, revisions.c.state == "waiting"):
            retire(connection, waiting)  # for an index that never came to serve
        before = vector_state(connection).embedding
        if before is not None and before != embedding:
            forget(connection, before)
        for name, value in {
            "index": str(index),
            "embedding": embedding,
            "recovered": str(losses),
            "reindex": None,
            "generation": str(vector_state(connection).generation + 1),
            "dropping": "yes",
        }.items():
            set_state(connection, name, value)
        return True
