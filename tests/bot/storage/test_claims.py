"""Claims: of several processes one has a row, for as long as it lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.bootstrap import Footnote
from bot.storage.claims import Worker
from retrieval.store.database import reading, writing
from retrieval.store.tables import webhook_questions
from tests.conftest import Opener

pytestmark = pytest.mark.both_topologies

ROOT = Path(__file__).parents[3]
ANY = webhook_questions.c.state == "asked"


NewWorker = Callable[[Footnote], Worker]


@pytest.fixture
def new_worker() -> Iterator[NewWorker]:
    """Makes workers of a database, which end with the test."""
    with ExitStack() as stack:

        def new(footnote: Footnote) -> Worker:
            worker = Worker(footnote.engine)
            stack.callback(worker.close)
            return worker

        yield new


def fill(footnote: Footnote, rows: int) -> None:
    """So many rows that may be claimed, the first one due first."""
    row = {"asker": "webhook:a", "body_hash": "", "data": {}, "state": "asked", "tries": 0, "asked_at": 0.0}
    values = [row | {"message_id": str(number), "next_at": float(number)} for number in range(rows)]
    with writing(footnote.engine) as connection:
        connection.execute(sa.insert(webhook_questions), values)


@contextmanager
def another_process(footnote: Footnote, code: str) -> Iterator[subprocess.Popen[str]]:
    """A process on the same database, which is asked to end, and ends."""
    settings = {
        "FOOTNOTE_DATA_DIR": footnote.settings.data_dir,
        "FOOTNOTE_DATABASE_URL": footnote.settings.database_url,
    }
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command, env = [sys.executable, "-c", code], os.environ | {name: str(value) for name, value in settings.items()}
    with subprocess.Popen(command, cwd=ROOT, env=env, **pipes) as process:
        yield process


def settle(footnote: Footnote, worker: Worker, key: int) -> bool:
    with writing(footnote.engine) as connection:
        return worker.settle(connection, webhook_questions, key, state="answered")


def test_a_process_is_one_worker(footnote: Footnote) -> None:
    """However many threads ask for it at once, they are given the same one: else some claims would not be kept."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: footnote.worker, range(8)))
    assert len({worker.id for worker in found}) == 1


def test_each_row_is_had_by_one(open_footnote: Opener, new_worker: NewWorker) -> None:
    """Eight threads of four processes' worth of engines take 200 rows: each row is had once."""
    footnotes = [open_footnote() for _ in range(4)]
    fill(footnotes[0], 200)
    had: list[int] = []

    def take(footnote: Footnote, worker: Worker) -> None:
        while (row := worker.claim(webhook_questions, ANY)) is not None:
            had.append(row.id)
            assert settle(footnote, worker, row.id)
            worker.let_go(row.id)

    workers = [new_worker(footnote) for footnote in footnotes]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(take, footnotes * 2, workers * 2))
    assert set(Counter(had).values()) == {1} and len(had) == 200


def test_the_first_due_comes_first(footnote: Footnote, new_worker: NewWorker) -> None:
    """Rows are had in the order in which they are due."""
    fill(footnote, 20)
    worker = new_worker(footnote)
    had = [worker.claim(webhook_questions, ANY) for _ in range(20)]
    assert [row.message_id for row in had if row is not None] == [str(number) for number in range(20)]


def test_what_a_dead_process_had_is_free_at_once(footnote: Footnote, new_worker: NewWorker) -> None:
    """A row is its process's own for as long as that lives, and not a moment longer; then another one has it."""
    fill(footnote, 1)
    dead, other = new_worker(footnote), new_worker(footnote)
    row = dead.claim(webhook_questions, ANY)
    assert row is not None
    assert not other.due(webhook_questions, ANY)
    assert other.claim(webhook_questions, ANY) is None
    dead.close()
    assert other.due(webhook_questions, ANY)
    taken = other.claim(webhook_questions, ANY)
    assert taken is not None and taken.id == row.id


def test_a_process_that_is_killed_is_dead(footnote: Footnote, new_worker: NewWorker) -> None:
    """It need not say so."""
    fill(footnote, 1)
    code = (
        "import os, signal, sys; sys.path.insert(0, os.getcwd())\n"
        "from bot.bootstrap import Footnote\n"
        "from bot.settings import Settings\n"
        "from retrieval.store.tables import webhook_questions as rows\n"
        "footnote = Footnote(Settings())\n"
        "assert footnote.worker.claim(rows, rows.c.state == 'asked') is not None\n"
        "print('claimed', flush=True); sys.stdin.read(1); os.kill(os.getpid(), signal.SIGKILL)"
    )
    worker = new_worker(footnote)
    with another_process(footnote, code) as process:
        assert process.stdout is not None and process.stdout.readline() == "claimed\n"
        assert worker.claim(webhook_questions, ANY) is None
        process.communicate("x")
        assert process.returncode == -signal.SIGKILL
    assert worker.claim(webhook_questions, ANY) is not None


def test_who_was_taken_for_dead_is_not_heard(footnote: Footnote, new_worker: NewWorker) -> None:
    """Of two that worked at the same row, since the database had parted from one of them, the one that has it now
    settles it; the other's word does not count, and it lives again with its next claim.
    """
    fill(footnote, 2)
    parted, other = new_worker(footnote), new_worker(footnote)
    row = parted.claim(webhook_questions, ANY)
    assert row is not None
    parted.close()
    assert other.claim(webhook_questions, ANY) is not None
    assert parted.claim(webhook_questions, ANY) is not None
    assert other.claim(webhook_questions, ANY) is None
    assert not settle(footnote, parted, row.id)
    assert settle(footnote, other, row.id)
    assert not settle(footnote, other, row.id)


def test_who_lives_is_known(footnote: Footnote, new_worker: NewWorker) -> None:
    """Those that have claimed something, or tried; of those that have ended nothing is left."""
    fill(footnote, 3)
    first, second, third = (new_worker(footnote) for _ in range(3))
    for worker in (first, second):
        assert worker.claim(webhook_questions, ANY) is not None
    with reading(footnote.engine) as connection:
        assert set(third._life.others(connection)) == {first.id, second.id}
        assert first._life.others(connection) == [second.id]
    first.close()
    with reading(footnote.engine) as connection:
        assert third._life.others(connection) == [second.id]
    second.close()
    with reading(footnote.engine) as connection:
        assert third._life.others(connection) == []


def test_what_could_not_be_settled_is_free_for_its_own_process(footnote: Footnote, new_worker: NewWorker) -> None:
    """A row that no thread holds any more, though it is claimed, is free for its living process, and for no other."""
    fill(footnote, 2)
    worker, other = new_worker(footnote), new_worker(footnote)
    first, second = worker.claim(webhook_questions, ANY), worker.claim(webhook_questions, ANY)
    assert first is not None and second is not None and first.id != second.id
    worker.let_go(first.id)
    assert other.claim(webhook_questions, ANY) is None
    again = worker.claim(webhook_questions, ANY)
    assert again is not None and again.id == first.id
    worker.let_go(first.id)
    worker.let_go(second.id)
    assert not worker.busy


def test_a_row_is_held_until_the_last_lets_go(footnote: Footnote, new_worker: NewWorker) -> None:
    """A row that was settled, and claimed anew before the first thread lets go of it, is still held after that."""
    fill(footnote, 1)
    worker = new_worker(footnote)
    row = worker.claim(webhook_questions, ANY)
    assert row is not None
    with writing(footnote.engine) as connection:
        assert worker.settle(connection, webhook_questions, row.id, tries=1)
    assert worker.claim(webhook_questions, ANY) is not None
    worker.let_go(row.id)
    assert worker.busy and worker.claim(webhook_questions, ANY) is None
    worker.let_go(row.id)
    assert not worker.busy


def test_a_claim_that_fails_holds_nothing(footnote: Footnote, new_worker: NewWorker) -> None:
    """Where the database fails in the middle of a claim, the row is free, and the process holds nothing."""
    fill(footnote, 1)
    worker, other = new_worker(footnote), new_worker(footnote)

    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE"):
            raise OSError("the database is away")

    sa.event.listen(footnote.engine, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="away"):
        worker.claim(webhook_questions, ANY)
    sa.event.remove(footnote.engine, "before_cursor_execute", fail)
    assert not worker.busy
    assert other.claim(webhook_questions, ANY) is not None
