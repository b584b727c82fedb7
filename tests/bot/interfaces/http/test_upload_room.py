"""Uploads that are not whole hold little: bounded for each key and in all, and what a key keeps has a quota."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import httpx
from patience import wait_until
from server import Server, Starter, problem, sent

from bot.interfaces.http.upload_room import MOST_OF_ALL, MOST_OF_EACH

NAMES = [f"key-{number}" for number in range(8)]
KEYS = {"FOOTNOTE_API_KEYS": ",".join(f"{name}:open-sesame-of-{name}" for name in NAMES)}
SIZE = 16 * 1024 * 1024  # of an upload, as far as it comes
MIB = b"x" * 1024 * 1024


def unfinished(server: Server, name: str) -> socket.socket:
    """A connection on which all of an upload came but its end, as far as the server took it."""
    headers = [f"Authorization: Bearer open-sesame-of-{name}", "Content-Type: multipart/form-data; boundary=x"]
    connection = sent(server, "POST /v1/documents", *headers, f"Content-Length: {SIZE + 4096}")
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    try:
        connection.sendall(head)
        for _ in range(SIZE // len(MIB)):
            connection.sendall(MIB)
    except OSError:
        pass  # it was refused meanwhile
    return connection


def spooled(server: Server) -> int:
    """The bytes of files without a name that a server holds open."""
    found = 0
    for descriptor in Path(f"/proc/{server.process.pid}/fd").iterdir():
        try:
            if "(deleted)" in str(descriptor.readlink()):
                found += descriptor.stat().st_size
        except OSError:
            continue
    return found


def is_refused(connection: socket.socket, status: int) -> bool:
    """Whether a response with that status is there."""
    connection.setblocking(False)
    try:
        return connection.recv(64, socket.MSG_PEEK).startswith(b"HTTP/1.1 %d" % status)
    except (BlockingIOError, ConnectionError):
        return False


def test_the_unfinished_uploads_of_a_key_hold_little(serve: Starter) -> None:
    """Of a key's uploads those are refused that would hold more than its share; another key's are taken."""
    server = serve(**KEYS)
    with ExitStack() as open_ones:
        for _ in range(MOST_OF_EACH // SIZE + 2):
            open_ones.enter_context(unfinished(server, NAMES[0]))
        wait_until(lambda: spooled(server) >= MOST_OF_EACH - 2 * SIZE, server.process)
        assert spooled(server) <= MOST_OF_EACH
        with server.client(f"open-sesame-of-{NAMES[0]}") as same, server.client(f"open-sesame-of-{NAMES[1]}") as other:
            file = {"file": ("a.txt", MIB * 17)}
            detail = problem(same.post("/v1/documents", files=file), 429, "too-many-requests")["detail"]
            assert detail == "Your uploads hold more than 64 MiB at once. Come again once some are done."
            assert other.post("/v1/documents", json={"title": "A", "text": "The ferry leaves."}).status_code == 201


def test_all_unfinished_uploads_together_hold_little(serve: Starter) -> None:
    """Where many keys hold all the room there is, the oldest upload that is still coming goes for a new one."""
    server = serve(**KEYS)
    with ExitStack() as open_ones:
        connections = [
            open_ones.enter_context(unfinished(server, name))
            for name in NAMES[:5]
            for _ in range(MOST_OF_EACH // SIZE - 1)
        ]
        more = [open_ones.enter_context(unfinished(server, NAMES[number])) for number in (5, 6, 7)]
        wait_until(lambda: any(is_refused(one, 503) for one in connections), server.process)
        assert spooled(server) <= MOST_OF_ALL
        assert not any(is_refused(one, 503) for one in more)


def test_a_key_has_a_quota(serve: Starter) -> None:
    """More documents or characters than a key may have are refused in one line; replacing and removing make room."""
    server = serve(**KEYS, FOOTNOTE_MOST_DOCUMENTS="2", FOOTNOTE_MOST_CHARACTERS="100")
    with server.client(f"open-sesame-of-{NAMES[0]}") as ann, server.client(f"open-sesame-of-{NAMES[1]}") as bob:

        def add(title: str, text: str, who: httpx.Client = ann) -> httpx.Response:
            return who.post("/v1/documents", json={"title": title, "text": text})

        first = add("A", "The ferry leaves at nine.").json()
        told = problem(add("B", "The lighthouse was built of granite. " * 3), 403, "quota")["detail"]
        most = "With its 111 characters you would have 136, and 100 is the most. Remove some documents first."
        assert told == most
        assert add("B", "It was lit in 1844.").status_code == 201
        told = problem(add("C", "It is closed."), 403, "quota")["detail"]
        assert told == "You have 2 documents, and 2 is the most. Remove some documents first."
        assert add("A", "The ferry leaves at ten.").json()["replaced"]
        assert add("C", "It is closed.", bob).status_code == 201
        assert ann.delete(f"/v1/documents/{first['id']}").status_code == 204
        assert add("C", "It is closed.").status_code == 201
