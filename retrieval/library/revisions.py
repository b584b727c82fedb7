"""The life of a revision in SQL: claimed with a lease, made ready in one transaction, retired in one.

A document is (owner, source); its revisions follow one another. Knows no vectors, only that they are to be deleted.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa

from retrieval.index import keyword_index
from retrieval.index.tokenizer import tokens
from retrieval.library.catalogue import PASSAGE, passage_of
from retrieval.models.language import text_language
from retrieval.store.state import number_of, set_state, vector_state
from retrieval.store.tables import documents, insert, now, originals, passages, revisions, vector_deletions
from retrieval.types import About, Document, Passage, Span

INDEX_VERSION = 7
"""Raised when passages are made in another way, so that adding the same file again indexes it anew."""


class Revision(NamedTuple):
    """What names a revision, and whose it is."""

    document_id: str
    number: int
    owner: str


@dataclass(frozen=True, slots=True)
class ClaimedRevision:
    """A new revision that is being made: its vectors go into `index`, which has lost its vectors `losses` times.

    `revision` is None when the ready one holds the very same content.
    """

    document_id: str
    revision: Revision | None
    index: int
    losses: int


@dataclass(frozen=True, slots=True)
class Words:
    """A document's passages with the tokens of each, and its language: told before anything is written, which waits for
    nobody then.
    """

    passages: Sequence[Passage]
    tokens: Sequence[Sequence[str]]
    language: str

    @classmethod
    def of(cls, document: Document, cut: Sequence[Passage], check: Callable[[], None] = lambda: None) -> Words:
        """Those of a document that was cut into passages. Raises what `check` raises."""
        title, found = tokens(document.title), list[list[str]]()
        for passage in cut:
            check()
            found.append(title + tokens(document.text[passage.start : passage.end]))
        return cls(cut, found, text_language(document.text) or "")


def claim(connection: sa.Connection, document: Document, owner: str, lease: float, embedding: str) -> ClaimedRevision:
    """A new revision in state `indexing`, for `lease` seconds; the first one of a library names its model."""
    state = vector_state(connection)
    if state.embedding is None:
        set_state(connection, "embedding", embedding)
    document_id = connection.execute(
        sa.select(documents.c.id).where(documents.c.owner == owner, documents.c.source == document.source)
    ).scalar()
    if document_id is None:
        document_id = secrets.token_hex(6)
        connection.execute(
            sa.insert(documents).values(id=document_id, owner=owner, source=document.source, created_at=now())
        )
    content = content_hash(document)
    same = sa.exists().where(
        revisions.c.document_id == document_id, revisions.c.state == "ready", revisions.c.content_hash == content
    )
    if connection.execute(sa.select(same)).scalar():
        return ClaimedRevision(document_id, None, state.index, state.losses)
    number = begin(connection, document_id, document, "indexing", now() + lease)
    return ClaimedRevision(document_id, Revision(document_id, number, owner), state.index, state.losses)


def begin(
    connection: sa.Connection, document_id: str, document: Document, state: str, lease_until: float | None = None
) -> int:
    """A new revision of a document, without its text until it is ready; its number.

    The number was never given before: a process that slept past its lease must not write into another's revision.
    """
    last = connection.execute(sa.select(sa.func.max(revisions.c.revision))).scalar()
    number = max(last or 0, number_of(connection, "revision")) + 1
    set_state(connection, "revision", str(number))
    connection.execute(
        sa.insert(revisions).values(
            document_id=document_id,
            revision=number,
            state=state,
            lease_until=lease_until,
            content_hash=content_hash(document),
            title=document.title,
            url=document.url,
            text="",
            boilerplate=[],
            pages=[],
            characters=len(document.text),  # which count against a quota from now on
            added_at=now(),
        )
    )
    return number


def renew(connection: sa.Connection, revision: Revision, lease: float) -> bool:
    """Hold a claimed revision for another `lease` seconds; False when it is no longer there."""
    renewed = connection.execute(
        sa.update(revisions).where(*_is(revision), revisions.c.state == "indexing").values(lease_until=now() + lease)
    )
    return bool(renewed.rowcount)


def publish(
    connection: sa.Connection, revision: Revision, claimed: ClaimedRevision, document: Document, words: Words
) -> bool | None:
    """From the old revision to the claimed one; whether there was an old one, None when the claim no longer holds."""
    of_document = revisions.c.document_id == revision.document_id
    states: dict[int, str] = dict(
        connection.execute(sa.select(revisions.c.revision, revisions.c.state).where(of_document)).all()
    )
    state = vector_state(connection)
    if states.get(revision.number) != "indexing":
        return None
    if (claimed.index, claimed.losses) != (state.index, state.losses):
        return None  # its vectors are in an index that is gone
    ready = [number for number, how in states.items() if how == "ready"]
    if max(ready, default=0) > revision.number:
        # Somebody began later and was quicker: theirs is the newer text.
        retire(connection, revision)
        return True
    for number in ready:
        retire(connection, revision._replace(number=number))
    make_ready(connection, revision, document, words)
    return bool(ready)


def make_ready(connection: sa.Connection, revision: Revision, document: Document, words: Words) -> None:
    """Give a revision its text and its passages, and make it ready."""
    connection.execute(
        sa.update(revisions)
        .where(*_is(revision))
        .values(
            state="ready",
            lease_until=None,
            text=document.text,
            boilerplate=[[span.start, span.end] for span in document.boilerplate],
            pages=list(document.pages),
            language=words.language,
            authors=document.about.authors,
            dated=document.about.date,
            added_at=now(),
        )
    )
    connection.execute(
        sa.insert(passages),
        [
            {
                "document_id": revision.document_id,
                "revision": revision.number,
                "number": passage.number,
                "owner": revision.owner,
                "start": passage.start,
                "end": passage.end,
                "sentences": [[s.start, s.end, s.paragraph, int(s.heading)] for s in passage.sentences],
                "length": len(found),
                "head_start": passage.head.start if passage.head else None,
                "head_end": passage.head.end if passage.head else None,
            }
            for passage, found in zip(words.passages, words.tokens, strict=True)
        ],
    )
    _keep_original(connection, revision.document_id, document)
    ids = connection.execute(sa.select(passages.c.id).where(*_of(revision)).order_by(passages.c.number)).scalars()
    keyword_index.index_passages(connection, revision.owner, list(zip(ids, words.tokens, strict=True)))


def _keep_original(connection: sa.Connection, document_id: str, document: Document) -> None:
    """Keep the file of a text that is made ready; one of another text goes, that of the same text stays."""
    text_hash = hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).hexdigest()
    mine = originals.c.document_id == document_id
    connection.execute(sa.delete(originals).where(mine, originals.c.text_hash != text_hash))
    if document.original is not None:
        row = {"document_id": document_id, "text_hash": text_hash, "data": document.original}
        connection.execute(insert(connection, originals).values(row).on_conflict_do_nothing())


def find_revisions(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> list[Revision]:
    """The revisions for which a condition on them holds, in the order in which their documents were first added."""
    query = (
        sa.select(revisions.c.document_id, revisions.c.revision, documents.c.owner)
        .join(documents, documents.c.id == revisions.c.document_id)
        .where(condition)
        .order_by(documents.c.created_at, documents.c.id)
    )
    return [Revision(*row) for row in connection.execute(query)]


def retire(connection: sa.Connection, revision: Revision) -> None:
    """Take a revision out of SQL and note that its vectors are to be deleted."""
    keyword_index.forget_revision(connection, revision.owner, revision.document_id, revision.number)
    connection.execute(sa.delete(revisions).where(*_is(revision)))
    delete_vectors_later(connection, revision)


def delete_vectors_later(connection: sa.Connection, revision: Revision) -> None:
    """Note that the vectors of a revision are to be deleted."""
    connection.execute(insert(connection, vector_deletions).values(tuple(revision)).on_conflict_do_nothing())


def delete_unfinished(connection: sa.Connection) -> None:
    """Delete documents without any revision: they were never finished, and nobody has seen them."""
    has_revision = sa.exists().where(revisions.c.document_id == documents.c.id)
    connection.execute(sa.delete(documents).where(~has_revision))


def stored(connection: sa.Connection, revision: Revision) -> Document | None:
    """The document of a ready revision; None when it is no longer there."""
    row = connection.execute(
        sa.select(documents.c.source, revisions)
        .join(documents, documents.c.id == revisions.c.document_id)
        .where(*_is(revision), revisions.c.state == "ready")
    ).one_or_none()
    if row is None:
        return None
    boilerplate = tuple(Span(start, end) for start, end in row.boilerplate)
    about = About(row.authors, row.dated)
    return Document(row.source, row.title, row.text, boilerplate, row.url, tuple(row.pages), about=about)


def is_there(connection: sa.Connection, revision: Revision) -> bool:
    """Whether a revision is in SQL, ready or not."""
    return bool(connection.execute(sa.select(sa.exists().where(*_is(revision)))).scalar())


def is_ready(connection: sa.Connection, revision: Revision) -> bool:
    """Whether a revision can be searched."""
    ready = sa.exists().where(*_is(revision), revisions.c.state == "ready")
    return bool(connection.execute(sa.select(ready)).scalar())


def passages_of(connection: sa.Connection, revision: Revision) -> list[Passage]:
    """The passages of a ready revision, in their order."""
    rows = connection.execute(sa.select(*PASSAGE).where(*_of(revision)).order_by(passages.c.number))
    return [passage_of(*row) for row in rows]


def content_hash(document: Document) -> str:
    """What is equal for equal documents that are to be cut in the same way."""
    spans = [[span.start, span.end] for span in document.boilerplate]
    parts = [
        INDEX_VERSION,
        document.title,
        document.url,
        spans,
        document.pages,
        document.text,
        *filter(None, document.about),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _is(revision: Revision) -> tuple[sa.ColumnElement[bool], ...]:
    return revisions.c.document_id == revision.document_id, revisions.c.revision == revision.number


def _of(revision: Revision) -> tuple[sa.ColumnElement[bool], ...]:
    return passages.c.document_id == revision.document_id, passages.c.revision == revision.number
