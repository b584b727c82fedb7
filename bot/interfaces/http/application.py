"""The server as an ASGI application, put together from its parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.metadata import version

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from bot.bootstrap import Footnote
from bot.interfaces.http.callers import CallerMiddleware
from bot.interfaces.http.delivery_worker import DeliveryWorker
from bot.interfaces.http.limits import BodyLimit
from bot.interfaces.http.observability import ObservabilityMiddleware
from bot.interfaces.http.openapi import describe
from bot.interfaces.http.problems import handle_problems
from bot.interfaces.http.routes import ROUTES
from bot.interfaces.http.service import Service

_log = structlog.get_logger("footnote.server")


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
        redirect_slashes=False,  # behind a proxy, that would send keys to http:
    )
    app.state.service = service
    app.state.deliveries = deliveries
    for name in ROUTES:
        app.include_router(import_module(f"bot.interfaces.http.routes.{name}").router)
    handle_problems(app)
    describe(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit)
    app.add_middleware(CallerMiddleware, service=service)
    app.add_middleware(ObservabilityMiddleware, metrics=service.metrics)
    return app


def _open(service: Service, deliveries: DeliveryWorker) -> None:
    """Load and open what the first question would have to wait for; then go on with the deliveries that were left."""
    try:
        service.bot.seed()
        service.bot.search.search("Is all in its place?", "local", limit=1)
        service.ready = True
        _log.info("ready")
    except Exception as error:  # noqa: BLE001  # the server goes on, and /readyz says that it cannot answer
        _log.error("not ready", exc_info=error)
    deliveries.start()
