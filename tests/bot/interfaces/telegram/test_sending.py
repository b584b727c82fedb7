"""What is sent when Telegram refuses it, and what is shown while an answer is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from bot_api import BotApi
from bot_api_chats import Chat
from structlog.testing import capture_logs
from telegram.error import InvalidToken
from telegram_process import Starter

from bot.interfaces.telegram.api.sending import (
    RefusedError,
    Sender,
    ShutdownError,
    answer_callback,
    edit_message,
    send_message,
)
from bot.interfaces.telegram.process import open_bot
from bot.settings import Settings

pytestmark = pytest.mark.usefixtures("without_reader")

Result = TypeVar("Result")
BOLD = [{"type": "bold", "offset": 0, "length": 4}]
QUESTION = "Who is China's foreign ministry spokesperson?"


def with_sender(api: BotApi, act: Callable[[Sender], Coroutine[Any, Any, Result]]) -> Result:
    """What comes of it, done with the sender of a real client."""

    async def run() -> Result:
        async with open_bot(Settings(telegram_token=api.token, telegram_api_url=api.url)) as bot:
            return await act(Sender(bot))

    return asyncio.run(run())


def started(api: BotApi) -> Chat:
    """A private chat in which a person has written."""
    anna, chat = api.meet("Anna")
    chat.say(anna, "Hello")
    return chat


def test_chats_that_do_not_take_what_is_said(telegram: Starter, api: BotApi) -> None:
    """A chat that blocked or kicked the bot loses what was to be said, with a line in the log, and goes on afterwards.

    Other chats are answered meanwhile; into a group that has become a supergroup the answer follows the people.
    """
    bot = telegram().ready()
    anna, ben = api.user("Anna"), api.user("Ben")
    chat, other = api.private(anna), api.private(ben)
    group, old = api.supergroup("Newsroom", anna), api.group("Writers", anna)
    with api.at_once():
        chat.say(anna, QUESTION)
        chat.say(anna, "/help")
        chat.set_status(api.bot, "kicked")
        group.say(anna, f"@footnote_bot {QUESTION}")
        group.set_status(api.bot, "kicked")
        old.say(anna, f"@footnote_bot {QUESTION}")
        new = api.upgrade(old)
        other.say(ben, QUESTION)
    assert "Mao Ning" in other.wait(1)[0].text
    assert "Mao Ning" in new.wait(1)[0].text
    api.until(lambda: len(bot.warned()) == 3)
    for place in (chat, group):
        place.set_status(api.bot, "member")
        assert "Mao Ning" in place.ask(anna, f"@footnote_bot {QUESTION}").text
        assert len(place.received) == 1
    said = sorted(line["said"] for line in bot.logged() if line["event"] == "refused")
    blocked, kicked = "Forbidden: bot was blocked by the user", "Forbidden: bot was kicked from the supergroup chat"
    assert said == [blocked, blocked, kicked]


def test_formatting_and_notes_that_are_refused(telegram: Starter, api: BotApi) -> None:
    """The same words go out with the same buttons, without formatting; a button pressed too long ago works."""
    bot = telegram().ready()
    anna, ben = api.user("Anna"), api.user("Ben")
    formatted = api.private(ben).ask(ben, QUESTION)
    api.refuse_formatting(1)
    chat = api.private(anna)
    plain = chat.ask(anna, QUESTION)
    assert (formatted.formatted, plain.formatted) == (True, False)
    assert (plain.text, plain.labels, plain.entities) == (formatted.text, formatted.labels, [])
    with api.at_once():
        chat.press(anna, plain, "1").expired = True
    assert "Mao Ning" in chat.wait(2)[1].text
    assert bot.warned() == ["formatting refused", "refused"]
    assert bot.logged()[-1]["said"].startswith("Query is too old")


def test_a_message_that_is_as_it_shall_be(api: BotApi) -> None:
    """Words that stand there already, as after a crash, are not refused; nothing is sent in their place."""
    chat = started(api)

    async def act(sender: Sender) -> tuple[int | None, int | None]:
        number = await sender.send(chat.id, send_message("Shall it go?", BOLD))
        assert number is not None
        gone = edit_message(number, "Gone.")
        return await sender.send(chat.id, gone), await sender.send(chat.id, gone)

    first, second = with_sender(api, act)
    assert (first, second) == (chat.received[0].id, None)
    assert [message.text for message in chat.received] == ["Gone."]


@pytest.mark.parametrize(
    "request_",
    [
        edit_message(99, "x"),
        answer_callback("0", "x"),
        send_message("bold", BOLD, thread=99),
        send_message("x" * 5000, BOLD),
    ],
    ids=["no message", "no query", "no topic", "too long"],
)
def test_what_will_never_be_accepted(request_: dict[str, Any], api: BotApi) -> None:
    """It is given up at once, with Telegram's words."""
    chat = started(api)
    with pytest.raises(RefusedError, match=r"\w"):
        with_sender(api, lambda sender: sender.send(chat.id, request_))
    assert chat.received == []


def test_what_waits_from_an_older_version_is_sent(api: BotApi) -> None:
    """A message that was stored with HTML goes out without its formatting."""
    chat = started(api)
    old = {"do": "send", "html": "<b>x</b> y", "plain": "x y", "buttons": [], "thread": 0, "reply_to": 0}
    with_sender(api, lambda sender: sender.send(chat.id, old))
    assert [message.text for message in chat.received] == ["x y"]


def test_a_token_that_is_taken_back(api: BotApi) -> None:
    """It is no refusal of a message: the whole bot has to end."""
    chat = started(api)

    async def act(sender: Sender) -> None:
        api.token = "7000000001:another"
        await sender.send(chat.id, send_message("x"))

    with pytest.raises(InvalidToken):
        with_sender(api, act)


def test_nothing_goes_to_a_chat_before_its_time(api: BotApi) -> None:
    """A chat that was told to wait is not asked before that; another is. What waits ends with the process."""
    chat, other = started(api), started(api)
    api.flood(chat, 30)

    async def act(sender: Sender) -> list[bool]:
        waiting = [asyncio.create_task(sender.send(chat.id, send_message("x")))]
        while not told:  # by the client, not yet by the server: between the two, it may still ask
            await asyncio.sleep(0.01)
        waiting += [asyncio.create_task(sender.send(chat.id, send_message("x"))) for _ in range(2)]
        api.flood(chat, None)
        await sender.send(other.id, send_message("x"))
        sender.end()
        await asyncio.wait(waiting)
        return [isinstance(task.exception(), ShutdownError) for task in waiting]

    with capture_logs() as told:
        assert with_sender(api, act) == [True, True, True]
    assert api.impatience == []
    assert (len(chat.received), len(other.received)) == (0, 1)


def test_drafts_are_shown_in_private_chats_only_and_never_after_the_answer(telegram: Starter, api: BotApi) -> None:
    """Although Telegram is slow to take them: what shows that the bot thinks comes before what it says to an update."""
    api.delay(0.4, "sendMessageDraft")
    api.delay(0.4, "sendChatAction")
    telegram()
    anna = api.user("Anna")
    text = "\n\n".join(f"In the year {year} the ferry sank again, and nobody wrote it down." for year in range(1500))
    private, group = api.private(anna), api.supergroup("Newsroom", anna)
    for chat in (private, group):
        chat.attach(anna, "ferry.txt", text.encode(), mime="text/plain", caption=f"@footnote_bot {QUESTION}")
    for chat in (private, group):
        chat.wait(2)
        chat.ask(anna, f"@footnote_bot {QUESTION}")
    assert any("ferry" in draft.text for draft in private.drafts)
    assert "typing" in private.actions
    assert group.drafts == []
    for chat in (private, group):
        said = [message.number for message in chat.received]
        asked = api.log[: said[0]], api.log[said[0] : said[1]], api.log[said[1] : said[2]], api.log[said[2] :]
        between = [[r.method for r in part if r.parameters.text("chat_id") == str(chat.id)] for part in asked]
        assert between[0][-1] == "sendmessage"
        assert between[1] == ["sendmessage"]
        assert between[3] == []
