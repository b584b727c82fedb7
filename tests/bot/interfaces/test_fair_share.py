"""Turns for heavy work: real threads that wait for each other."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from patience import CEILING, wait_until

from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.fair_share import FairShare


class Work:
    """Pieces of work that begin in their turn and last until they are told to end."""

    def __init__(self, at_once: int) -> None:
        self.share = FairShare(at_once)
        self.begun: list[str] = []
        self.ends: dict[str, threading.Event] = {}
        self._threads = ThreadPoolExecutor(20)

    def add(self, asker: str, name: str) -> None:
        """One piece, which waits for its turn before the next one is added."""
        self.ends[name] = threading.Event()
        before = len(self.share._waiting) + len(self.begun)
        self._threads.submit(self._do, asker, name)
        wait_until(lambda: len(self.share._waiting) + len(self.begun) > before)

    def end(self, name: str, then: int) -> None:
        """End a piece; wait until so many have begun."""
        self.ends[name].set()
        wait_until(lambda: len(self.begun) == then)

    def _do(self, asker: str, name: str) -> None:
        with self.share.turn(asker, CancellationToken()):
            self.begun.append(name)
            self.ends[name].wait(CEILING)


def test_each_asker_has_one_turn_at_a_time_and_the_one_who_waited_longest_is_next() -> None:
    """A second piece of an asker waits although there is room; one of somebody who had no turn goes before it."""
    work = Work(2)
    work.add("ann", "ann 1")
    wait_until(lambda: work.begun == ["ann 1"])
    work.add("ann", "ann 2")
    work.add("ann", "ann 3")
    work.add("bob", "bob 1")
    wait_until(lambda: work.begun == ["ann 1", "bob 1"])
    work.add("eve", "eve 1")
    work.end("ann 1", 3)
    assert work.begun[2] == "eve 1"
    work.end("bob 1", 4)
    assert work.begun[3] == "ann 2"
    work.end("ann 2", 5)
    work.end("eve 1", 5)
    work.end("ann 3", 5)


def test_whoever_does_not_wait_any_more_has_no_turn() -> None:
    """A call that is stopped while it waits is aborted, and keeps nobody waiting."""
    share, stop = FairShare(1), CancellationToken()
    with share.turn("ann", CancellationToken()):
        stop.set()
        with pytest.raises(AbortedError), share.turn("bob", stop):
            pytest.fail("it had a turn")
    with share.turn("eve", CancellationToken()):
        pass
