"""The processes that are killed, seen from the campaign: begun, listened to, and found dead where they were to die."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import forked
from patience import CEILING

from tests.kills.place import LibraryPlace
from tests.kills.schedule import Kill

SCRIPT = Path(__file__).with_name("victim.py")


class BrokenError(Exception):
    """A library is not as it is to be, or a process did not do what it was told: nothing more is to be done with it."""


class Victim:
    """A process on a library, which says what it finds and takes one order."""

    def __init__(self, place: LibraryPlace, **order: Any) -> None:
        self.note = place.folder / "died-at"
        self.note.unlink(missing_ok=True)
        self.log = place.folder / "victim.log"
        given = json.dumps({"folder": str(place.folder / "data"), "note": str(self.note), **order})
        with self.log.open("ab") as log:
            streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": log, "text": True}
            self.process = forked.start([given], SCRIPT, env=place.environment(), **streams)
        self._watchdog = threading.Timer(CEILING, self.process.kill)
        self._watchdog.daemon = True
        self._watchdog.start()

    def says(self) -> dict[str, Any]:
        """The next thing that it says; nothing once it has ended."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found: dict[str, Any] = json.loads(line) if line.endswith("\n") else {}
        return found

    def told(self, **order: Any) -> None:
        """Give it its order."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{json.dumps({**order, 'note': str(self.note)})}\n")
        self.process.stdin.flush()

    def ended(self) -> str:
        """Once it has ended: nothing for a kill, what else it said last, or how it ended otherwise."""
        assert self.process.stdout is not None
        said = self.process.stdout.read().strip()
        self.process.wait()
        self._watchdog.cancel()
        self.process.stdout.close()
        if self.process.stdin is not None:
            self.process.stdin.close()
        return "" if self.process.returncode == -signal.SIGKILL else said or f"ended with {self.process.returncode}"

    def stop(self) -> None:
        """End it, whatever it does."""
        self.process.kill()
        self.ended()


def why_not(kill: Kill, returncode: int | None, note: Path) -> str | None:
    """Why a death does not count as this kill; None where it does."""
    if returncode != -signal.SIGKILL:
        return f"the process ended with {returncode}"
    died_at = note.read_text("utf-8") if note.exists() else ""
    if died_at != (kill.instant if kill.named else ""):
        return f"the process died at {died_at!r}"
    return None
