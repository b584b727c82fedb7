"""The life of a revision in SQL: claimed with a lease, made ready in one transaction, retired in one.

A document is (owner, source); its revisions follow one another. Knows no vectors, only that they are to be deleted.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from retrieval.index import keyword_index
from retrieval.index.tokenizer import tokens
from retrieval.library.catalogue import passage_of
from retrieval.store.state import number_of, set_state, vector_state
from retrieval.store.tables import documents, insert, now, passages, revisions, vector_deletions
from retrieval.types import Document, Passage, Span

INDEX_VERSION = 3
"""Raised when passages are made in another way, so that adding the same file again indexes it anew."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A new revision that is being made: its vectors go into `index`, which has lost its vectors `losses` times.

    `revision` is None when the ready one holds the very same content.
    """

    document_id: str
    revision: int | None
    index: int
    losses: int


def claim(connection: sa.Connection, document: Document, owner: str, lease: float, embedding: str) -> Lease:
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
        return Lease(document_id, None, state.index, state.losses)
    revision = begin(connection, document_id, document, "indexing", now() + lease)
    return Lease(document_id, revision, state.index, state.losses)


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
            added_at=now(),
        )
    )
    return number


def renew(connection: sa.Connection, claimed: Lease, lease: float) -> bool:
    """Hold a claim for another `lease` seconds; False when it is no longer there."""
    renewed = connection.execute(
        sa.update(revisions)
        .where(*_is(claimed.document_id, claimed.revision), revisions.c.state == "indexing")
        .values(lease_until=now() + lease)
    )
    return bool(renewed.rowcount)


def publish(
    connection: sa.Connection, claimed: Lease, document: Document, owner: str, cut: Sequence[Passage]
) -> bool | None:
    """From the old revision to the claimed one; whether there was an old one, None when the claim no longer holds."""
    of_document = revisions.c.document_id == claimed.document_id
    known: dict[int, str] = dict(
        connection.execute(sa.select(revisions.c.revision, revisions.c.state).where(of_document)).all()
    )
    state = vector_state(connection)
    revision = claimed.revision
    if revision is None or known.get(revision) != "indexing":
        return None
    if (claimed.index, claimed.losses) != (state.index, state.losses):
        return None  # its vectors are in an index that is gone
    if any(number > revision for number, how in known.items() if how == "ready"):
        # Somebody began later and was quicker: theirs is the newer text.
        retire(connection, owner, claimed.document_id, revision)
        return True
    for number in (number for number in known if number != revision and known[number] == "ready"):
        retire(connection, owner, claimed.document_id, number)
    fill_in(connection, claimed.document_id, revision, document)
    put_passages(connection, owner, claimed.document_id, revision, document, cut)
    return "ready" in known.values()


def fill_in(connection: sa.Connection, document_id: str, revision: int, document: Document) -> None:
    """Give a revision its text and make it ready."""
    connection.execute(
        sa.update(revisions)
        .where(*_is(document_id, revision))
        .values(
            state="ready",
            lease_until=None,
            text=document.text,
            boilerplate=[[span.start, span.end] for span in document.boilerplate],
            pages=list(document.pages),
            characters=len(document.text),
            added_at=now(),
        )
    )


def put_passages(
    connection: sa.Connection, owner: str, document_id: str, revision: int, document: Document, cut: Sequence[Passage]
) -> None:
    """Take in the passages of a revision, and their words into the keyword index."""
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


def retire(connection: sa.Connection, owner: str, document_id: str, revision: int) -> None:
    """Take a revision out of SQL and note that its vectors are to be deleted."""
    keyword_index.forget_revision(connection, owner, document_id, revision)
    connection.execute(sa.delete(revisions).where(*_is(document_id, revision)))
    delete_vectors_later(connection, owner, document_id, revision)


def delete_vectors_later(connection: sa.Connection, owner: str, document_id: str, revision: int) -> None:
    """Note that the vectors of a revision are to be deleted."""
    doomed = insert(connection, vector_deletions).values(document_id=document_id, revision=revision, owner=owner)
    connection.execute(doomed.on_conflict_do_nothing())


def forget_unfinished(connection: sa.Connection) -> None:
    """A document without any revision was never finished: nobody has seen it."""
    has_revision = sa.exists().where(revisions.c.document_id == documents.c.id)
    connection.execute(sa.delete(documents).where(~has_revision))


def stored(connection: sa.Connection, document_id: str, revision: int) -> Document | None:
    """The document of a ready revision; None when it is no longer there."""
    row = connection.execute(
        sa.select(documents.c.source, revisions)
        .join(documents, documents.c.id == revisions.c.document_id)
        .where(*_is(document_id, revision), revisions.c.state == "ready")
    ).one_or_none()
    if row is None:
        return None
    boilerplate = tuple(Span(start, end) for start, end in row.boilerplate)
    return Document(row.source, row.title, row.text, boilerplate, row.url, tuple(row.pages))


def passages_of(connection: sa.Connection, document_id: str, revision: int) -> list[Passage]:
    """The passages of a ready revision, in their order."""
    query = (
        sa.select(passages.c.number, passages.c.start, passages.c.end, passages.c.sentences)
        .where(passages.c.document_id == document_id, passages.c.revision == revision)
        .order_by(passages.c.number)
    )
    return [passage_of(*row) for row in connection.execute(query)]


def content_hash(document: Document) -> str:
    """What is equal for equal documents that are to be cut in the same way."""
    spans = [[span.start, span.end] for span in document.boilerplate]
    parts = [INDEX_VERSION, document.title, document.url, spans, document.pages, document.text]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _is(document_id: str, revision: int | None) -> tuple[sa.ColumnElement[bool], ...]:
    return revisions.c.document_id == document_id, revisions.c.revision == revision
