"""Whether the Telegram bot of the settings can be one: for `footnote doctor`."""

from __future__ import annotations

import asyncio

from telegram.error import InvalidToken, TelegramError

from bot.interfaces.telegram.process import open_bot
from bot.settings import Settings
from retrieval.errors import FootnoteError


class TelegramFaultError(FootnoteError):
    """The bot does not work; the message is one line that says what to do."""

    code = "telegram"


def check_bot(settings: Settings) -> str:
    """Who the bot is, how it gets its updates, and who may talk to it. Raises TelegramFaultError."""
    try:
        name, hears, trouble = asyncio.run(_ask(settings))
    except InvalidToken:
        raise TelegramFaultError(
            "Telegram does not know the token in FOOTNOTE_TELEGRAM_TOKEN. Ask @BotFather for it again."
        ) from None
    except TelegramError as error:
        raise TelegramFaultError(
            f"{settings.telegram_api_url} cannot be reached ({type(error).__name__}). Check the network, and "
            "FOOTNOTE_TELEGRAM_API_URL if it is set."
        ) from None
    if trouble:
        raise TelegramFaultError(
            f"Telegram cannot call {settings.public_url} ({trouble}). Check FOOTNOTE_PUBLIC_URL, and that `footnote "
            "serve` is found there."
        )
    by = f"by webhook at {settings.public_url}" if settings.public_url else "by polling"
    who = "open to those in" if settings.telegram_allowed else "anyone may talk to it, since nobody is named in"
    mentions = "" if hears else "; in groups it does not hear mentions: @BotFather's /setprivacy changes that"
    return f"@{name}, {by}; {who} FOOTNOTE_TELEGRAM_ALLOWED{mentions}"


async def _ask(settings: Settings) -> tuple[str, bool, str]:
    """The name of the bot, whether it hears mentions, and what Telegram complained of when it called the webhook."""
    async with open_bot(settings) as bot:
        told = await bot.get_webhook_info() if settings.public_url else None
        trouble = (told.last_error_message or "") if told is not None else ""
        return bot.username, bool(bot.bot.can_read_all_group_messages), trouble
