"""Bodies that come without a key: refused before they are read where they can be, and bounded together where not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import CEILING, wait_until
from receiver import OTHER_SECRET, SECRET, Asker, headers_of
from server import Server, Starter, sent, status_of

from bot.interfaces.http.limits import MOST_JSON
from bot.interfaces.http.unsigned_bodies import MOST_UNSIGNED

pytestmark = pytest.mark.usefixtures("without_reader")

PATH = "POST /webhooks/questions"
LENGTH = f"Content-Length: {MOST_JSON}"
SENDERS = 96
"""Of bodies of 1 MiB: many times what may be held."""


def signed(secret: str, at: float | None = None) -> list[str]:
    """The three headers of a message, for another body than will come."""
    return [f"{name}: {value}" for name, value in headers_of("flood", b"{}", secret, at).items()]


def test_what_the_headers_tell_is_told_before_the_body(serve: Starter) -> None:
    """Without a secret on the server, without a header, with a bad one or an old time: refused while nothing of a body
    was sent, and the client was not told to go on with it.
    """
    announced = "Expect: 100-continue", LENGTH
    whole = signed(SECRET)
    without = serve()
    assert status_of(sent(without, PATH, *announced, *whole)) == 401
    server = serve(FOOTNOTE_WEBHOOK_SECRETS=SECRET)
    for headers in (
        [],
        *([*whole[:number], *whole[number + 1 :]] for number in range(3)),
        [*whole[:2], "webhook-signature: v2,x"],
        signed(SECRET, time.time() - 3600),
        signed(SECRET, time.time() + 3600),
    ):
        assert status_of(sent(server, PATH, *announced, *headers)) == 401, headers
    assert status_of(sent(server, PATH, "Expect: 100-continue", f"Content-Length: {MOST_JSON + 1}", *whole)) == 413
    with sent(server, PATH, *announced, *whole) as connection:
        assert connection.recv(65536).startswith(b"HTTP/1.1 100")


def test_bodies_of_strangers_hold_little_together(serve: Starter) -> None:
    """Many send all but the last byte of a large body: the memory is that of the bound, those who have to go are told
    when to come again, and whoever signs is answered meanwhile.
    """
    server = serve(FOOTNOTE_WEBHOOK_SECRETS=SECRET)
    asker = Asker(server.url)
    assert asker.ask("before").status_code == 200
    before = _memory(server)
    with_body = [_all_but_a_byte(server) for _ in range(SENDERS)]
    try:
        went = SENDERS - MOST_UNSIGNED // MOST_JSON
        wait_until(lambda: server.metric(BUSY) >= went, server.process)
        assert _memory(server) - before < MOST_UNSIGNED // 1024 + 24_000
        assert asker.ask("meanwhile").status_code == 200
        head = b"".join(_head(with_body[0]))
        assert head.startswith(b"HTTP/1.1 503") and b"\r\nretry-after: " in head
    finally:
        for connection in with_body:
            connection.close()


BUSY = 'footnote_requests_total{method="POST",route="/webhooks/questions",status="503"}'


def test_bodies_that_nobody_reads_hold_nothing(serve: Starter) -> None:
    """Where no secret is set, large bodies cost no memory."""
    server = serve()
    before = _memory(server)
    with_body = [_all_but_a_byte(server) for _ in range(SENDERS)]
    for connection in with_body:
        assert b"".join(_head(connection)).startswith(b"HTTP/1.1 401")
    assert _memory(server) - before < 24_000
    for connection in with_body:
        connection.close()


def _all_but_a_byte(server: Server) -> socket.socket:
    connection = sent(server, PATH, LENGTH, *signed(OTHER_SECRET))
    connection.sendall(b" " * (MOST_JSON - 1))
    return connection


def _head(connection: socket.socket) -> Iterator[bytes]:
    """The lines of a response's head."""
    connection.settimeout(CEILING)
    with connection.makefile("rb") as file:
        for line in file:
            if line == b"\r\n":
                return
            yield line


def _memory(server: Server) -> int:
    """The memory of the server in kB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(status.split("VmRSS:")[1].split()[0])
