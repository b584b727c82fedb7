"""The outgoing messages of chats: stored before they are sent, sent in order, and marked as sent.

A message is sent twice only when the process dies between its acceptance and its mark. Knows no chat service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from retrieval.store.database import reading, writing
from retrieval.store.tables import chat_messages, now

_LOOKED_BACK = 50  # messages of a chat


class ShownTurn(NamedTuple):
    """The turn of a conversation that a message shows."""

    conversation: str
    turn: int


class OutgoingMessage(NamedTuple):
    """A message to be sent: `request` is made by the interface of the chat service."""

    request: Mapping[str, Any]
    shows: ShownTurn | None = None


class QueuedMessage(NamedTuple):
    """A message that waits to be sent."""

    id: int
    chat: int
    request: Mapping[str, Any]


class Outbox:
    """The messages of one database."""

    def __init__(self, engine: sa.Engine, *, clock: Callable[[], float] = now) -> None:
        self._engine, self._clock = engine, clock

    def put(self, connection: sa.Connection, update_id: int, chat: int, messages: Sequence[OutgoingMessage]) -> None:
        """Store the messages that reply to an update, in the transaction of `connection`."""
        for number, message in enumerate(messages):
            shows = message.shows._asdict() if message.shows else {}
            row = {"update_id": update_id, "number": number, "chat": chat, "request": message.request, **shows}
            connection.execute(sa.insert(chat_messages).values(**row, state="waiting"))

    def next(self, chat: int) -> QueuedMessage | None:
        """The message of a chat that is to be sent next."""
        c = chat_messages.c
        query = (
            sa.select(c.id, c.chat, c.request)
            .where(c.chat == chat, c.state == "waiting")
            .order_by(c.update_id, c.number)
            .limit(1)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return None if row is None else QueuedMessage(*row)

    def sent(self, message: QueuedMessage, message_id: int | None) -> None:
        """A message has been accepted, under the service's id for it where it has one."""
        self._settle(message, state="sent", message_id=message_id, sent_at=self._clock())

    def refused(self, message: QueuedMessage, why: str) -> None:
        """A message will never be accepted."""
        self._settle(message, state="refused", error=why[:500], sent_at=self._clock())

    def shown(self, chat: int, message_id: int) -> ShownTurn | None:
        """The turn that a message shows, by the service's id for it; None if it shows none."""
        c = chat_messages.c
        query = sa.select(c.conversation, c.turn).where(
            c.chat == chat, c.message_id == message_id, c.conversation.is_not(None)
        )
        with reading(self._engine) as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else ShownTurn(*row)

    def opened(self, chat: int, opens: str) -> tuple[int, Mapping[str, Any]] | None:
        """The last message in a chat whose request says that it `opens` this: the service's id and the request."""
        c = chat_messages.c
        query = (
            sa.select(c.message_id, c.request)
            .where(c.chat == chat, c.state == "sent", c.message_id.is_not(None), c.conversation.is_not(None))
            .order_by(c.id.desc())
            .limit(_LOOKED_BACK)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return next(((row.message_id, row.request) for row in rows if row.request.get("opens") == opens), None)

    def forget(self, connection: sa.Connection, chat: int) -> None:
        """Delete the content of what was sent in a chat, in the transaction of `connection`."""
        c = chat_messages.c
        connection.execute(
            sa.update(chat_messages)
            .where(c.chat == chat, c.state != "waiting")
            .values(request={}, conversation=None, turn=None)
        )

    def _settle(self, message: QueuedMessage, **values: Any) -> None:
        with writing(self._engine) as connection:
            connection.execute(sa.update(chat_messages).where(chat_messages.c.id == message.id).values(**values))
