"""The real server for the tests: `footnote serve` as a process of its own, on a free port of loopback."""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forked
import httpx
from patience import CEILING, wait_until
from servers import free_port

NAMES = [f"asker-{number}" for number in range(200)]
KEYS = {"FOOTNOTE_API_KEYS": ",".join(f"{name}:{name}-open-sesame" for name in NAMES)}
"""Keys enough for the tests that share a server."""


class Client(httpx.Client):
    """A client of a server; `asker` is whom its key makes it."""

    def __init__(self, url: str, key: str | None, asker: str = "local") -> None:
        self.url, self.key, self.asker = url, key, asker
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        super().__init__(base_url=url, headers=headers, timeout=CEILING)


class Server:
    """`footnote serve` on the data folder `data`, with these settings and no others but what fixtures set."""

    def __init__(
        self,
        data: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        first: Callable[[], None] | None = None,
        **settings: str,
    ) -> None:
        """`first` is called in the process before it begins."""
        self.data, self.host, self._first = data, host, first
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.with_name(f"{data.name}-{self.port}.log")
        fixtures = ("FOOTNOTE_DATABASE_URL", "FOOTNOTE_CHROMA_URL", "FOOTNOTE_READER")
        kept = {n: v for n, v in os.environ.items() if not n.startswith("FOOTNOTE_") or n in fixtures}
        self._environment = {**kept, "FOOTNOTE_DATA_DIR": str(data), **settings}
        self._names = itertools.count()
        self.process: subprocess.Popen[bytes] = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            command = ["serve", "--host", self.host, "--port", str(self.port)]
            return forked.start(command, stdout=log, stderr=log, env=self._environment, preexec_fn=self._first)

    def ready(self) -> Server:
        """Itself, once it says that it can answer."""
        wait_until(lambda: is_ready(self.url), self.process, says=lambda: self.log.read_text("utf-8"))
        return self

    def client(self, key: str | None = None) -> Client:
        """A client of it, with a key if need be."""
        return Client(self.url, key)

    def stranger(self) -> Client:
        """A client that is an asker of its own, on a server with KEYS."""
        name = NAMES[next(self._names)]
        return Client(self.url, f"{name}-open-sesame", f"key:{name}")

    def metric(self, line: str) -> float:
        """The value of a metric, 0 where it has not been counted yet; `line` is its name with the labels."""
        lines = httpx.get(f"{self.url}/metrics", timeout=CEILING).text.splitlines()
        return sum(float(one.split()[-1]) for one in lines if one.startswith(line))

    def logged(self) -> list[dict[str, Any]]:
        """The lines of its log."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> Server:
        """Start it again at its address."""
        assert self.process.poll() is not None
        self.process = self._start()
        return self

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(CEILING)


Starter = Callable[..., Server]
"""Starts a server with these settings."""


def is_ready(url: str) -> bool:
    """Whether a server says that it can answer."""
    try:
        return httpx.get(f"{url}/readyz", timeout=CEILING).status_code == 200
    except httpx.HTTPError:
        return False


def sent(server: Any, request: str, *headers: str, body: bytes = b"") -> socket.socket:
    """A connection to a server on which a request was sent as it stands here: clients would mend it, or wait for it."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = "\r\n".join([f"{request} HTTP/1.1", "Host: localhost", *headers, *length, "", ""])
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=CEILING)
    connection.sendall(head.encode() + body)  # at once: what comes after a refusal would have the connection reset
    return connection


def status_of(connection: socket.socket) -> int:
    """That of the response which comes there."""
    with connection, connection.makefile("rb") as file:
        return int(file.readline().removeprefix(b"HTTP/1.1 ").split()[0])


def problem(response: Any, status: int, kind: str = "") -> dict[str, Any]:
    """The problem that a response is: its line is printable, and tells nothing of the inside."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["status"] == status and found["type"].startswith(f"/problems/{kind}")
    assert found["detail"].isprintable() and found["detail"].endswith(".") and len(found["detail"]) < 600
    assert not [inside for inside in ("Traceback", "pydantic", "File ") if inside in response.text]
    return found
