"""A chat model that somebody has set, by LangChain: one question, one reply, within bounds of time.

LangChain's clients bound the time to the next bytes at most, which a server that only keeps the connection alive
passes. So a reply is read in a thread of its own, and given up when its first words, its next ones or its end take too
long. After some failures the model is left alone for a while. Knows no documents and no answers.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from retrieval.errors import FootnoteError, first_line

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

FIRST, NEXT = 20.0, 10.0
"""Seconds to the first words of a reply, and from some to the next."""

_MOST_CHARACTERS = 4000  # of a reply: what is longer never ends
_FAILURES, _LEFT_ALONE = 3, 60.0  # failures one after the other, and seconds for which no other is waited for
_PACKAGES = {"openai": "langchain-openai", "google_genai": "langchain-google-genai", "mistralai": "langchain-mistralai"}


class ModelError(FootnoteError):
    """The chat model does not answer: one line that says why, without what was asked and without the key."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote, and the tokens that it read and wrote, as far as it says."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0


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

    def __init__(self, name: str, *, base_url: str = "", key: str = "", seconds: float = 60.0) -> None:
        """`seconds` bound a whole reply; `base_url` is that of a server that speaks the provider's protocol."""
        self.name = name
        self._base_url, self._key, self._seconds = base_url, key, seconds
        self._opened: BaseChatModel | None = None
        self._lock = threading.Lock()
        self._breaker = Breaker()

    def complete(self, messages: Sequence[BaseMessage]) -> Reply:
        """The reply to some messages. Raises ModelError."""
        if self._breaker.is_open:
            raise ModelError(f"The model {self.name} has failed several times and is left alone for a minute.")
        model = self._model()
        began = time.monotonic()
        try:
            try:
                reply = self._streamed(model, messages, began)
            except _NothingCameError:
                reply = self._streamed(model, messages, began)
        except ModelError:
            self._breaker.tell(answered=False)
            raise
        except _NothingCameError as error:
            self._breaker.tell(answered=False)
            raise ModelError(f"The model {self.name} did not answer: {error}.") from error
        self._breaker.tell(answered=True)
        return reply

    def _model(self) -> BaseChatModel:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def _open(self) -> BaseChatModel:
        provider = self.name.partition(":")[0]
        package = _PACKAGES.get(provider, f"langchain-{provider.replace('_', '-')}")
        install = f"Install it: pip install langchain {package}"
        options: dict[str, Any] = {"temperature": 0, "max_tokens": 400, "max_retries": 0, "timeout": self._seconds}
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
            raise ModelError(f"What speaks to {provider} is missing.", install) from error
        except Exception as error:  # the clients of providers raise what they like
            raise ModelError(f"The model {self.name} cannot be used ({first_line(error)}).") from error

    def _streamed(self, model: BaseChatModel, messages: Sequence[BaseMessage], began: float) -> Reply:
        """The reply, as it comes. Raises _NothingCameError, or ModelError where some of it came."""
        pieces: queue.Queue[Any] = queue.Queue()
        wanted = threading.Event()
        wanted.set()

        def read() -> None:
            try:
                for chunk in model.stream(list(messages)):
                    if not wanted.is_set():
                        return
                    pieces.put(chunk)
                pieces.put(None)
            except Exception as error:  # noqa: BLE001  # as above
                pieces.put(error)

        threading.Thread(target=read, name="chat-model", daemon=True).start()
        text, tokens_in, tokens_out = "", 0, 0
        last = time.monotonic()
        try:
            while True:
                patience = min(last + (NEXT if text else FIRST), began + self._seconds) - time.monotonic()
                try:
                    piece = pieces.get(timeout=max(0.0, patience))
                except queue.Empty:
                    return self._cut(text, tokens_in, tokens_out, "it took too long")
                if piece is None:
                    return Reply(text, tokens_in, tokens_out)
                if isinstance(piece, Exception):
                    return self._cut(text, tokens_in, tokens_out, first_line(piece).replace(self._key or "\0", "…"))
                written = _text_of(piece)
                if written:
                    text, last = text + written, time.monotonic()
                usage = getattr(piece, "usage_metadata", None) or {}
                tokens_in += usage.get("input_tokens", 0)
                tokens_out += usage.get("output_tokens", 0)
                if len(text) > _MOST_CHARACTERS:
                    return self._cut(text, tokens_in, tokens_out, "it does not end")
        finally:
            wanted.clear()

    def _cut(self, text: str, tokens_in: int, tokens_out: int, why: str) -> Reply:
        """What came whole before a reply broke off: its lines but the last one. Raises where there is none."""
        whole = text.rpartition("\n")[0]
        if whole.strip():
            return Reply(whole, tokens_in, tokens_out)
        if text:
            raise ModelError(f"The model {self.name} broke off ({why}).")
        raise _NothingCameError(why)


class _NothingCameError(Exception):
    """No word of a reply came, so that it may be asked for again."""


def _text_of(chunk: Any) -> str:
    """The words of a piece of a reply; calls of tools, refusals and what a model thinks are none."""
    content = chunk.content
    if isinstance(content, str):
        return content
    with suppress(TypeError, AttributeError):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return ""
