"""The real server for the tests: `footnote serve` as a process of its own, on a free port of loopback."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import forked
import httpx
from servers import free_port

PATIENCE = 60  # seconds until a server that does not get ready counts as broken


class Server:
    """`footnote serve` on the data folder `data`, with these settings and no others but those of the topology."""

    def __init__(self, data: Path, *, host: str = "127.0.0.1", port: int | None = None, **settings: str) -> None:
        self.data, self.host = data, host
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data.with_name(f"{data.name}-{self.port}.log")
        topology = ("FOOTNOTE_DATABASE_URL", "FOOTNOTE_CHROMA_URL")
        kept = {n: v for n, v in os.environ.items() if not n.startswith("FOOTNOTE_") or n in topology}
        self._environment = {**kept, "FOOTNOTE_DATA_DIR": str(data), **settings}
        self.process: subprocess.Popen[bytes] = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            command = ["serve", "--host", self.host, "--port", str(self.port)]
            return forked.start(command, stdout=log, stderr=log, env=self._environment)

    def ready(self) -> Server:
        """Itself, once it says that it can answer."""
        end = time.monotonic() + PATIENCE
        while True:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            try:
                if httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200:
                    return self
            except httpx.HTTPError:
                pass
            assert time.monotonic() < end, self.log.read_text("utf-8")
            time.sleep(0.02)

    def client(self, key: str | None = None) -> httpx.Client:
        """A client of it, with a key if need be."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)

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
        return self.process.wait(PATIENCE)
