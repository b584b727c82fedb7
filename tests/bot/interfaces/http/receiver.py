"""Another system: it asks questions, and receives answers at URLs that behave as a test says. By Standard Webhooks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from patience import CEILING, wait_until
from standardwebhooks import Webhook

SECRET = "whsec_" + "Rm9vdG5v" * 4
OTHER_SECRET = "whsec_" + "c2VjcmV0" * 5
QUESTION = "Where did Blinken speak about China?"
HANG = 0
"""The status of an answer that does not come."""


@dataclass(frozen=True)
class Arrival:
    """A request that came in, and whether the package of Standard Webhooks took its signature."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float

    @property
    def id(self) -> str:
        """The id of the event."""
        return self.headers["webhook-id"]

    def event(self, secret: str = SECRET) -> dict[str, Any]:
        """The event, verified."""
        found: dict[str, Any] = Webhook(secret).verify(self.body, dict(self.headers))
        return found


class Receiver:
    """A web server on loopback. Each path answers as it is told, the last answer again and again; with 204 untold."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self._answers: dict[str, list[tuple[int, dict[str, str]]]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:
                    return  # whoever sent it was killed on the way
                status, headers = receiver._take(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                if status == HANG:
                    receiver._closing.wait(CEILING)
                    return
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                return  # whoever sent it was killed

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answers(self, path: str, *answers: int | tuple[int, dict[str, str]]) -> str:
        """Have `path` answer with these, each a status or a status and headers; its URL."""
        self._answers[path] = [(one, {}) if isinstance(one, int) else one for one in answers]
        return f"{self.url}{path}"

    def at(self, path: str) -> list[Arrival]:
        """What came in there so far."""
        return [one for one in list(self.arrivals) if one.path.partition("?")[0] == path]

    def wait(self, path: str, number: int) -> list[Arrival]:
        """What came in there, once that is so many."""
        wait_until(lambda: len(self.at(path)) >= number, says=lambda: f"{len(self.at(path))} at {path}")
        return self.at(path)

    def close(self) -> None:
        """End the server."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        with self._lock:
            self.arrivals.append(Arrival(path, headers, body, time.monotonic()))
            told = self._answers.get(path.partition("?")[0], [(204, {})])
            return told.pop(0) if len(told) > 1 else told[0]


class Asker:
    """Who asks: signs with the package of Standard Webhooks."""

    def __init__(self, url: str, secret: str = SECRET) -> None:
        self.url, self.secret = f"{url}/webhooks/questions", secret
        self.data = Path()
        """The data folder of the server that is asked, where a test has set it."""
        self._client = httpx.Client(timeout=CEILING, limits=httpx.Limits(max_keepalive_connections=0))

    def ask(self, identifier: str, data: Mapping[str, Any] | None = None, **changes: Any) -> httpx.Response:
        """Ask a question: `data` of the event, or any of `send`'s arguments."""
        return self.send(identifier, body_of({"question": QUESTION} if data is None else data), **changes)

    def send(
        self,
        identifier: str,
        body: bytes,
        *,
        at: float | None = None,
        secret: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        sent: bytes | None = None,
    ) -> httpx.Response:
        """Sign `body` as of the time `at`; then change `headers` (None: take it away), and send `sent` in its place."""
        signed = headers_of(identifier, body, secret or self.secret, at) | dict(headers or {})
        kept = {name: value for name, value in signed.items() if value is not None}
        return self._client.post(self.url, content=body if sent is None else sent, headers=kept)


def body_of(data: Any) -> bytes:
    return json.dumps({"type": "question.asked", "timestamp": "2026-11-25T10:45:20Z", "data": data}).encode()


def headers_of(identifier: str, body: bytes, secret: str = SECRET, at: float | None = None) -> dict[str, str | None]:
    at = time.time() if at is None else at
    signature = Webhook(secret).sign(identifier, datetime.fromtimestamp(at, UTC), body.decode())
    return {"webhook-id": identifier, "webhook-timestamp": str(int(at)), "webhook-signature": signature}
