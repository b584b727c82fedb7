"""Waiting goes by what the watched process does, not by how long it takes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from patience import communicate, wait_until

SOON = 0.6  # seconds without progress that these tests wait


@contextmanager
def python(code: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-S", "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_process_at_work_is_waited_for() -> None:
    """One that takes CPU is waited for beyond what a still one is given, and what comes is given back."""
    end = time.monotonic() + 3
    with python("while True: pass") as process:
        assert wait_until(lambda: time.monotonic() > end and "done", process, still=2) == "done"


def test_progress_may_be_told() -> None:
    """What is told counts as progress although no CPU is taken."""
    counts = iter(range(1000))
    with python("input()") as process:
        assert wait_until(lambda: next(counts) > 60, process, still=SOON, progress=lambda: next(counts))


@pytest.mark.parametrize(("code", "fault"), [("input()", "no progress in 0.6 seconds"), ("", "the process has ended")])
def test_what_will_not_come_is_not_waited_for(code: str, fault: str) -> None:
    """A process that stands still, or has ended, ends the waiting in a line that says what was waited for."""
    with python(code) as process, pytest.raises(AssertionError, match=f"^no word: {fault}$"):
        wait_until(lambda: False, process, says="no word", still=SOON)


def test_communicate() -> None:
    """All that is said and heard is given; one that hangs is killed, and what it has said is in the line."""
    with python("print(len(input()))") as process:
        assert communicate(process, "x" * 1_000_000) == ("1000000\n", None)
    with python("print('so far', flush=True)\nimport time; time.sleep(600)") as process:
        with pytest.raises(AssertionError, match=r"so far.*no progress"):
            communicate(process, still=SOON)
        assert process.returncode == -9
