"""How large a request may be. Told by its Content-Length where it has one, and counted where not."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.interfaces.http.problems import Problem
from retrieval.loaders.registry import MAX_BYTES

MOST_JSON = 1024 * 1024
"""Bytes of a JSON body."""
MOST_FORM = MAX_BYTES + 64 * 1024
"""Bytes of a form with a document: the largest document and what stands around it."""


class Bodies:
    """Refuses bodies that are too large, before they are held."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with a body that ends in time."""
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
        read = 0

        async def receive_on() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise _too_large(most)
            return message

        await self._app(scope, receive_on, send)


def _too_large(most: int) -> Problem:
    size = f"{most // 1024 // 1024} MiB"
    return Problem(413, "too-large", f"The body is larger than {size}. Send less.", headers={"Connection": "close"})
