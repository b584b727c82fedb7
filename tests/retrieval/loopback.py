"""A web server on loopback that answers each path exactly as a test says, byte by byte if need be."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator

Answer = bytes | Iterable[bytes] | Callable[[], Iterable[bytes]]


def answer(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """A whole answer; its length is told unless a header does so."""
    lines = [f"HTTP/1.1 {status}", *headers]
    if not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def redirect(to: str, status: str = "302 Found") -> bytes:
    """An answer that leads elsewhere."""
    return answer(b"", f"Location: {to}", status=status)


def endlessly(*pieces: bytes, every: float = 0.0) -> Callable[[], Iterator[bytes]]:
    """The pieces, and the last one again and again."""

    def give() -> Iterator[bytes]:
        yield from pieces
        while True:
            time.sleep(every)
            yield pieces[-1]

    return give


class Site:
    """The server: `answers` by path, `requests` as they came (head and body), `connections` so far."""

    def __init__(self, host: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, bytes]] = []
        self.connections = 0
        site = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                site.connections += 1
                with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                    connection: socket.socket = self.request
                    if context is not None:
                        connection = stack.enter_context(context.wrap_socket(connection, server_side=True))
                    site._serve(connection)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server((host, 0), Handler)
        self.port: int = self._server.server_address[1]
        scheme = "https" if context else "http"
        self.url = f"{scheme}://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65536)
            if not piece:
                return
            data += piece
            if not data[:1].isalpha():
                connection.sendall(answer(status="400 Bad Request"))
                return
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        while len(body) < sum(lengths):
            body += connection.recv(65536)
        self.requests.append((head.decode("latin-1"), body))
        given = self.answers[head.split(b" ")[1].partition(b"?")[0].decode()]
        pieces = [given] if isinstance(given, bytes) else given() if callable(given) else given
        for piece in pieces:
            connection.sendall(piece)

    def name(self, host: str) -> str:
        """The site's address under a name that a resolver of the test's own leads here."""
        return f"{self.url.partition('://')[0]}://{host}:{self.port}"

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Names:
    """A resolver: each question for a name takes the next of its lists of addresses, the last one again and again."""

    def __init__(self, **names: list[list[str]] | list[str]) -> None:
        self._names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        """What `socket.getaddrinfo` gives."""
        self.asked.append(host)
        if host not in self._names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self._names[host]
        if answers and isinstance(answers[0], list):
            place = min(self.asked.count(host), len(answers)) - 1
            answers = answers[place]
        return [(socket.AF_INET6 if ":" in ip else socket.AF_INET, 1, 6, "", (ip, port)) for ip in answers]
