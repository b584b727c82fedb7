"""Connections that bring too much, or too slowly: they are closed, cost no memory, and others go on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from patience import CEILING
from server import Client, Server, sent

from bot.interfaces.http.limits import HEAD_SECONDS, MOST_HEAD, MOST_JSON, seconds_for

pytestmark = pytest.mark.usefixtures("without_reader")

PIECE = b"X-Filler: " + b"x" * 1000 + b"\r\n"
START = b"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNKED = START + b"Transfer-Encoding: chunked\r\n\r\n"


def endless(start: bytes, piece: bytes) -> Iterator[bytes]:
    """What an attacker sends."""
    yield start
    while True:
        yield piece


def taken(server: Server, pieces: Iterator[bytes]) -> int:
    """How many bytes the server took before it closed."""
    sent = 0
    with socket.create_connection(("127.0.0.1", server.port), timeout=CEILING) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                sent += len(piece)
                if sent > 100 * MOST_HEAD:
                    break
                if sent > MOST_HEAD:
                    time.sleep(0.001)
        except (ConnectionResetError, BrokenPipeError):
            pass
    return sent


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (START, PIECE),
        (CHUNKED + b"5;extension=", b"x" * 1000),
        pytest.param(START + b"X-Long: ", b"x" * 1000, marks=pytest.mark.long),
        pytest.param(CHUNKED + b"0\r\n", PIECE, marks=pytest.mark.long),
        pytest.param(b"GET /", b"x" * 1000, marks=pytest.mark.long),
    ],
    ids=["headers", "extension", "header", "trailer", "target"],
)
def test_what_is_no_body_ends(server: Server, start: bytes, piece: bytes) -> None:
    """Heads, trailers and extensions without an end are cut off, and cost no memory."""
    before = _memory(server)
    assert taken(server, endless(start, piece)) < 100 * MOST_HEAD
    assert _memory(server) - before < 8_000
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_half_requests_are_closed_and_large_bodies_are_not(server: Server, ann: Client) -> None:
    """Of 40 that never finish, and of 20 whose bodies come a byte now and then, none is left when its time is over:
    those that were read are told so. A body that comes piece by piece is read whole.
    """
    waiting = [socket.create_connection(("127.0.0.1", server.port), timeout=CEILING) for _ in range(40)]
    for number, connection in enumerate(waiting):
        connection.sendall((b"", b"GET", START, START + b"Content-Length: 100\r\n\r\n{")[number % 4])
    key = f"Authorization: Bearer {ann.key}", "Content-Type: application/json", "Content-Length: 100"
    refused = [sent(server, "POST /v1/ask", *key[1:]) for _ in range(10)]
    read = [sent(server, "POST /v1/ask", *key) for _ in range(10)]
    drops = threading.Thread(target=_drip, args=([*refused, *read],))
    drops.start()

    def slowly() -> Iterator[bytes]:
        yield b'{"question": "Who is Mao Ning?"'
        for _ in range(8):
            time.sleep(HEAD_SECONDS / 8)
            yield b" " * 20_000
        yield b"}"

    headers = {"Content-Type": "application/json"}
    assert ann.post("/v1/ask", content=slowly(), headers=headers).json()["status"] == "answered"
    drops.join()
    for connection in read:
        assert connection.recv(65536).startswith(b"HTTP/1.1 408")
    for connection in (*waiting, *refused, *read):
        while connection.recv(65536):
            pass
        connection.close()


def _drip(connections: list[socket.socket]) -> None:
    """Send each a byte every second, until it has ended, or well beyond the time of a body."""
    left, end = list(connections), time.monotonic() + 2 * seconds_for(MOST_JSON)
    while left:
        assert time.monotonic() < end, f"{len(left)} are still open"
        for connection in list(left):
            try:
                connection.sendall(b" ")
            except OSError:
                left.remove(connection)
        time.sleep(1)


def _memory(server: Server) -> int:
    """The memory of the server in kB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(status.split("VmRSS:")[1].split()[0])
