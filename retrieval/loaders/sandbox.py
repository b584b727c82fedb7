"""Runs a reader of untrusted files in a process of its own, bounded in processor time and memory.

This module knows no kind of file. What the reader hands back travels as JSON and is checked here, since a file that
got the better of the reader could write anything. Whatever error a library has for a broken file, and whatever a
broken file does to it, is told as DAMAGED: readers raise errors of their own only where they have more to say.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, get_args

from retrieval.errors import FootnoteError
from retrieval.loaders.encoding import storable
from retrieval.types import NOTHING_SAID, About, Span

SECONDS = 120.0
"""How much time of the processor a file may take to be read: a busy machine takes longer by the clock."""
MEMORY = 1536 * 1024 * 1024
"""How much memory, in bytes, the reader may ask for, where the platform can bound it."""
MOST_OUTPUT = 400 * 1024 * 1024
"""Bound on what is taken from the reader, in bytes of JSON; it writes six for one code point at most."""

_SLOWEST = 20  # seconds of the clock for one of the processor: what takes longer does not work, but sleeps
_LOOK = 0.1  # seconds between two looks whether the result is still wanted
_ENDING = 5.0  # seconds that a process has to end once it has written all
_OUT_OF_TIME = -getattr(signal, "SIGXCPU", 0)  # the exit status of one that has used up its time

# The parent's own places to import from are handed over, so that neither the working folder nor the environment
# decides which modules the child runs.
_CHILD = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from retrieval.loaders.sandbox import _serve; _serve()"
)
_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")

DAMAGED = "is damaged: open it in its own program, save a new copy, add that"
"""What is said of a file that broke the reader."""
Fault = Literal["too_large", "no_text", "not_a_document", "not_public", "password", "unreadable"]
"""Why a file or text cannot be taken in, in a word."""


class ExtractionError(FootnoteError):
    """A file cannot be read; the message is a clause with the file as its subject that says what it is or what to do.

    It reads after the file's name: "is damaged: open it in …". `fault` says why in a word.
    """

    def __init__(self, message: str, fault: Fault = "unreadable") -> None:
        super().__init__(message)
        self.fault = fault


def locked() -> ExtractionError:
    """The error of a file with a password."""
    return ExtractionError("is protected with a password: save a copy without it and add that", "password")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a file says: `text`, where its pages begin and its boilerplate, in code points, and its title or "".

    `canonical` is the link that a web page gives as its own, as written, or "". `about` is what it says of itself.
    """

    text: str
    title: str = ""
    pages: tuple[int, ...] = ()
    boilerplate: tuple[Span, ...] = ()
    canonical: str = ""
    about: About = NOTHING_SAID


Extractor = Callable[[bytes], Extracted]
"""A function of a module, which raises ExtractionError for what it cannot read."""


def nothing_to_check() -> None:
    """The `check` of whoever always waits for the result."""


def sandboxed(
    reader: Extractor,
    data: bytes,
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
    check: Callable[[], None] = nothing_to_check,
) -> Extracted:
    """What `reader` makes of `data`, in a process that has ended when this returns or raises, whatever it raises.

    `check` is called every moment, and ends it by raising. Raises ExtractionError: the reader's own, or one that says
    that it took too long, too much memory, broke, or that no process can be started.
    """
    paths = [str(Path(__file__).resolve().parents[2]), *(str(Path(path).resolve()) for path in sys.path if path)]
    arguments = [json.dumps(paths), reader.__module__, reader.__qualname__, str(seconds), str(memory)]
    try:
        process = subprocess.Popen(  # noqa: S603  # the program is this very interpreter, no word comes from a file
            [sys.executable, "-I", "-X", "utf8", "-c", _CHILD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ},
        )
    except OSError as error:
        reason = error.strerror or "the system refuses"
        raise ExtractionError(f"cannot be read now, since no process can be started for it: {reason}") from error
    assert process.stdin is not None
    assert process.stdout is not None
    taken: list[bytes] = []
    # Data are handed over while what is written is taken, since either pipe may fill up.
    feeder = threading.Thread(target=_feed, args=(process.stdin, data), daemon=True)
    taker = threading.Thread(target=_take, args=(process.stdout, taken), daemon=True)
    until = time.monotonic() + seconds * _SLOWEST
    try:
        feeder.start()
        taker.start()
        while taker.is_alive() and time.monotonic() < until:
            check()
            taker.join(_LOOK)
        too_slow = taker.is_alive() or _status(process) == _OUT_OF_TIME
    finally:
        process.kill()
        process.wait()
        taker.join(_ENDING)
    feeder.join()
    try:
        return _checked(b"".join(taken))
    except (ValueError, KeyError, TypeError) as error:
        if not too_slow:
            raise ExtractionError(DAMAGED) from error
        spent = f"takes more than {seconds:.0f} seconds of the processor to read"
        raise ExtractionError(f"{spent}: split it, or save its text as a .txt file and add that") from error


def _feed(entry: IO[bytes], data: bytes) -> None:
    # A reader that has seen enough, or has died, reads no further.
    with contextlib.suppress(OSError), entry:
        entry.write(data)


def _take(source: IO[bytes], taken: list[bytes]) -> None:
    with contextlib.suppress(OSError), source:
        taken.append(source.read(MOST_OUTPUT))


def _status(process: subprocess.Popen[bytes]) -> int | None:
    """The exit status of a process that has written all; None where it does not end by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        return process.wait(_ENDING)
    return None


def _checked(written: bytes) -> Extracted:
    """What was written. Raises ExtractionError where that is an error, ValueError and the like for nonsense."""
    found = json.loads(written)
    if "error" in found:
        fault: Fault = next((one for one in get_args(Fault) if one == found.get("fault")), "unreadable")
        raise ExtractionError(" ".join(str(found["error"]).split())[:1000], fault)
    text, title, canonical = (storable(str(found[name])) for name in ("text", "title", "canonical"))
    places = [place for place in found["pages"] if isinstance(place, int)]
    edges = [edge for span in found["boilerplate"] for edge in span]
    for numbers in (places, edges):
        if numbers != sorted(numbers) or (numbers and not 0 <= numbers[0] <= numbers[-1] <= len(text)):
            raise ValueError("places outside the text")
    boilerplate = tuple(Span(start, end) for start, end in found["boilerplate"])
    about = About(*(storable(str(value)) for value in found["about"]))
    return Extracted(text, title, tuple(places), boilerplate, canonical, about)


def _serve() -> None:
    """The child: reads data from standard input and writes what the named reader makes of it, or why not."""
    _, module, name, seconds, memory = sys.argv[1:]
    # Whatever the reader or its libraries print goes nowhere.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        data = sys.stdin.buffer.read()
        _bound(float(seconds), int(memory))
        out.write(json.dumps(_answer(module, name, data)).encode("ascii"))
        out.flush()
        # Libraries that were fed a broken file may crash on leaving.
        os._exit(0)


def _answer(module: str, name: str, data: bytes) -> dict[str, object]:
    try:
        reading: Extracted = getattr(importlib.import_module(module), name)(data)
    except FootnoteError as error:
        return {"error": error.message, "fault": getattr(error, "fault", None)}
    except MemoryError:
        return {"error": "needs too much memory to read: split it, or save its text as a .txt file and add that"}
    except RecursionError:
        return {"error": "is nested too deeply to be read: save its text as a .txt file and add that"}
    boilerplate = [(span.start, span.end) for span in reading.boilerplate]
    found: dict[str, object] = {"text": reading.text, "title": reading.title, "canonical": reading.canonical}
    return found | {"pages": reading.pages, "boilerplate": boilerplate, "about": reading.about}


def _bound(seconds: float, memory: int) -> None:
    """Bounds this process, also for the case that its parent dies and cannot end it."""
    try:
        import resource
    except ImportError:
        return
    signal.alarm(int(seconds * _SLOWEST) + 10)
    limits = [(resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)]
    limits.append((resource.RLIMIT_CPU, max(1, round(seconds))))
    for kind, most in limits:
        # Some platforms know a limit and refuse to set it.
        with contextlib.suppress(ValueError, OSError):
            _, ceiling = resource.getrlimit(kind)
            resource.setrlimit(kind, (most if ceiling < 0 else min(most, ceiling), ceiling))
