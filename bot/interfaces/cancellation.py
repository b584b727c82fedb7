"""Cancelling work that runs in another thread."""

from __future__ import annotations

import threading


class AbortedError(Exception):
    """Nobody waits for the result any more."""


class CancellationToken:
    """Whether work has been cancelled; safe between threads."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Nobody waits for the result any more."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for the result any more."""
        return self._event.is_set()

    def check(self) -> None:
        """Go on only when somebody waits. Raises AbortedError."""
        if self._event.is_set():
            raise AbortedError
