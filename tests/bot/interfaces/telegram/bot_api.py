"""A Bot API server for the tests: a real one on loopback, for a real bot, in a world that a test drives.

Knows nothing of our bot. It checks each request against Telegram's rules and refuses with Telegram's own codes and
words, whose sources its other modules name:

    with BotApi() as api:                                   # api.url, api.token for the bot
        anna = api.user("Anna", language="de")
        chat = api.private(anna)
        question = chat.say(anna, "Where do they nest?")    # an update
        [answer] = chat.wait(1)                             # the bot's message, as it stands
        query = chat.press(anna, answer, "1")               # a pressed button; query.answer in the end
        assert not api.refusals                             # nothing that the bot itself did wrong

A method that it does not have is answered 404, as an unknown one is by Telegram.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot_api_chats import Chat
from bot_api_faults import Fault, Faults
from bot_api_http import Server
from bot_api_limits import Limits
from bot_api_methods import Methods
from bot_api_rules import Parameters, too_many
from bot_api_state import Document, Json
from bot_api_text import Refused
from bot_api_updates import Updates
from bot_api_world import World

TOKEN = "7000000001:AAHtests-0123456789-0123456789-0123"
ABOUT_UPDATES = {"setwebhook", "deletewebhook", "getwebhookinfo"}


@dataclass
class Request:
    """A request and its outcome; `fault` says that the bot itself was wrong, `impatient` that it did not wait."""

    number: int
    method: str
    parameters: Parameters
    at: float  # monotonic seconds
    code: int = 200
    description: str = ""
    result: Any = None
    fault: bool = False
    impatient: bool = False


class Sent(NamedTuple):
    """An accepted sendMessage: the request's number, which rises with time, the chat and the text as it was kept."""

    number: int
    chat_id: int
    text: str


class BotApi(World):
    """The server, the world behind it, and the log of what the bot asked for. Privacy is told in `World`."""

    def __init__(self, *, privacy: bool = True, mentions: bool = True, username: str = "footnote_bot") -> None:
        super().__init__(privacy=privacy, mentions=mentions, username=username)
        self.token = TOKEN
        self.log: list[Request] = []
        self.crashes: list[str] = []  # faults of this server's own; the end fails where there are some
        self.limits = Limits()
        self.faults = Faults()
        self._methods = Methods(self, self.limits)
        self._incoming = Updates(self)
        self._server = Server(self)
        self._caller = threading.Thread(target=self._incoming.call_webhook)
        self.url = self._server.url
        self.base_url, self.base_file_url = f"{self.url}/bot", f"{self.url}/file/bot"

    def __enter__(self) -> BotApi:
        self._server.start()
        self._caller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._incoming.close()
        self._server.stop()
        self._caller.join()
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
        return [Sent(each.number, each.result["chat"]["id"], each.result["text"]) for each in accepted]

    @property
    def polling(self) -> bool:
        """Whether the bot waits for updates in getUpdates."""
        return self._incoming.polling

    @property
    def webhook_calls(self) -> list[tuple[int, int]]:
        """The calls of the webhook: update id and status, 0 where no answer came."""
        return self._incoming.calls

    def duplicates(self) -> dict[tuple[int, str], int]:
        """The texts that went to a chat more than once, by chat and text, with how often."""
        counted = Counter((sent.chat_id, sent.text) for sent in self.sent)
        return {key: times for key, times in counted.items() if times > 1}

    def flood(self, chat: Chat, retry_after: int | None) -> None:
        """Every call to a chat is answered 429 with this time to wait, until None is given."""
        with self.changed:
            self.limits.flood(chat.id, retry_after)

    def break_connections(self, times: int, method: str | None = None, *, accepted: bool = False) -> None:
        """The next requests get no answer; `accepted` ones have their effect all the same."""
        self.faults.add(Fault(method, times, broken=True, accepted=accepted))

    def fail(self, times: int, method: str | None = None, *, status: int = 502) -> None:
        """The next requests are answered with this status, without any effect."""
        self.faults.add(Fault(method, times, status=status))

    def delay(self, seconds: float, method: str | None = None) -> None:
        """Requests wait so long before they take effect; 0 ends it."""
        self.faults.delay(Fault(method, 0, delay=seconds))

    def refuse_formatting(self, times: int) -> None:
        """The next formatted texts are refused as text that cannot be parsed."""
        with self.changed:
            self._methods.formatting_refused = times

    def answer(self, token: str, name: str, parameters: Parameters, connected: Callable[[], bool]) -> Json | None:
        """The answer to a request, with its `error_code` where it is refused; None breaks the connection."""
        method = name.lower()
        fault = self.faults.take(method)
        if fault.delay:
            time.sleep(fault.delay)
        if fault.broken and not fault.accepted:
            return None
        try:
            if fault.status:
                raise _failed(fault.status)
            request = self._act(token, method, parameters, connected)
        except Refused as refused:
            self._note(method, parameters, refused)
            answer: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
            answer |= {"parameters": refused.parameters} if refused.parameters else {}
        else:
            answer = {"ok": True, "result": request.result}
        return None if fault.broken else answer

    def file(self, token: str, path: str) -> Document | None:
        """The file that getFile said lies at a path."""
        with self.changed:
            files = self.files.values() if token == self.token else []
            return next((document for document in files if document.path == path), None)

    def _act(self, token: str, method: str, parameters: Parameters, connected: Callable[[], bool]) -> Request:
        if token != self.token:
            raise Refused(401, "Unauthorized")
        if method == "getupdates":  # waits without holding up the others
            result: Any = self._incoming.getupdates(parameters, connected)
        with self.changed:
            if method != "getupdates":
                result = self._result(method, parameters)
            request = Request(len(self.log) + 1, method, parameters, time.monotonic(), result=result)
            request.impatient = self._impatient(parameters)
            self.log.append(request)
            self.changed.notify_all()
            return request

    def _result(self, method: str, parameters: Parameters) -> Any:
        owner = self._incoming if method in ABOUT_UPDATES else self._methods
        act = None if method.startswith("_") else vars(type(owner)).get(method)
        if act is None:
            raise Refused(404, "Not Found: method not found")
        retry_after = self.limits.flooded(_chat_id(parameters))
        if retry_after is not None:
            raise too_many(retry_after)
        self._methods.number = len(self.log) + 1
        return act(owner, parameters)

    def _note(self, method: str, parameters: Parameters, refused: Refused) -> None:
        with self.changed:
            request = Request(len(self.log) + 1, method, parameters, time.monotonic(), refused.code)
            request.description = refused.description
            request.fault = refused.code < 500 and refused.code != 429 and not refused.asked
            request.impatient = self._impatient(parameters)
            if refused.code == 429:
                self.limits.told_to_wait(_chat_id(parameters), int(refused.parameters["retry_after"]))
            self.log.append(request)
            self.changed.notify_all()

    def _impatient(self, parameters: Parameters) -> bool:
        return self.limits.impatient(_chat_id(parameters))


def _chat_id(parameters: Parameters) -> int:
    """The chat that a request names; 0 for none."""
    name = parameters.text("chat_id")
    return int(name) if re.fullmatch("-?[0-9]{1,19}", name) else 0


def _failed(status: int) -> Refused:
    refused = Refused(status, {502: "Bad Gateway", 500: "Internal Server Error"}.get(status, "Failed"))
    refused.asked = True
    return refused
