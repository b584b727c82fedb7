"""One HTTP/1.1 request and its answer over a connection that is there: bounded in time, size and decompression.

This module knows no addresses that may or may not be reached, no redirects and no names: it speaks on the socket that
it is given.
"""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrieval.errors import FootnoteError
from retrieval.net.url import WebAddress

if TYPE_CHECKING:
    import h11

_MOST_HEADERS = 64 * 1024
_CHUNK = 64 * 1024
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent"})
_PACKINGS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # by zlib's wbits; "deflate" comes in two ways
_GZIP_BEGINS = b"\x1f\x8b"


class AnswerError(FootnoteError):
    """An answer cannot be taken; `message` is the rest of a sentence that begins with the address."""

    code = "answer"


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: `address` after all redirects, `headers` by lower-case names, `body` decompressed."""

    address: WebAddress
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def retry_after(self) -> float | None:
        """The seconds from now that the server asks to be left alone, which it may tell as a time; or None."""
        from email.utils import parsedate_to_datetime

        said = self.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdecimal():
            return float(said[:10])
        try:
            return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
        except (ValueError, OverflowError):
            return None


class Deadline:
    """The end of a stretch of `seconds` that begins now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left, more than 0. Raises TimeoutError when none are."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def exchange(
    connection: socket.socket,
    address: WebAddress,
    headers: Mapping[str, str],
    deadline: Deadline,
    *,
    body: bytes | None = None,
    most_bytes: int,
) -> Response:
    """A GET, or a POST when there is a `body`, and its answer. Only the body of a GET that succeeded is read.

    Raises AnswerError, TimeoutError, OSError and the protocol errors of h11. ValueError when `headers` hold one that is
    not the caller's to set.
    """
    import h11

    machine = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEADERS)
    ours = {"host": address.authority, "user-agent": _user_agent(), "accept-encoding": "gzip, deflate"}
    ours |= {"connection": "close"} | ({} if body is None else {"content-length": str(len(body))})
    theirs = {"accept": "*/*"} | {name.lower(): value for name, value in headers.items()}
    if _OURS & theirs.keys():
        raise ValueError(f"the headers {', '.join(sorted(_OURS & theirs.keys()))} are set by the client")
    request = h11.Request(
        method="GET" if body is None else "POST", target=address.target, headers=list((ours | theirs).items())
    )
    data = b"".join(machine.send(event) or b"" for event in (request, h11.Data(body or b""), h11.EndOfMessage()))
    _send(connection, data, deadline)
    events = _events(machine, connection, deadline)
    answer = next((event for event in events if isinstance(event, h11.Response)), None)
    if answer is None:
        raise AnswerError("answers in another protocol than was asked for", "Check the address.")
    found: dict[str, str] = {}
    for name, value in answer.headers:
        found.setdefault(name.decode("ascii"), _text(value))
    content = b""
    if body is None and 200 <= answer.status_code < 300:
        content = _content(events, found, most_bytes, deadline)
    return Response(address, answer.status_code, found, content)


def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"Footnote/{version('footnote-bot')}"
    except PackageNotFoundError:
        return "Footnote"


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _send(connection: socket.socket, data: bytes, deadline: Deadline) -> None:
    rest = memoryview(data)
    while rest:
        connection.settimeout(deadline.left())
        try:
            rest = rest[connection.send(rest[:_CHUNK]) :]
        except ConnectionError:
            # A server may answer and close before it has read everything: what it answered is still there.
            return


def _events(machine: h11.Connection, connection: socket.socket, deadline: Deadline) -> Iterator[h11.Event]:
    """What the server says until its answer is whole, each event within the deadline."""
    import h11

    while True:
        event = machine.next_event()
        timeout = deadline.left()
        if event is h11.NEED_DATA:
            connection.settimeout(timeout)
            machine.receive_data(connection.recv(_CHUNK))
        elif isinstance(event, (h11.EndOfMessage, h11.ConnectionClosed, type)):
            return
        else:
            yield event


def _content(events: Iterator[h11.Event], headers: Mapping[str, str], most_bytes: int, deadline: Deadline) -> bytes:
    """The decompressed body of an answer."""
    import h11

    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", *_PACKINGS):
        raise AnswerError("is compressed in a way that was not asked for", "Save the page as a file and add that.")
    body = bytearray()
    too_large = AnswerError(f"is larger than {most_bytes / 1024 / 1024:g} MiB", "Save the part you need and add that.")
    if int(headers.get("content-length", "0")) > most_bytes:
        raise too_large
    for event in events:
        if isinstance(event, h11.Data):
            body += event.data
            if len(body) > most_bytes:
                raise too_large
    content = _unpacked(bytes(body), packing, most_bytes, deadline) if packing in _PACKINGS else bytes(body)
    if len(content) > most_bytes:
        raise too_large
    return content


def _unpacked(data: bytes, packing: str, most_bytes: int, deadline: Deadline) -> bytes:
    """`data` decompressed up to `most_bytes` and one more. Raises AnswerError when it is damaged or cut off."""
    for wbits in _PACKINGS[packing]:
        content, rest = bytearray(), data
        try:
            while rest and len(content) <= most_bytes:
                deadline.left()
                member = zlib.decompressobj(wbits)
                content += member.decompress(rest, most_bytes + 1 - len(content))
                if not member.eof and len(content) <= most_bytes:
                    raise zlib.error
                # A gzip file may be several in a row; what follows else is no part of it.
                rest = member.unused_data if member.unused_data.startswith(_GZIP_BEGINS) and wbits == 31 else b""
        except zlib.error:
            continue
        return bytes(content)
    raise AnswerError("is compressed, and damaged or cut off", "Try again later.")
