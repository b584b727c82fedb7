"""What was said, by conversation. A conversation belongs to one asker and is named within it; it knows no documents."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from bot.answers import Answer, answer_from_json
from retrieval.database import reading, writing
from retrieval.tables import conversations, now, turns


class Conversations:
    """The remembered turns of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def remember(self, asker: str, name: str, answer: Answer) -> Answer:
        """Store `answer` as the next turn of a conversation; the answer with its conversation and turn (from 1) set."""
        with writing(self._engine) as connection:
            conversation = connection.execute(_id(asker, name)).scalar()
            if conversation is None:
                inserted = sa.insert(conversations).values(asker=asker, name=name, created_at=now())
                conversation = connection.execute(inserted.returning(conversations.c.id)).scalar_one()
            last = connection.execute(
                sa.select(sa.func.max(turns.c.number)).where(turns.c.conversation_id == conversation)
            ).scalar()
            answer = replace(answer, conversation=name, turn=(last or 0) + 1)
            connection.execute(
                sa.insert(turns).values(
                    conversation_id=conversation, number=answer.turn, answer=answer.to_json(), asked_at=now()
                )
            )
        return answer

    def recall(self, asker: str, name: str, last: int = 10) -> list[Answer]:
        """The `last` turns of a conversation, oldest first; none when there is no such conversation."""
        query = (
            sa.select(turns.c.answer)
            .where(turns.c.conversation_id == _id(asker, name).scalar_subquery())
            .order_by(turns.c.number.desc())
            .limit(last)
        )
        with reading(self._engine) as connection:
            return [answer_from_json(answer) for (answer,) in connection.execute(query)][::-1]


def _id(asker: str, name: str) -> sa.Select[tuple[int]]:
    return sa.select(conversations.c.id).where(conversations.c.asker == asker, conversations.c.name == name)
