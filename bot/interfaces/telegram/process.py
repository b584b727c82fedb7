"""`footnote telegram`: the bot as a process, from its start to its end; and its check for `footnote doctor`."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from functools import partial
from typing import Any, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, BotCommand, User
from telegram.error import BadRequest, Conflict, EndPointNotFound, InvalidToken, RetryAfter, TelegramError
from telegram.ext import ExtBot
from telegram.request import HTTPXRequest
from telegram.warnings import PTBUserWarning

from bot.bootstrap import Footnote
from bot.interfaces.backoff import pauses
from bot.interfaces.listening import listen
from bot.interfaces.logs import set_up_logs
from bot.interfaces.telegram.api.receiving import KINDS, WEBHOOK_PATH, chat_of, id_of, secret_of
from bot.interfaces.telegram.api.sending import FloodControl, Sender, seconds_of
from bot.interfaces.telegram.chat_queue import ChatQueues
from bot.interfaces.telegram.dispatch import UpdateDispatcher
from bot.interfaces.telegram.health import Health
from bot.interfaces.telegram.message_handler import COMMANDS
from bot.settings import Settings, SettingsError
from bot.storage.inbox import Inbox
from prompts import ENGLISH, LANGUAGES, words
from retrieval.errors import FootnoteError, StorageError
from retrieval.store.database import alone, cause

_CONNECTIONS = 128  # chats that send at once
_SECONDS = 20.0  # until a request times out
_WAIT = 25  # seconds that Telegram holds a request for updates while there is nothing new
_DATABASE_PAUSE = 2.0  # seconds after updates could not be kept
_PRUNE = 3600.0  # seconds between two deletions of old updates
_Result = TypeVar("_Result")
# It recommends get_updates, which reads them.
warnings.filterwarnings("ignore", message=r".*Bot\.getUpdates", category=PTBUserWarning)
_log = structlog.get_logger("footnote.telegram")


def serve(settings: Settings, host: str, port: int) -> None:
    """Run until SIGTERM or Ctrl-C, then finish what is being handled; meanwhile tell how it is at `host` and `port`.

    Raises SettingsError without a valid token, and when it cannot listen there.
    """
    if not settings.telegram_token:
        raise SettingsError("There is no token. Ask @BotFather for one, and set FOOTNOTE_TELEGRAM_TOKEN.")
    set_up_logs(settings.log_level)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # being asked to end is no failure
    footnote = Footnote(settings)
    try:
        _log.info("starting", once="no other process handles the chats of this library")
        # Two would break the order of a chat. The port is taken afterwards: the one that waits must not ask for it.
        with (
            alone(_reached(settings, lambda: footnote.engine), "chats"),
            closing(listen(host, port)) as listening,
        ):
            _log.info("listening", host=host, port=listening.getsockname()[1])
            _reached(settings, footnote.seed)
            interrupted = asyncio.run(_serve(footnote, listening))
    finally:
        footnote.close()
    if interrupted:
        raise KeyboardInterrupt


def _reached(settings: Settings, call: Callable[[], _Result]) -> _Result:
    """What `call` gives, called again and again while the library's servers are away: they may start after the bot.

    Raises as `call` does where the library is in files, since those do not come by themselves.
    """
    waits = pauses()
    while True:
        try:
            return call()
        except (StorageError, SQLAlchemyError) as error:
            if not (settings.database_url or settings.chroma_url):
                raise
            _log.warning("The library cannot be reached", why=cause(error))
        time.sleep(next(waits))


def open_bot(settings: Settings) -> Bot:
    """The bot of the settings' token, at the Bot API server that they name."""
    request = partial(
        HTTPXRequest, read_timeout=_SECONDS, write_timeout=_SECONDS, connect_timeout=_SECONDS, pool_timeout=_SECONDS
    )
    return ExtBot(
        settings.telegram_token,
        base_url=f"{settings.telegram_api_url}/bot",
        base_file_url=f"{settings.telegram_api_url}/file/bot",
        request=request(connection_pool_size=_CONNECTIONS),
        get_updates_request=request(connection_pool_size=1),
        rate_limiter=FloodControl(),
    )


async def _serve(footnote: Footnote, listening: socket.socket) -> bool:
    """Run the bot until it is asked to end; whether SIGINT asked."""
    main, asked = asyncio.create_task(_run(footnote, listening)), list[int]()

    def end(number: int) -> None:
        if not asked:  # asked again, it goes on ending
            main.cancel()
        asked.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    with suppress(asyncio.CancelledError):
        await main
    return asked[:1] == [signal.SIGINT]


async def _run(footnote: Footnote, listening: socket.socket) -> None:
    health = Health(footnote, polling=not footnote.settings.public_url)
    async with health.served(listening):
        await _chat(footnote, health)


async def _chat(footnote: Footnote, health: Health) -> None:
    settings, bot = footnote.settings, open_bot(footnote.settings)
    try:
        await _retried(bot.initialize)
        await _retried(lambda: _introduce(bot, settings))
        dispatcher = UpdateDispatcher(footnote, bot, health.answers)
        chats = ChatQueues(footnote.inbox, footnote.outbox, Sender(bot), dispatcher)
        with closing(dispatcher):
            async with asyncio.TaskGroup() as works:  # when one fails, the others end, too
                works.create_task(chats.run())
                works.create_task(_prune(footnote))
                if not settings.public_url:
                    works.create_task(_poll(bot, footnote.inbox, chats.wake, health.polled))
                health.ready(chats)
                _log.info("ready", bot=bot.username, by="webhook" if settings.public_url else "polling")
    except (InvalidToken, ExceptionGroup) as error:
        if isinstance(error, ExceptionGroup) and not error.subgroup(InvalidToken):
            raise
        raise SettingsError("Telegram does not know the token in FOOTNOTE_TELEGRAM_TOKEN. Ask @BotFather.") from None
    finally:
        await bot.shutdown()


async def _introduce(bot: Bot, settings: Settings) -> None:
    """Register the commands, and the webhook where there is one."""
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


async def _retried(call: Callable[[], Coroutine[Any, Any, _Result]]) -> _Result:
    """What `call` gives, called again and again until Telegram can be reached. Raises InvalidToken."""
    waits = pauses()
    while True:
        try:
            return await call()
        except InvalidToken:
            raise
        except RetryAfter as error:
            await asyncio.sleep(seconds_of(error))
            continue
        except Conflict:
            _log.error("Another program takes the updates of this bot, too. End it, or take a token of its own.")
        except TelegramError as error:
            _log.warning("Telegram cannot be reached", why=type(error).__name__)
        await asyncio.sleep(next(waits))


async def _prune(footnote: Footnote) -> None:
    while True:
        await asyncio.to_thread(footnote.inbox.prune)
        await asyncio.sleep(_PRUNE)


async def _poll(bot: Bot, inbox: Inbox, received: Callable[[], None], polled: Callable[[], None]) -> None:
    """Store updates for ever, each before the next request acknowledges it; `received` is called after new ones.

    `polled` is called whenever Telegram has answered.

    Raises InvalidToken.
    """
    offset = 0
    while True:
        try:
            found = await _retried(partial(_updates, bot, offset))
            polled()
            kept = [(number, chat_of(one), one) for one in found if (number := id_of(one)) is not None]
            if await asyncio.to_thread(inbox.receive, kept):
                received()
            offset = max((number + 1 for number, _, _ in kept), default=offset)
        except InvalidToken:
            raise
        except Exception as error:  # noqa: BLE001  # nothing was acknowledged: what could not be kept comes again
            _log.error("cannot keep updates", exc_info=error)
            await asyncio.sleep(_DATABASE_PAUSE)


async def _updates(bot: Bot, offset: int) -> list[dict[str, Any]]:
    """The updates as raw JSON: one that python-telegram-bot cannot parse would hold up all others."""
    asked = {"offset": offset, "timeout": _WAIT, "allowed_updates": list(KINDS)}
    try:
        found: Any = await bot.do_api_request("getUpdates", api_kwargs=asked, read_timeout=_WAIT + 10)
    except EndPointNotFound as error:  # what it makes of a token that is one no longer
        raise InvalidToken from error
    return list(found)


def check_bot(settings: Settings) -> str:
    """The bot's name, how it gets its updates, and who may talk to it. Raises FootnoteError."""

    async def ask() -> tuple[User, str | None]:
        async with open_bot(settings) as bot:
            return bot.bot, (await bot.get_webhook_info()).last_error_message if settings.public_url else None

    try:
        user, trouble = asyncio.run(ask())
    except InvalidToken:
        raise FootnoteError(
            "Telegram does not know the token in FOOTNOTE_TELEGRAM_TOKEN. Ask @BotFather for it again."
        ) from None
    except TelegramError as error:
        raise FootnoteError(
            f"{settings.telegram_api_url} cannot be reached ({type(error).__name__}). Check the network, and "
            "FOOTNOTE_TELEGRAM_API_URL if it is set."
        ) from None
    if trouble:
        raise FootnoteError(
            f"Telegram cannot call {settings.public_url} ({trouble}). Check FOOTNOTE_PUBLIC_URL, and that `footnote "
            "serve` is found there."
        )
    by = f"by webhook at {settings.public_url}" if settings.public_url else "by polling"
    who = "open to those in" if settings.telegram_allowed else "anyone may talk to it, since nobody is named in"
    mentions = (
        ""
        if user.can_read_all_group_messages
        else "; in groups it does not hear mentions: @BotFather's /setprivacy changes that"
    )
    return f"{user.name}, {by}; {who} FOOTNOTE_TELEGRAM_ALLOWED{mentions}"
