"""What a client is told of a failure that nobody foresaw: whether to come again, and nothing of the inside."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.interfaces.http.problems import Problem
from retrieval.errors import UnavailableError

_log = structlog.get_logger("footnote.request")


def failed(error: Exception) -> Problem:
    """The problem that `error` is; of one that nobody foresaw, the log has the rest."""
    if isinstance(error, Problem):
        return error
    _log.error("failed", exc_info=error)
    if isinstance(error, (SQLAlchemyError, UnavailableError, OSError)):
        detail = "The library cannot be used at the moment. Come again; `footnote doctor` on the server says more."
        return Problem(503, "unavailable", detail, headers={"Retry-After": "10"})
    return Problem(500, "failed", "Something failed on the server. Its log says more, under the X-Request-Id.")
