"""Add, replace, remove and list documents; keeps the text and both indexes in step.

A document is (owner, source). Its revision is either wholly searchable (`ready`) or not at all: SQL is written last, in
one transaction, and whatever a crash leaves behind is found by its expired lease and cleared away by `repair`.
Knows no question and no answer.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from retrieval import keyword_index
from retrieval.analysis import tokens
from retrieval.catalogue import SHARED, Catalogue, LibraryError, passage_of
from retrieval.database import (
    documents,
    now,
    passages,
    reading,
    revisions,
    vector_deletions,
    writing,
)
from retrieval.decoding import storable
from retrieval.embedding import Embedder
from retrieval.passages import Document, Passage
from retrieval.splitting import split
from retrieval.state import awaits_repair, number_of, set_state, text_of
from retrieval.vector_index import VectorIndex

INDEX_VERSION = 1
"""Raised when passages are made in another way, so that adding the same file again indexes it anew."""

_LONGEST_TITLE = 40  # tokens of the title that stand before each embedded passage
# Tokens of a usual passage: a paragraph of news. Of 100, 160 and 254 it ranked best or as well on the development sets.
_TARGET = 160
_SMALLEST_LIMIT = 32  # a passage keeps this many tokens whatever the title takes
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
    furniture: tuple[str, ...]


class Library(Catalogue):
    """The documents of one data folder, to be read and to be changed."""

    def __init__(
        self, engine: sa.Engine, vectors: VectorIndex, embedder: Callable[[], Embedder], *, lease: float = 60.0
    ) -> None:
        """`embedder` is called when it is first needed; `lease` is in seconds, renewed at every batch."""
        super().__init__(engine)
        self._vectors = vectors
        self._embedder = embedder
        self._lease = lease
        self._repairing = threading.Lock()

    def add(self, document: Document, owner: str = SHARED, progress: Progress | None = None) -> Added:
        """Make `document` searchable for `owner`, in the place of an earlier text of the same source.

        Raises LibraryError when it holds no text, or was removed or overtaken while it was being added; then the
        library is as it was.
        """
        tell = progress or (lambda step, done, total: None)
        if any(storable(words) != words for words in (document.text, document.title, document.source)):
            raise LibraryError(f"{storable(document.source)} holds U+0000 or lone surrogates, which cannot be stored.")
        cut = self._split(document)
        if not cut:
            raise LibraryError(f"{document.source} holds no text to ask about.")
        furniture = tuple(span.of(document.text) for span in document.furniture)
        content = _content_hash(document, self._embedder().name)
        claim = self._claim(document, owner, content)
        if claim.revision is None:
            return Added(claim.document_id, document.title, len(cut), False, True, furniture)
        try:
            tell("claimed", 1, 1)
            self._vectors.look()  # what was lost before is none of this document's
            losses = self._losses()
            for first in range(0, len(cut), _BATCH):
                batch = cut[first : first + _BATCH]
                texts = [embedded_text(document.title, passage, document.text) for passage in batch]
                vectors = self._embedder().encode(texts)
                tell("embedded", first + len(batch), len(cut))
                self._renew(claim.document_id, claim.revision, document.source)
                self._vectors.upsert(owner, claim.document_id, claim.revision, vectors, first)
                tell("indexed", first + len(batch), len(cut))
            replaced = self._publish(document, owner, claim.document_id, claim.revision, losses, cut)
        except BaseException:  # also Ctrl-C: what was begun is cleared away at once
            self._abandon(owner, claim.document_id, claim.revision)
            raise
        tell("ready", 1, 1)
        self._sweep()
        tell("swept", 1, 1)
        return Added(claim.document_id, document.title, len(cut), replaced, False, furniture)

    def remove(self, document_id: str, owners: Collection[str]) -> None:
        """Take a document of one of `owners` out of both indexes. Raises LibraryError when there is none."""
        with writing(self._engine) as connection:
            found = connection.execute(
                sa.select(documents.c.owner).where(documents.c.id == document_id, documents.c.owner.in_(owners))
            ).scalar()
            if found is None:
                raise LibraryError(f"There is no document {document_id}. `footnote list` shows those there are.")
            for (revision,) in connection.execute(
                sa.select(revisions.c.revision).where(revisions.c.document_id == document_id)
            ).all():
                _retire(connection, found, document_id, revision)
            connection.execute(sa.delete(documents).where(documents.c.id == document_id))
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
        """Clear away what killed processes left behind; how many revisions. Costs two small queries where there is
        nothing.
        """
        cleared = self._clear_away()
        # Last, since clearing away opens the vectors, and that may be what finds them gone.
        with reading(self._engine) as connection:
            lost = awaits_repair(connection)
        if lost:
            with self._repairing:
                self._make_good()
            self._sweep()  # of what was removed meanwhile
        return cleared

    def _clear_away(self) -> int:
        expired = sa.and_(revisions.c.state == "indexing", revisions.c.lease_until < now())
        with reading(self._engine) as connection:
            left = connection.execute(
                sa.select(sa.exists().where(expired) | sa.exists(sa.select(vector_deletions.c.document_id)))
            ).scalar()
        if not left:
            return 0
        with writing(self._engine) as connection:
            for document_id, revision, owner in connection.execute(
                sa.select(revisions.c.document_id, revisions.c.revision, documents.c.owner)
                .join(documents, documents.c.id == revisions.c.document_id)
                .where(expired)
            ).all():
                _retire(connection, owner, document_id, revision)
            _forget_unfinished(connection)
        return self._sweep()

    def _make_good(self) -> None:
        """Make lost vectors again, unless another thread just did; those that get lost meanwhile, too."""
        for _ in range(_REPAIRS):
            with reading(self._engine) as connection:
                if not awaits_repair(connection):
                    return
            self._embed_again()

    def _losses(self) -> int:
        with reading(self._engine) as connection:
            return number_of(connection, "losses")

    def _embed_again(self) -> None:
        """Make the vectors of every ready revision from its text."""
        self._vectors.look()
        losses = self._losses()
        with reading(self._engine) as connection:
            ready = connection.execute(
                sa.select(revisions.c.document_id, revisions.c.revision, documents.c.owner, revisions.c.title)
                .join(documents, documents.c.id == revisions.c.document_id)
                .where(revisions.c.state == "ready")
            ).all()
        for document_id, revision, owner, title in ready:
            same = (revisions.c.document_id == document_id, revisions.c.revision == revision)
            with reading(self._engine) as connection:
                text = connection.execute(sa.select(revisions.c.text).where(*same)).scalar()
                if text is None:
                    continue
                cut = _passages_of(connection, document_id, revision)
            for first in range(0, len(cut), _BATCH):
                batch = cut[first : first + _BATCH]
                vectors = self._embedder().encode([embedded_text(title, passage, text) for passage in batch])
                self._vectors.upsert(owner, document_id, revision, vectors, first)
            with writing(self._engine) as connection:
                if connection.execute(sa.select(~sa.exists().where(*same))).scalar():
                    _retire(connection, owner, document_id, revision)  # replaced or removed meanwhile
        with writing(self._engine) as connection:
            set_state(connection, "recovered", str(losses))

    def _split(self, document: Document) -> list[Passage]:
        embedder = self._embedder()
        title = embedder.count_tokens([_short_title(document.title)])[0]
        limit = max(_SMALLEST_LIMIT, embedder.max_tokens - title - 1)
        return split(document.text, document.furniture, embedder.count_tokens, limit, min(_TARGET, limit))

    def _claim(self, document: Document, owner: str, content: str) -> _Claim:
        """A new revision in state `indexing`, or none when the ready one holds the very same content."""
        with writing(self._engine) as connection:
            document_id = connection.execute(
                sa.select(documents.c.id).where(documents.c.owner == owner, documents.c.source == document.source)
            ).scalar()
            if document_id is None:
                document_id = secrets.token_hex(6)
                connection.execute(
                    sa.insert(documents).values(id=document_id, owner=owner, source=document.source, created_at=now())
                )
            known = connection.execute(
                sa.select(revisions.c.revision, revisions.c.state, revisions.c.content_hash).where(
                    revisions.c.document_id == document_id
                )
            ).all()
            if any(row.state == "ready" and row.content_hash == content for row in known):
                return _Claim(document_id, None)
            # Never given twice: a process that slept past its lease must not write into somebody else's revision.
            revision = max([row.revision for row in known] + [number_of(connection, "revision")]) + 1
            set_state(connection, "revision", str(revision))
            connection.execute(
                sa.insert(revisions).values(
                    document_id=document_id,
                    revision=revision,
                    state="indexing",
                    lease_until=now() + self._lease,
                    content_hash=content,
                    title=document.title,
                    url=document.url,
                    text="",
                    furniture=[],
                    added_at=now(),
                )
            )
        return _Claim(document_id, revision)

    def _renew(self, document_id: str, revision: int, source: str) -> None:
        with writing(self._engine) as connection:
            renewed = connection.execute(
                sa.update(revisions)
                .where(
                    revisions.c.document_id == document_id,
                    revisions.c.revision == revision,
                    revisions.c.state == "indexing",
                )
                .values(lease_until=now() + self._lease)
            )
        if not renewed.rowcount:
            raise LibraryError(f"{source} was removed, or took too long, while it was being added. Add it again.")

    def _publish(
        self, document: Document, owner: str, document_id: str, revision: int, losses: int, cut: list[Passage]
    ) -> bool:
        """One transaction from the old revision to the new one; whether there was an old one."""
        with writing(self._engine) as connection:
            known = dict(
                connection.execute(
                    sa.select(revisions.c.revision, revisions.c.state).where(revisions.c.document_id == document_id)
                ).all()
            )
            if known.get(revision) != "indexing" or losses != number_of(connection, "losses"):
                raise LibraryError(
                    f"{document.source} was removed, or took too long, while it was being added. Add it again."
                )
            ready = [number for number, state in known.items() if state == "ready"]
            if any(number > revision for number in ready):
                # Somebody began later and was quicker: theirs is the newer text.
                _retire(connection, owner, document_id, revision)
                return True
            for number in ready:
                _retire(connection, owner, document_id, number)
            connection.execute(
                sa.update(revisions)
                .where(revisions.c.document_id == document_id, revisions.c.revision == revision)
                .values(
                    state="ready",
                    lease_until=None,
                    text=document.text,
                    furniture=[[span.start, span.end] for span in document.furniture],
                    added_at=now(),
                )
            )
            title = tokens(document.title)
            found = [title + tokens(document.text[passage.start : passage.end]) for passage in cut]
            connection.execute(
                sa.insert(passages),
                [
                    {
                        "document_id": document_id,
                        "revision": revision,
                        "number": passage.number,
                        "owner": owner,
                        "start": passage.start,
                        "end": passage.end,
                        "sentences": [[s.start, s.end, s.paragraph, int(s.heading)] for s in passage.sentences],
                        "length": len(words),
                    }
                    for passage, words in zip(cut, found, strict=True)
                ],
            )
            ids = connection.execute(
                sa.select(passages.c.id)
                .where(passages.c.document_id == document_id, passages.c.revision == revision)
                .order_by(passages.c.number)
            ).scalars()
            keyword_index.index_passages(connection, owner, list(zip(ids, found, strict=True)))
        return bool(ready)

    def _abandon(self, owner: str, document_id: str, revision: int) -> None:
        with writing(self._engine) as connection:
            _retire(connection, owner, document_id, revision)
            _forget_unfinished(connection)
        self._sweep()

    def _sweep(self) -> int:
        """Delete the vectors of retired revisions; until then they are stale but never cited. How many revisions."""
        with reading(self._engine) as connection:
            waiting = connection.execute(sa.select(vector_deletions)).all()
        for document_id, revision, owner in waiting:
            self._vectors.delete(owner, document_id, revision)
            with writing(self._engine) as connection:
                connection.execute(
                    sa.delete(vector_deletions).where(
                        vector_deletions.c.document_id == document_id, vector_deletions.c.revision == revision
                    )
                )
        return len(waiting)


@dataclass(frozen=True, slots=True)
class _Claim:
    document_id: str
    revision: int | None


def embedded_text(title: str, passage: Passage, text: str) -> str:
    """What the embedder reads of a passage: the document's title, which says what "it" is about, and the words."""
    return f"{_short_title(title)}\n{text[passage.start : passage.end]}"


def _passages_of(connection: sa.Connection, document_id: str, revision: int) -> list[Passage]:
    query = (
        sa.select(passages.c.number, passages.c.start, passages.c.end, passages.c.sentences)
        .where(passages.c.document_id == document_id, passages.c.revision == revision)
        .order_by(passages.c.number)
    )
    return [passage_of(*row) for row in connection.execute(query)]


def _short_title(title: str) -> str:
    return " ".join(title.split()[:_LONGEST_TITLE])[: 4 * _LONGEST_TITLE]


def _content_hash(document: Document, embedding: str) -> str:
    spans = [[span.start, span.end] for span in document.furniture]
    parts = [INDEX_VERSION, embedding, document.title, document.url, spans, document.text]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _retire(connection: sa.Connection, owner: str, document_id: str, revision: int) -> None:
    """Take a revision out of SQL and note that its vectors are to be deleted."""
    keyword_index.forget_revision(connection, owner, document_id, revision)
    connection.execute(
        sa.delete(revisions).where(revisions.c.document_id == document_id, revisions.c.revision == revision)
    )
    connection.execute(
        sa.insert(vector_deletions)
        .prefix_with("OR IGNORE")
        .values(document_id=document_id, revision=revision, owner=owner)
    )


def _forget_unfinished(connection: sa.Connection) -> None:
    """A document without any revision was never finished: nobody has seen it."""
    has_revision = sa.exists().where(revisions.c.document_id == documents.c.id)
    connection.execute(sa.delete(documents).where(~has_revision))
