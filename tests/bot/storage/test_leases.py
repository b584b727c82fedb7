"""Claims: of several processes one has a row, for as long as it lives."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.bootstrap import Footnote
from bot.storage.leases import LEASE, Worker
from retrieval.store.database import reading, writing
from retrieval.store.tables import webhook_questions, workers
from tests.conftest import Clock, Opener

pytestmark = pytest.mark.both_topologies

DAY = 24 * 3600.0
ANY = webhook_questions.c.state == "asked"


def fill(footnote: Footnote, rows: int) -> None:
    """So many rows that may be claimed, the first one due first."""
    row = {"asker": "webhook:a", "body_hash": "", "data": {}, "state": "asked", "tries": 0, "asked_at": 0.0}
    values = [row | {"message_id": str(number), "next_at": float(number)} for number in range(rows)]
    with writing(footnote.engine) as connection:
        connection.execute(sa.insert(webhook_questions), values)


def settle(footnote: Footnote, worker: Worker, key: int) -> bool:
    with writing(footnote.engine) as connection:
        return worker.settle(connection, webhook_questions, key, state="answered")


def test_a_process_is_one_worker(footnote: Footnote) -> None:
    """However many threads ask for it at once, they are given the same one: else some claims would not be kept."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: footnote.worker, range(8)))
    assert len({worker.id for worker in found}) == 1


def test_each_row_is_had_by_one(open_footnote: Opener) -> None:
    """Eight threads of four processes' worth of engines take 200 rows: each row is had once."""
    footnotes = [open_footnote() for _ in range(4)]
    fill(footnotes[0], 200)
    had: list[int] = []

    def take(footnote: Footnote, worker: Worker) -> None:
        while (row := worker.claim(webhook_questions, ANY)) is not None:
            had.append(row.id)
            assert settle(footnote, worker, row.id)
            worker.let_go(row.id)

    workers = [Worker(footnote.engine) for footnote in footnotes]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, footnotes * 2, workers * 2))
    assert set(Counter(had).values()) == {1} and len(had) == 200


def test_the_first_due_comes_first(footnote: Footnote) -> None:
    """Rows are had in the order in which they are due."""
    fill(footnote, 20)
    worker = Worker(footnote.engine)
    had = [worker.claim(webhook_questions, ANY) for _ in range(20)]
    assert [row.message_id for row in had if row is not None] == [str(number) for number in range(20)]


def test_what_a_dead_process_had_is_free_after_its_lease(footnote: Footnote, clock: Clock) -> None:
    """A row is its process's own until the lease ends, and not a moment longer; then another one has it at once."""
    fill(footnote, 1)
    dead, other = Worker(footnote.engine, clock=clock), Worker(footnote.engine, clock=clock)
    row = dead.claim(webhook_questions, ANY)
    assert row is not None
    clock.at += LEASE - 0.001
    assert not other.due(webhook_questions, ANY)
    assert other.claim(webhook_questions, ANY) is None
    clock.at += 0.001
    assert other.due(webhook_questions, ANY)
    taken = other.claim(webhook_questions, ANY)
    assert taken is not None and taken.id == row.id


def test_a_clock_that_is_set_back_keeps_no_row(footnote: Footnote, clock: Clock) -> None:
    """What a dead process had before the clock was set back a day is free at once, though its lease ends tomorrow; what
    a living one has is its own again with its next heartbeat, and never free for itself.
    """
    fill(footnote, 2)
    dead, alive, other = (Worker(footnote.engine, clock=clock) for _ in range(3))
    first, second = dead.claim(webhook_questions, ANY), alive.claim(webhook_questions, ANY)
    assert first is not None and second is not None
    clock.at -= DAY
    alive.beat()
    assert other.due(webhook_questions, ANY)
    taken = other.claim(webhook_questions, ANY)
    assert taken is not None and taken.id == first.id
    assert other.claim(webhook_questions, ANY) is alive.claim(webhook_questions, ANY) is None
    clock.at -= DAY
    assert alive.claim(webhook_questions, webhook_questions.c.id == second.id) is None
    other.beat()
    with reading(footnote.engine) as connection:
        assert list(connection.execute(sa.select(workers.c.id)).scalars()) == [other.id]


def test_clocks_may_be_a_little_apart(footnote: Footnote, clock: Clock) -> None:
    """A process on a machine whose clock is some seconds ahead is not taken for dead."""
    fill(footnote, 1)
    ahead = Worker(footnote.engine, clock=lambda: clock.at + 2 * LEASE)
    assert ahead.claim(webhook_questions, ANY) is not None
    assert Worker(footnote.engine, clock=clock).claim(webhook_questions, ANY) is None


def test_who_lives_keeps_what_it_has(footnote: Footnote, clock: Clock) -> None:
    """A process that says that it lives keeps its row for as long as it takes."""
    fill(footnote, 1)
    alive, other = Worker(footnote.engine, clock=clock), Worker(footnote.engine, clock=clock)
    assert alive.claim(webhook_questions, ANY) is not None and alive.busy
    for _ in range(10):
        clock.at += LEASE / 2
        alive.beat()
        assert other.claim(webhook_questions, ANY) is None


def test_who_was_taken_for_dead_is_not_heard(footnote: Footnote, clock: Clock) -> None:
    """Of two that worked at the same row the one that has it now settles it; the other's word does not count."""
    fill(footnote, 1)
    slow, other = Worker(footnote.engine, clock=clock), Worker(footnote.engine, clock=clock)
    row = slow.claim(webhook_questions, ANY)
    assert row is not None
    clock.at += LEASE
    assert other.claim(webhook_questions, ANY) is not None
    slow.beat()
    assert not settle(footnote, slow, row.id)
    assert settle(footnote, other, row.id)
    assert not settle(footnote, other, row.id)


def test_what_could_not_be_settled_is_free_for_its_own_process(footnote: Footnote, clock: Clock) -> None:
    """A row that no thread holds any more, though it is claimed, is free for its living process, and for no other."""
    fill(footnote, 2)
    worker, other = Worker(footnote.engine, clock=clock), Worker(footnote.engine, clock=clock)
    first, second = worker.claim(webhook_questions, ANY), worker.claim(webhook_questions, ANY)
    assert first is not None and second is not None and first.id != second.id
    worker.let_go(first.id)
    assert other.claim(webhook_questions, ANY) is None
    again = worker.claim(webhook_questions, ANY)
    assert again is not None and again.id == first.id
    worker.let_go(first.id)
    worker.let_go(second.id)
    assert not worker.busy


def test_a_row_is_held_until_the_last_lets_go(footnote: Footnote) -> None:
    """A row that was settled, and claimed anew before the first thread lets go of it, is still held after that."""
    fill(footnote, 1)
    worker = Worker(footnote.engine)
    row = worker.claim(webhook_questions, ANY)
    assert row is not None
    with writing(footnote.engine) as connection:
        assert worker.settle(connection, webhook_questions, row.id, tries=1)
    assert worker.claim(webhook_questions, ANY) is not None
    worker.let_go(row.id)
    assert worker.busy and worker.claim(webhook_questions, ANY) is None
    worker.let_go(row.id)
    assert not worker.busy


def test_a_claim_that_fails_holds_nothing(footnote: Footnote, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the database fails in the middle of a claim, the row is free, and the process holds nothing."""
    fill(footnote, 1)
    worker, other = Worker(footnote.engine), Worker(footnote.engine)

    def fail(_connection: sa.Connection) -> None:
        raise OSError("the database is away")

    with monkeypatch.context() as failing:
        failing.setattr(worker, "_beat", fail)
        with pytest.raises(OSError, match="away"):
            worker.claim(webhook_questions, ANY)
    assert not worker.busy
    assert other.claim(webhook_questions, ANY) is not None


def test_processes_that_have_ended_are_forgotten(footnote: Footnote, clock: Clock) -> None:
    """A sign of life clears away those whose lease is long over."""
    for _ in range(3):
        Worker(footnote.engine, clock=clock).beat()
    clock.at += 2 * LEASE + 1
    last = Worker(footnote.engine, clock=clock)
    last.beat()
    with reading(footnote.engine) as connection:
        assert list(connection.execute(sa.select(workers.c.id)).scalars()) == [last.id]
