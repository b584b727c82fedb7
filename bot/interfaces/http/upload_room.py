"""Room for uploads: what bodies with documents hold, in memory or in the temporary folder, until each is done.

Bounded in all and for each asker. Where there is no room at all, the oldest body that is still coming has to go, of the
asker that holds the most. Knows no form and no document.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request
from starlette.types import Message

from bot.interfaces.http.problems import Problem

MOST_OF_ALL = 256 * 1024 * 1024
"""Bytes that all uploads hold together; the temporary folder of docker-compose.yml has room for them."""
MOST_OF_EACH = 64 * 1024 * 1024
"""Bytes that the uploads of one asker hold."""
_WAIT = "5"  # seconds after which to come again


class _Upload:
    """A body: how much of it has come, and the wait for its next piece."""

    def __init__(self, asker: str) -> None:
        self.asker, self.size = asker, 0
        self.coming = True
        self.sent_away = False
        self.wait: asyncio.Timeout | None = None

    def send_away(self) -> None:
        self.sent_away, self.coming = True, False
        if self.wait is not None:
            self.wait.reschedule(0)


class UploadRoom:
    """Counts the uploads of one server."""

    def __init__(self) -> None:
        self._uploads: dict[int, _Upload] = {}  # the oldest first

    @asynccontextmanager
    async def counted(self, request: Request, asker: str) -> AsyncIterator[Request]:
        """The request, its body counted as it comes, and held until the end of this.

        Reading it raises Problem when there is no room.
        """
        upload = _Upload(asker)
        self._uploads[id(upload)] = upload

        async def receive() -> Message:
            if upload.sent_away:
                raise _no_room()
            try:
                async with asyncio.timeout(None) as upload.wait:
                    message = await request.receive()
            except TimeoutError:
                if not upload.sent_away:
                    raise
                raise _no_room() from None
            finally:
                upload.wait = None
            upload.coming = message.get("more_body", False)
            self._hold(upload, len(message.get("body", b"")))
            return message

        try:
            yield Request(request.scope, receive)
        finally:
            del self._uploads[id(upload)]

    def _hold(self, upload: _Upload, size: int) -> None:
        upload.size += size
        held: Counter[str] = Counter()
        for one in self._uploads.values():
            held[one.asker] += one.size
        if held[upload.asker] > MOST_OF_EACH:
            most = f"{MOST_OF_EACH // 1024 // 1024} MiB"
            detail = f"Your uploads hold more than {most} at once. Come again once some are done."
            raise Problem(429, "too-many-requests", detail, headers={"Retry-After": _WAIT, "Connection": "close"})
        while held.total() > MOST_OF_ALL:
            coming = [one for one in self._uploads.values() if one.coming]
            if not coming:
                raise _no_room()
            gone = max(coming, key=lambda one: held[one.asker])  # of equals, the oldest
            gone.send_away()
            held[gone.asker] -= gone.size
            gone.size = 0
            if gone is upload:
                raise _no_room()


def _no_room() -> Problem:
    detail = "Too many uploads are coming at once. Come again, and send the body in one go."
    return Problem(503, "busy", detail, headers={"Retry-After": _WAIT, "Connection": "close"})
