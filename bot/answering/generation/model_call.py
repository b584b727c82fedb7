"""One reply of a chat model: its lines as they come, within bounds of time, and what it has cost.

LangChain's clients bound the time to the next bytes at most, which a server that only keeps the connection alive
passes. So a reply is read in a thread of its own, and given up when its first words, its next ones or its end take too
long. Knows no setting, and of a model only that it streams.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.answering.generation.prompt import tokens_of
from retrieval.errors import FootnoteError, first_line

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

FIRST, NEXT = 20.0, 10.0
"""Seconds to the first words of a reply, and from some to the next."""

_MOST_CHARACTERS = 4000  # of a reply: what is longer never ends
_USUAL = 60.0  # seconds of a reply
_MOST_COUNTED = 10_000_000  # tokens of one call that a server is believed


class ModelError(FootnoteError):
    """The chat model does not answer: one line that says why, without what was asked and without the key."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens that a model has read and written for a reply: by its own count, else estimated by the characters."""

    read: int = 0
    written: int = 0


class ModelCall:
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
        asked = sum(tokens_of(str(message.content)) for message in self._messages)
        return Usage(asked, tokens_of(self._text))

    def lines(self, model: BaseChatModel) -> Generator[str, None, None]:
        """The lines as they come. Raises NothingCameError, or ModelError where no line came whole."""
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
            raise NothingCameError(why, again=again)
        if not self._text.rpartition("\n")[0].strip():
            raise ModelError(f"The model {self._name} broke off ({why}).")


class NothingCameError(Exception):
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


def _text_of(chunk: Any) -> str:
    """The words of a piece of a reply; calls of tools, refusals and what a model thinks are none."""
    content = chunk.content
    if isinstance(content, str):
        return content
    with suppress(TypeError, AttributeError):
        return "".join(part["text"] for part in content if part.get("type") == "text")
    return ""
