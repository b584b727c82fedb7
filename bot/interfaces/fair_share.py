"""Heavy work for several askers: so much at once, one piece for each asker, and turns taken asker by asker.

Heavy is a document that takes long to read: one that is no short text. Knows no document.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from bot.interfaces.cancellation import CancellationToken

_LOOK = 0.2  # seconds between two looks whether somebody still waits
_REMEMBERED = 10_000  # askers


class FairShare:
    """Turns for threads: of those that wait, the asker who had one the longest ago is next."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._changed = threading.Condition()
        self._running: set[str] = set()
        self._waiting: dict[int, str] = {}  # askers, by tickets that grow
        self._served: dict[str, int] = {}  # the ticket of each asker's last turn
        self._tickets = count(1)

    @contextmanager
    def turn(self, asker: str, stop: CancellationToken) -> Iterator[None]:
        """Wait for a turn of `asker`, and have it. Raises AbortedError once it is stopped while it waits."""
        with self._changed:
            ticket = next(self._tickets)
            self._waiting[ticket] = asker
            try:
                while self._next() != ticket:
                    stop.check()
                    self._changed.wait(_LOOK)
            finally:
                del self._waiting[ticket]
                self._changed.notify_all()
            self._running.add(asker)
            if len(self._served) > _REMEMBERED:
                self._served.clear()
            self._served[asker] = next(self._tickets)
        try:
            yield
        finally:
            with self._changed:
                self._running.discard(asker)
                self._changed.notify_all()

    def _next(self) -> int | None:
        """The ticket whose turn it is, None while there is no room for any."""
        if len(self._running) >= self._at_once:
            return None
        free = [(self._served.get(asker, 0), ticket) for ticket, asker in self._waiting.items()]
        return min(((at, t) for at, t in free if self._waiting[t] not in self._running), default=(0, None))[1]
