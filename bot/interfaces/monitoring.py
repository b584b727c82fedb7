"""What the server and the Telegram bot show of themselves in the same way: readiness, and gauges of what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import structlog
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.bootstrap import Footnote
from retrieval.store.database import reading

_log = structlog.get_logger("footnote.monitoring")


def reach(footnote: Footnote) -> None:
    """Ask the database and the vectors. Raises whatever keeps one of them from answering."""
    with reading(footnote.engine) as connection:
        connection.execute(select(1))
    footnote.vectors.count()


_MODEL = {
    "footnote_model_calls_today": "Calls of the chat model since midnight (UTC).",
    "footnote_model_tokens_read_today": "Tokens that it has read.",
    "footnote_model_tokens_written_today": "Tokens that it has written.",
    "footnote_model_cost_today": "What they cost, by FOOTNOTE_MODEL_PRICE; 0 where none is set.",
}


def model_gauges(footnote: Footnote) -> Backlog:
    """What the chat model has cost on this day; nothing where none is set, or before the database is open."""

    def count() -> tuple[float, ...]:
        if not footnote.settings.model or not footnote.is_open:
            return ()
        spent = footnote.model_usage.today()
        return (*spent, float(footnote.settings.money(spent.read, spent.written) or 0))

    return Backlog(_MODEL, count)


class Backlog(Collector):
    """Gauges that are counted in the database when Prometheus asks; `meaning` has their names and what they count.

    There are none while the database does not answer: no value is better than an old one, and tells of it.
    """

    def __init__(self, meaning: Mapping[str, str], count: Callable[[], Iterable[float]]) -> None:
        """`count` gives the values in the order of `meaning`, or none of them."""
        self._meaning, self._count = meaning, count

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The names, for which nothing is counted."""
        return (GaugeMetricFamily(*one) for one in self._meaning.items())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        try:
            counts = tuple(self._count())
        except (SQLAlchemyError, OSError) as error:
            _log.warning("what waits cannot be counted", why=type(error).__name__)
            counts = ()
        return (GaugeMetricFamily(*one, count) for one, count in zip(self._meaning.items(), counts, strict=False))
