"""What a connection may hold before it is a request, and how long it may take: uvicorn bounds neither.

What is bounded here is all that is no body: heads, trailers, extensions of chunks. Bodies have bounds of their own.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST = 64 * 1024
"""Bytes of a head, a trailer or an extension, as far as they do not come in one piece."""
SECONDS = 20.0
"""Seconds for a head, and between two pieces of a body."""


class Bounded(HttpToolsProtocol):
    """A connection that is closed when it brings too much that is no body, or too slowly."""

    _unheard = 0  # bytes since the last whole head or piece of a body
    _fresh = False  # whether there was one in what was just received
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Expect a head."""
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Expect nothing."""
        self._enough()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on, unless it is too much."""
        before, self._fresh = self._unheard, False
        self._unheard += len(data)
        super().data_received(data)
        if not self._fresh and before and self._unheard > MOST and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Expect the rest of the head, from its first byte on."""
        super().on_message_begin()
        if self._timer is None:
            self._expect()

    def on_headers_complete(self) -> None:
        """Expect a body, or its end."""
        self._heard()
        self._expect()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Expect the next piece."""
        self._heard()
        self._expect()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Expect nothing: between two requests, uvicorn waits as long as it likes."""
        self._heard()
        self._enough()
        super().on_message_complete()

    def _heard(self) -> None:
        self._unheard, self._fresh = 0, True

    def _expect(self) -> None:
        self._enough()
        self._timer = asyncio.get_running_loop().call_later(SECONDS, self._late)

    def _enough(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self.flow.read_paused:  # it is not read, since the piece before it is not done with
            self._expect()
        elif not self.transport.is_closing():
            self.transport.close()


def allow_many() -> None:
    """Have this process hold as many connections as the system lets it, where that can be said."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
