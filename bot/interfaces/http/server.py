"""`footnote serve`: the server put together from its parts, where it listens, and how it ends."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version

import structlog
import uvicorn
from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.cors import CORSMiddleware

from bot.bootstrap import Footnote
from bot.interfaces.http.callers import CallerMiddleware
from bot.interfaces.http.delivery_worker import DeliveryWorker
from bot.interfaces.http.ending import Ending, EndingMiddleware
from bot.interfaces.http.limits import BodyLimit, BoundedConnection, allow_many
from bot.interfaces.http.observability import ObservabilityMiddleware
from bot.interfaces.http.openapi import describe
from bot.interfaces.http.paging import known_query
from bot.interfaces.http.problems import handle_problems
from bot.interfaces.http.routes import ROUTES
from bot.interfaces.http.routes.question_webhook import outgoing
from bot.interfaces.http.service import Service
from bot.interfaces.listening import listen
from bot.interfaces.logs import set_up_logs
from bot.settings import Settings, SettingsError

_PATIENCE = 20  # seconds that running requests have when the server is to end
_UNTIL_CANCELLED = 24  # seconds that they have to go once they are told
_LAST = 28.0  # seconds after which the process ends whatever still runs: the next start repairs what that leaves
_PREFLIGHT = 600  # seconds that a browser keeps what it may send
_WAITING = 1024  # connections that the system holds until they are taken
_log = structlog.get_logger("footnote.server")


def serve(settings: Settings, host: str, port: int, begun: Callable[[int], object] = lambda port: None) -> None:
    """Serve until SIGTERM or Ctrl-C; then take nothing new, and finish what is running, as far as that is soon done.

    `begun` is told the port, once there is one.

    Raises SettingsError when it may not listen at `host`, or cannot.
    """
    if not settings.api_keys and not _is_loopback(host):
        raise SettingsError(
            f"Without keys, only this machine is served: {host} would let everyone in. Set FOOTNOTE_API_KEYS "
            "(name:secret), or leave --host at 127.0.0.1."
        )
    set_up_logs(settings.log_level)
    # Being asked to end is no failure; uvicorn raises the signal again once it has finished what was running.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    allow_many()
    listening = listen(host, port)
    app = create_app(Footnote(settings))
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_UNTIL_CANCELLED,
        backlog=_WAITING,
    )
    begun(listening.getsockname()[1])
    _log.info("listening", host=host, port=listening.getsockname()[1])
    _Server(config, app.state.service.ending, app.state.deliveries).run(sockets=[listening])


class _Server(uvicorn.Server):
    """A server that ends in a bounded time."""

    def __init__(self, config: uvicorn.Config, ending: Ending, deliveries: DeliveryWorker) -> None:
        super().__init__(config)
        self._ending, self._deliveries = ending, deliveries

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Wait for what is running, though not for long."""
        last = threading.Timer(_LAST, _give_up)
        last.daemon = True
        last.start()
        asyncio.get_running_loop().call_later(_PATIENCE, self._ending.come)
        stopping = asyncio.ensure_future(run_in_threadpool(self._deliveries.stop))
        await super().shutdown(sockets)
        await stopping
        gc.freeze()  # else each object is looked at once more on leaving, which takes seconds after a long document


def _give_up() -> None:
    _log.warning("ended in the middle of something", cure="nothing is to be done: the next start repairs it")
    os._exit(0)


def create_app(bot: Footnote) -> FastAPI:
    """The application that serves `bot`, which it closes at its end."""
    service = Service(bot)
    deliveries = DeliveryWorker(service)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        opening = asyncio.ensure_future(run_in_threadpool(_open, service, deliveries))
        try:
            yield
        finally:
            service.readiness.stop()
            await opening
            await run_in_threadpool(deliveries.stop)
            await run_in_threadpool(service.close)

    app = FastAPI(
        title="Footnote",
        version=version("footnote-bot"),
        description="Answers questions about documents; every answer carries footnotes that open the exact words.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(known_query)],
        redirect_slashes=False,  # behind a proxy, that would send keys to http:
    )
    app.state.service = service
    app.state.deliveries = deliveries
    for name in ROUTES:
        app.include_router(import_module(f"bot.interfaces.http.routes.{name}").router)
    app.webhooks.routes.extend(outgoing.routes)
    handle_problems(app)
    describe(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(CallerMiddleware, service=service)
    app.add_middleware(EndingMiddleware, ending=service.ending)
    app.add_middleware(ObservabilityMiddleware, metrics=service.metrics)
    if service.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=service.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["*"],  # clients send some of their own; none of them lets anybody in
            expose_headers=["Location", "Retry-After", "X-Request-Id", "Idempotent-Replayed"],
            max_age=_PREFLIGHT,
        )
    return app


def _open(service: Service, deliveries: DeliveryWorker) -> None:
    """Open the library, be it after many tries; go on with the deliveries that were left, once it was tried."""
    opened = service.readiness.open()
    deliveries.start()
    if not opened:
        service.readiness.open_in_the_end()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
