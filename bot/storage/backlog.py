"""How much work waits in the database, and how much of it has failed: counts alone, for whoever runs Footnote."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from retrieval.store.database import reading
from retrieval.store.tables import chat_messages, chat_updates, deliveries, webhook_questions


class WebhookBacklog(NamedTuple):
    """What the servers on one database have left to do."""

    questions: int
    """Questions that came with a reply URL and have no answer yet."""
    deliveries: int
    """Answers that are to be sent, those between two attempts included."""
    failed: int
    """Answers that were given up; they are kept for 30 days."""


class ChatBacklog(NamedTuple):
    """What the bot has left to do."""

    updates: int
    """Updates that came in and are not handled yet."""
    messages: int
    """Messages that are to be sent."""


def webhook_backlog(engine: sa.Engine) -> WebhookBacklog:
    """The counts of the questions by webhook and their deliveries."""
    asked, sent = webhook_questions.c, deliveries.c
    return WebhookBacklog(
        *_counts(
            engine,
            sa.and_(asked.state == "asked", asked.reply_url.is_not(None)),
            sent.state == "waiting",
            sent.state == "failed",
        )
    )


def chat_backlog(engine: sa.Engine) -> ChatBacklog:
    """The counts of the inbox and the outbox."""
    return ChatBacklog(*_counts(engine, chat_updates.c.state == "waiting", chat_messages.c.state == "waiting"))


def _counts(engine: sa.Engine, *wanted: sa.ColumnElement[bool]) -> tuple[int, ...]:
    """How many rows there are of each kind that is wanted, in one state of the database."""
    counts = (sa.select(sa.func.count()).where(one).scalar_subquery() for one in wanted)
    with reading(engine) as connection:
        return tuple(connection.execute(sa.select(*counts)).one())
