"""The log of a campaign: a line of JSON for every kill, written once what it left has been looked at."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from tests.kills.schedule import Kill


class Log:
    """A file of lines; several threads may write to it."""

    def __init__(self, file: Path) -> None:
        self._file, self._lock = file, threading.Lock()

    def rows(self) -> list[dict[str, Any]]:
        """What is in it; a line that was cut short by the end of the campaign does not count."""
        if not self._file.exists():
            return []
        lines = self._file.read_text("utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def done(self) -> set[str]:
        """The ids of the kills that were made, and after which all was well; the others are made again."""
        return {row["id"] for row in self.rows() if row["kind"] == "kill" and not row["faults"]}

    def kill(self, kill: Kill, **what: Any) -> None:
        """A process was killed; what it left is as `what` says."""
        self._write(kind="kill", **kill._asdict(), **what)

    def missed(self, kill: Kill, why: str) -> None:
        """A process did not die where it was to: a fault of the campaign, to be made again."""
        self._write(kind="missed", **kill._asdict(), why=why)

    def note(self, **what: Any) -> None:
        """Anything else."""
        self._write(kind="note", **what)

    def _write(self, **row: Any) -> None:
        with self._lock, self._file.open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps(row, ensure_ascii=False)}\n")
