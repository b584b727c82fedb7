"""The real command line on a data folder of the tests' own, and what its library holds, for the tests beside it."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import forked

Result = subprocess.CompletedProcess[str]


QUESTION = "Who is Mao Ning?"
_READ, _WRITE = 2, 1  # CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE
_HOLDS, _DROP = 23, 24  # PR_CAPBSET_READ, PR_CAPBSET_DROP
_PROCESS = ctypes.CDLL(None)  # before any child: nothing may be loaded between fork and exec


def heeding_permissions() -> None:
    """In a child: permissions bind it, also when it is root's."""
    if os.geteuid() == 0:
        for capability in (_WRITE, _READ):
            if _PROCESS.prctl(_HOLDS, capability, 0, 0, 0) and _PROCESS.prctl(_DROP, capability, 0, 0, 0):
                raise OSError("root cannot give up its powers here")


class Command:
    """`footnote …` on the data folder `data`, run in the folder `at`."""

    def __init__(self, data: Path, at: Path) -> None:
        self.data, self.at = data, at

    def environment(self, **settings: str) -> dict[str, str]:
        """That of a user with these settings and no others."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}
        return {**kept, "FOOTNOTE_DATA_DIR": str(self.data), "COLUMNS": "80", **settings}

    def run(self, *arguments: str, text: str = "", first: Callable[[], None] | None = None, **settings: str) -> Result:
        """What the command says to `text` on standard input; `first` is called in the child."""
        return forked.run(arguments, text, env=self.environment(**settings), cwd=self.at, preexec_fn=first)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """The command, not waited for."""
        piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
        return forked.start(arguments, **piped, env=self.environment(), cwd=self.at)

    def listed(self) -> list[dict[str, Any]]:
        """What `list --json` says."""
        result = self.run("list", "--json")
        assert result.returncode == 0, result.stderr
        found: list[dict[str, Any]] = json.loads(result.stdout)
        return found

    def answer(self, question: str = QUESTION, *arguments: str) -> dict[str, Any]:
        """What `ask --json` says, without the time it took."""
        result = self.run("ask", "--json", *arguments, question)
        assert result.returncode == 0, result.stderr
        found: dict[str, Any] = json.loads(result.stdout)
        del found["timings_ms"]
        return found

    def state(self) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        """The listing, and the answer to one question."""
        return self.listed(), self.answer()


def fault(result: Result) -> str:
    """The one line of a command that failed and printed nothing else."""
    assert result.returncode == 1, result
    assert result.stdout == ""
    return said(result)[0]


def said(result: Result, lines: int = 1) -> list[str]:
    """So many lines on standard error, each of which begins with the program's name."""
    found = result.stderr.strip().splitlines()
    assert len(found) == lines, result.stderr
    assert all(line.startswith("footnote: ") and line.isprintable() for line in found), found
    return found


def misuse(result: Result) -> str:
    """The line that says what was wrong with the words typed, below how the command is used."""
    assert result.returncode == 2, result
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    usage, line = result.stderr.strip().splitlines()[0], result.stderr.strip().splitlines()[-1]
    assert usage.startswith("Usage: ")
    return line
