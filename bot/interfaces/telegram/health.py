"""How the bot is: /healthz, /readyz and /metrics at a port of its own, for whoever runs it; they tell of nobody.

They are answered in the event loop that handles the chats, so that one which hangs is not taken for alive.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.bootstrap import Footnote
from bot.interfaces.monitoring import Backlog, model_gauges, reach
from bot.interfaces.telegram.chat_queue import ChatQueues
from bot.storage.backlog import chat_backlog
from retrieval.store.tables import now

_SILENT = 120.0  # seconds without an answer of Telegram's; it holds a request for 25 while there is nothing new
_WAITING = {
    "footnote_inbox_waiting": "Updates that came from Telegram and are not handled yet.",
    "footnote_outbox_waiting": "Messages that are to be sent to Telegram.",
}
"""What waits, in the order of ChatBacklog."""
_log = structlog.get_logger("footnote.telegram")


class Health:
    """What is known of a running bot; `polling` says whether it asks Telegram for its updates."""

    def __init__(self, footnote: Footnote, *, polling: bool, clock: Callable[[], float] = now) -> None:
        self._footnote, self._polling, self._clock = footnote, polling, clock
        self._polled = 0.0
        self._chats: ChatQueues | None = None
        self._registry = CollectorRegistry()
        self.answers = Counter(
            "footnote_answers_total",
            "Answers, by status and interface.",
            ["status", "interface"],
            registry=self._registry,
        )
        busy = Gauge("footnote_chats_busy", "Chats that are being handled or written to.", registry=self._registry)
        busy.set_function(lambda: 0 if self._chats is None else self._chats.busy)
        if polling:
            polled = Gauge(
                "footnote_telegram_polled_timestamp_seconds",
                "When Telegram last answered the request for updates, 0 before it has.",
                registry=self._registry,
            )
            polled.set_function(lambda: self._polled)
        self._registry.register(Backlog(_WAITING, lambda: chat_backlog(footnote.engine)))
        self._registry.register(model_gauges(footnote))

    def ready(self, chats: ChatQueues) -> None:
        """The bot handles what comes."""
        self._chats = chats
        self.polled()

    def polled(self) -> None:
        """Telegram has answered the request for updates."""
        self._polled = self._clock()

    @asynccontextmanager
    async def served(self, listening: socket.socket) -> AsyncIterator[None]:
        """Answer requests at a socket until the end of the block."""
        routes = [Route("/healthz", _healthz), Route("/readyz", self._readyz), Route("/metrics", self._metrics)]
        config = uvicorn.Config(
            Starlette(routes=routes),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving

    async def _readyz(self, _request: Request) -> Response:
        if self._chats is None:
            return _not_ready("The bot is starting: Telegram is asked who it is, and the model loaded. Come again.")
        silent = self._clock() - self._polled
        if self._polling and silent > _SILENT:
            return _not_ready(f"Telegram has not answered for {silent:.0f} s. The log says why.")
        try:
            await run_in_threadpool(reach, self._footnote)
        except Exception as error:  # noqa: BLE001  # whatever it is, without them nothing can be answered
            _log.error("not ready", exc_info=error)
            return _not_ready("The database or the vectors cannot be reached. The log says why.")
        return JSONResponse({"status": "ok"})

    async def _metrics(self, _request: Request) -> Response:
        text = await run_in_threadpool(generate_latest, self._registry)  # which asks the database
        return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Server(uvicorn.Server):
    """A part of a process that handles its signals itself."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave them alone."""
        yield


async def _healthz(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _not_ready(detail: str) -> Response:
    """A problem as those of the server are."""
    problem = {"type": "/problems/not-ready", "title": "Service Unavailable", "status": 503, "detail": detail}
    return JSONResponse(problem, 503, {"Retry-After": "1"}, "application/problem+json")
