"""The documents that can be searched, and their words: the library's reading side. Knows no index."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from retrieval.errors import FootnoteError
from retrieval.library.sections import sections
from retrieval.query import Section
from retrieval.store.database import reading
from retrieval.store.tables import among, documents, originals, passages, revisions
from retrieval.types import SHARED, Passage, Sentence, Span

_SHOWN = 200  # characters of what was asked for, in messages
_KEPT_HEADINGS = 16  # documents
_MOST_NAMES = 2000  # documents whose names are looked for in a question


class LibraryError(FootnoteError):
    """A document cannot be added or found; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as it stands in the library; `pages` are the code points at which its pages begin, if it has any.

    `authors` and `dated` are what the file says of itself, as `About` has it; `language` is that of the text (ISO
    639-1), None where it cannot be told.
    """

    id: str
    owner: str
    revision: int
    source: str
    title: str
    url: str | None
    passages: int
    characters: int
    added_at: float
    pages: Sequence[int] = ()
    language: str | None = None
    authors: Sequence[str] = ()
    dated: str | None = None


class DocumentName(NamedTuple):
    """What a document is called."""

    id: str
    title: str
    source: str


def readable_by(asker: str) -> tuple[str, str]:
    """Whose documents an asker may read: those shared with everyone and their own."""
    return SHARED, asker


def missing(shown: str) -> LibraryError:
    """The error that says that a document is unknown, or another asker's, which must read the same."""
    return LibraryError(f"There is no document {shown}. `footnote list` shows those there are.")


class Catalogue:
    """Reads the documents of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._headings: OrderedDict[tuple[str | int | None, ...], list[Section]] = OrderedDict()
        self._lock = threading.Lock()

    def entries(self, owners: Collection[str], ids: Collection[str] | None = None) -> list[Entry]:
        """The searchable documents of `owners` (those of `ids` alone), in the order in which they were first added."""
        count = (
            sa.select(sa.func.count())
            .where(passages.c.document_id == documents.c.id, passages.c.revision == revisions.c.revision)
            .label("passages")
        )
        of_document = documents.c["id", "owner", "source"]
        of_revision = revisions.c[
            "revision", "title", "url", "characters", "added_at", "pages", "language", "authors", "dated"
        ]
        query = (
            sa.select(*of_document, *of_revision, count)
            .join(revisions, revisions.c.document_id == documents.c.id)
            .where(documents.c.owner.in_(owners), revisions.c.state == "ready")
            .order_by(documents.c.created_at, documents.c.id)
        )
        if ids is not None:
            query = query.where(documents.c.id.in_(ids))
        with reading(self._engine) as connection:
            return [_entry(row) for row in connection.execute(query)]

    def names(self, owners: Collection[str], ids: Collection[str] | None = None) -> list[DocumentName]:
        """What the searchable documents of `owners` (those of `ids` alone) are called; none where they are many."""
        query = (
            sa.select(documents.c.id, revisions.c.title, documents.c.source)
            .join(revisions, revisions.c.document_id == documents.c.id)
            .where(documents.c.owner.in_(owners), revisions.c.state == "ready")
            .order_by(documents.c.created_at, documents.c.id)
            .limit(_MOST_NAMES + 1)
        )
        if ids is not None:
            query = query.where(documents.c.id.in_(ids))
        with reading(self._engine) as connection:
            found = [DocumentName(*row) for row in connection.execute(query)]
        return found if len(found) <= _MOST_NAMES else []

    def page(self, owners: Collection[str], after: str | None, limit: int) -> tuple[list[Entry], str | None]:
        """At most `limit` of the `entries`, and the cursor after which the next ones begin, None at the end.

        `after` is such a cursor. Raises ValueError when it is none.
        """
        order = documents.c.created_at, documents.c.id
        query = (
            sa.select(documents.c.id, documents.c.created_at)
            .join(revisions, revisions.c.document_id == documents.c.id)
            .where(documents.c.owner.in_(owners), revisions.c.state == "ready")
            .order_by(*order)
            .limit(limit + 1)
        )
        if after is not None:
            at, _, identifier = after.partition("-")
            begun = float(at)
            if not math.isfinite(begun):
                raise ValueError(after)
            query = query.where(sa.tuple_(*order) > sa.tuple_(sa.literal(begun), sa.literal(identifier)))
        with reading(self._engine) as connection:
            found = connection.execute(query).all()
        last = found[limit - 1] if len(found) > limit else None
        entries = self.entries(owners, [row.id for row in found[:limit]])
        return entries, None if last is None else f"{last.created_at!r}-{last.id}"

    def sections(self, owners: Collection[str], ids: Collection[str]) -> list[Section]:
        """The sections of searchable documents of `owners`, as `retrieval.library.sections` tells them."""
        return sections(self._engine, owners, ids)

    def headings(self, owners: Collection[str], document_id: str, revision: int | None) -> list[Section]:
        """The sections of a document of `owners` whose headings are told; those of the last documents are kept."""
        key = (document_id, revision, *owners)
        with self._lock:
            if key in self._headings:
                self._headings.move_to_end(key)
                return self._headings[key]
        found = [one for one in self.sections(owners, [document_id]) if one.told]
        with self._lock:
            self._headings[key] = found
            while len(self._headings) > _KEPT_HEADINGS:
                self._headings.popitem(last=False)
        return found

    def owners_of(self, document_id: str) -> list[str]:
        """Whose a document is: one owner, or none where there is no such document."""
        with reading(self._engine) as connection:
            found = connection.execute(sa.select(documents.c.owner).where(documents.c.id == document_id))
            return list(found.scalars())

    def present(self, ids: Collection[str], owners: Collection[str]) -> set[str]:
        """Which of `ids` are those of searchable documents of `owners`."""
        return {entry.id for entry in self.entries(owners, ids)}

    def find(self, reference: str, owners: Collection[str]) -> Entry:
        """The document of `owners` of that id (or its beginning), source or title, as `footnote list` shows it.

        Raises LibraryError for none or several.
        """
        entries = self.entries(owners)
        found = [entry for entry in entries if reference in (entry.id, entry.source)]
        found = found or [entry for entry in entries if reference and entry.id.startswith(reference)]
        found = found or [entry for entry in entries if reference and entry.title == reference]
        found = found or [entry for entry in entries if _is_called(entry, reference)]
        shown = reference if len(reference) <= _SHOWN else f"{reference[:_SHOWN]}…"
        if len(found) > 1:
            raise LibraryError(f"{shown!r} fits {len(found)} documents: {', '.join(e.id for e in found[:5])}.")
        if not found:
            raise missing(repr(shown))
        return found[0]

    def original(self, document_id: str, owners: Collection[str]) -> bytes | None:
        """The file of a document of `owners`, where it is kept."""
        query = (
            sa.select(originals.c.data)
            .join(documents, documents.c.id == originals.c.document_id)
            .where(documents.c.id == document_id, documents.c.owner.in_(owners))
        )
        with reading(self._engine) as connection:
            return connection.execute(query).scalar()

    def has_original(self, document_id: str) -> bool:
        """Whether the file of a document is kept."""
        query = sa.select(sa.exists().where(originals.c.document_id == document_id))
        with reading(self._engine) as connection:
            return bool(connection.execute(query).scalar())

    def words(
        self, document_id: str, owners: Collection[str], span: Span | None = None, revision: int | None = None
    ) -> str:
        """The text of a document of `owners`, or one span of it; spans beyond its end are cut off there.

        Raises LibraryError when there is no such document, or `revision` is no longer the one that is searched.
        """
        values = {"document": document_id, "owners": list(owners), "revision": revision}
        if span is not None:
            values |= {"first": span.start + 1, "length": span.end - span.start}
        query = _words(spanned=span is not None, revised=revision is not None)
        with reading(self._engine) as connection:
            found = connection.execute(query, values).scalar()
        if found is None:
            raise missing(document_id)
        return str(found)


def _entry(row: Any) -> Entry:
    values = row._asdict()
    told = {"language": row.language or None, "dated": row.dated or None}
    return Entry(**{**values, **told, "authors": [name for name in row.authors.split("; ") if name]})


def _is_called(entry: Entry, name: str) -> bool:
    """Whether a document has that title, in small or capital letters; one that ends with "…" is shortened."""
    wanted, title = (" ".join(words.split()).casefold() for words in (name, entry.title))
    begun = wanted.removesuffix("…").rstrip()
    return bool(begun) and (wanted == title or (wanted.endswith("…") and title.startswith(begun)))


@cache
def _words(*, spanned: bool, revised: bool) -> sa.Select[Any]:
    text: sa.ColumnElement[str] = revisions.c.text
    if spanned:
        text = sa.func.substr(text, sa.bindparam("first", type_=sa.Integer), sa.bindparam("length", type_=sa.Integer))
    query = (
        sa.select(text)
        .join(documents, documents.c.id == revisions.c.document_id)
        .where(
            documents.c.id == sa.bindparam("document"), among(documents.c.owner, "owners"), revisions.c.state == "ready"
        )
    )
    return query.where(revisions.c.revision == sa.bindparam("revision")) if revised else query


def count_passages(engine: sa.Engine) -> tuple[int, int]:
    """How many passages can be searched: shared ones, and private ones of all askers together."""
    shared = passages.c.owner == SHARED
    with reading(engine) as connection:
        row = connection.execute(
            sa.select(sa.func.count().filter(shared), sa.func.count().filter(~shared)).select_from(passages)
        ).one()
    return row[0], row[1]


def is_other(language: str | None) -> bool:
    """Whether a document's language is told and not English."""
    return language not in (None, "", "en")


def holds_others(engine: sa.Engine, owners: Collection[str], ids: Collection[str] | None = None) -> bool:
    """Whether some searchable document of `owners` (of those of `ids` alone) is in another language than English."""
    return _holds(engine, owners, ids, english=False)


def _holds(engine: sa.Engine, owners: Collection[str], ids: Collection[str] | None, *, english: bool) -> bool:
    values = {"owners": list(owners)} if ids is None else {"owners": list(owners), "ids": list(ids)}
    with reading(engine) as connection:
        return bool(connection.execute(_holding(narrowed=ids is not None, english=english), values).scalar())


@cache
def _holding(*, narrowed: bool, english: bool) -> sa.Select[Any]:
    language = revisions.c.language
    told = language.in_(["", "en"]) if english else language.notin_(["", "en"])
    query = (
        sa.select(documents.c.id)
        .join(revisions, revisions.c.document_id == documents.c.id)
        .where(among(documents.c.owner, "owners"), revisions.c.state == "ready", told)
    )
    return sa.select((query.where(among(documents.c.id, "ids")) if narrowed else query).exists())


PASSAGE = passages.c["number", "start", "end", "sentences", "head_start", "head_end"]
"""The columns that `passage_of` takes."""


def passage_of(
    number: int, start: int, end: int, sentences: list[list[int]], head_start: int | None, head_end: int | None
) -> Passage:
    """A passage from its row in the database."""
    head = None if head_start is None or head_end is None else Span(head_start, head_end)
    cut = tuple(Sentence(s, e, paragraph, bool(h)) for s, e, paragraph, h in sentences)
    return Passage(number, start, end, cut, head)
