"""Work that nobody waits for, in threads of its own: one piece after the other as long as there is any."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

_LONGEST_REST = 30.0  # seconds without being rung for
_PAUSE = 2.0  # seconds after a failure
_log = structlog.get_logger("footnote.server")


class Lane:
    """Threads that take `step` after step; one that finds nothing to do (False) rests until the lane is rung."""

    def __init__(self, name: str, threads: int, step: Callable[[], bool]) -> None:
        self._step = step
        self._bell = threading.Condition()
        self._rung = 0
        self._ending = threading.Event()
        # They end in `stop`; where a process ends without that, they must not keep it.
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True) for number in range(threads)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def ring(self) -> None:
        """There is something to do."""
        with self._bell:
            self._rung += 1
            self._bell.notify_all()

    def stop(self) -> None:
        """Wait for the steps that are being taken; take no other."""
        self._ending.set()
        self.ring()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            heard = self._rung
            try:
                if self._step():
                    continue
            except Exception as error:  # noqa: BLE001  # whatever it is, the next step may succeed
                _log.error("failed", exc_info=error)
                self._ending.wait(_PAUSE)
            with self._bell:
                # A default has no type.
                self._bell.wait_for(lambda heard=heard: self._rung != heard, _LONGEST_REST)  # type: ignore[misc]
