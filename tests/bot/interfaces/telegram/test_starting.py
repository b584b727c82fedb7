"""How the bot starts: the servers that keep its library may come after it."""

from __future__ import annotations

import pytest
from bot_api import BotApi
from servers import Chroma, Postgres, free_port
from telegram_process import Starter, TelegramProcess

pytestmark = pytest.mark.usefixtures("without_reader")

AWAY = "The library cannot be reached"
QUESTION = "Who is China's foreign ministry spokesperson?"


def logged_as_away(bot: TelegramProcess, part: str) -> bool:
    """Whether the log has named a part of the library that is away."""
    return any(part in line.get("why", "") for line in bot.logged() if line["event"] == AWAY)


def test_the_servers_of_the_library_start_after_the_bot(telegram: Starter, api: BotApi) -> None:
    """While PostgreSQL, then Chroma, are away the log names them; once they are there the bot is, with its article."""
    postgres, port = Postgres(), free_port()
    chroma = None
    try:
        url = postgres.empty_database()
        postgres.halt()
        bot = telegram(FOOTNOTE_DATABASE_URL=url, FOOTNOTE_CHROMA_URL=f"http://127.0.0.1:{port}")
        api.until(lambda: logged_as_away(bot, "the database"))
        postgres.resume()
        api.until(lambda: logged_as_away(bot, f"Chroma server at http://127.0.0.1:{port}"))
        chroma = Chroma(port)
        anna, chat = api.meet("Anna")
        assert "Mao Ning" in chat.ask(anna, QUESTION).text
        assert set(bot.warned()) == {AWAY}
        assert bot.stop() == 0
    finally:
        postgres.stop()
        if chroma is not None:
            chroma.stop()


def test_asked_to_end_while_the_library_is_away(telegram: Starter, api: BotApi) -> None:
    """It ends, and that is no failure."""
    bot = telegram(FOOTNOTE_CHROMA_URL=f"http://127.0.0.1:{free_port()}")
    api.until(lambda: AWAY in bot.warned())
    assert bot.stop() == 0
