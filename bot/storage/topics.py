"""The state of each topic of a chat: its current conversation, and the document that alone is asked about.

A topic has a number; 0 is a chat without topics. Knows no chat service.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from retrieval.store.database import reading, writing
from retrieval.store.tables import chat_documents, chat_topics, insert

_REST = -1  # as a topic's number: all topics of a chat that have no row


class Topic(NamedTuple):
    """The conversation, by its number, and the only document that is asked about, if one was chosen."""

    conversation: int = 1
    document: str | None = None


class Topics:
    """The topics of the chats of one database, and who sent which document."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def at(self, chat: int, thread: int) -> Topic:
        """The state of a topic."""
        c = chat_topics.c
        here = (c.chat == chat) & c.thread.in_((thread, _REST))
        query = sa.select(c.conversation, c.document_id).where(here).order_by(c.thread.desc()).limit(1)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        return Topic() if row is None else Topic(*row)

    def set(self, chat: int, thread: int, topic: Topic) -> None:
        """Change the state of a topic."""
        values = {"conversation": topic.conversation, "document_id": topic.document}
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, chat_topics)
                .values(chat=chat, thread=thread, **values)
                .on_conflict_do_update(index_elements=["chat", "thread"], set_=values)
            )

    def forget(self, chat: int) -> None:
        """Begin new conversations in all topics of a chat, under numbers that none has had before."""
        c = chat_topics.c
        with writing(self._engine) as connection:
            last = connection.execute(sa.select(sa.func.max(c.conversation)).where(c.chat == chat)).scalar()
            number = (last or Topic().conversation) + 1
            connection.execute(sa.delete(chat_topics).where(c.chat == chat))
            connection.execute(sa.insert(chat_topics).values(chat=chat, thread=_REST, conversation=number))

    def brought(self, document: str, sender: int) -> None:
        """Note who sent a document."""
        with writing(self._engine) as connection:
            connection.execute(
                insert(connection, chat_documents)
                .values(document_id=document, sender=sender)
                .on_conflict_do_update(index_elements=["document_id"], set_={"sender": sender})
            )

    def sender(self, document: str) -> int | None:
        """The id of who sent a document, if anyone did."""
        c = chat_documents.c
        with reading(self._engine) as connection:
            sender: int | None = connection.execute(sa.select(c.sender).where(c.document_id == document)).scalar()
        return sender
