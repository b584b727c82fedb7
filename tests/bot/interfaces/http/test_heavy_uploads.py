"""Documents that are made to take long: nobody else waits for them, and they end with whoever sent them."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import psutil
from patience import CEILING, wait_until
from server import Server, Starter, problem, sent

MIB = 1024 * 1024
LINES = b"=\n" * (10 * MIB)  # minutes of the processor
PAGE = b"<p>a" * (5 * MIB)
KEYS = {"FOOTNOTE_API_KEYS": "ann:open-sesame-of-ann,bob:open-sesame-of-bob,eve:open-sesame-of-eve"}
LINE = {"title": "Ferry times", "text": "The ferry leaves at nine."}


class Sending(threading.Thread):
    """An upload that a thread waits for."""

    def __init__(self, server: Server, key: str, name: str, data: bytes) -> None:
        super().__init__(daemon=True)
        self.client = server.client(f"open-sesame-of-{key}")
        self._file = {"file": (name, data)}
        self.response: Any = None
        self.start()

    def run(self) -> None:
        """Send it."""
        try:
            self.response = self.client.post("/v1/documents", files=self._file)
        except httpx.HTTPError as error:
            self.response = error


def reading(server: Server) -> list[psutil.Process]:
    """The processes in which a server reads documents."""
    return psutil.Process(server.process.pid).children(recursive=True)


def test_no_hostile_document_holds_another_key_up_or_the_servers_end(serve: Starter) -> None:
    """While two keys have documents read that take minutes, a third adds a line, asks, and has a page read.

    Asked to end, the server tells the two so by a problem, logs no failure, and leaves no process.
    """
    server = serve(**KEYS)
    hostile = [Sending(server, "ann", "a.txt", LINES), Sending(server, "ann", "b.txt", LINES)]
    hostile.append(Sending(server, "eve", "a.txt", LINES))
    wait_until(lambda: len(reading(server)) == 2, server.process)  # a second one of ann's waits
    with server.client("open-sesame-of-bob") as bob:
        assert bob.post("/v1/documents", json=LINE).status_code == 201
        assert bob.post("/v1/ask", json={"question": "When does the ferry leave?"}).json()["status"] == "answered"
        page = {"file": ("a.html", b"<title>Ferry</title><p>The ferry to Tiree leaves at ten.")}
        assert bob.post("/v1/documents", files=page).status_code == 201
    assert not [one for one in hostile if one.response is not None]
    children = reading(server)
    assert server.stop() == 0
    for one in hostile:
        one.join(CEILING)
        assert "ending" in problem(one.response, 503, "ending")["detail"]
    assert not [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]
    assert "Traceback" not in server.log.read_text("utf-8")


def test_a_document_that_nobody_waits_for_is_given_up(serve: Starter) -> None:
    """When the client goes, the process that reads its document ends, and nothing is added."""
    server = serve(**KEYS)
    with server.client("open-sesame-of-ann") as ann:
        before = ann.get("/v1/documents").json()
        disposition = b'Content-Disposition: form-data; name="file"; filename="a.txt"'
        form = b"--x\r\n" + disposition + b"\r\n\r\n" + LINES + b"\r\n--x--\r\n"
        headers = f"Authorization: Bearer {ann.key}", "Content-Type: multipart/form-data; boundary=x"
        with sent(server, "POST /v1/documents", *headers, body=form):
            children = wait_until(lambda: reading(server), server.process)
        wait_until(lambda: not any(child.is_running() for child in children), server.process)
        assert ann.get("/v1/documents").json() == before
