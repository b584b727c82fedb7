"""Who asks by HTTP: told by the key, or, where there are no keys, the user of this machine.

Judged before anything of the body is read, for every path below /v1/, also those that do not exist.
"""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.interfaces.http.problems import Problem
from bot.interfaces.http.service import Service
from bot.interfaces.shared_documents import LOCAL

_GUARDED = "/v1/"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_bearer = HTTPBearer(auto_error=False, description="The secret of a key: `Authorization: Bearer …`.")


class CallerMiddleware:
    """Authenticates requests below /v1/ and sets `state["asker"]`."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its asker, or answer with a problem."""
        if scope["type"] == "http" and scope["path"].startswith(_GUARDED):
            try:
                scope["state"]["asker"] = self._asker(Request(scope))
            except Problem as problem:
                await problem.response()(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _asker(self, request: Request) -> str:
        asker = _of_key(self._service, request) if self._service.keys else _of_machine(request)
        within_rate(self._service, asker)
        return asker


async def _caller(request: Request, _shown: Annotated[object, Depends(_bearer)]) -> str:
    return str(request.state.asker)  # what is not guarded has none, and fails


Caller = Annotated[str, Depends(_caller)]
"""The asker of a request, in a route below /v1/."""


def within_rate(service: Service, asker: str) -> None:
    """Count a request of `asker`. Raises Problem when there were too many."""
    if wait := service.rate.take(asker):
        raise Problem(
            429,
            "too-many-requests",
            f"More than {service.bot.settings.requests_a_minute} requests a minute. Wait {math.ceil(wait)} s.",
            headers={"Retry-After": str(math.ceil(wait))},
        )


def _of_key(service: Service, request: Request) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthorized("Send a key: Authorization: Bearer SECRET.")
    asker = service.keys.owner(secret.strip())
    if asker is None:
        raise _unauthorized("The key is not known. Check it.")
    return asker


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})


def _of_machine(request: Request) -> str:
    """Whoever uses this machine, but not the pages that they look at: those could reach loopback through a browser."""
    cure = "Set FOOTNOTE_API_KEYS to serve others."
    # A host that cannot be read is passed over by the framework, in favour of the address that was connected to.
    readable = request.headers.get("host") in (None, request.url.netloc)
    if not readable or request.url.hostname not in _LOOPBACK:
        raise Problem(403, "not-local", f"Without keys only this machine is served, as http://localhost. {cure}")
    own = f"{request.url.scheme}://{request.url.netloc}"
    foreign = request.headers.get("sec-fetch-site") in ("cross-site", "same-site")
    if foreign or request.headers.get("origin") not in (None, own):
        raise Problem(403, "not-local", f"Without keys, pages of other sites are not served. {cure}")
    return LOCAL
