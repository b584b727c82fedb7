"""Requests to Telegram, retried until they are accepted or refused for good; flood control; the typing indicator.

A request is a JSON object: what to `do`, and with what. Knows nothing of what the messages say.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, MessageEntity, ReplyParameters
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import BaseRateLimiter

from bot.interfaces.telegram.api.updates import ChatPlace

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds between tries while Telegram cannot be reached
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_GONE = ("message to edit", "can't be edited")
_FINAL = ("chat not found", "message to edit", "can't be edited", "query is too old", "thread")
_TYPING = 4.0  # seconds: Telegram shows it for five
_FIRST_DRAFT, _NEXT_DRAFT = 0.2, 1.0  # seconds
_LONGEST_DRAFT = 4096
_READ_TIMEOUT = 5.0  # seconds: the answer waits for a draft that is on its way
_REMEMBERED = 1000  # chats; of more, those whose time is over are forgotten
_Result = bool | dict[str, Any] | list[dict[str, Any]]
_draft_ids = itertools.count(1)
_log = structlog.get_logger("footnote.telegram")


class RefusedError(Exception):
    """Telegram will never accept a request; the message is Telegram's description."""


class ShutdownError(Exception):
    """The process is to end; the next one sends what is left."""


def send_message(
    text: str,
    entities: Sequence[Mapping[str, Any]] = (),
    buttons: Sequence[Sequence[tuple[str, str]]] = (),
    *,
    thread: int = 0,
    reply_to: int = 0,
) -> dict[str, Any]:
    """The request to send a message, without `entities` where they are refused; buttons are (label, data)."""
    # "plain" is what the text has always been called in requests: some may still wait from before.
    kept = {"entities": entities, "buttons": buttons, "thread": thread, "reply_to": reply_to}
    return {"do": "send", "plain": text, **kept}


def edit_message(message: int, text: str) -> dict[str, Any]:
    """The request to replace the text of a message, and to remove its buttons."""
    return {"do": "rewrite", "message": message, "plain": text, "buttons": ()}


def in_place_of(message: int, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request to put what `request` would send in the place of a message, or to send it where that one is gone."""
    return {**request, "do": "rewrite", "message": message}


def answer_callback(query: str, text: str = "") -> dict[str, Any]:
    """The request to answer a callback query; with a text, it is shown to whoever pressed the button."""
    return {"do": "note", "query": query, "text": text}


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


class FloodControl(BaseRateLimiter[None]):
    """Refuses requests to a chat before the time that Telegram told it to wait is over; other chats go on."""

    def __init__(self) -> None:
        self._until: dict[object, float] = {}  # by chat

    async def initialize(self) -> None:
        """Nothing is to be prepared."""

    async def shutdown(self) -> None:
        """Nothing is to be released."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, _Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> _Result:
        """Make a request. Raises RetryAfter, also without having made it."""
        chat, now = data.get("chat_id"), time.monotonic()
        left = self._until.get(chat, 0.0) - now
        if left > 0:
            raise RetryAfter(math.ceil(left))
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as error:
            if chat is not None:
                if len(self._until) > _REMEMBERED:
                    self._until = {one: until for one, until in self._until.items() if until > now}
                self._until[chat] = time.monotonic() + seconds_of(error)
            raise


class Sender:
    """Sends requests by one bot. A chat that is told to wait waits by itself: others go on."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Wait no more: requests on their way are finished, those that would wait are given up."""
        self._ending.set()

    async def pause(self, seconds: float) -> None:
        """Wait. Raises ShutdownError when the process is to end."""
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return
        raise ShutdownError

    async def send(self, chat: int, request: Mapping[str, Any]) -> int | None:
        """Carry out a request, however long it takes; the id of the message that it made, if it made one.

        Raises RefusedError, ShutdownError, and InvalidToken when the token is revoked.
        """
        pause, formatted = _FIRST_PAUSE, bool(request.get("entities"))
        while True:
            try:
                return await self._once(chat, request, formatted)
            except RetryAfter as error:
                seconds = seconds_of(error)
                _log.warning("told to wait", chat=chat, seconds=seconds)
                await self.pause(seconds + random.random())  # noqa: S311  # so that chats do not come back at once
            except BadRequest as error:
                if "not modified" in error.message:
                    return None
                if "thread" in request and any(part in error.message.lower() for part in _GONE):
                    request = {**request, "do": "send"}  # only what could be sent has a thread
                    continue
                if not formatted or any(part in error.message.lower() for part in _FINAL):
                    raise RefusedError(error.message) from error
                _log.warning("formatting refused", chat=chat, said=error.message)
                formatted = False
            except InvalidToken:
                raise
            except NetworkError as error:
                _log.warning("Telegram cannot be reached", chat=chat, why=type(error).__name__)
                await self.pause(pause * (0.5 + random.random()))  # noqa: S311  # as above
                pause = min(2 * pause, _LONGEST_PAUSE)
            except ChatMigrated as error:
                chat = error.new_chat_id  # a group has become a supergroup
            except TelegramError as error:
                raise RefusedError(error.message) from error

    async def _once(self, chat: int, request: Mapping[str, Any], formatted: bool) -> int | None:
        if request["do"] == "note":
            await self._bot.answer_callback_query(request["query"], request["text"] or None)
            return None
        keyboard = [
            [InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in request["buttons"]
        ]
        shown: dict[str, Any] = {
            "text": request["plain"],
            "entities": MessageEntity.de_list(request["entities"], None) if formatted else None,
            "reply_markup": InlineKeyboardMarkup(keyboard) if keyboard else None,
            "link_preview_options": _NO_PREVIEW,
        }
        if request["do"] == "rewrite":
            await self._bot.edit_message_text(chat_id=chat, message_id=request["message"], **shown)
            return int(request["message"])
        reply_to = request["reply_to"]
        sent = await self._bot.send_message(
            chat_id=chat,
            message_thread_id=request["thread"] or None,
            reply_parameters=ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None,
            **shown,
        )
        return sent.message_id


@dataclass
class DraftMessage:
    """What is known of an answer so far; set by one thread, shown by another."""

    text: str = ""


@asynccontextmanager
async def typing_indicator(bot: Bot, place: ChatPlace) -> AsyncIterator[DraftMessage]:
    """Shows "typing …", and in private chats the draft, until the end of the block; nothing is on its way after it.

    Both pass away by themselves, so failures are ignored: the message that follows does not depend on them.
    """
    draft, done = DraftMessage(), asyncio.Event()
    task = asyncio.create_task(_show(bot, place, draft, done))
    try:
        yield draft
    finally:
        done.set()
        await task  # not cancelled: a request that is given up may still arrive, after the answer


async def _show(bot: Bot, place: ChatPlace, draft: DraftMessage, done: asyncio.Event) -> None:
    number, shown, typed, pause = next(_draft_ids), "", -_TYPING, _FIRST_DRAFT
    options: dict[str, Any] = {"message_thread_id": place.thread or None, "read_timeout": _READ_TIMEOUT}
    with suppress(TelegramError):
        while not done.is_set():
            if time.monotonic() - typed >= _TYPING:
                await bot.send_chat_action(place.chat, ChatAction.TYPING, **options)
                typed = time.monotonic()
            if place.private and draft.text != shown and not done.is_set():
                shown = draft.text
                await bot.send_message_draft(place.chat, number, shown[:_LONGEST_DRAFT], **options)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await done.wait()
            pause = _NEXT_DRAFT
