"""What the server counts, for Prometheus. Holds no names, no words and no addresses."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.interfaces.http.worker_threads import Work

MEDIA_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one server."""

    def __init__(self, turns: Work, documents: Work) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "footnote_requests_total",
            "Requests, by route and status.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "footnote_request_seconds",
            "Time until a response was whole.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._answers = Counter(
            "footnote_answers_total",
            "Answers, by status and interface.",
            ["status", "interface"],
            registry=self._registry,
        )
        self._deliveries = Counter(
            "footnote_deliveries_total",
            "Attempts at delivering an event, by outcome.",
            ["outcome"],
            registry=self._registry,
        )
        admitted = Gauge(
            "footnote_work_admitted", "Work that runs or waits for a thread.", ["kind"], registry=self._registry
        )
        admitted.labels("turns").set_function(lambda: turns.admitted)
        admitted.labels("documents").set_function(lambda: documents.admitted)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been responded to."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answer(self, status: str, interface: str) -> None:
        """A question has been answered."""
        self._answers.labels(status, interface).inc()

    def delivery(self, outcome: str) -> None:
        """A delivery has been attempted."""
        self._deliveries.labels(outcome).inc()

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)
