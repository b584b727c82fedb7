"""Who asks by HTTP: told by the key, by the session of a browser, or, without keys, the user of this machine.

Judged before anything of the body is read, for every path below /v1/, also those that do not exist.
"""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.types import ASGIApp, Receive, Scope, Send

from bot.interfaces.http.browsers import in_session, of_machine
from bot.interfaces.http.problems import Problem
from bot.interfaces.http.service import Service

_GUARDED = "/v1/"
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
        asker = _of_key(self._service, request) if self._service.keys else of_machine(self._service, request)
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
    if not scheme and (signed_in := in_session(service, request)) is not None:
        return signed_in
    if scheme.lower() != "bearer":
        raise _unauthorized("Send a key: Authorization: Bearer SECRET.")
    asker = service.keys.owner(secret.strip())
    if asker is None:
        raise _unauthorized("The key is not known. Check it.")
    return asker


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
