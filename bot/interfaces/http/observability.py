"""Around every request: its id, its line in the log, its place in the metrics, and a problem when it fails."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.interfaces.cancellation import GoneError
from bot.interfaces.http.service import Service
from bot.interfaces.http.unforeseen import failed

_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_GONE = 499  # what nginx calls a client that did not wait
_log = structlog.get_logger("footnote.request")


class Observed:
    """The outermost part of the server."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and account for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = _request_id(scope)
        state: MutableMapping[str, Any] = scope.setdefault("state", {})
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                if scope["path"].startswith("/v1/") and not any(n == b"cache-control" for n, _ in message["headers"]):
                    message["headers"].append((b"cache-control", b"no-store"))  # it is for its asker alone
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, send_on)
            except (GoneError, ClientDisconnect):
                status = _GONE
            except Exception as error:  # noqa: BLE001  # whatever it is, the client gets a problem and the log the rest
                problem = failed(error)
                if status == 0:
                    await problem.response()(scope, receive, send_on)
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path", "none")
            self._service.metrics.request(scope["method"], route, status, seconds)
            level = _log.debug if route in ("/healthz", "/readyz", "/metrics") else _log.info
            level(
                "request",
                method=scope["method"],
                route=route,
                status=status,
                ms=round(1000 * seconds, 1),
                asker=state.get("asker"),
            )


def _request_id(scope: Scope) -> str:
    """The id that a proxy gave the request, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(given := value.decode("latin-1")):
            return str(given)
    return secrets.token_hex(8)
