"""A chat model that somebody has set, by LangChain: the lines of one reply, within bounds of time and of tokens.

LangChain's clients bound the time to the next bytes at most, which a server that only keeps the connection alive
passes. So a reply is read in a thread of its own, and given up when its first words, its next ones or its end take too
long. After some failures the model is left alone for a while. Knows no documents and no answers.
"""

from __future__ import annotations

import hashlib
import json
import os
import queue
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from retrieval.errors import FootnoteError, first_line

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

FIRST, NEXT = 20.0, 10.0
"""Seconds to the first words of a reply, and from some to the next."""

MOST_TOKENS = 1500
"""Tokens of a reply, with those of what a model thinks before it."""

_MOST_CHARACTERS = 4000  # of a reply: what is longer never ends
_USUAL = 60.0  # seconds of a reply
_FAILURES, _LEFT_ALONE = 3, 60.0  # failures one after the other, and seconds for which no other is waited for
_REMEMBERED = 1000  # replies
_CHARACTERS_A_TOKEN = 4  # about, where a server does not count
_MOST_COUNTED = 10_000_000  # tokens of one call that a server is believed
_LOCAL = frozenset({"localhost", "localhost.localdomain", "0.0.0.0"})  # noqa: S104  # nothing is bound here
_EXTRAS = {"openai": "openai", "anthropic": "anthropic", "google_genai": "google", "mistralai": "mistral"}
_EXTRAS |= {"ollama": "ollama"}


class ModelError(FootnoteError):
    """The chat model does not answer: one line that says why, without what was asked and without the key."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens that a model has read and written for a reply: by its own count, else estimated by the characters."""

    read: int = 0
    written: int = 0


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
        call = _Call(self.name, self._key, self._seconds, messages, adds=not self._base_url)
        lines: list[str] = []
        try:
            try:
                for line in call.lines(model):
                    lines.append(line)
                    yield line
            except _NothingCameError as error:
                if not error.again:
                    raise
                for line in call.lines(model):
                    lines.append(line)
                    yield line
        except ModelError:
            self._breaker.tell(answered=False)
            raise
        except _NothingCameError as error:
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


class _Call:
    """One reply that is asked for, once or twice."""

    def __init__(self, name: str, key: str, seconds: float, messages: Sequence[BaseMessage], *, adds: bool) -> None:
        """`adds`: whether the tokens told with each piece add up, as LangChain has it; else the last ones are all."""
        self.is_whole = False
        self._name, self._key, self._messages, self._adds = name, key, list(messages), adds
        self._until = time.monotonic() + seconds
        # Whoever lets a slow model take long lets it begin late, too.
        self._first = max(FIRST, seconds / 2) if seconds > _USUAL else FIRST
        self._text = ""
        self._read = self._written = 0
        self._is_ended = self._is_cut = False  # the model says so; cut by the bound on its tokens

    def usage(self) -> Usage:
        """What it has cost so far."""
        if self._read or self._written or not self._text:
            return Usage(self._read, self._written)
        asked = sum(len(str(message.content)) for message in self._messages)
        return Usage(asked // _CHARACTERS_A_TOKEN, len(self._text) // _CHARACTERS_A_TOKEN)

    def lines(self, model: BaseChatModel) -> Generator[str, None, None]:
        """The lines as they come. Raises _NothingCameError, or ModelError where no line came whole."""
        pieces: queue.Queue[Any] = queue.Queue()
        wanted = threading.Event()
        wanted.set()

        def read() -> None:
            try:
                for chunk in model.stream(self._messages):
                    if not wanted.is_set():
                        return
                    pieces.put(chunk)
                pieces.put(None)
            except Exception as error:  # noqa: BLE001  # the clients of providers raise what they like
                pieces.put(error)

        # With its context: whoever traces the chain sees the call in its place.
        threading.Thread(target=copy_context().run, args=(read,), name="chat-model", daemon=True).start()
        last, given = time.monotonic(), 0
        try:
            while True:
                patience = min(last + (NEXT if self._text else self._first), self._until) - time.monotonic()
                try:
                    piece = pieces.get(timeout=max(0.0, patience))
                except queue.Empty:
                    self._cut("it took too long", again=time.monotonic() < self._until)
                    return
                if piece is None:
                    self.is_whole = self._is_ended and not self._is_cut
                    if self._is_cut:
                        self._cut("its reply is too long", again=False)
                    elif self._text[given:]:
                        yield self._text[given:]
                    return
                if isinstance(piece, Exception):
                    why = first_line(piece).replace(self._key or "\0", "…")
                    status = getattr(piece, "status_code", None)
                    # What is wrong with a request is wrong with the next one, too.
                    again = not isinstance(status, int) or status in (408, 409, 429) or status >= 500
                    self._cut("".join(one if one.isprintable() else "�" for one in why).rstrip(". "), again=again)
                    return
                self._count(piece)
                if words := _text_of(piece):
                    self._text, last = self._text + words, time.monotonic()
                elif _is_thinking(piece):
                    last = time.monotonic()
                while (end := self._text.find("\n", given)) >= 0:
                    yield self._text[given:end]
                    given = end + 1
                if len(self._text) > _MOST_CHARACTERS:
                    self._cut("it does not end")
                    return
        finally:
            wanted.clear()

    def _count(self, chunk: Any) -> None:
        about = getattr(chunk, "response_metadata", None) or {}
        ended = about.get("finish_reason") or about.get("stop_reason") or about.get("done_reason")
        self._is_ended = self._is_ended or bool(ended)
        self._is_cut = self._is_cut or str(ended).lower() in ("length", "max_tokens")
        usage = getattr(chunk, "usage_metadata", None) or {}
        read, written = (_counted(usage, name) for name in ("input_tokens", "output_tokens"))
        if self._adds:
            read, written = self._read + read, self._written + written
        self._read = min(max(self._read, read), _MOST_COUNTED)
        self._written = min(max(self._written, written), _MOST_COUNTED)

    def _cut(self, why: str, *, again: bool = True) -> None:
        """Raises where a reply broke off before a line of it had ended; `again`: whether it may be asked for again."""
        if not self._text:
            raise _NothingCameError(why, again=again)
        if not self._text.rpartition("\n")[0].strip():
            raise ModelError(f"The model {self._name} broke off ({why}).")


class _NothingCameError(Exception):
    """No word of a reply came; `again`: whether it may be asked for again."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


def _counted(usage: Any, name: str) -> int:
    number = usage.get(name) if isinstance(usage, dict) else None
    return max(0, min(number, _MOST_COUNTED)) if isinstance(number, int) else 0


def _is_thinking(chunk: Any) -> bool:
    """Whether a piece of a reply is what a model thinks before it writes."""
    if (getattr(chunk, "additional_kwargs", None) or {}).get("reasoning_content"):
        return True
    content = chunk.content
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") in ("reasoning", "thinking") for part in content
    )


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


def _text_of(chunk: Any) -> str:
    """The words of a piece of a reply; calls of tools, refusals and what a model thinks are none."""
    content = chunk.content
    if isinstance(content, str):
        return content
    with suppress(TypeError, AttributeError):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return ""
