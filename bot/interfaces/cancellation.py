"""Whether work is still wanted: told in one thread, asked in another."""

from __future__ import annotations

import threading


class GoneError(Exception):
    """Nobody waits for the result any more."""


class Stop:
    """Whether work is still wanted; safe between threads."""

    def __init__(self) -> None:
        self._set = threading.Event()

    def set(self) -> None:
        """Nobody wants it any more."""
        self._set.set()

    @property
    def is_set(self) -> bool:
        """Whether nobody wants it any more."""
        return self._set.is_set()

    def check(self) -> None:
        """Go on only when it is wanted. Raises GoneError."""
        if self._set.is_set():
            raise GoneError
