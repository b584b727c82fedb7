"""Waiting by progress instead of by the clock, so that no test fails because the machine is slow or busy.

    wait_until(lambda: len(receiver.arrivals) == 3, server.process)      # until something holds
    out, err = communicate(process, "a question")                        # until a process has ended
    patience = Patience(server.process)                                  # a loop of one's own, also an asynchronous one
    while not client.messages:
        patience.check("no message came")
        await asyncio.sleep(0.02)

Each waits as long as the watched processes, with all that they have started, take CPU time: a process that waits for
a core, or runs on a slow one, is given as long as it needs. It fails with an AssertionError when

- they have ended, so that nothing can come any more; or
- they have stood still: less than STILL_CPU seconds of CPU in STILL seconds of the clock, which is a deadlock, or a
  wait for something that does not come; or
- they have taken MOST_CPU seconds of CPU, which is a loop without end; or
- CEILING seconds of the clock have passed.

With no process named, the test's own is watched: its other threads (the waiting one does not count, since asking again
and again takes CPU, too) and its children. What takes no CPU for long and is well all the same, such as a long pause
before a retry, is told by `progress`: any change of what it gives counts as progress. Calls that want a number of
seconds (`timeout=` of httpx, sockets, join, queues) get CEILING: it only ends what hangs.

A claim about time itself ("waits for nobody", "ends within its limit") is not for the clock, either: let the other side
hang for CEILING and assert that the call returned before, or compare `cpu_seconds`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psutil

CEILING = 600.0
"""Seconds of the clock after which whatever is waited for has failed; also for `timeout=`."""
STILL = 60.0
"""Seconds of the clock in which a watched process that works takes some CPU, however many others are at work."""
STILL_CPU = 0.1
"""The CPU time in seconds that is some."""
MOST_CPU = 300.0
"""Seconds of CPU that no step of a test needs."""
_ENDED = "the process has ended"

Watched = subprocess.Popen[Any] | int
T = TypeVar("T")


class Patience:
    """How long something is still to be waited for, by what the `watched` processes (Popen, or ids) have done."""

    def __init__(self, *watched: Watched, still: float = STILL, progress: Callable[[], object] = lambda: None) -> None:
        self._watched = watched or (os.getpid(),)
        self._own, self._still, self._progress = not watched, still, progress
        self._began = self._moved = self._looked = time.monotonic()
        self._first = self._last = self._cpu()
        self._told = progress()

    def check(self, says: str | Callable[[], str] = "") -> None:
        """Fails when it is of no use to wait longer. `says` tells what was waited for, or where it stands."""
        if fault := self.fault():
            raise _failure(fault, says)

    def fault(self) -> str | None:
        """Why it is of no use to wait longer, or None. Looks four times a second, however often it is called."""
        now = time.monotonic()
        if now - self._looked < 0.25:
            return None
        self._looked = now
        if now - self._began > CEILING:
            return f"not within {CEILING:g} seconds"
        if all(map(_has_ended, self._watched)):
            return _ENDED
        cpu, told = self._cpu(), self._progress()
        if abs(cpu - self._last) >= STILL_CPU or told != self._told:
            self._last, self._told, self._moved = cpu, told, now
        if now - self._moved > self._still:
            return f"no progress in {self._still:g} seconds"
        return f"not after {MOST_CPU:g} seconds of CPU" if cpu - self._first > MOST_CPU else None

    def _cpu(self) -> float:
        return sum(map(cpu_seconds, self._watched)) - (time.thread_time() if self._own else 0.0)


def wait_until(
    holds: Callable[[], T],
    *watched: Watched,
    says: str | Callable[[], str] = "",
    still: float = STILL,
    progress: Callable[[], object] = lambda: None,
) -> T:
    """What `holds()` gives once that is true; asked again and again for as long as the watched ones make progress.

    Raises AssertionError, which begins with `says`, when it is of no use to wait longer.
    """
    patience = Patience(*watched, still=still, progress=progress)
    every = 0.01
    while True:
        fault = patience.fault()  # first: what ended a moment ago may have done it
        if found := holds():
            return found
        if fault:
            raise _failure(fault, says)
        time.sleep(every)
        every = min(0.1, every * 1.1)


def communicate(process: subprocess.Popen[Any], text: Any = None, still: float = STILL) -> tuple[Any, Any]:
    """`process.communicate(text)`; the process is killed, and an AssertionError raised, once it makes no progress."""
    patience = Patience(process, still=still)
    while True:
        try:
            return process.communicate(text, 0.5)
        except subprocess.TimeoutExpired:
            text = None  # the rest of it is remembered
            if (fault := patience.fault()) not in (None, _ENDED):  # one that is ending may not have let go of its pipes
                process.kill()
                out, err = process.communicate()
                raise _failure(fault, f"{process.args} said {out!r} {err!r}") from None
        except BaseException:
            process.kill()
            raise


def cpu_seconds(watched: Watched, family: bool = True) -> float:
    """The CPU time in seconds that a process and its `family`, all that it started, have taken; 0 once it is gone.

    To look for the family takes milliseconds, since every process of the machine is asked for its parent.
    """
    try:
        process = psutil.Process(_id(watched))
        taken = sum(process.cpu_times()[:4])  # and of its children that have ended
        children = process.children(recursive=True) if family else []
    except psutil.NoSuchProcess:
        return 0.0
    for child in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            taken += sum(child.cpu_times()[:4])
    return taken


def _id(watched: Watched) -> int:
    return watched if isinstance(watched, int) else watched.pid


def _has_ended(watched: Watched) -> bool:
    try:
        return psutil.Process(_id(watched)).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _failure(fault: str, says: str | Callable[[], str]) -> AssertionError:
    told = says if isinstance(says, str) else says()
    return AssertionError(f"{told}: {fault}" if told else fault)
