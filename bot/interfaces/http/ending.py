"""How the server ends: what has not been answered by then is told that it ends, and its work is stopped.

Knows no request's meaning.
"""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.interfaces.http.problems import Problem

_WAIT = "10"  # seconds after which to come again


class Ending:
    """The requests that are running, and whether the server has stopped to wait for them."""

    def __init__(self) -> None:
        self.has_come = False
        self.running: set[asyncio.Timeout] = set()

    def come(self) -> None:
        """End every request that is running, and any that still begins."""
        self.has_come = True
        for request in self.running:
            request.reschedule(0)


class EndingMiddleware:
    """Answers with a problem where the server's end comes before the response."""

    def __init__(self, app: ASGIApp, ending: Ending) -> None:
        self._app, self._ending = app, ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on for as long as the server waits for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_on(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        running = asyncio.timeout(0 if self._ending.has_come else None)
        try:
            async with running:
                self._ending.running.add(running)
                await self._app(scope, receive, send_on)
        except TimeoutError:
            if not self._ending.has_come:
                raise
            if not begun:  # else the connection is closed in the middle of the response
                await _ends().response()(scope, receive, send)
        finally:
            self._ending.running.discard(running)


def _ends() -> Problem:
    detail = "The server is ending. Come again; what you sent was not taken."
    return Problem(503, "ending", detail, headers={"Retry-After": _WAIT, "Connection": "close"})
