"""The log of the server on standard error: lines of JSON, or, in a terminal, lines to be read."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import structlog


def set_up_logs(level: str) -> None:
    """Have this process, its libraries included, log what is at least of `level`."""
    terminal = sys.stderr.isatty()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [_for_people()]
        if terminal
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # Libraries tell of themselves only what is amiss: some write addresses and statements at finer levels.
    root.setLevel(logging.WARNING)
    logging.getLogger("footnote").setLevel(level.upper())
    logging.getLogger("uvicorn.error").setLevel(level.upper())


def _for_people() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=not os.environ.get("NO_COLOR"),
        repr_native_str=True,  # what people wrote could steer the terminal
        exception_formatter=structlog.dev.plain_traceback,  # the usual one shows the values of variables
    )
