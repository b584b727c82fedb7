"""What a client is told of a failure that nobody foresaw: whether to come again, and nothing of the inside."""

from __future__ import annotations

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.interfaces.http.problems import Problem
from retrieval.index.chroma import VectorIndexError
from retrieval.models.calibration import CalibrationError
from retrieval.models.embedder import EmbeddingError
from retrieval.models.reader import ReaderError
from retrieval.store.database import DatabaseError

_OF_THE_LIBRARY = (
    SQLAlchemyError,
    DatabaseError,
    VectorIndexError,
    EmbeddingError,
    ReaderError,
    CalibrationError,
    OSError,
)
_log = structlog.get_logger("footnote.request")


def failed(error: Exception) -> Problem:
    """The problem that `error` is; of one that nobody foresaw, the log has the rest."""
    if isinstance(error, Problem):
        return error
    _log.error("failed", exc_info=error)
    if isinstance(error, _OF_THE_LIBRARY):
        detail = "The library cannot be used at the moment. Come again; `footnote doctor` on the server says more."
        return Problem(503, "unavailable", detail, headers={"Retry-After": "10"})
    return Problem(500, "failed", "Something failed on the server. Its log says more, under the X-Request-Id.")
