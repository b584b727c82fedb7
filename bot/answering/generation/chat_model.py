"""A chat model that somebody has set, by LangChain: opened at the first call, remembered by its replies.

After some failures it is left alone for a while, and when the day's tokens are spent until the next day. Knows no
documents and no answers.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from bot.answering.generation.model_call import ModelCall, ModelError, NothingCameError, Usage
from retrieval.errors import first_line

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

MOST_TOKENS = 1500
"""Tokens of a reply, with those of what a model thinks before it."""

_FAILURES, _LEFT_ALONE = 3, 60.0  # failures one after the other, and seconds for which no other is waited for
_REMEMBERED = 1000  # replies
_LOCAL = frozenset({"localhost", "localhost.localdomain", "0.0.0.0"})  # noqa: S104  # nothing is bound here
_EXTRAS = {"openai": "openai", "anthropic": "anthropic", "google_genai": "google", "mistralai": "mistral"}
_EXTRAS |= {"ollama": "ollama"}


class Ledger(Protocol):
    """Keeps count of tokens."""

    def is_spent(self) -> bool:
        """Whether there are none left for now."""

    def add(self, read: int, written: int) -> None:
        """Count some."""


@dataclass(slots=True)
class Breaker:
    """Tells whether a model is worth waiting for."""

    clock: Callable[[], float] = time.monotonic
    failures: int = 0
    until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_open(self) -> bool:
        """Whether the model is left alone at the moment."""
        return self.clock() < self.until

    def tell(self, answered: bool) -> None:
        """Note how a call went."""
        with self._lock:
            self.failures = 0 if answered else self.failures + 1
            if self.failures >= _FAILURES:
                self.until, self.failures = self.clock() + _LEFT_ALONE, 0


class ChatModel:
    """A model by its name, "provider:model"; opened at the first call. Several threads may use it."""

    def __init__(
        self, name: str, *, base_url: str = "", key: str = "", seconds: float = 60.0, ledger: Ledger | None = None
    ) -> None:
        """`seconds` bound a whole reply; `base_url` is that of a server that speaks the provider's protocol."""
        self.name = name
        self._base_url, self._key, self._seconds, self._ledger = base_url, key, seconds, ledger
        self._opened: BaseChatModel | None = None
        self._lock = threading.Lock()
        self._breaker = Breaker()
        self._replies: OrderedDict[str, list[str]] = OrderedDict()

    @property
    def is_local(self) -> bool:
        """Whether what it is told stays on this machine."""
        address = self._base_url
        if not address and self.name.startswith("ollama:"):
            address = os.environ.get("OLLAMA_HOST", "") or "http://localhost"
        host = (urlsplit(address if "//" in address else f"//{address}").hostname or "").lower()
        with suppress(ValueError):
            return host in _LOCAL or ip_address(host).is_loopback
        return host in _LOCAL

    def complete(self, messages: Sequence[BaseMessage], asker: str = "") -> tuple[str, Usage]:
        """The whole reply to some messages, and what it has cost. Raises ModelError."""
        lines, reply = self.lines(messages, asker), list[str]()
        while True:
            try:
                reply.append(next(lines))
            except StopIteration as ended:
                return "\n".join(reply), ended.value

    def lines(self, messages: Sequence[BaseMessage], asker: str) -> Generator[str, None, Usage]:
        """The lines of the reply to some messages, each as soon as it has ended.

        What breaks off ends with its last whole line. A reply that came whole is remembered for that asker: it is given
        again without a call. Raises ModelError where no line came whole.
        """
        key = _digest(self.name, asker, messages)
        with self._lock:
            known = self._replies.get(key)
        if known is not None:
            yield from known
            return Usage()
        if self._breaker.is_open:
            raise ModelError(f"The model {self.name} has failed several times and is left alone for a minute.")
        if self._ledger is not None and self._ledger.is_spent():
            raise ModelError(f"The model {self.name} has used up the tokens of the day.")
        model = self._model()
        call = ModelCall(self.name, self._key, self._seconds, messages, adds=not self._base_url)
        lines: list[str] = []
        try:
            yield from self._twice(call, model, lines)
        except ModelError:
            self._breaker.tell(answered=False)
            raise
        except NothingCameError as error:
            self._breaker.tell(answered=False)
            raise ModelError(f"The model {self.name} did not answer: {error}.", _advice(str(error))) from error
        finally:
            usage = call.usage()
            if self._ledger is not None:
                self._ledger.add(usage.read, usage.written)
        self._breaker.tell(answered=True)
        if call.is_whole:
            self._remember(key, lines)
        return usage

    def _twice(self, call: ModelCall, model: BaseChatModel, lines: list[str]) -> Iterator[str]:
        """The lines of a reply, noted in `lines`; asked for once more where nothing came that may come then."""
        for last in (False, True):
            try:
                for line in call.lines(model):
                    lines.append(line)
                    yield line
            except NothingCameError as error:
                if last or not error.again:
                    raise
            else:
                return

    def _remember(self, key: str, lines: list[str]) -> None:
        with self._lock:
            self._replies[key] = lines
            while len(self._replies) > _REMEMBERED:
                self._replies.popitem(last=False)

    def _model(self) -> BaseChatModel:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> BaseChatModel:
        provider = self.name.partition(":")[0]
        extra = _EXTRAS.get(provider)
        package = f"'footnote-bot[{extra}]'" if extra else f"langchain langchain-{provider.replace('_', '-')}"
        options: dict[str, Any] = {"temperature": 0, "max_tokens": MOST_TOKENS, "max_retries": 0}
        options["timeout"] = self._seconds
        if self._key:
            options["api_key"] = self._key
        if self._base_url:
            # Without a key a client of a local server would refuse to be made.
            options |= {"base_url": self._base_url, "stream_usage": True, "api_key": self._key or "none"}
        try:
            from langchain.chat_models import init_chat_model

            opened: BaseChatModel = init_chat_model(self.name, **options)
            return opened
        except ImportError as error:
            raise ModelError(f"What speaks to {provider} is missing.", f"Install it: pip install {package}.") from error
        except Exception as error:  # the clients of providers raise what they like
            why = first_line(error).rstrip(". ")
            if "infer model provider" in why or "Unsupported provider" in why:
                raise ModelError(f"There is no provider {provider!r}.", f"Known are {', '.join(_EXTRAS)}.") from error
            raise ModelError(f"The model {self.name} cannot be used ({why}).", _advice(why)) from error


def _advice(why: str) -> str:
    """What to do about some failures, "" about others."""
    low = why.lower()
    if "api_key" in low or "api key" in low or "credentials" in low or "401" in low:
        return "Is FOOTNOTE_MODEL_KEY the provider's key?"
    if "connection" in low or "no generation chunks" in low or "404" in low or "html" in low:
        return "Is FOOTNOTE_MODEL_BASE_URL the server's address, with its path (…/v1)?"
    return ""


def _digest(name: str, asker: str, messages: Sequence[BaseMessage]) -> str:
    told = [[message.type, str(message.content)] for message in messages]
    return hashlib.sha256(json.dumps([name, asker, told]).encode()).hexdigest()
