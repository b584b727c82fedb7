"""Footnote's processes for the tests, begun in an interpreter that has imported everything before.

Imports take more than a second of a core, and the tests begin some hundreds of processes. Each is a process of its own
all the same, a child of the test run with its own arguments, environment, folder and streams, in which the program runs
and ends as `python -m bot` does. What an interpreter asks for when it starts, and what Popen does between fork and
exec, is not to be had so: then, and off Linux, it is begun from nothing. So are the commands of the README, and the
processes of the tests of what is imported when.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from patience import communicate

# Not onnxruntime, whose import begins a thread that no fork takes along.
_IMPORTED = (
    "bot.interfaces.cli.command_line",
    "bot.bootstrap",
    "bot.answering.chain",
    "bot.interfaces.http.server",
    "bot.interfaces.telegram.process",
    "chromadb",
    "chromadb.api.client",
    "tokenizers",
)
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: who is left without a parent below this process becomes its child
_LOCALE = ("PYTHON", "LC_", "LANG", "LD_")  # beginnings of what an interpreter asks for when it starts
_LONGEST_ORDER = 100_000  # bytes, which a socket takes at once


def start(arguments: Sequence[str], script: Path | None = None, **options: Any) -> subprocess.Popen[Any]:
    """`footnote …`, or a script of the tests, with the options of subprocess.Popen."""
    return _Begun([sys.executable, *(["-m", "bot"] if script is None else [str(script)]), *arguments], **options)


def run(arguments: Sequence[str], text: str | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    """What `footnote …` says to `text` on standard input, as subprocess.run gives it."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with start(arguments, encoding="utf-8", **streams, **options) as process:
        out, err = communicate(process, text)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)


class _Begun(subprocess.Popen[Any]):
    """A process that is forked off the one with everything imported, where nothing is asked that needs a new one."""

    # Private, and the one place: what Popen does before (pipes) and after (wait, communicate) is wanted as it is, and
    # it lets nobody say by a public name how the process itself begins.
    def _execute_child(self, args: list[str], *others: Any) -> None:
        executable, first, _close, kept, folder, environment, _, _, shell, *streams = others
        streams, _restore, *powers = streams[:6], *streams[6:]
        given = dict(os.environ if environment is None else environment)
        order = json.dumps([args[1:], str(folder or Path.cwd()), given]).encode()
        plain = executable is None and first is None and not kept and not shell and len(order) < _LONGEST_ORDER
        if not plain or not sys.platform.startswith("linux") or any(power not in (None, -1, False) for power in powers):
            return super()._execute_child(args, *others)
        if _at_start(given) != _at_start(dict(os.environ)):
            return super()._execute_child(args, *others)
        theirs = [
            stream if stream != -1 else place for place, stream in enumerate((streams[0], streams[3], streams[5]))
        ]
        self.pid = _parent().fork(order, theirs)
        self._child_created = True
        self._close_pipe_fds(*streams)
        return None


def _at_start(environment: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_LOCALE)}


class _Parent:
    """The interpreter that has imported everything, and forks."""

    def __init__(self) -> None:
        if ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0):
            raise OSError("cannot become the parent of the processes to come")
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, __file__, str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        self._lock = threading.Lock()
        atexit.register(self._stop)

    def fork(self, order: bytes, streams: list[int]) -> int:
        """The id of a new process, now a child of this one."""
        with self._lock:
            socket.send_fds(self._channel, [order], streams)
            return int(self._channel.recv(32))

    def _stop(self) -> None:
        self._channel.close()
        self._process.wait()


_parents: list[_Parent] = []
_making = threading.Lock()


def _parent() -> _Parent:
    with _making:
        if not _parents:
            _parents.append(_Parent())
        return _parents[0]


# From here on, in that interpreter


def _ordered(channel: socket.socket) -> tuple[list[str], str, dict[str, str], list[int]]:
    """Fork at every order; returns in the new process, with what it is to do."""
    while True:
        order, streams, _, _ = socket.recv_fds(channel, _LONGEST_ORDER, 3)
        if not order:
            os._exit(0)  # the tests have ended
        mine, theirs = os.pipe()
        between = os.fork()
        if not between:
            child = os.fork()
            if child:  # leaves it without a parent
                os.write(theirs, str(child).encode())
                os._exit(0)
            for number in (mine, theirs, channel.detach()):
                os.close(number)
            arguments, folder, environment = json.loads(order)
            return arguments, folder, environment, streams
        os.waitpid(between, 0)
        channel.send(os.read(mine, 32))
        for number in (mine, theirs, *streams):
            os.close(number)


def _become(folder: str, environment: dict[str, str], streams: list[int]) -> None:
    """What an interpreter is when it starts."""
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
    for stream in streams:
        os.close(stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for place, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        raw = open(place, "rb" if place == 0 else "wb", closefd=False)  # noqa: SIM115  # as long as the process
        lines = place == 2 or (place == 1 and raw.isatty())
        new = io.TextIOWrapper(raw, encoding=old.encoding, errors=old.errors, line_buffering=lines)
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests
    sys.path.pop(0)  # the tests' own folder
    channel = socket.socket(fileno=int(sys.argv[1]))
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    (program, *arguments), *others = _ordered(channel)
    _become(*others)
    if program == "-m":
        sys.path.insert(0, str(Path.cwd()))
        sys.argv = [program, *arguments[1:]]
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[:0] = [str(Path(program).parent), str(Path(__file__).parent)]
        sys.argv = [program, *arguments]
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    _main()
