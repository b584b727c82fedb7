"""The server as a process: where it listens, how it ends, and what clients that go away leave behind."""

from __future__ import annotations

import json
import os
import signal
import socket
from pathlib import Path

import forked
import httpx
import pytest
from patience import CEILING, wait_until
from server import Server, Starter, sent

pytestmark = pytest.mark.usefixtures("without_reader")

QUESTION = "Where did Blinken speak about China?"
ADMITTED = 'footnote_work_admitted{kind="turns"}'


def test_it_ends_when_asked_and_finishes_what_is_running(serve: Starter) -> None:
    """SIGTERM in the middle of questions: each that was taken is answered whole, then nothing listens, and status 0."""
    server = serve()
    taken: list[socket.socket] = [_asked(server, f"{QUESTION} {number}") for number in range(12)]
    wait_until(lambda: server.metric(ADMITTED) == 12 or len(server.logged()) > 8, server.process)
    os.kill(server.process.pid, signal.SIGTERM)
    for connection in taken:
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
        connection.close()
        assert head.startswith(b"HTTP/1.1 200"), head
        assert json.loads(body)["status"] == "answered"
    assert server.process.wait(CEILING) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{server.url}/healthz")
    assert "Traceback" not in server.log.read_text("utf-8")


def test_an_interrupt_ends_it_with_130(serve: Starter) -> None:
    """Ctrl-C is an interrupt like everywhere on the command line, without a traceback."""
    server = serve()
    os.kill(server.process.pid, signal.SIGINT)
    assert server.process.wait(CEILING) == 130
    assert "Traceback" not in server.log.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["--host", "0.0.0.0"], {}, "FOOTNOTE_API_KEYS"),
        (["--host", "::"], {}, "FOOTNOTE_API_KEYS"),
        (["--host", "192.0.2.1"], {"FOOTNOTE_API_KEYS": "ann:open-sesame-sesame"}, "Cannot listen at 192.0.2.1"),
        (["--port", "{taken}"], {}, "Name another --host or --port"),
        ([], {"FOOTNOTE_API_KEYS": "ann=open-sesame-sesame"}, "FOOTNOTE_API_KEYS"),
    ],
)
def test_what_cannot_be_served_is_told_in_one_line(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], said: str
) -> None:
    """Without keys loopback alone is served; a bad address or setting ends with 1 and a line without secrets."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        command = [one.format(taken=other.getsockname()[1]) for one in arguments]
        result = forked.run(["serve", *command], env={**os.environ, "FOOTNOTE_DATA_DIR": str(tmp_path), **settings})
    assert result.returncode == 1
    assert result.stdout == ""
    (line,) = result.stderr.strip().splitlines()
    assert line.startswith("footnote: ")
    assert said in line
    assert "open-sesame-sesame" not in line


@pytest.mark.both_topologies(servers="long")
def test_clients_that_leave_in_the_middle_of_a_stream_leave_nothing_behind(serve: Starter) -> None:
    """200 clients close after their first event: soon nobody works for them, and threads, files, sessions and memory
    are as before; what they asked is not remembered as a conversation that was read.
    """
    server = serve(FOOTNOTE_REQUESTS_A_MINUTE="100000")
    for _ in range(30):  # by then Chroma has opened its database as often as it will, and all that remembers is full
        _leave(server, 20)
    before = _held(server)
    for _ in range(10):
        _leave(server, 20)
    with server.client() as client:
        wait_until(lambda: server.metric(ADMITTED) == 0, server.process)
        assert client.post("/v1/ask", json={"question": QUESTION}).json()["status"] == "answered"
    after = _held(server)
    assert after["threads"] <= before["threads"]
    assert after["files"] <= before["files"] + 4  # Chroma opens its database a few times more
    assert after["memory"] < before["memory"] + 4_000
    assert "Traceback" not in server.log.read_text("utf-8")


def _asked(server: Server, question: str, accept: str = "application/json") -> socket.socket:
    headers = "Content-Type: application/json", f"Accept: {accept}"
    return sent(server, "POST /v1/ask", *headers, body=json.dumps({"question": question}).encode())


def _leave(server: Server, clients: int) -> None:
    """So many clients ask for events, read the first, and close."""
    connections = [_asked(server, f"{QUESTION} {number}", "text/event-stream") for number in range(clients)]
    for connection in connections:
        data = b""
        while b"event: " not in data:
            data += connection.recv(256)
        connection.close()


def _held(server: Server) -> dict[str, int]:
    """Python's threads, open files and connections, and memory (kB) of the server."""
    process = Path(f"/proc/{server.process.pid}")
    status = (process / "status").read_text("utf-8")
    name = (process / "comm").read_text("utf-8")  # libraries name theirs, and keep pools of them
    return {
        "threads": sum(task.read_text("utf-8") == name for task in process.glob("task/*/comm")),
        "files": len(list((process / "fd").iterdir())),
        "memory": int(status.split("VmRSS:")[1].split()[0]),
    }
