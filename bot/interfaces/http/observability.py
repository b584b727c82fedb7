"""Around every request: its id, its line in the log, its place in the metrics, and a problem when it fails.

The metrics are for Prometheus. They hold no names, no words and no addresses.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import MutableMapping
from functools import partial
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.interfaces.cancellation import AbortedError
from bot.interfaces.http.problems import failed
from bot.interfaces.http.worker_threads import WorkerPool

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_GONE = 499  # what nginx calls a client that did not wait
_log = structlog.get_logger("footnote.request")


class Metrics:
    """The counters of one server."""

    def __init__(self, turns: WorkerPool, documents: WorkerPool) -> None:
        self._registry = CollectorRegistry()
        counter = partial(Counter, registry=self._registry)
        requests, answers, deliveries = ["method", "route", "status"], ["status", "interface"], ["outcome"]
        self.requests = counter("footnote_requests_total", "Requests, by route and status.", requests)
        self.answers = counter("footnote_answers_total", "Answers, by status and interface.", answers)
        self.deliveries = counter(
            "footnote_deliveries_total", "Attempts at delivering an event, by outcome.", deliveries
        )
        self.seconds = Histogram(
            "footnote_request_seconds",
            "Time until a response was whole.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        admitted = Gauge(
            "footnote_work_admitted", "Work that runs or waits for a thread.", ["kind"], registry=self._registry
        )
        admitted.labels("turns").set_function(lambda: turns.admitted)
        admitted.labels("documents").set_function(lambda: documents.admitted)

    def add(self, gauges: Collector) -> None:
        """Show these, too."""
        self._registry.register(gauges)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)


class ObservabilityMiddleware:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; log and count it."""
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
            except (AbortedError, ClientDisconnect):
                status = _GONE
            except Exception as error:  # noqa: BLE001  # whatever it is, the client gets a problem and the log the rest
                problem = failed(error)
                if status == 0:
                    await problem.response()(scope, receive, send_on)
            seconds = time.perf_counter() - started
            route = getattr(scope.get("route"), "path_format", "none")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.labels(route).observe(seconds)
            level = _log.debug if route in ("/healthz", "/readyz", "/metrics") else _log.info
            told = {"method": scope["method"], "route": route, "status": status, "ms": round(1000 * seconds, 1)}
            level("request", **told, asker=state.get("asker"))


def _request_id(scope: Scope) -> str:
    """The id that a proxy gave the request, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(given := value.decode("latin-1")):
            return str(given)
    return secrets.token_hex(8)
