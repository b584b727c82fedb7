"""Brings a process to its end at a named instant: the function is wrapped, and the process kills itself there.

It notes the instant in a file right before, so that who waits for it knows that it died there and nowhere else.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.kills.instants import Instant


def arm(instant: Instant, nth: int, note: Path, armed: Callable[[], bool] = lambda: True) -> None:
    """From now on the process dies at the `nth` call that counts while it is `armed`."""
    owner, name = _place(instant.target)
    original = getattr(owner, name)
    counting, seen = threading.Lock(), 0

    def reached() -> None:
        nonlocal seen
        if not armed():
            return
        with counting:
            seen += 1
            if seen == nth:
                die(note, instant.title)

    @wraps(original)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        if instant.when == "before" and (instant.counted != "asked" or arguments[-1]):
            reached()
        given = original(*arguments, **named)
        if instant.when == "after" and (instant.counted != "given" or given):
            reached()
        return given

    setattr(owner, name, wrapped)


def die(note: Path, title: str) -> None:
    """Note the instant, and kill this process."""
    file = os.open(note, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(file, title.encode())
    os.kill(os.getpid(), signal.SIGKILL)


def _place(target: str) -> tuple[Any, str]:
    """What holds the function, and its name there."""
    module, _, path = target.partition(":")
    owner: Any = import_module(module)
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    return owner, name
