"""Cancelling work that runs in another thread."""

from __future__ import annotations

import threading


class AbortedError(Exception):
    """Nobody waits for the result any more."""


class CancellationToken(threading.Event):
    """Set once nobody waits for the result any more; safe between threads."""

    def check(self) -> None:
        """Go on only when somebody waits. Raises AbortedError."""
        if self.is_set():
            raise AbortedError
