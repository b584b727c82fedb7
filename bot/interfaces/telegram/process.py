"""`footnote telegram`: the bot as a process, from its first word with Telegram to its end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import structlog
from telegram import Bot, BotCommand
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest

from bot.bootstrap import Footnote
from bot.interfaces.logs import set_up_logs
from bot.interfaces.telegram.api.flood_control import Patience, seconds_of
from bot.interfaces.telegram.api.polling import poll
from bot.interfaces.telegram.api.receiving import KINDS, WEBHOOK_PATH, secret_of
from bot.interfaces.telegram.api.sending import Sender
from bot.interfaces.telegram.api.updates import Me
from bot.interfaces.telegram.chat_queue import Chats
from bot.interfaces.telegram.dispatch import Handling
from bot.settings import Settings, SettingsError
from prompts import ENGLISH, LANGUAGES, words
from retrieval.store.database import alone

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS = ("start", "help", "ask", "new", "sources", "documents", "summary", "stop", "forget")
"""What is offered in the menu of a chat."""

_CONNECTIONS = 128  # chats that send at once
_SECONDS = 20.0  # that a request may take
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # seconds between tries while Telegram cannot be reached
_PRUNE = 3600.0  # seconds between two looks for what is long over
_log = structlog.get_logger("footnote.telegram")


def serve(settings: Settings) -> None:
    """Chat until SIGTERM or Ctrl-C; then finish what is being handled. Raises SettingsError without a good token."""
    if not settings.telegram_token:
        raise SettingsError("There is no token. Ask @BotFather for one, and set FOOTNOTE_TELEGRAM_TOKEN.")
    set_up_logs(settings.log_level)
    footnote = Footnote(settings)
    try:
        with alone_with(footnote):
            interrupted = asyncio.run(_serve(footnote))
    finally:
        footnote.close()
    if interrupted:
        raise KeyboardInterrupt


@contextmanager
def alone_with(footnote: Footnote) -> Iterator[None]:
    """Be the only process that handles the updates of a library: two would break the order of a chat."""
    _log.info("starting", once="no other process handles the chats of this library")
    with alone(footnote.engine, "chats"):
        yield


def open_bot(settings: Settings) -> Bot:
    """The bot of the settings' token, at the Bot API server that they name."""

    def request(connections: int) -> HTTPXRequest:
        return HTTPXRequest(
            connection_pool_size=connections,
            read_timeout=_SECONDS,
            write_timeout=_SECONDS,
            connect_timeout=_SECONDS,
            pool_timeout=_SECONDS,
        )

    return ExtBot(
        settings.telegram_token,
        base_url=f"{settings.telegram_api_url}/bot",
        base_file_url=f"{settings.telegram_api_url}/file/bot",
        request=request(_CONNECTIONS),
        get_updates_request=request(1),
        rate_limiter=Patience(),
    )


async def _serve(footnote: Footnote) -> bool:
    """Whether it was ended by an interrupt."""
    ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _set, ended, number)
    main = asyncio.create_task(_chat(footnote))
    await asyncio.wait((ended, main), return_when=asyncio.FIRST_COMPLETED)
    if not main.done():
        main.cancel()
    with suppress(asyncio.CancelledError):
        await main
    return ended.done() and ended.result() == signal.SIGINT


def _set(ended: asyncio.Future[int], number: int) -> None:
    if not ended.done():
        ended.set_result(number)


async def _chat(footnote: Footnote) -> None:
    settings = footnote.settings
    async with _initialized(open_bot(settings)) as bot:
        await asyncio.to_thread(footnote.seed)
        await _insist(lambda: _introduce(bot, settings))
        me = Me(bot.id, bot.username)
        handling = Handling(footnote, bot, me)
        chats = Chats(footnote.inbox, footnote.outbox, Sender(bot), handling.handle, handling.stops, handling.stopped)
        works: list[Coroutine[Any, Any, None]] = [chats.run(), _prune(footnote)]
        if not settings.public_url:
            works.append(poll(bot, footnote.inbox, chats.wake))
        _log.info("ready", bot=bot.username, by="webhook" if settings.public_url else "polling")
        try:
            await _together(works)
        finally:
            handling.close()


async def _together(works: list[Coroutine[Any, Any, None]]) -> None:
    """Do all of this until one of it fails, or this is cancelled; all of it has ended then."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _initialized(bot: Bot) -> AsyncIterator[Bot]:
    """The bot once Telegram has told who it is. Raises SettingsError for a token that is not one."""
    try:
        await _insist(bot.initialize)
        yield bot
    except InvalidToken:
        raise SettingsError("Telegram does not know the token in FOOTNOTE_TELEGRAM_TOKEN. Ask @BotFather.") from None
    finally:
        await bot.shutdown()


async def _introduce(bot: Bot, settings: Settings) -> None:
    """Tell Telegram what the bot can do, and how its updates are to be had."""
    for language in LANGUAGES:
        commands = [BotCommand(name, words(f"command_{name}", language)) for name in COMMANDS]
        await bot.set_my_commands(commands, language_code=None if language == ENGLISH else language)
    if settings.public_url:
        try:
            await bot.set_webhook(
                f"{settings.public_url}{WEBHOOK_PATH}",
                allowed_updates=KINDS,
                secret_token=secret_of(settings.telegram_token),
            )
        except BadRequest as error:
            said = error.message.removeprefix("Bad webhook: ")
            raise SettingsError(
                f"Telegram does not call {settings.public_url} ({said}). Check FOOTNOTE_PUBLIC_URL."
            ) from None
    else:
        await bot.delete_webhook()


async def _insist(call: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Call until Telegram can be reached."""
    pause = _FIRST_PAUSE
    while True:
        try:
            await call()
            return
        except InvalidToken:
            raise
        except RetryAfter as error:
            await asyncio.sleep(seconds_of(error))
        except TelegramError as error:
            _log.warning("Telegram cannot be reached", why=type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


async def _prune(footnote: Footnote) -> None:
    while True:
        await asyncio.to_thread(footnote.inbox.prune)
        await asyncio.sleep(_PRUNE)
