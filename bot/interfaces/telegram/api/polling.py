"""Long polling: each update is stored before the next request acknowledges it."""

from __future__ import annotations

import asyncio
import random
import warnings
from collections.abc import Callable
from typing import Any

import structlog
from telegram import Bot
from telegram.error import Conflict, EndPointNotFound, InvalidToken, RetryAfter, TelegramError
from telegram.warnings import PTBUserWarning

from bot.interfaces.telegram.api.receiving import KINDS, chat_of, id_of
from bot.interfaces.telegram.api.sending import seconds_of
from bot.storage.inbox import Inbox

_WAIT = 25  # seconds that Telegram holds a request while there is nothing new
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds
# It recommends get_updates, which reads them.
warnings.filterwarnings("ignore", message=r".*Bot\.getUpdates", category=PTBUserWarning)
_log = structlog.get_logger("footnote.telegram")


async def poll(bot: Bot, inbox: Inbox, received: Callable[[], None]) -> None:
    """Store updates for ever; `received` is called when there are new ones. Raises InvalidToken."""
    offset, pause = 0, _FIRST_PAUSE
    while True:
        try:
            kept = [
                (number, chat_of(one), one) for one in await _updates(bot, offset) if (number := id_of(one)) is not None
            ]
            if kept:
                if await asyncio.to_thread(inbox.receive, kept):
                    received()
                offset = max(number for number, _, _ in kept) + 1
            pause = _FIRST_PAUSE
            continue
        except InvalidToken:
            raise
        except RetryAfter as error:
            await asyncio.sleep(seconds_of(error))
            continue
        except Conflict:
            _log.error("Another program takes the updates of this bot, too. End it, or take a token of its own.")
        except TelegramError as error:
            _log.warning("Telegram cannot be reached", why=type(error).__name__)
        except Exception as error:  # noqa: BLE001  # nothing was acknowledged: what could not be kept comes again
            _log.error("cannot keep updates", exc_info=error)
        await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311  # so that many do not come back at once
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _updates(bot: Bot, offset: int) -> list[dict[str, Any]]:
    """The updates as raw JSON: one that python-telegram-bot cannot parse would hold up all others."""
    asked = {"offset": offset, "timeout": _WAIT, "allowed_updates": list(KINDS)}
    try:
        found: Any = await bot.do_api_request("getUpdates", api_kwargs=asked, read_timeout=_WAIT + 10)
    except EndPointNotFound as error:  # what it makes of a token that is one no longer
        raise InvalidToken from error
    return list(found)
