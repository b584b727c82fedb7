"""How much one owner may have in the library: documents and characters. Knows no interface, and not who is exempt."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from retrieval.library.catalogue import LibraryError
from retrieval.store.tables import documents, revisions
from retrieval.types import Document


class Quota(NamedTuple):
    """The most that one owner may have."""

    documents: int
    characters: int


class QuotaError(LibraryError):
    """A document is more than its owner may have; the message is one line that says what to do."""


def within(connection: sa.Connection, quota: Quota, document: Document, owner: str) -> None:
    """Raises QuotaError when `owner` would have more than the quota with `document`, which replaces that of its source.

    What is being added at the moment counts, too.
    """
    others = (
        sa.select(sa.func.count(sa.distinct(documents.c.id)), sa.func.coalesce(sa.func.sum(revisions.c.characters), 0))
        .join(revisions, revisions.c.document_id == documents.c.id)
        .where(documents.c.owner == owner, documents.c.source != document.source, revisions.c.state != "waiting")
    )
    held, characters = connection.execute(others).one()
    cure = "Remove some documents first."
    if held >= quota.documents:
        raise QuotaError(f"You have {held:,} documents, and {quota.documents:,} is the most. {cure}")
    if characters + len(document.text) > quota.characters:
        raise QuotaError(
            f"With its {len(document.text):,} characters you would have {characters + len(document.text):,}, and "
            f"{quota.characters:,} is the most. {cure}"
        )
