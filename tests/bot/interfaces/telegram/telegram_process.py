"""The real bot for the tests: `footnote telegram` as a process of its own, at the Bot API server of the test."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import forked
from bot_api import BotApi

PATIENCE = 60  # seconds until a bot that does not get ready, or does not end, counts as broken


class TelegramProcess:
    """`footnote telegram` on the data folder `data`, with these settings and no others but those of the topology."""

    def __init__(self, data: Path, api: BotApi, **settings: str) -> None:
        self.log = data.with_name("telegram.log")
        topology = ("FOOTNOTE_DATABASE_URL", "FOOTNOTE_CHROMA_URL")
        kept = {n: v for n, v in os.environ.items() if not n.startswith("FOOTNOTE_") or n in topology}
        bot = {"FOOTNOTE_TELEGRAM_TOKEN": api.token, "FOOTNOTE_TELEGRAM_API_URL": api.url}
        self._environment = {**kept, "FOOTNOTE_DATA_DIR": str(data), **bot, **settings}
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self._began = log.tell()
            return forked.start(["telegram"], stdout=log, stderr=log, env=self._environment)

    def logged(self) -> list[dict[str, Any]]:
        """The lines of its log that are whole."""
        return self._logged(0)

    def ready(self) -> TelegramProcess:
        """Itself, once it has said that it is ready since it was last started."""
        end = time.monotonic() + PATIENCE
        while "ready" not in {line["event"] for line in self._logged(self._began)}:
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < end, self.log.read_text("utf-8")
            time.sleep(0.02)
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

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE)
