"""Messages that are not simply typed: changed, forwarded, in a row, without words."""

from __future__ import annotations

from collections.abc import Callable

from bot_api import BotApi
from telegram_process import TelegramProcess


def test_each_kind_has_its_answer(telegram: Callable[..., TelegramProcess], api: BotApi) -> None:
    """A changed question is answered anew, as a reply; a forwarded one is a question when short, else a document."""
    telegram(FOOTNOTE_TELEGRAM_QUESTIONS_A_MINUTE="1000").ready()
    anna, ben = api.user("Anna"), api.user("Ben")
    chat = api.private(anna)
    asked = chat.say(anna, "Who is Mao Nin?")
    chat.wait(1)
    chat.edit(asked, "Where did Blinken speak about China?")
    anew = chat.wait(2)[1]
    assert "Brussels" in anew.text
    assert anew.reply_to is asked
    chat.say(anna, "Who is Mao Ning?", forwarded_from=ben)
    assert "spokesperson" in chat.wait(3)[2].text
    chat.say(anna, "The lighthouse of Skerryvore was built of granite. " * 10, forwarded_from=ben)
    assert chat.wait(4)[3].text.startswith("I have read")
    chat.say(anna, "What was the lighthouse of Skerryvore built of?")
    assert "granite" in chat.wait(5)[4].text
    with api.at_once():
        for question in ("Who is Mao Ning?", "Where did Blinken speak about China?", "What did Yellen warn of?"):
            chat.say(anna, question)
    first, second, third = chat.wait(8)[5:]
    assert "Mao Ning" in first.text
    assert "Brussels" in second.text
    assert "Yellen" in third.text
    assert first.reply_to is not None
    assert first.reply_to.text == "Who is Mao Ning?"
