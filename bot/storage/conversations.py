"""What was said, by conversation. A conversation belongs to one asker and is named within it; it knows no documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from bot.answers import Answer, answer_from_json
from retrieval.store.database import reading, writing
from retrieval.store.tables import conversations, feedback, insert, now, turns


class Listed(NamedTuple):
    """A conversation: its name, when it began and was last asked in (Unix time), and how many turns it has."""

    name: str
    began_at: float
    turns: int
    asked_at: float


class Recent(NamedTuple):
    """A conversation by its name, and the question that began it."""

    name: str
    question: str


class Conversations:
    """The remembered turns of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def remember(self, asker: str, name: str, answer: Answer, once: str | None = None) -> Answer:
        """Store `answer` as the next turn of a conversation; the answer with its conversation and turn (from 1) set.

        Where a turn is stored under `once` already, that one stays, and its answer is given.
        """
        with writing(self._engine) as connection:
            known = _answers(asker, name).where(turns.c.once == once)
            if once is not None and (stored := connection.execute(known).scalar()) is not None:
                return answer_from_json(stored)
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
                    conversation_id=conversation, number=answer.turn, answer=answer.to_json(), asked_at=now(), once=once
                )
            )
        return answer

    def said(self, asker: str, name: str, once: str) -> Answer | None:
        """The answer of the turn that was stored under `once`, if there is one."""
        return next(iter(self._read(_answers(asker, name).where(turns.c.once == once))), None)

    def recall(self, asker: str, name: str, last: int | None = 10) -> list[Answer]:
        """The `last` turns of a conversation (None: all), oldest first; none when there is no such conversation."""
        return self._read(_answers(asker, name).order_by(turns.c.number.desc()).limit(last))[::-1]

    def turn(self, asker: str, name: str, number: int) -> Answer | None:
        """The answer of one turn of a conversation, if there is one."""
        return next(iter(self._read(_answers(asker, name).where(turns.c.number == number))), None)

    def listed(self, asker: str, after: str | None, limit: int) -> list[Listed]:
        """The conversations of an asker by their names, at most `limit`, from the one after the name `after`."""
        query = (
            sa.select(
                conversations.c.name,
                conversations.c.created_at,
                sa.func.count(turns.c.number).label("turns"),
                sa.func.max(turns.c.asked_at).label("asked_at"),
            )
            .join_from(conversations, turns, turns.c.conversation_id == conversations.c.id)
            .where(conversations.c.asker == asker)
            .group_by(conversations.c.id, conversations.c.name, conversations.c.created_at)
            .order_by(conversations.c.name)
            .limit(limit)
        )
        if after is not None:
            query = query.where(conversations.c.name > after)
        with reading(self._engine) as connection:
            return [Listed(*row) for row in connection.execute(query)]

    def recent(self, asker: str, limit: int) -> list[Recent]:
        """The conversations of an asker that were asked in last, the latest first, at most `limit`."""
        first = sa.func.min(turns.c.number).label("first")
        latest = (
            sa.select(turns.c.conversation_id, first, sa.func.max(turns.c.asked_at).label("asked_at"))
            .join(conversations, conversations.c.id == turns.c.conversation_id)
            .where(conversations.c.asker == asker)
            .group_by(turns.c.conversation_id)
            .subquery()
        )
        began = (turns.c.conversation_id == latest.c.conversation_id) & (turns.c.number == latest.c.first)
        query = (
            sa.select(conversations.c.name, turns.c.answer["question"].as_string())
            .join_from(conversations, latest, latest.c.conversation_id == conversations.c.id)
            .join(turns, began)
            .order_by(latest.c.asked_at.desc())
            .limit(limit)
        )
        with reading(self._engine) as connection:
            return [Recent(*row) for row in connection.execute(query)]

    def rename(self, asker: str, name: str, new: str) -> Literal["renamed", "missing", "taken"]:
        """Give a conversation another name, unless the asker has one of that name."""
        with writing(self._engine) as connection:
            conversation = connection.execute(_id(asker, name)).scalar()
            if conversation is None:
                return "missing"
            if name == new:
                return "renamed"
            if connection.execute(_id(asker, new)).scalar() is not None:
                return "taken"
            connection.execute(sa.update(conversations).where(conversations.c.id == conversation).values(name=new))
            said = sa.select(turns.c.number, turns.c.answer).where(turns.c.conversation_id == conversation)
            for number, answer in connection.execute(said).all():
                this = (turns.c.conversation_id == conversation) & (turns.c.number == number)
                connection.execute(sa.update(turns).where(this).values(answer={**answer, "conversation": new}))
        return "renamed"

    def _read(self, query: sa.Select[tuple[dict[str, Any]]]) -> list[Answer]:
        with reading(self._engine) as connection:
            return [answer_from_json(stored) for stored in connection.execute(query).scalars()]

    def forget(self, asker: str, name: str | None = None) -> bool:
        """Delete a conversation (None: all) with what was said and rated in it; whether there was one."""
        theirs = conversations.c.asker == asker
        with writing(self._engine) as connection:
            deleted = connection.execute(
                sa.delete(conversations).where(theirs if name is None else theirs & (conversations.c.name == name))
            )
            return deleted.rowcount > 0

    def rate(self, asker: str, name: str, turn: int, helpful: bool, comment: str | None = None) -> bool:
        """Keep what is thought of a turn, in the place of earlier feedback; whether there is such a turn."""
        with writing(self._engine) as connection:
            conversation = connection.execute(
                _id(asker, name)
                .join(turns, turns.c.conversation_id == conversations.c.id)
                .where(turns.c.number == turn)
            ).scalar()
            if conversation is None:
                return False
            said = {"helpful": helpful, "comment": comment, "given_at": now()}
            connection.execute(
                insert(connection, feedback)
                .values(conversation_id=conversation, turn=turn, **said)
                .on_conflict_do_update(index_elements=["conversation_id", "turn"], set_=said)
            )
        return True


def _id(asker: str, name: str) -> sa.Select[tuple[int]]:
    return sa.select(conversations.c.id).where(conversations.c.asker == asker, conversations.c.name == name)


def _answers(asker: str, name: str) -> sa.Select[tuple[dict[str, Any]]]:
    return sa.select(turns.c.answer).where(turns.c.conversation_id == _id(asker, name).scalar_subquery())
