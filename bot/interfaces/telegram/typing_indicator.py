"""While an answer is made: "typing …", and in private chats a draft of what is known of it so far.

All of it passes away by itself, so that what fails is let be: the message that follows does not depend on it.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.interfaces.telegram.api.updates import ChatPlace

_TYPING = 4.0  # seconds: Telegram shows it for five
_FIRST, _DRAFT = 0.2, 1.0  # seconds until the first draft, and between two
_LONGEST = 4096
_PATIENCE = 5.0  # seconds until Telegram answers: the answer waits for what is on its way
_numbers = itertools.count(1)


class DraftMessage:
    """What is known of an answer so far; set in one thread, shown by another."""

    def __init__(self) -> None:
        self.text = ""

    def show(self, text: str) -> None:
        """Show this in the place of what was shown."""
        self.text = text


@asynccontextmanager
async def thinking(bot: Bot, place: ChatPlace) -> AsyncIterator[DraftMessage]:
    """Shows that the bot thinks, until the end of the block; nothing of it is on its way any more then."""
    draft, done = DraftMessage(), asyncio.Event()
    task = asyncio.create_task(_show(bot, place, draft, done))
    try:
        yield draft
    finally:
        done.set()
        await task  # not cancelled: a request that is given up may still arrive, after the answer


async def _show(bot: Bot, place: ChatPlace, draft: DraftMessage, done: asyncio.Event) -> None:
    number, shown, typed, pause = next(_numbers), "", -_TYPING, _FIRST
    thread = place.thread or None
    with suppress(TelegramError):
        while not done.is_set():
            if time.monotonic() - typed >= _TYPING:
                await bot.send_chat_action(
                    place.chat, ChatAction.TYPING, message_thread_id=thread, read_timeout=_PATIENCE
                )
                typed = time.monotonic()
            if place.private and draft.text != shown and not done.is_set():
                shown = draft.text
                await bot.send_message_draft(
                    place.chat, number, shown[:_LONGEST], message_thread_id=thread, read_timeout=_PATIENCE
                )
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await done.wait()
            pause = _DRAFT
