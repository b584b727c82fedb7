"""Extracted apart: a reader that hangs, crashes, eats memory or lies harms nothing, and no process is left."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from retrieval.loaders import sandbox
from retrieval.loaders.sandbox import Extracted, ExtractionError, sandboxed
from retrieval.types import Span


def echo(data: bytes) -> Extracted:
    return Extracted(data.decode("utf-8", "surrogatepass"), "Title", (0, 1), (Span(0, 1), Span(2, 3)))


def hang(data: bytes) -> Extracted:
    while True:
        time.sleep(1)


def toil(data: bytes) -> Extracted:
    while True:
        pass


def rest(data: bytes) -> Extracted:
    time.sleep(3)
    return Extracted("rested")


def break_down(data: bytes) -> Extracted:
    """Does what no reader should."""
    held = []
    match data:
        case b"crash":  # as a library does that reads beyond its memory
            os.kill(os.getpid(), signal.SIGSEGV)
        case b"eat":
            while True:
                held.append(bytearray(50_000_000))
        case b"refuse":
            raise ExtractionError("is\nnot\x20to be read")
        case b"fail":
            raise KeyError("nothing")
        case b"recurse":
            return break_down(data)
        case b"lie":
            return Extracted("words", pages=(0, 99))
    return Extracted("words", boilerplate=(Span(3, 4), Span(0, 2)))


def chatter(data: bytes) -> Extracted:
    """Prints, as careless libraries do, and cannot write files."""
    print("{}")
    os.write(1, b"noise")
    try:
        with Path(data.decode()).open("w") as file:
            file.write("words")
            file.flush()
    except OSError as error:
        return Extracted(f"refused {bool(error)}")
    return Extracted("written")


def about(data: bytes) -> Extracted:
    """What the process knows of its surroundings."""
    return Extracted(
        f"{os.environ.get('FOOTNOTE_API_KEYS')} {sorted({'torch', 'chromadb', 'sqlalchemy'} & set(sys.modules))}"
    )


def children() -> list[int]:
    """The processes that this one has started and that have not been waited for."""
    found: list[int] = []
    for task in Path("/proc/self/task").iterdir():
        # A thread may end meanwhile.
        with contextlib.suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


@pytest.fixture(autouse=True)
def none_left() -> object:
    """No process is left when a test ends."""
    before = children()
    yield
    assert children() == before


def test_what_is_read_comes_back_whole() -> None:
    """Text, title, pages and boilerplate come back as they were, save what no database holds."""
    text = "é\0\ud800😀 " + "words " * 300_000
    reading = sandboxed(echo, text.encode("utf-8", "surrogatepass"))
    assert reading.text == text.replace("\0", "\ufffd").replace("\ud800", "\ufffd")
    assert (reading.title, reading.pages, reading.boilerplate) == ("Title", (0, 1), (Span(0, 1), Span(2, 3)))


def test_a_reader_that_works_for_ever_is_ended() -> None:
    """After the processor's time that it has, a reader is ended and the file refused in one line."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with pytest.raises(ExtractionError, match="takes more than 1 seconds of the processor"):
        sandboxed(toil, b"x" * 10_000_000, seconds=1)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10


def test_waiting_for_the_processor_is_no_fault() -> None:
    """A reader that takes longer by the clock than it has of the processor's time is read: the machine may be busy."""
    assert sandboxed(rest, b"", seconds=1).text == "rested"


def test_a_reader_that_sleeps_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes no time of the processor is ended by the clock, whether or not it took its data."""
    monkeypatch.setattr(sandbox, "_SLOWEST", 2)
    with pytest.raises(ExtractionError, match="takes more than 1 seconds"):
        sandboxed(hang, b"x" * 10_000_000, seconds=1)


def test_a_reader_ends_when_nobody_waits_any_more() -> None:
    """What `check` raises ends the process at once and is raised on."""
    looks = itertools.count()

    def check() -> None:
        if next(looks) > 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sandboxed(toil, b"words", check=check)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (b"crash", "is damaged: open it"),
        (b"eat", "needs too much memory"),
        (b"refuse", "^is not to be read$"),
        (b"fail", "is damaged: open it"),
        (b"recurse", "is nested too deeply"),
        (b"lie", "is damaged: open it"),
        (b"spans out of order", "is damaged: open it"),
    ],
)
def test_a_reader_that_breaks_is_one_line(fault: bytes, line: str) -> None:
    """A crash, memory beyond bounds, a refusal, any other error and nonsense are each one line."""
    with pytest.raises(ExtractionError, match=line) as refused:
        sandboxed(break_down, fault, seconds=30, memory=400_000_000)
    assert str(refused.value).isprintable()


def test_a_reader_cannot_write_and_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it prints is not taken for the result, it can write no file, and it inherits no settings or libraries."""
    monkeypatch.setenv("FOOTNOTE_API_KEYS", "secret")
    assert sandboxed(chatter, str(tmp_path / "file").encode()).text == "refused True"
    assert sandboxed(about, b"").text == "None []"


def test_it_works_in_any_thread_and_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads read at once, and modules in the working folder are not taken for the program's."""
    monkeypatch.chdir(tmp_path)
    for name in ("json.py", "retrieval.py", "conftest.py"):
        (tmp_path / name).write_text("raise SystemExit(9)", encoding="utf-8")
    with ThreadPoolExecutor(4) as pool:
        assert [one.text for one in pool.map(sandboxed, [echo] * 4, [b"words"] * 4)] == ["words"] * 4


def test_an_interrupt_leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C in the middle of reading ends the reader, too."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import sys
            sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[3])]!r}
            from retrieval.loaders.sandbox import sandboxed
            from test_sandbox import children, hang
            import os, signal, threading, time
            signal.signal(signal.SIGINT, signal.default_int_handler)  # also when the tests run in the background

            def interrupt():
                while not children():
                    time.sleep(0.05)
                time.sleep(0.3)
                os.kill(os.getpid(), signal.SIGINT)

            threading.Thread(target=interrupt, daemon=True).start()
            try:
                sandboxed(hang, b"words")
            except KeyboardInterrupt:
                print("interrupted", children())
            """
        ),
        encoding="utf-8",
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert done.stdout == "interrupted []\n", done.stderr


def test_a_system_without_room_for_a_process_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started, the line says so."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ExtractionError, match="no process can be started for it: No such file"):
        sandboxed(echo, b"words")
