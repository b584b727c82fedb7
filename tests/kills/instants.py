"""The named instants at which processes are killed: before or after a call of a function of the program.

Knows nothing of how a process is brought there.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

When = Literal["before", "after"]
Leaves = Literal["old", "new"]

LIBRARY = ("add", "replace", "remove", "reindex", "repair", "restore")
"""The operations on the library, where one process is killed after the other; what is left are the servers."""


class Instant(NamedTuple):
    """A point in the path of an operation: before or after the `nth` call of `target` ("module:name")."""

    operation: str
    name: str
    when: When
    target: str
    leaves: Leaves = "old"
    """Whether the operation is to be wholly undone or wholly done afterwards."""
    nth: int = 1
    counted: Literal["every", "asked", "given"] = "every"
    """Which calls count: every one, those whose last argument is not empty, or those that give something."""
    unfinished: bool = False
    """Whether a revision is left that the next start has to clear away."""

    @property
    def title(self) -> str:
        """What it is called everywhere."""
        return f"{self.operation}: {self.name}"


_L = "retrieval.library.library"
_R = "retrieval.library.revisions"
_I = "retrieval.library.reindexing"
_V = "retrieval.index.vector_index:VectorIndex"
_C = "chromadb.api.models.Collection:Collection"
_Q = "bot.storage.webhook_questions:WebhookQuestions"
_W = "bot.interfaces.http.delivery_worker"

INSTANTS = (
    Instant("add", "claimed, before commit", "after", f"{_L}:claim"),
    Instant("add", "claimed, before embedding", "before", f"{_L}:embedded_texts", unfinished=True),
    Instant("add", "embedded, before the vectors are kept", "before", f"{_L}:renew", unfinished=True),
    Instant("add", "vectors kept, before commit", "after", f"{_L}:keep", unfinished=True),
    Instant("add", "vectors kept in SQL, before Chroma", "before", f"{_V}.upsert", unfinished=True),
    Instant("add", "vectors in Chroma, before the write ends", "after", f"{_C}.upsert", unfinished=True),
    Instant("add", "first of several batches indexed", "after", f"{_V}.upsert", unfinished=True),
    Instant("add", "all indexed, before it is made ready", "before", f"{_L}:publish", unfinished=True),
    Instant("add", "passages in, before the keywords", "before", f"{_R}:keyword_index.index_passages", unfinished=True),
    Instant("add", "made ready, before commit", "after", f"{_L}:publish", unfinished=True),
    Instant("add", "ready, before the sweep", "before", f"{_L}:Library._sweep", "new"),
    Instant(
        "add",
        "vectors of other languages written, before they are noted",
        "before",
        "retrieval.library.multilingual_vectors:MultilingualVectors._note",
        "new",
    ),
    Instant("replace", "claimed, before embedding", "before", f"{_L}:embedded_texts", unfinished=True),
    Instant("replace", "vectors kept in SQL, before Chroma", "before", f"{_V}.upsert", unfinished=True),
    Instant("replace", "first of several batches indexed", "after", f"{_V}.upsert", unfinished=True),
    Instant("replace", "old text retired, before the new one is ready", "after", f"{_R}:retire", unfinished=True),
    Instant("replace", "made ready, before commit", "after", f"{_L}:publish", unfinished=True),
    Instant("replace", "ready, before the sweep", "before", f"{_L}:Library._sweep", "new"),
    Instant("replace", "old vectors deleted, before that is noted", "after", f"{_V}.delete", "new"),
    Instant("replace", "swept", "after", f"{_L}:Library._sweep", "new"),
    Instant("remove", "retired, before commit", "after", f"{_L}:retire"),
    Instant("remove", "committed, before the sweep", "before", f"{_L}:Library._sweep", "new"),
    Instant("remove", "vectors deleted, before the write ends", "after", f"{_C}.delete", "new"),
    Instant("remove", "vectors deleted, before that is noted", "after", f"{_V}.delete", "new"),
    Instant("remove", "swept", "after", f"{_L}:Library._sweep", "new"),
    Instant("reindex", "begun", "after", f"{_I}:_begun"),
    Instant("reindex", "a text cut anew waits", "after", f"{_I}:_waiting"),
    Instant("reindex", "vectors kept in SQL, before Chroma", "before", f"{_V}.upsert"),
    Instant("reindex", "indexed half", "after", f"{_V}.upsert", nth=2),
    Instant("reindex", "whole, before it serves", "before", f"{_I}:_switched"),
    Instant("reindex", "serves, before commit", "after", f"{_I}:forget"),
    Instant("reindex", "serves, before the keywords", "before", f"{_L}:keyword_index.rebuild", "new"),
    Instant("reindex", "keywords made anew, before commit", "after", f"{_L}:keyword_index.rebuild", "new"),
    Instant("reindex", "before the old index is dropped", "before", f"{_V}.drop", "new"),
    Instant("reindex", "old index dropped, before that is noted", "after", f"{_V}.drop", "new"),
    Instant("repair", "what was left retired, before commit", "after", f"{_L}:retire"),
    Instant("repair", "committed, before the sweep", "before", f"{_L}:Library._sweep"),
    Instant("repair", "vectors deleted, before that is noted", "after", f"{_V}.delete"),
    Instant("restore", "loss noted", "after", "retrieval.store.state:SharedState.lose"),
    Instant("restore", "before the first vector", "before", f"{_L}:restore"),
    Instant("restore", "half made again", "after", f"{_V}.upsert"),
    Instant("restore", "made again, before that is noted", "after", f"{_I}:_fill"),
    Instant("serve", "question kept, before it is accepted", "after", f"{_Q}.store"),
    Instant("serve", "question accepted, before it is answered", "before", f"{_W}:write_answer"),
    Instant("serve", "answered, before the answer is kept", "before", f"{_Q}.answered"),
    Instant("serve", "answer kept, before delivery", "after", f"{_Q}.answered"),
    Instant("serve", "delivered, before that is noted", "after", f"{_W}:DeliveryWorker._attempt"),
    Instant("serve", "delivery noted", "after", "bot.storage.deliveries:Deliveries.delivered"),
    Instant("telegram", "update read, before it is kept", "before", "bot.storage.inbox:Inbox.receive", counted="asked"),
    Instant(
        "telegram", "update kept, before it is handled", "after", "bot.storage.inbox:Inbox.receive", counted="given"
    ),
    Instant("telegram", "answered, before the answer is kept", "before", "bot.storage.inbox:Inbox.finish"),
    Instant("telegram", "answer kept, before it is sent", "after", "bot.storage.inbox:Inbox.finish"),
    Instant("telegram", "sent, before that is noted", "before", "bot.storage.outbox:Outbox.sent"),
    Instant("telegram", "sending noted", "after", "bot.storage.outbox:Outbox.sent"),
)


def of(title: str) -> Instant:
    """The instant of this title."""
    return next(one for one in INSTANTS if one.title == title)
