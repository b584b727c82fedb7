"""What a test makes go wrong between the bot and Telegram, beside the bot's own faults.

Knows nothing of methods. Faults hit every method but getUpdates, unless one is named: the poller would use them up.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class Fault:
    """So many requests more go wrong: broken off, answered with a status, or late by `delay` seconds."""

    method: str | None
    left: float
    status: int = 0
    broken: bool = False
    accepted: bool = False
    delay: float = 0

    def hits(self, method: str) -> bool:
        """Whether it is meant for this method."""
        return method == self.method.lower() if self.method else method != "getupdates"


class Faults:
    """The faults that are still to come; each request takes the first that is meant for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._delays: dict[str | None, Fault] = {}

    def add(self, fault: Fault) -> None:
        """Another one, after those that are there."""
        with self._lock:
            self._faults.append(fault)

    def delay(self, fault: Fault) -> None:
        """A delay of all requests of a method, in place of the one before."""
        with self._lock:
            self._delays[fault.method] = fault

    def take(self, method: str) -> Fault:
        """What goes wrong with a request of this method: often nothing."""
        with self._lock:
            fault = next((fault for fault in self._faults if fault.hits(method)), Fault(None, 0))
            fault.left -= 1
            self._faults = [fault for fault in self._faults if fault.left > 0]
            delay = max((late.delay for late in self._delays.values() if late.hits(method)), default=0)
            return Fault(method, 0, fault.status, fault.broken, fault.accepted, delay)
