"""`footnote serve` and `footnote telegram` as processes that die at an instant once they are armed."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import forked
from bot_api import BotApi
from server import Server
from telegram_process import TelegramProcess

SCRIPT = Path(__file__).with_name("victim.py")
_PATIENCE = 300.0  # seconds until an instant counts as missed
Where = tuple[str, int] | None
"""The title of an instant, and at which call of those that count; nothing for a process that dies otherwise."""


class _Arms:
    """What both have in common."""

    process: subprocess.Popen[bytes]

    def __init__(self, data: Path, where: Where) -> None:
        self.note, self._armed = data.with_name("died-at"), data.with_name("armed")
        self._where = where
        self.given_up = False
        """Whether no other will be started in its place."""

    @property
    def nth(self) -> int:
        """At which call of those that count it dies."""
        return self._where[1] if self._where else 0

    def arm(self) -> None:
        """From now on it dies where it is to."""
        self._armed.touch()

    def dies(self) -> None:
        """Wait until it has died; it is ended where it does not."""
        # Not by looking for a zombie: the first thread is one while others are still being ended.
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_PATIENCE)
        self.process.kill()
        self.process.wait()

    def order(self) -> str:
        """The first argument of its script."""
        for file in (self.note, self._armed):
            file.unlink(missing_ok=True)
        order: dict[str, Any] = {"do": "serve", "note": str(self.note), "armed": str(self._armed)}
        if self._where:
            order |= {"instant": self._where[0], "nth": self._where[1]}
        return json.dumps(order)


class ArmedServer(Server, _Arms):
    """`footnote serve`."""

    def __init__(self, data: Path, where: Where, **settings: Any) -> None:
        _Arms.__init__(self, data, where)
        Server.__init__(self, data, **settings)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            command = [self.order(), "serve", "--host", self.host, "--port", str(self.port)]
            return forked.start(command, SCRIPT, stdout=log, stderr=log, env=self._environment)

    def restart_with(self, where: Where) -> None:
        """Start another in its place."""
        self._where = where
        self.restart()

    def stop(self) -> int:
        """End it, whatever it does."""
        self.given_up = True
        self.process.kill()
        return self.process.wait()


class ArmedBot(TelegramProcess, _Arms):
    """`footnote telegram`."""

    def __init__(self, data: Path, api: BotApi, where: Where, **settings: Any) -> None:
        _Arms.__init__(self, data, where)
        TelegramProcess.__init__(self, data, api, **settings)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self._began = log.tell()
            command = [self.order(), "telegram", "--port", str(self._port)]
            return forked.start(command, SCRIPT, stdout=log, stderr=log, env=self._environment)

    def restart_with(self, where: Where) -> None:
        """Start another in its place."""
        self._where = where
        self.restart()
