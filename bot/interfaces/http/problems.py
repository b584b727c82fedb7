"""What goes wrong, as RFC 9457 problems: what happened and what to do, never how it looks inside.

A known error becomes a problem here and nowhere else; what nobody foresaw says only whether to come again.
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, get_type_hints

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from bot.assistant import QuestionError
from bot.interfaces.http.faults import fault
from bot.interfaces.text import one_line
from retrieval.errors import FootnoteError, StorageError, UnavailableError
from retrieval.index.chroma import VectorIndexError
from retrieval.library.catalogue import LibraryError
from retrieval.library.quota import QuotaError
from retrieval.loaders.loading import LoadingError

MEDIA_TYPE = "application/problem+json"

_OPENAI = ("/v1/chat/", "/v1/completions", "/v1/embeddings", "/v1/models", "/v1/responses")
_MOST_TOLD, _LONGEST = 20, 300  # faults of a request, and characters of each
_OPENAI_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}
_EXAMPLE: dict[str, Any] = {
    "type": "/problems/not-found",
    "title": "Not Found",
    "status": 404,
    "detail": "There is no document 3f9c. GET /v1/documents lists those there are.",
}
_log = structlog.get_logger("footnote.request")


class ProblemDetails(BaseModel):
    """A problem as it is sent."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [_EXAMPLE]})

    type: str = Field(description="What kind of problem it is; the same kind has the same type.")
    title: str
    status: int
    detail: str = Field(description="What happened, and what to do.")


class Problem(HTTPException):
    """Ends a request with this problem; `more` are members beside the usual ones."""

    def __init__(
        self, status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(status, detail, headers)
        self.kind, self.more = kind, more

    def response(self) -> JSONResponse:
        """The problem as a response."""
        return _Response(self)

    def content(self) -> dict[str, Any]:
        """The problem as a JSON object."""
        return {
            "type": f"/problems/{self.kind}",
            "title": HTTPStatus(self.status_code).phrase,
            "status": self.status_code,
            "detail": self.detail,
            **self.more,
        }

    def for_openai(self) -> dict[str, Any]:
        """The member `error` that clients of the OpenAI protocol read."""
        faults = self.more.get("errors") or [{"where": ""}]
        return {
            "message": self.detail,
            "type": "server_error" if self.status_code >= 500 else "invalid_request_error",
            "param": faults[0]["where"].removeprefix("body.") or None,
            "code": _OPENAI_CODES.get(self.status_code, self.kind.replace("-", "_")),
        }


class _Response(JSONResponse):
    """A problem as it leaves: with `error` where the OpenAI protocol is spoken, whoever raised it."""

    media_type = MEDIA_TYPE

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.content(), problem.status_code, problem.headers)
        self._problem = problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        if scope["path"].startswith(_OPENAI):
            self.body = self.render({**self._problem.content(), "error": self._problem.for_openai()})
            self.headers["Content-Length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def failed(error: Exception) -> Problem:
    """The problem that `error` is; of one that nobody foresaw, the log has the rest."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, QuestionError):
        return Problem(422, "invalid", str(error))
    if isinstance(error, QuotaError):
        return Problem(403, "quota", one_line(str(error)))
    if isinstance(error, (LoadingError, LibraryError)):
        return Problem(422, "unreadable", one_line(str(error)))
    _log.error("failed", exc_info=error)
    return unavailable(error) or Problem(
        500, "failed", "Something failed on the server. Its log says more, under the X-Request-Id."
    )


def unavailable(error: Exception) -> Problem | None:
    """The problem that a part which every question needs cannot be used; None where `error` is none of that kind.

    It names the part, but not where that is: whoever asks may be a stranger.
    """
    if not isinstance(error, (SQLAlchemyError, UnavailableError, OSError)):
        return None
    causes = list(_causes(error))
    if any(_is_full(one) for one in causes):
        what = "The disk of the library is full."
    elif any(_is_read_only(one) for one in causes):
        what = "The data folder cannot be written."
    elif isinstance(error, VectorIndexError):
        what = "Chroma, which keeps the vectors, cannot be used at the moment."
    elif isinstance(error, (SQLAlchemyError, StorageError)):
        what = "The database cannot be used at the moment."
    else:
        what = "A part that every answer needs cannot be loaded at the moment."
    detail = f"{what} Come again; `footnote doctor` on the server says more."
    return Problem(503, "unavailable", detail, headers={"Retry-After": "10"})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = getattr(error, "orig", None) or error.__cause__


def _is_full(error: BaseException) -> bool:
    return (
        (isinstance(error, StorageError) and error.full)
        or (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT))
        or (isinstance(error, sqlite3.Error) and _code(error) == sqlite3.SQLITE_FULL)
    )


def _is_read_only(error: BaseException) -> bool:
    refused = (errno.EACCES, errno.EPERM, errno.EROFS)
    return (
        # Without a file's name it is a connection that was refused.
        (isinstance(error, OSError) and error.filename is not None and error.errno in refused)
        or (isinstance(error, sqlite3.Error) and _code(error) in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN))
        or (isinstance(error, VectorIndexError) and "readonly database" in str(error))  # as Chroma says it
    )


def _code(error: sqlite3.Error) -> int:
    """The kind of an error of SQLite: its extended codes hold that in their last byte."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def not_found(what: str, cure: str) -> Problem:
    """The problem that something is not there, or is not the asker's: nobody can tell which."""
    return Problem(404, "not-found", f"There is no {what}. {cure}")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may end with problems of these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def handle_problems(app: FastAPI) -> None:
    """Have every failure of `app` leave as a problem."""
    app.add_exception_handler(Problem, _failed)
    app.add_exception_handler(FootnoteError, _failed)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _refused)


async def _failed(_request: Request, error: Exception) -> JSONResponse:
    return failed(error).response()


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if not _is_json(request) and any(one["loc"] == ("body",) for one in error.errors()):
        return Problem(415, "not-json", "Send the body as Content-Type: application/json.").response()
    return invalid(error.errors(), _body_model(request)).response()


def _body_model(request: Request) -> type[BaseModel] | None:
    """What the body of a request should be, by the parameters of its route."""
    hints = get_type_hints(request.scope["endpoint"]).values()
    return next((one for one in hints if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def invalid(errors: Sequence[Any], model: type[BaseModel] | None) -> Problem:
    """The problem of a request that does not have the form of `model`, from pydantic's errors."""
    if any(one["type"] == "json_invalid" for one in errors):
        return Problem(400, "not-json", "The body is no JSON. Send a JSON object.")
    # A name that is written wrongly tells more than that the right one is missing.
    told = sorted(errors, key=lambda one: bool(one["type"] != "extra_forbidden"))[:_MOST_TOLD]
    faults = [
        # What is not known is named in them, and a body may be full of that.
        {"where": ".".join(map(str, one["loc"]))[:_LONGEST] or "body", "fault": fault(one, model)}
        for one in told
    ]
    return Problem(422, "invalid", faults[0]["fault"], errors=faults)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    """What the framework refuses by itself: unknown paths, wrong methods, bodies that cannot be read."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    slash = path.endswith("/") and _methods(request, path.rstrip("/"))
    cure = "Leave out the slash at the end" if slash else "/docs lists what there is"
    details = {
        404: ("not-found", f"There is nothing at {path[:200]}. {cure}."),
        405: ("method-not-allowed", f"{request.method} is not for {path[:200]}. /docs lists what is."),
        400: ("malformed", "The body cannot be read. Send it whole, as its Content-Type says; JSON in UTF-8."),
    }
    kind, detail = details.get(error.status_code, ("refused", str(error.detail)))
    headers = {"Allow": ", ".join(_methods(request, path))} if error.status_code == 405 else error.headers
    return Problem(error.status_code, kind, detail, headers=headers).response()


def _methods(request: Request, path: str) -> list[str]:
    """The methods that a path has, of all its routes: Starlette tells those of the first one alone."""
    scopes = {
        method: {**request.scope, "method": method, "path": path}
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
    }
    routes = request.app.routes
    return [m for m, scope in scopes.items() if any(one.matches(scope)[0] is Match.FULL for one in routes)]
