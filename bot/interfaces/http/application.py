"""The server as an ASGI application, put together from its parts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import structlog
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from bot.bootstrap import Footnote
from bot.interfaces.http.body_limit import Bodies
from bot.interfaces.http.callers import Callers
from bot.interfaces.http.delivery_worker import Background
from bot.interfaces.http.observability import Observed
from bot.interfaces.http.openapi import describe
from bot.interfaces.http.problems import handle_problems
from bot.interfaces.http.routes import (
    ask,
    chat_completions,
    docs_page,
    documents,
    history,
    monitoring,
    question_webhook,
    telegram_webhook,
)
from bot.interfaces.http.service import Service

_PARTS = (
    ask,
    documents,
    history,
    chat_completions,
    question_webhook,
    telegram_webhook,
    monitoring,
    docs_page,
)
_log = structlog.get_logger("footnote.server")


def create_app(bot: Footnote) -> FastAPI:
    """The application that serves `bot`, which it closes at its end."""
    service = Service(bot)
    background = Background(service)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        opening = asyncio.ensure_future(run_in_threadpool(_open, service, background))
        try:
            yield
        finally:
            await opening
            await run_in_threadpool(background.stop)
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
    app.state.background = background
    for part in _PARTS:
        app.include_router(part.router)
    handle_problems(app)
    describe(app)
    # The last one added is the outermost.
    app.add_middleware(Bodies)
    app.add_middleware(Callers, service=service)
    app.add_middleware(Observed, service=service)
    return app


def _open(service: Service, background: Background) -> None:
    """Load and open what the first question would have to wait for; then take up the work that was left."""
    try:
        service.bot.seed()
        service.bot.search.search("Is all in its place?", "local", limit=1)
        service.ready = True
        _log.info("ready")
    except Exception as error:  # noqa: BLE001  # the server goes on, and /readyz says that it cannot answer
        _log.error("not ready", exc_info=error)
    background.start()
