"""What is talked about in a chat, or in a topic of one, at the moment: which conversation, and which document alone.

A topic of a chat is told by its number; 0 is a chat that has none. Knows no chat service.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from retrieval.store.database import reading, writing
from retrieval.store.tables import chat_documents, chat_topics, insert

_REST = -1  # in the place of a topic's number: all topics of a chat of which nothing is kept


class Topic(NamedTuple):
    """The conversation, by its number, and the only document that is asked about, if one was chosen."""

    conversation: int = 1
    document: str | None = None


class Topics:
    """The topics of the chats of one database, and who put which document into them."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def at(self, chat: int, thread: int) -> Topic:
        """What is talked about there."""
        c = chat_topics.c
        here = (c.chat == chat) & c.thread.in_((thread, _REST))
        query = sa.select(c.conversation, c.document_id).where(here).order_by(c.thread.desc()).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return Topic() if row is None else Topic(*row)

    def set(self, chat: int, thread: int, topic: Topic) -> None:
        """Talk about something else from now on."""
        values = {"conversation": topic.conversation, "document_id": topic.document}
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, chat_topics)
                .values(chat=chat, thread=thread, **values)
                .on_conflict_do_update(index_elements=["chat", "thread"], set_=values)
            )

    def forget(self, chat: int) -> None:
        """Talk about something else from now on, in all topics of a chat, under numbers that none has had before."""
        c = chat_topics.c
        with writing(self._engine) as connection:
            last = connection.execute(sa.select(sa.func.max(c.conversation)).where(c.chat == chat)).scalar()
            number = (last or Topic().conversation) + 1
            connection.execute(sa.delete(chat_topics).where(c.chat == chat))
            connection.execute(sa.insert(chat_topics).values(chat=chat, thread=_REST, conversation=number))

    def brought(self, document: str, sender: int) -> None:
        """Someone put a document into their chat."""
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, chat_documents)
                .values(document_id=document, sender=sender)
                .on_conflict_do_update(index_elements=["document_id"], set_={"sender": sender})
            )

    def sender(self, document: str) -> int | None:
        """Who put a document there, if it was anyone."""
        c = chat_documents.c
        with reading(self._engine) as connection:
            sender: int | None = connection.execute(sa.select(c.sender).where(c.document_id == document)).scalar()
        return sender
