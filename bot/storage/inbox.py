"""The incoming updates of a chat service: each is stored before it is acknowledged, and handled once.

Updates of one chat are handled in their order. Knows no chat service: an update is an id, a chat and data.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from bot.storage.outbox import Outbox, OutgoingMessage
from retrieval.store.database import reading, writing
from retrieval.store.tables import chat_messages, chat_updates, insert, now

RETENTION = 30 * 24 * 3600.0
"""Seconds for which an update is kept after it was handled, with its replies."""


class Update(NamedTuple):
    """An update: `data` is what the service sent, `received_at` in seconds of Unix time."""

    id: int
    chat: int
    data: Mapping[str, Any]
    received_at: float


class Inbox:
    """The updates of one database. One process handles them; others may put some in."""

    def __init__(self, engine: sa.Engine, outbox: Outbox, *, clock: Callable[[], float] = now) -> None:
        self._engine, self._outbox, self._clock = engine, outbox, clock

    def receive(self, updates: Sequence[tuple[int, int, Mapping[str, Any]]]) -> int:
        """Store updates (id, chat, data); how many are new. A known one stays as it is."""
        if not updates:
            return 0
        at = self._clock()
        rows = [
            {"id": identifier, "chat": chat, "data": data, "state": "waiting", "received_at": at}
            for identifier, chat, data in updates
        ]
        with writing(self._engine) as connection:
            stored = insert(connection, chat_updates).values(rows).on_conflict_do_nothing(index_elements=["id"])
            return len(connection.execute(stored.returning(chat_updates.c.id)).all())

    def chats(self) -> set[int]:
        """The chats that have an update to be handled or a message to be sent."""
        updates = sa.select(chat_updates.c.chat).where(chat_updates.c.state == "waiting")
        messages = sa.select(chat_messages.c.chat).where(chat_messages.c.state == "waiting")
        with reading(self._engine) as connection:
            return set(connection.execute(sa.union(updates, messages)).scalars())

    def waiting(self, chat: int, most: int = 100) -> list[Update]:
        """The updates of a chat that are to be handled, in their order."""
        c = chat_updates.c
        return self._found(sa.and_(c.state == "waiting", c.chat == chat), c.id, most)

    def find(self, chat: int, number: int) -> Update | None:
        """An update of a chat by its id, if it is still kept."""
        c = chat_updates.c
        return next(iter(self._found(sa.and_(c.chat == chat, c.id == number), c.id, 1)), None)

    def before(self, update: Update) -> Update | None:
        """The update of the same chat that came before this one, if it is still kept."""
        c = chat_updates.c
        return next(iter(self._found(sa.and_(c.chat == update.chat, c.id < update.id), c.id.desc(), 1)), None)

    def finish(self, update: Update, messages: Sequence[OutgoingMessage], also: Collection[int] = ()) -> None:
        """Mark an update as handled, and store the messages that reply to it, in one transaction.

        `also` are other waiting updates of the chat, which are marked, too.
        """
        c = chat_updates.c
        handled = (
            sa.update(chat_updates)
            .where(c.chat == update.chat, c.state == "waiting")
            .values(state="handled", handled_at=self._clock())
        )
        with writing(self._engine) as connection:
            if connection.execute(handled.where(c.id == update.id)).rowcount == 0:
                return
            connection.execute(handled.where(c.id.in_(also)))
            self._outbox.put(connection, update.id, update.chat, messages)

    def forget(self, chat: int) -> None:
        """Delete the content of the handled updates of a chat, and of its messages; that they were handled is kept."""
        with writing(self._engine) as connection:
            handled = sa.and_(chat_updates.c.chat == chat, chat_updates.c.state == "handled")
            connection.execute(sa.update(chat_updates).where(handled).values(data={}))
            self._outbox.forget(connection, chat)

    def prune(self) -> int:
        """Delete updates that were handled long ago, with their replies; how many updates."""
        c = chat_updates.c
        unsent = sa.exists().where(chat_messages.c.update_id == c.id, chat_messages.c.state == "waiting")
        with writing(self._engine) as connection:
            old = sa.delete(chat_updates).where(c.state == "handled", c.handled_at < self._clock() - RETENTION, ~unsent)
            return connection.execute(old).rowcount

    def _found(self, where: sa.ColumnElement[bool], order: sa.ColumnElement[int], most: int) -> list[Update]:
        c = chat_updates.c
        query = sa.select(c.id, c.chat, c.data, c.received_at).where(where).order_by(order).limit(most)
        with reading(self._engine) as connection:
            return [Update(*row) for row in connection.execute(query)]
