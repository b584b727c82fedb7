"""A server that speaks the OpenAI protocol and says what a test tells it to, rightly or wrongly, on loopback."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[dict[str, str]], Any]
"""Makes a reply from the sentences that were sent, by their ids: text, or pieces of it, or what else happens."""


@dataclass
class Stall:
    """Nothing but signs of life for some seconds."""

    seconds: float


@dataclass
class Status:
    """An answer that is no success."""

    code: int
    body: str = '{"error": {"message": "no", "type": "server_error"}}'


@dataclass
class Raw:
    """Bytes in the place of an event."""

    data: bytes


@dataclass
class Delta:
    """A piece that is no text: calls of tools, a refusal."""

    delta: dict[str, Any]


class Cut:
    """The connection ends."""


@dataclass
class ChatServer:
    """The server; `reply` is what it says from now on, `prompts` what it was sent."""

    reply: Reply = lambda _: "NONE"
    usage: bool = True
    counts: dict[str, Any] | None = None  # of tokens, in the place of sound ones
    prompts: list[list[dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.prompts.append(body["messages"])
                said = server.reply(sentences(body["messages"][-1]["content"]))
                if isinstance(said, Status):
                    self._head(said.code, "application/json", len(said.body))
                    self.wfile.write(said.body.encode())
                    return
                self._head(200, "text/event-stream", None)
                try:
                    for piece in [said] if isinstance(said, str) else said:
                        if isinstance(piece, Cut):
                            return
                        self._write(piece)
                    self._event({"delta": {}, "finish_reason": "stop"})
                    if server.usage:
                        usage = server.counts or {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
                        self._raw(json.dumps({**HEAD, "choices": [], "usage": usage}))
                    self._raw("[DONE]")
                except OSError:  # whoever asked has gone
                    return

            def _head(self, status: int, kind: str, length: int | None) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Connection", "close")
                if length is not None:
                    self.send_header("Content-Length", str(length))
                self.end_headers()
                self.close_connection = True

            def _write(self, piece: Any) -> None:
                if isinstance(piece, Stall):
                    until = time.monotonic() + piece.seconds
                    while time.monotonic() < until:
                        self.wfile.write(b": alive\n\n")
                        self.wfile.flush()
                        time.sleep(0.05)
                elif isinstance(piece, Raw):
                    self.wfile.write(piece.data)
                elif isinstance(piece, Delta):
                    self._event({"delta": piece.delta, "finish_reason": None})
                else:
                    self._event({"delta": {"content": piece}, "finish_reason": None})

            def _event(self, choice: dict[str, Any]) -> None:
                self._raw(json.dumps({**HEAD, "choices": [{"index": 0, **choice}]}))

            def _raw(self, data: str) -> None:
                self.wfile.write(f"data: {data}\n\n".encode())
                self.wfile.flush()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def close(self) -> None:
        """End it."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


HEAD = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted"}


def sentences(prompt: str) -> dict[str, str]:
    """The sentences of a prompt by their ids."""
    return dict(re.findall(r"^([A-Z]\d+) (.+)$", prompt, re.MULTILINE))


def endless(text: str) -> Iterator[str]:
    """The same text again and again."""
    while True:
        yield text
