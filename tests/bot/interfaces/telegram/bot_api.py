"""A Bot API server for the tests: a real one on loopback, for a real bot, in a world that a test drives.

Knows nothing of our bot, but has only the methods that it calls. It checks each request against Telegram's rules and
refuses with Telegram's own codes and words, whose sources the other modules name:

    with BotApi() as api:                                   # api.url, api.token for the bot
        anna = api.user("Anna", language="de")
        chat = api.private(anna)
        question = chat.say(anna, "Where do they nest?")    # an update
        [answer] = chat.wait(1)                             # the bot's message, as it stands
        query = chat.press(anna, answer, "1")               # a pressed button; query.answer in the end
        assert not api.refusals                             # nothing that the bot itself did wrong

Flood control is what the test says: how much Telegram takes before it answers 429 is not published.
"""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qsl, unquote

from bot_api_chats import Chat, Document, Json, World
from bot_api_methods import Methods, Parameters
from bot_api_text import Refused
from bot_api_updates import Updates

TOKEN = "7000000001:AAHtests-0123456789-0123456789-0123"
ABOUT_UPDATES = ("setwebhook", "deletewebhook", "getwebhookinfo")
METHOD = re.compile(r"/bot(?P<token>\d+:[\w-]+)/(?P<name>\w+)")
FILE = re.compile(r"/file/bot(?P<token>\d+:[\w-]+)/documents/(?P<file>.+)")


@dataclass
class Request:
    """A request and its outcome; `fault` says that the bot itself was wrong, `impatient` that it did not wait."""

    number: int
    method: str
    parameters: Parameters
    code: int = 200
    description: str = ""
    result: Any = None
    fault: bool = False
    impatient: bool = False


class Sent(NamedTuple):
    """An accepted sendMessage: the chat and the text as it was kept."""

    chat_id: int
    text: str


@dataclass
class Fault:
    """So many requests more go wrong: broken off, after their effect or before it, or answered with a status.

    Faults hit every method but getUpdates, unless one is named: the poller would use them up.
    """

    method: str | None
    left: int
    status: int = 0
    accepted: bool = False

    def hits(self, method: str) -> bool:
        """Whether it is meant for this method."""
        return self.left > 0 and (method == self.method.lower() if self.method else method != "getupdates")


class BotApi(World):
    """The server, the world behind it, and the log of what the bot asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.token = TOKEN
        self.log: list[Request] = []
        self.crashes: list[str] = []  # faults of this server's own; the end fails where there are some
        self._faults: list[Fault] = []
        self._delays: dict[str, float] = {}
        self._flooded: dict[int, int] = {}  # by chat: the seconds that it is told to wait
        self._until: dict[int, float] = {}  # by chat: when it may be asked again
        self._methods = Methods(self)
        self._incoming = Updates(self)
        self._http = _Listener(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._threads = [
            threading.Thread(target=self._http.serve_forever, args=(0.05,)),
            threading.Thread(target=self._incoming.call_webhook),
        ]
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self.base_url = f"{self.url}/bot"

    def __enter__(self) -> BotApi:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._incoming.close()
        self._http.stop()
        for thread in self._threads:
            thread.join()
        assert not self.crashes, "\n".join(self.crashes)

    @property
    def refusals(self) -> list[Request]:
        """The refused requests that were the bot's own fault: not 429, not what the test or a person brought about."""
        return [request for request in self.log if request.fault]

    @property
    def impatience(self) -> list[Request]:
        """The requests to a chat that came before the time was over that a 429 told to wait."""
        return [request for request in self.log if request.impatient]

    @property
    def sent(self) -> list[Sent]:
        """The accepted sendMessage requests, in order."""
        accepted = [request for request in self.log if request.method == "sendmessage" and request.code == 200]
        return [Sent(each.result["chat"]["id"], each.result["text"]) for each in accepted]

    @property
    def polling(self) -> bool:
        """Whether the bot waits for updates in getUpdates."""
        return self._incoming.poll is not None

    @property
    def webhook_calls(self) -> list[tuple[int, int]]:
        """The calls of the webhook: update id and status, 0 where no answer came."""
        return self._incoming.calls

    def duplicates(self) -> dict[Sent, int]:
        """The texts that went to a chat more than once, with how often."""
        return {sent: times for sent, times in Counter(self.sent).items() if times > 1}

    def flood(self, chat: Chat, retry_after: int | None) -> None:
        """Every call to a chat is answered 429 with this time to wait, until None is given."""
        with self.changed:
            self._until.pop(chat.id, None)
            self._flooded.pop(chat.id, None)
            if retry_after is not None:
                self._flooded[chat.id] = retry_after

    def break_connections(self, times: int, method: str | None = None, *, accepted: bool = False) -> None:
        """The next requests get no answer; `accepted` ones have their effect all the same."""
        with self.changed:
            self._faults.append(Fault(method, times, accepted=accepted))

    def fail(self, times: int, method: str | None = None, *, status: int = 502) -> None:
        """The next requests are answered with this status, without any effect."""
        with self.changed:
            self._faults.append(Fault(method, times, status))

    def mend(self) -> None:
        """All requests are answered again."""
        with self.changed:
            self._faults.clear()

    def delay(self, seconds: float, method: str = "") -> None:
        """Requests of a method, or all but getUpdates, wait so long before they take effect; 0 ends it."""
        self._delays[method.lower()] = seconds

    def refuse_formatting(self, times: int) -> None:
        """The next formatted texts are refused as text that cannot be parsed."""
        with self.changed:
            self._methods.formatting_refused = times

    def answer(self, token: str, name: str, parameters: Parameters, connected: Callable[[], bool]) -> Json | None:
        """The answer to a request, with its `error_code` where it is refused; None breaks the connection."""
        method = name.lower()
        with self.changed:
            fault = next((fault for fault in self._faults if fault.hits(method)), None)
            if fault:
                fault.left -= 1
        time.sleep(self._delays.get(method, 0 if method == "getupdates" else self._delays.get("", 0)))
        broken = fault is not None and not fault.status
        if fault and broken and not fault.accepted:
            return None
        request = Request(0, method, parameters)
        try:
            if fault and fault.status:
                raise Refused(fault.status, "Failed", asked=True)
            if token != self.token:
                raise Refused(401, "Unauthorized")
            if method == "getupdates":  # waits without holding up the others
                request.result = self._incoming.getupdates(parameters, connected)
            with self.changed:
                if method != "getupdates":
                    request.result = self._result(method, parameters)
                self._note(request)
        except Refused as refused:
            request.code, request.description = refused.code, refused.description
            request.fault = refused.code < 500 and refused.code != 429 and not refused.asked
            self._note(request)
            answer: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
            answer |= {"parameters": refused.parameters} if refused.parameters else {}
            return None if broken else answer
        return None if broken else {"ok": True, "result": request.result}

    def file(self, token: str, file_id: str) -> Document | None:
        """The file that getFile said lies at a path."""
        return self.files.get(file_id) if token == self.token else None

    def _result(self, method: str, parameters: Parameters) -> Any:
        owner = self._incoming if method in ABOUT_UPDATES else self._methods
        act = None if method.startswith("_") else vars(type(owner)).get(method)
        if act is None:
            raise Refused(404, "Not Found: method not found")
        seconds = self._flooded.get(parameters.number("chat_id"))
        if seconds is not None:
            raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        self._methods.number = len(self.log) + 1
        return act(owner, parameters)

    def _note(self, request: Request) -> None:
        chat, now = request.parameters.number("chat_id"), time.monotonic()
        with self.changed:
            impatient = now < self._until.get(chat, 0)
            self.log.append(replace(request, number=len(self.log) + 1, impatient=impatient))
            if request.code == 429:
                self._until[chat] = max(self._until.get(chat, 0), now + self._flooded.get(chat, 0))
            self.changed.notify_all()


class _Listener(ThreadingHTTPServer):
    """A thread for each connection; the end waits for them."""

    daemon_threads = False
    request_queue_size = 256

    def __init__(self, *args: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*args)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def stop(self) -> None:
        """End, and every connection with it."""
        self.shutdown()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Forms in, JSON and files out (https://core.telegram.org/bots/api#making-requests)."""

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
        found = FILE.fullmatch(unquote(self.path))
        document = self.api.file(found["token"], found["file"]) if found else None
        self._reply(404, b"") if document is None else self._reply(200, document.content)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        method = METHOD.fullmatch(unquote(self.path))
        if len(body) < length:
            return  # the client died while it sent
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="surrogateescape")
        answer: Json | None = {"ok": False, "error_code": 404, "description": "Not Found"}
        try:
            if method:
                answer = self.api.answer(method["token"], method["name"], Parameters(fields), self._connected)
        except Exception:  # noqa: BLE001 -- a fault of this server's own must not look like one of the bot's
            answer = {"ok": False, "error_code": 500, "description": traceback.format_exc()}
            self.api.crashes.append(answer["description"])
        if answer is None:
            self.close_connection = True
            return
        self._reply(answer.get("error_code", 200), json.dumps(answer).encode())

    def _connected(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return not readable or bool(self.connection.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
