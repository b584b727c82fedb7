"""What a request and its connection may hold, and how long they may take: uvicorn bounds neither.

A body is bounded by its Content-Length where it has one, and counted where not, and has to be whole within a time that
fits its bound. All else that a connection brings (heads, trailers, extensions) is bounded while it is received.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from bot.interfaces.http.problems import Problem
from retrieval.loaders.loading import MAX_BYTES

MOST_JSON = 1024 * 1024
"""Bytes of a JSON body."""
MOST_FORM = MAX_BYTES + 64 * 1024
"""Bytes of a form with a document: the largest document and what stands around it."""
MOST_HEAD = 64 * 1024
"""Bytes of a head, a trailer or an extension, as far as they do not come in one piece."""
HEAD_SECONDS = 20.0
"""Seconds for a head, between two pieces of a body, and for all that is left of a body which is not read any more."""
_BODY_SECONDS = 15.0  # for the smallest body
_SLOWEST = 64 * 1024  # bytes a second, for what a body may have


def seconds_for(most: int) -> float:
    """How long a body of at most so many bytes may take to come."""
    return _BODY_SECONDS + most / _SLOWEST


class BodyLimit:
    """Refuses bodies that are too large, before they are in memory, and those that take too long to come."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, its body cut off at the limits."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        form = headers.get(b"content-type", b"").lower().startswith(b"multipart/form-data")
        most = MOST_FORM if form and scope["path"] == "/v1/documents" else MOST_JSON
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length[:20]) > most:
            await _too_large(most).response()(scope, receive, send)
            return
        read, ends = 0, asyncio.get_running_loop().time() + seconds_for(most)
        whole = False

        async def receive_on() -> Message:
            nonlocal read, whole
            try:
                # What comes after the body is that the client goes, whenever that is.
                async with asyncio.timeout_at(None if whole else ends):
                    message = await receive()
            except TimeoutError:
                raise _too_slow(most) from None
            whole = not message.get("more_body", False)
            read += len(message.get("body", b""))
            if read > most:
                raise _too_large(most)
            return message

        await self._app(scope, receive_on, send)


def _too_large(most: int) -> Problem:
    size = f"{most // 1024 // 1024} MiB"
    return Problem(413, "too-large", f"The body is larger than {size}. Send less.", headers={"Connection": "close"})


def _too_slow(most: int) -> Problem:
    detail = f"The body was not whole within {seconds_for(most):.0f} seconds. Send it in one go."
    return Problem(408, "too-slow", detail, headers={"Connection": "close"})


class BoundedConnection(HttpToolsProtocol):
    """A connection that is closed when it brings too much that is no body, or too slowly."""

    _head_bytes = 0  # bytes since the last whole head or piece of a body
    _progressed = False  # whether there was one in what was just received
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Start the timer for the head."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what was received, unless it is too much."""
        before, self._progressed = self._head_bytes, False
        self._head_bytes += len(data)
        super().data_received(data)
        if not self._progressed and before and self._head_bytes > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Start the timer for the rest of the head."""
        super().on_message_begin()
        if self._timer is None:
            self._start_timer()

    def on_headers_complete(self) -> None:
        """Start the timer for the body."""
        self._reset_bytes()
        self._start_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Start the timer for the next piece of the body, where somebody still reads it."""
        self._reset_bytes()
        if not self.cycle.response_complete:
            self._start_timer()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop the timer: between two requests uvicorn has its own, but not after a body that nobody read."""
        self._reset_bytes()
        self._stop_timer()
        if self.cycle.response_complete:
            self._start_timer()
        super().on_message_complete()

    def _reset_bytes(self) -> None:
        self._head_bytes, self._progressed = 0, True

    def _start_timer(self) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(HEAD_SECONDS, self._timed_out)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timed_out(self) -> None:
        if self.flow.read_paused:  # it is not read, since the piece before it is not done with
            self._start_timer()
        elif not self.transport.is_closing():
            self.transport.close()


def allow_many() -> None:
    """Have this process hold as many connections as the system lets it, where that can be said."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
