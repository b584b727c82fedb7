"""Bodies whose sender is known only when they are whole, since the signature is of all of them. Knows no signature."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from bot.interfaces.http.problems import Problem

MOST_UNSIGNED = 16 * 1024 * 1024
"""Bytes that all of them hold together while they are read."""
_WAIT = "5"  # seconds after which to come again


class UnsignedBodies:
    """Reads bodies, all of them within one bound: when there is no room, the oldest that is still coming has to go.

    Whoever sends in earnest sends at once, and is whole before its turn to go.
    """

    def __init__(self) -> None:
        self._held: dict[asyncio.Timeout, int] = {}  # bytes of each that is coming, the oldest first
        self._all = 0

    async def read(self, request: Request) -> bytes:
        """The body of a request. Raises Problem when it had to go."""
        pieces, coming = list[bytes](), asyncio.timeout(None)
        try:
            async with coming:
                self._held[coming] = 0
                async for piece in request.stream():
                    pieces.append(piece)
                    self._hold(coming, len(piece))
        except TimeoutError:
            detail = "Too many bodies are coming at once. Come again, and send the body in one go."
            raise Problem(503, "busy", detail, headers={"Retry-After": _WAIT}) from None
        finally:
            self._let_go(coming)
        return b"".join(pieces)

    def _hold(self, coming: asyncio.Timeout, size: int) -> None:
        if coming in self._held:  # and was not told to go meanwhile
            self._held[coming] += size
            self._all += size
        while self._all > MOST_UNSIGNED:
            oldest = next(iter(self._held))
            self._let_go(oldest)
            oldest.reschedule(0)

    def _let_go(self, coming: asyncio.Timeout) -> None:
        self._all -= self._held.pop(coming, 0)
