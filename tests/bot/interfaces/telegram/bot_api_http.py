"""HTTP for the Bot API server: paths, forms and uploads in, JSON and files out.

Knows nothing of what a method does. Source: https://core.telegram.org/bots/api#making-requests: GET and POST, query,
form, JSON and multipart; a file comes under a parameter's name or as `attach://name`.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import select
import socket
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from bot_api_rules import Parameters
from python_multipart import parse_form

if TYPE_CHECKING:
    from bot_api import BotApi

METHOD = re.compile(r"/bot(?P<token>\d+:[\w-]+)/(?P<name>\w+)/?")
FILE = re.compile(r"/file/bot(?P<token>\d+:[\w-]+)/(?P<path>.+)")


class Server:
    """The listening server, in a thread of its own, with one more for each connection."""

    def __init__(self, api: BotApi) -> None:
        self._http = _Listener(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05})
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End, and every connection with it."""
        self._http.shutdown()
        self._thread.join()
        for connection in list(self._http.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = False  # so that the end waits for them
    request_queue_size = 256

    def __init__(self, *args: Any) -> None:
        self.connections: set[socket.socket] = set()
        super().__init__(*args)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    api: ClassVar[BotApi]

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # clients go away, some of them by kill -9
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the log is the API's."""

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) == length:  # else the client died while it sent
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        path = unquote(urlsplit(self.path).path)
        if file := FILE.fullmatch(path):
            document = self.api.file(file["token"], file["path"])
            if document:
                return self._reply(200, document.content, document.mime)
        if not (method := METHOD.fullmatch(path)):
            return self._reply_json({"ok": False, "error_code": 404, "description": "Not Found"})
        try:
            answer = self.api.answer(method["token"], method["name"], self._parameters(body), self._connected)
        except Exception:  # noqa: BLE001 -- a fault of this server's own must not look like one of the bot's
            answer = {"ok": False, "error_code": 500, "description": traceback.format_exc()}
            self.api.crashes.append(answer["description"])
        if answer is None:
            self.close_connection = True
            return None
        return self._reply_json(answer)

    def _parameters(self, body: bytes) -> Parameters:
        kind = self.headers.get_content_type()
        parameters = Parameters(_form(urlsplit(self.path).query))
        if kind == "multipart/form-data":
            parameters |= self._multipart(body)
        elif kind == "application/json" and body:
            given = json.loads(body)
            parameters |= {
                name: value if isinstance(value, str) else json.dumps(value)
                for name, value in given.items()
                if value is not None
            }
        else:
            parameters |= _form(body.decode("ascii", "surrogateescape"))
        return parameters

    def _multipart(self, body: bytes) -> dict[str, str]:
        fields: dict[str, str] = {}
        files: dict[str, str] = {}

        def on_field(field: Any) -> None:
            fields[field.field_name.decode()] = (field.value or b"").decode("utf-8", "surrogateescape")

        def on_file(file: Any) -> None:
            file.file_object.seek(0)
            name = (file.file_name or b"file").decode("utf-8", "replace")
            kept = self.api.keep(name, "application/octet-stream", file.file_object.read())
            files[file.field_name.decode()] = kept.file_id

        headers = {name: self.headers[name].encode() for name in ("Content-Type", "Content-Length")}
        parse_form(headers, io.BytesIO(body), on_field, on_file)
        attached = {name: files.get(value.removeprefix("attach://"), value) for name, value in fields.items()}
        return files | attached

    def _connected(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        if not readable:
            return True
        try:
            return bool(self.connection.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def _reply_json(self, answer: dict[str, Any]) -> None:
        self._reply(answer.get("error_code", 200), json.dumps(answer).encode(), "application/json")

    def _reply(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _form(text: str) -> dict[str, str]:
    """A form's fields; bytes that are no UTF-8 become lone surrogates, which are refused later."""
    return dict(parse_qsl(text, keep_blank_values=True, errors="surrogateescape"))
