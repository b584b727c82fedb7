"""One input loaded: by the product's own path, or in a fork that is quick and says what broke the reader.

By the product's path a reader runs in a sandbox, a process of its own, so that nothing may happen here but a document
or one line. In a fork, which has all libraries at hand, the reader is called in place: whatever error it has is told by
its type and place.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import FrameType
from unittest.mock import patch

from retrieval.chunking.chunker import split
from retrieval.loaders import loading, main_text, sandbox
from retrieval.loaders.loading import LoadingError, load_bytes, load_path
from retrieval.loaders.registry import READABLE
from retrieval.loaders.sandbox import DAMAGED, Extracted, ExtractionError, Extractor
from retrieval.types import Document
from tests.fuzz.cases import Case

LOADED = "loaded"
OUT_OF_TIME = f"a fork was ended by {signal.SIGXCPU.name}"
SECONDS = sandbox.SECONDS + main_text.SECONDS + 15.0
"""Of the processor: what all readers of one file may take together, and a margin."""
OWN_SECONDS = 10.0
"""Of the processor: what this process itself may take for a file."""
OWN_SECONDS_FOR_CHARACTER = 50e-6
OWN_MEMORY = 1 << 30
"""Bytes that this process may hold at most."""
_LACKS = ("StopIteration", "KeyError")
"""What a reader raises of itself where a file lacks a part, which the sandbox tells as damage."""
_OWN = re.compile(r"^\w+ in (?:retrieval|tests)/")
_FORK_SECONDS = 20.0
_LONGEST_LINE = 1300
_UNSOUND = re.compile("[\0\ud800-\udfff]")
_NUMBER = re.compile(r"\d[\d,.]*")
_ROOT = Path(__file__).parents[2]


class StuckError(Exception):
    """This process works on a file without end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an input.

    `result` is LOADED, or the line of the refusal without what differs from file to file; `fault` is what must not
    be, or ""; `broke` is the error that broke the reader, where that is known; `seconds` are those of the processor,
    of readers and all, `own` those of this process.
    """

    result: str
    fault: str = ""
    broke: str = ""
    seconds: float = 0.0
    own: float = 0.0


def by_path(case: Case, folder: Path) -> Outcome:
    """Loaded as `footnote add` does a file, or as the servers do what they are sent."""
    if case.name is not None and case.number % 2:
        path = folder / case.name
        path.write_bytes(case.data)
        return _timed(lambda: load_path(path), str(path))
    source = "https://example.org/a/b" if case.number % 4 else "upload"
    return _timed(lambda: load_bytes(case.data, source=source, name=case.name), case.name or source)


def in_fork(case: Case) -> Outcome:
    """Loaded in a fork of this process."""
    before = _processor()
    taken, given = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # of threads, which a test may have, and a fork does not use
        child = os.fork()
    if not child:
        _child(case, taken, given)
    os.close(given)
    with os.fdopen(taken, "rb") as pipe:
        written = pipe.read()
    _, status = os.waitpid(child, 0)
    seconds = sum(_processor()) - sum(before)
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return Outcome(f"a fork was ended by {name}", broke=f"killed by {name}", seconds=seconds)
    if not written:
        return Outcome("a fork said nothing", "the fork ended without a word", seconds=seconds)
    return Outcome(**json.loads(written) | {"seconds": seconds})


def _child(case: Case, taken: int, given: int) -> None:
    """What a fork does, which never returns."""
    try:
        os.close(taken)
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        warnings.simplefilter("ignore")  # as in the sandbox, whatever the tests make of them
        sandbox._bound(_FORK_SECONDS, sandbox.MEMORY)
        broke: list[str] = []
        with _in_place(broke):
            load = partial(load_bytes, case.data, source="upload", name=case.name)
            found = _timed(load, case.name or "upload", reads=True)
        own = next((one for one in broke if _OWN.search(one) and not one.startswith(_LACKS)), "")
        outcome = asdict(found) | {"broke": own or (broke[0] if broke else "")}
        if own:
            outcome["fault"] = found.fault or f"a reader of Footnote broke: {own}"
        os.write(given, json.dumps(outcome).encode())
    finally:
        os._exit(0)


@contextmanager
def _in_place(broke: list[str]) -> Iterator[None]:
    """Readers are called in place of the sandbox; the errors that break them are noted."""

    def here(reader: Extractor, data: bytes, **_: object) -> Extracted:
        try:
            answer = sandbox._answer(reader.__module__, reader.__qualname__, data)
            return sandbox._checked(json.dumps(answer).encode("ascii"))
        except ExtractionError:
            raise
        except Exception as error:
            broke.append(_place(error))
            raise ExtractionError(DAMAGED) from error

    with patch.object(loading, "sandboxed", here), patch.object(main_text, "sandboxed", here):
        yield


def _timed(load: Callable[[], Document], called: str, *, reads: bool = False) -> Outcome:
    """Loads and cuts into passages, which happens outside the sandbox, too; looks at all that must hold.

    `reads`: whether this process is the reader, too, which may take longer than what is outside the sandbox.
    """
    before, held = _processor(), _memory()
    signal.signal(signal.SIGPROF, _stuck)
    signal.setitimer(signal.ITIMER_PROF, 20 * OWN_SECONDS)
    characters = 0
    try:
        document = load()
        characters = len(document.text)
        split(document.text, document.boilerplate, _tokens, 200)
        result, fault = LOADED, flaw(document)
    except LoadingError as error:
        result, fault = _told(str(error), called)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is what is looked for
        result, fault = f"raised {type(error).__name__}", f"outside the sandbox: {_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    own, readers = (after - one for after, one in zip(_processor(), before, strict=True))
    if not reads and own > OWN_SECONDS + OWN_SECONDS_FOR_CHARACTER * characters:
        fault = fault or f"took {own:.0f} seconds outside the sandbox"
    if own + readers > SECONDS:
        fault = fault or f"took {own + readers:.0f} seconds of the processor"
    if _memory() > max(OWN_MEMORY, held):
        fault = fault or f"this process took {_memory() >> 20} MiB"
    return Outcome(result, fault, "", own + readers, own)


def flaw(document: Document) -> str:
    """What is wrong with a document that was loaded, or ""."""
    text, length = document.text, len(document.text)
    if any(_UNSOUND.search(one) for one in (text, document.title, document.source, document.url or "")):
        return "U+0000 or half a character was kept"
    if not text.strip() or not document.title.strip() or not document.title.isprintable():
        return "the text or the title is blank, or the title cannot be shown"
    edges = [edge for span in document.boilerplate for edge in (span.start, span.end)]
    if edges != sorted(edges) or (edges and not 0 <= edges[0] <= edges[-1] <= length):
        return "boilerplate lies outside the text or in no order"
    if any(span.start == span.end for span in document.boilerplate):
        return "boilerplate of no length"
    pages = list(document.pages)
    if pages != sorted(pages) or (pages and (pages[0] != 0 or pages[-1] > length)):
        return "pages lie outside the text or in no order"
    return ""


def _told(line: str, called: str) -> tuple[str, str]:
    """The line of a refusal without the name and numbers, and what is wrong with it, or ""."""
    sound = line.startswith(called) and line.isprintable() and len(line) <= _LONGEST_LINE and line.endswith(".")
    result = _NUMBER.sub("N", line.removeprefix(called).replace(READABLE, "…").strip())
    return result, "" if sound else f"no line to be shown: {line[:300]!r}"


def _place(error: BaseException) -> str:
    """The type of an error and where it was raised: the last place, and the last one of Footnote's own if another."""
    frames = traceback.extract_tb(error.__traceback__)
    shown = [f"{_short(frame.filename)}:{frame.name}" for frame in frames]
    last = f"{type(error).__name__} in {shown[-1]}"
    own = [one for one in shown if one.startswith("retrieval/")]
    return last if not own or own[-1] == shown[-1] else f"{last}, from {own[-1]}"


def _short(name: str) -> str:
    path = Path(name)
    if path.is_relative_to(_ROOT) and "site-packages" not in name:
        return path.relative_to(_ROOT).as_posix()
    return "/".join(path.parts[-2:])


def _stuck(_signal: int, _frame: FrameType | None) -> None:
    raise StuckError


def _tokens(texts: Sequence[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def _processor() -> tuple[float, float]:
    """Seconds of the processor that this process and the children that have ended took."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime, children.ru_utime + children.ru_stime


def _memory() -> int:
    """The most memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def processor() -> float:
    """Seconds of the processor that all took until now."""
    return sum(_processor())
