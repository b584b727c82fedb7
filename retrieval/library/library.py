"""Add, replace, remove and list documents; keeps the text and both indexes in step.

A document is (owner, source). Its revision is either wholly searchable (`ready`) or not at all: SQL is written last, in
one transaction, and whatever a crash leaves behind is found by its expired lease and cleared away by `repair`.
Knows no question and no answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial

import sqlalchemy as sa

from retrieval.chunking.chunker import cut, embedded_texts
from retrieval.index import keyword_index
from retrieval.index.chroma import VectorIndexError
from retrieval.index.vector_index import VectorIndex
from retrieval.library.catalogue import Catalogue, LibraryError, is_other, missing
from retrieval.library.kept_vectors import keep, rounded
from retrieval.library.quota import Quota, within
from retrieval.library.reindexing import reindex, restore
from retrieval.library.revisions import (
    Words,
    claim,
    delete_unfinished,
    find_revisions,
    publish,
    renew,
    retire,
)
from retrieval.loaders.encoding import storable
from retrieval.models.embedder import Embedder
from retrieval.store.database import alone, reading, writing
from retrieval.store.state import SharedState, set_state, text_of, vector_state
from retrieval.store.tables import documents, is_over, library_state, now, revisions, vector_deletions
from retrieval.types import SHARED, Document

_BATCH = 64  # passages embedded between two renewals of the lease
_REPAIRS = 3  # times that vectors lost while they are made again are made once more

Progress = Callable[[str, int, int], None]
"""Called with the step just finished (claimed, embedded, indexed, ready, swept), how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Added:
    """What `Library.add` did: `replaced` an earlier text, or found the very same one there (`unchanged`)."""

    id: str
    title: str
    passages: int
    replaced: bool
    unchanged: bool
    boilerplate: tuple[str, ...]


class Library(Catalogue):
    """The documents of one data folder, to be read and to be changed."""

    def __init__(
        self,
        engine: sa.Engine,
        vectors: VectorIndex,
        embedder: Callable[[], Embedder],
        fill: Callable[[Collection[str], Collection[str]], object] | None = None,
        *,
        lease: float = 60.0,
        keeps_originals: bool = True,
    ) -> None:
        """`embedder` is called when it is first needed; `lease` is in seconds, renewed at every batch.

        `fill` makes what documents of some owners, with some ids, lack in the vectors of other languages;
        `keeps_originals` says whether the files of PDFs are kept, so that their pages can be shown.
        """
        super().__init__(engine)
        self._vectors = vectors
        self._state = SharedState(engine)
        self._embedder = embedder
        self._fill = fill
        self._lease = lease
        self._keeps_originals = keeps_originals
        self._repairing = threading.Lock()

    def add(
        self,
        document: Document,
        owner: str = SHARED,
        progress: Progress = lambda *_: None,
        check: Callable[[], None] = lambda: None,
        quota: Quota | None = None,
    ) -> Added:
        """Make `document` searchable for `owner`, in the place of an earlier text of the same source.

        `check` is called again and again, and ends the adding by raising, as long as nothing has been added. Raises
        LibraryError when the document holds no text, or was removed or overtaken while it was being added, and
        QuotaError when it is more than the owner may have; then, too, the library is as it was.
        """
        if any(storable(words) != words for words in (document.text, document.title, document.source)):
            raise LibraryError(f"{storable(document.source)} holds U+0000 or lone surrogates, which cannot be stored.")
        if not self._keeps_originals:
            document = replace(document, original=None)
        embedder = self._embedder()
        if quota is not None:  # told before the work, and made sure of when a revision is claimed
            with reading(self._engine) as connection:
                within(connection, quota, document, owner)
        found = cut(document, embedder, check)
        if not found:
            raise LibraryError(f"{document.source} holds no text to ask about.")
        boilerplate = tuple(span.of(document.text) for span in document.boilerplate)
        self._vectors.look()  # what was lost before is none of this document's
        with writing(self._engine) as connection:
            if quota is not None:
                within(connection, quota, document, owner)
            claimed = claim(connection, document, owner, self._lease, embedder.name)
        revision = claimed.revision
        if revision is None:
            return Added(claimed.document_id, document.title, len(found), False, True, boilerplate)
        overtaken = LibraryError(
            f"{document.source} was removed, or took too long, while it was being added. Add it again."
        )
        try:
            progress("claimed", 1, 1)
            texts = embedded_texts(document, found)
            for first in range(0, len(found), _BATCH):
                check()
                batch = found[first : first + _BATCH]
                vectors = rounded(embedder.encode(texts[first : first + _BATCH]))
                progress("embedded", first + len(batch), len(found))
                with writing(self._engine) as connection:
                    if not renew(connection, revision, self._lease):
                        raise overtaken
                    keep(connection, revision, embedder.name, [one.number for one in batch], vectors)
                rows = [(owner, (revision.document_id, revision.number, one.number)) for one in batch]
                self._vectors.upsert(rows, vectors, claimed.index)
                progress("indexed", first + len(batch), len(found))
            check()
            words = Words.of(document, found, check)
            with writing(self._engine) as connection:
                replaced = publish(connection, revision, claimed, document, words)
            if replaced is None:
                raise overtaken
        except BaseException:  # also Ctrl-C: what was begun is cleared away at once
            with writing(self._engine) as connection:
                retire(connection, revision)
                delete_unfinished(connection)
            self._sweep()
            raise
        progress("ready", 1, 1)
        self._sweep()
        progress("swept", 1, 1)
        if self._fill is not None and is_other(words.language):
            self._fill([owner], [claimed.document_id])
        return Added(claimed.document_id, document.title, len(found), replaced, False, boilerplate)

    def remove(self, document_id: str, owners: Collection[str]) -> None:
        """Take a document of one of `owners` out of both indexes. Raises LibraryError when there is none."""
        with writing(self._engine) as connection:
            theirs = sa.and_(documents.c.id == document_id, documents.c.owner.in_(owners))
            if connection.execute(sa.select(documents.c.id).where(theirs)).scalar() is None:
                raise missing(document_id)
            for revision in find_revisions(connection, revisions.c.document_id == document_id):
                retire(connection, revision)
            connection.execute(sa.delete(documents).where(theirs))
        self._sweep()

    def seed(self, load: Callable[[], Iterable[Document]]) -> bool:
        """Fill a library that is new with the documents of `load`, once in its life; whether it did."""
        with reading(self._engine) as connection:
            state = text_of(connection, "seeded")
            empty = connection.execute(sa.select(~sa.exists().where(revisions.c.state == "ready"))).scalar()
        if state not in (None, "begun"):
            return False
        if state is None and not empty:
            self._mark_seeded("no")
            return False
        # "begun" is kept apart from "yes", so that a seeding that was killed is finished at the next start.
        self._mark_seeded("begun")
        for document in load():
            self.add(document)
        self._mark_seeded("yes")
        return True

    def _mark_seeded(self, state: str) -> None:
        with writing(self._engine) as connection:
            set_state(connection, "seeded", state)

    def repair(self) -> int:
        """Clear away what killed processes left; how many revisions. Some small queries when there is nothing.

        Keywords that an earlier version made otherwise are made anew.
        """
        cleared = self._clear_away()
        with reading(self._engine) as connection:
            outdated = keyword_index.is_outdated(connection)
        if outdated:
            with writing(self._engine) as connection:
                keyword_index.update(connection)
        # Last, since clearing away opens the vectors, and that may be what finds them gone.
        if self._state.read().lost:
            with self._repairing, alone(self._engine, "repair"):
                self._restore()
            self._sweep()  # of what was removed meanwhile
        return cleared

    def reindex(self, progress: Progress = lambda *_: None) -> int:
        """Make both indexes anew from the texts, with the present model; how many passages.

        The vectors there are go on serving until the new ones are whole. One that was begun before is gone on with.
        """
        with alone(self._engine, "reindex"):
            passages = reindex(self._engine, self._vectors, self._embedder(), partial(progress, "indexed"))
            with writing(self._engine) as connection:
                keyword_index.rebuild(connection)
            progress("ready", 1, 1)
        self._clear_away()
        return passages

    def _clear_away(self) -> int:
        over = is_over(revisions.c.lease_until, now(), self._lease)
        expired = sa.and_(revisions.c.state == "indexing", over)
        dropping = sa.exists().where(library_state.c.name == "dropping")
        with reading(self._engine) as connection:
            left = connection.execute(
                sa.select(sa.exists().where(expired) | dropping | sa.exists(sa.select(vector_deletions.c.document_id)))
            ).scalar()
        if not left:
            return 0
        with writing(self._engine) as connection:
            for revision in find_revisions(connection, expired):
                retire(connection, revision)
            delete_unfinished(connection)
        self._drop()
        return self._sweep()

    def _drop(self) -> None:
        """Delete the vectors of indexes that served before, now or at a later start: nobody reads them."""
        with reading(self._engine) as connection:
            if text_of(connection, "dropping") is None:
                return
            serving = vector_state(connection).index
        try:
            self._vectors.drop(serving)
        except VectorIndexError:
            return
        with writing(self._engine) as connection:
            if vector_state(connection).index == serving:
                set_state(connection, "dropping", None)

    def _restore(self) -> None:
        """Make lost vectors again, unless another process just did; those that get lost meanwhile, too.

        Not with another model than made them: that is for `reindex` to do, when it is asked to.
        """
        for _ in range(_REPAIRS):
            if self._state.read().embedding not in (None, self._embedder().name):
                return
            self._vectors.look()
            if not self._state.read().lost:
                return
            restore(self._engine, self._vectors, self._embedder())

    def _sweep(self) -> int:
        """Delete the vectors of retired revisions; how many revisions.

        Until then they are stale but never cited: where they cannot be deleted now, they are at a later start.
        """
        with reading(self._engine) as connection:
            waiting = connection.execute(sa.select(vector_deletions)).all()
        for swept, (document_id, revision, owner) in enumerate(waiting):
            try:
                self._vectors.delete(owner, document_id, revision)
            except VectorIndexError:
                return swept
            deleted = vector_deletions.c.document_id == document_id, vector_deletions.c.revision == revision
            with writing(self._engine) as connection:
                connection.execute(sa.delete(vector_deletions).where(*deleted))
        return len(waiting)
