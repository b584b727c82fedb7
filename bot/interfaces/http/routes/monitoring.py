"""GET /healthz, /readyz and /metrics: for whoever runs the server. They need no key, and tell of nobody."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.concurrency import run_in_threadpool

from bot.interfaces.http.problems import documented
from bot.interfaces.http.service import Serving

router = APIRouter(tags=["monitoring"])

_FINE: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"example": {"status": "ok"}}}}}


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", responses={**_FINE})
async def healthz() -> dict[str, str]:
    """The server is alive."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={**_FINE, **documented(503)})
async def readyz(service: Serving) -> Any:
    """The server can answer: the model is loaded, the database and the vectors can be reached."""
    await run_in_threadpool(service.readiness.check)
    return JSONResponse({"status": "ok"})


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(service: Serving) -> Response:
    """What the server counted, for Prometheus."""
    text = await run_in_threadpool(service.metrics.text)  # which asks the database
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
