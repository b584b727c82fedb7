"""The real bot for the tests: `footnote telegram` as a process of its own, at the Bot API server of the test."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forked
from bot_api import BotApi
from patience import CEILING, wait_until


class TelegramProcess:
    """`footnote telegram` on the data folder `data`, with these settings and no others but what fixtures set."""

    def __init__(self, data: Path, api: BotApi, *, port: int = 0, **settings: str) -> None:
        self._port = port
        self.data, self.api, self.log = data, api, data.with_name("telegram.log")
        fixtures = ("FOOTNOTE_DATABASE_URL", "FOOTNOTE_CHROMA_URL", "FOOTNOTE_READER")
        kept = {n: v for n, v in os.environ.items() if not n.startswith("FOOTNOTE_") or n in fixtures}
        bot = {"FOOTNOTE_TELEGRAM_TOKEN": api.token, "FOOTNOTE_TELEGRAM_API_URL": api.url}
        many = {"FOOTNOTE_TELEGRAM_QUESTIONS_A_MINUTE": "100000"}
        self._environment = {**kept, "FOOTNOTE_DATA_DIR": str(data), **bot, **many, **settings}
        self.process = self._start()
        api.watched.append(self)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self._began = log.tell()
            return forked.start(["telegram", "--port", str(self._port)], stdout=log, stderr=log, env=self._environment)

    def logged(self) -> list[dict[str, Any]]:
        """The lines of its log that are whole."""
        return self._logged(0)

    def warned(self) -> list[str]:
        """What its log says beside its starts, none of it a traceback."""
        assert "Traceback" not in self.log.read_text("utf-8")
        return [line["event"] for line in self.logged() if line["level"] != "info"]

    @property
    def url(self) -> str:
        """Where it tells how it is, once it listens."""

        def port() -> int:
            return next((line["port"] for line in self._logged(self._began) if line["event"] == "listening"), 0)

        return f"http://127.0.0.1:{wait_until(port, self.process, says=lambda: self.log.read_text('utf-8'))}"

    def ready(self) -> TelegramProcess:
        """Itself, once it has said that it is ready since it was last started."""

        def said() -> bool:
            return "ready" in {line["event"] for line in self._logged(self._began)}

        wait_until(said, self.process, says=lambda: self.log.read_text("utf-8"))
        return self

    def _logged(self, begin: int) -> list[dict[str, Any]]:
        lines = self.log.read_bytes()[begin:].decode().split("\n")[:-1]
        return [json.loads(line) for line in lines if line.startswith("{")]

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> TelegramProcess:
        """Start it again."""
        assert self.process.poll() is not None
        self.process = self._start()
        return self

    def ended(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(CEILING)

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.ended()


Starter = Callable[..., TelegramProcess]
"""Starts a bot with these settings."""
