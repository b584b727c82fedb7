"""What is talked about in a chat, or in a topic of one, at the moment: which conversation, and which document alone.

A topic of a chat is told by its number; 0 is a chat that has none. Knows no chat service.
"""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from retrieval.database import reading, writing
from retrieval.tables import chat_documents, chat_topics, insert


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
        query = sa.select(c.conversation, c.document_id).where(c.chat == chat, c.thread == thread)
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
