"""One HTTP/1.1 request and its response over an open connection: bounded in time, size and decompression.

httpcore speaks the protocol, on the socket that it is given. This module knows no names, no redirects, and not which
addresses may be reached.
"""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from retrieval.net.url import OutboundError, WebAddress

if TYPE_CHECKING:
    import httpcore

_CHUNK = 64 * 1024
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "user-agent"})
_PACKINGS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}  # by zlib's wbits; "deflate" comes in two ways
_GZIP_BEGINS = b"\x1f\x8b"


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


class _BoundedStream:
    """A connected socket as httpcore's NetworkStream, each call of which ends with the request's one deadline.

    It is none by inheritance, so that importing this module does not import httpcore.
    """

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        self._connection.settimeout(self._deadline.left())
        return self._connection.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        while rest:
            self._connection.settimeout(self._deadline.left())
            try:
                rest = rest[self._connection.send(rest[:_CHUNK]) :]
            except ConnectionError:
                import httpcore

                # A server may answer and close before it has read everything: httpcore then reads what it answered.
                raise httpcore.WriteError from None

    def close(self) -> None:
        self._connection.close()


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

    Raises OutboundError, TimeoutError, OSError and the protocol errors of httpcore. ValueError when `headers` hold one
    that is not the caller's to set.
    """
    from importlib.metadata import version

    import httpcore

    ours = {"host": address.authority, "user-agent": f"Footnote/{version('footnote-bot')}"}
    ours |= {"accept-encoding": "gzip, deflate", "connection": "close"} | (
        {} if body is None else {"content-length": str(len(body))}
    )
    theirs = {"accept": "*/*"} | {name.lower(): value for name, value in headers.items()}
    if taken := _OURS & theirs.keys():
        raise ValueError(f"the headers {', '.join(sorted(taken))} are set by the client")
    url = httpcore.URL(scheme=address.scheme, host=address.host, port=address.port, target=address.target)
    request = httpcore.Request("GET" if body is None else "POST", url, headers=[*(ours | theirs).items()], content=body)
    stream = cast("httpcore.NetworkStream", _BoundedStream(connection, deadline))
    answer = httpcore.HTTP11Connection(url.origin, stream).handle_request(request)
    if answer.status < 200:
        raise OutboundError(address.shown, "answers in another protocol than was asked for", "Try again later.")
    found: dict[str, str] = {}
    for name, value in answer.headers:
        found.setdefault(name.decode("ascii").lower(), _text(value))
    wanted = body is None and 200 <= answer.status < 300
    content = _content(address.shown, answer.iter_stream(), found, most_bytes, deadline) if wanted else b""
    return Response(address, answer.status, found, content)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _content(
    shown: str, pieces: Iterator[bytes], headers: Mapping[str, str], most_bytes: int, deadline: Deadline
) -> bytes:
    """The decompressed body of an answer. Raises OutboundError, which begins with `shown`."""
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", *_PACKINGS):
        what = "is compressed in a way that was not asked for"
        raise OutboundError(shown, what, "Save the page as a file and add that.")
    most = f"{most_bytes / 1024 / 1024:g} MiB"
    too_large = OutboundError(shown, f"is larger than {most}", "Save the part you need and add that.")
    if int(headers.get("content-length", "0")) > most_bytes:
        raise too_large
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > most_bytes:
            raise too_large
    content = _unpacked(bytes(body), packing, most_bytes, deadline) if packing in _PACKINGS else bytes(body)
    if content is None:
        raise OutboundError(shown, "is compressed, and damaged or cut off", "Try again later.")
    if len(content) > most_bytes:
        raise too_large
    return content


def _unpacked(data: bytes, packing: str, most_bytes: int, deadline: Deadline) -> bytes | None:
    """`data` decompressed up to `most_bytes` and one more; None when it is damaged or cut off."""
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
    return None
