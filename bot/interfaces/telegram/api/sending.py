"""Requests to Telegram, made until they are accepted or never will be. Knows not what they say.

A request is a JSON object: what to `do`, and with what. A chat that is told to wait waits by itself: others go on.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, ReplyParameters
from telegram.constants import ParseMode
from telegram.error import BadRequest, ChatMigrated, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.interfaces.telegram.api.flood_control import seconds_of

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 60.0  # seconds between tries while Telegram cannot be reached
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_log = structlog.get_logger("footnote.telegram")


class RefusedError(Exception):
    """Telegram will never accept this; the message is what it said."""


def send(
    html: str, plain: str, buttons: Sequence[Sequence[tuple[str, str]]] = (), *, thread: int = 0, reply_to: int = 0
) -> dict[str, Any]:
    """The request to send a message: `plain` in its place where the formatting is refused; buttons (label, data)."""
    return {"do": "send", "html": html, "plain": plain, "buttons": buttons, "thread": thread, "reply_to": reply_to}


def rewrite(message: int, html: str, plain: str, buttons: Sequence[Sequence[tuple[str, str]]] = ()) -> dict[str, Any]:
    """The request to put other words into the place of a message's."""
    return {"do": "rewrite", "message": message, "html": html, "plain": plain, "buttons": buttons}


def note(query: str, text: str = "") -> dict[str, Any]:
    """The request to show a note to whoever pressed a button; without text, only that it was noticed."""
    return {"do": "note", "query": query, "text": text}


class EndingError(Exception):
    """The process is to end; what was to be sent is sent by the next one."""


class Sender:
    """Sends by one bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._ending = asyncio.Event()

    def end(self) -> None:
        """Wait for nothing any more: requests on their way are finished, and those that would wait are given up."""
        self._ending.set()

    async def pause(self, seconds: float) -> None:
        """Wait. Raises EndingError when the process is to end."""
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            return
        raise EndingError

    async def send(self, chat: int, request: Mapping[str, Any]) -> int | None:
        """Carry out a request, however long it takes; the id of the message that came of it, if one did.

        Raises RefusedError, EndingError, and InvalidToken when the bot is one no longer.
        """
        pause, formatted = _FIRST_PAUSE, True
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
                if not formatted or "html" not in request or _is_final(error.message):
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
        do = request["do"]
        if do == "note":
            await self._bot.answer_callback_query(request["query"], request["text"] or None)
            return None
        buttons = request["buttons"]
        shown: dict[str, Any] = {
            "text": request["html"] if formatted else request["plain"],
            "parse_mode": ParseMode.HTML if formatted else None,
            "reply_markup": _keyboard(buttons) if buttons else None,
            "link_preview_options": _NO_PREVIEW,
        }
        if do == "rewrite":
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


def _keyboard(buttons: Sequence[Sequence[Sequence[str]]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in buttons]
    )


def _is_final(said: str) -> bool:
    """Whether a refusal is of the place and not of the words."""
    return any(
        part in said.lower()
        for part in ("chat not found", "message to edit", "can't be edited", "query is too old", "thread")
    )
