"""Whether the server can answer, and what is in the way: opened at the start, and tried again until it can be."""

from __future__ import annotations

import threading

import structlog

from bot.bootstrap import Footnote
from bot.interfaces.backoff import pauses
from bot.interfaces.http.problems import Problem, unavailable
from bot.interfaces.monitoring import reach

_log = structlog.get_logger("footnote.server")


class Readiness:
    """Of one server's library and models."""

    def __init__(self, bot: Footnote) -> None:
        self._bot = bot
        self._obstacle: Problem | None = _not_ready("The model is being loaded. Come again.")
        self._stopping = threading.Event()

    def open(self) -> bool:
        """Load and open what the first question would have to wait for; whether that could be done."""
        try:
            self._bot.seed()
            self._bot.search.search("Is all in its place?", "local", limit=1)
        except Exception as error:  # noqa: BLE001  # the server goes on, and /readyz says that it cannot answer
            _log.error("not ready", exc_info=error)
            unforeseen = "The library cannot be opened. The log of the server says why."
            self._obstacle = unavailable(error) or _not_ready(unforeseen)
            return False
        self._obstacle = None
        _log.info("ready")
        return True

    def open_in_the_end(self) -> None:
        """Try to open it again and again, until it is or the server stops: what it needs may start after it."""
        for pause in pauses():
            if self._stopping.wait(pause) or self.open():
                return

    def stop(self) -> None:
        """Try no more."""
        self._stopping.set()

    def check(self) -> None:
        """Reach all that an answer needs. Raises Problem, and what the parts raise."""
        if self._obstacle is not None:
            raise self._obstacle
        reach(self._bot)


def _not_ready(detail: str) -> Problem:
    return Problem(503, "not-ready", detail, headers={"Retry-After": "1"})
