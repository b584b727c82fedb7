"""GET /docs: the OpenAPI document as a page to read and try, for browsers without a network. Knows no route.

The page and all that it loads come from this server, by relative addresses, so that it also works below a path.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

router = APIRouter(include_in_schema=False)

_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_A_DAY = {"Cache-Control": "max-age=86400", "X-Content-Type-Options": "nosniff"}
_SWAGGER_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_SWAGGER = Path(str(files("fastapi_offline"))) / "static"

_PAGE, _SCRIPT = (Path(__file__).with_suffix(kind).read_text("utf-8") for kind in (".html", ".js"))


@router.get("/docs")
async def docs() -> Response:
    """The page."""
    return Response(_PAGE, media_type="text/html", headers=_HEADERS)


@router.get("/docs/page.js")
async def script() -> Response:
    """What shows the document in the page."""
    return Response(_SCRIPT, media_type="text/javascript", headers=_HEADERS)


@router.get("/docs/swagger-ui-bundle.js")
@router.get("/docs/swagger-ui.css")
async def swagger(request: Request) -> Any:
    """Swagger UI, and its style."""
    name = request.url.path.rpartition("/")[2]
    return FileResponse(_SWAGGER / name, media_type=_SWAGGER_FILES[name], headers=_A_DAY)
