"""Updates that are asked for: kept as they came, whatever they hold."""

from __future__ import annotations

from collections.abc import Callable

from bot_api import BotApi
from telegram_process import TelegramProcess


def test_an_update_that_cannot_be_read_holds_up_nothing(telegram: Callable[..., TelegramProcess], api: BotApi) -> None:
    """What a later Telegram may send, and this program cannot read, is passed over; what follows is answered."""
    anna = api.user("Anna")
    chat = api.private(anna)
    chat.say(anna, "Who is Mao Ning?")
    strange = {"message_id": "seven", "chat": {"id": chat.id, "type": 5}, "from": [], "text": {"not": "text"}}
    api.deliver("message", strange)
    api.deliver("edited_message", {"chat": None})
    chat.say(anna, "Where did Blinken speak about China?")
    process = telegram()
    _first, second = chat.wait(2)
    assert "Brussels" in second.text
    assert process.process.poll() is None
