"""How the bot ends: what is being handled is finished and sent, what waits is left to the next one."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path
from unittest.mock import Mock

import psutil
import pytest
from bot_api import BotApi
from bot_api_chats import Chat, Message
from facts import DOCUMENT, FACTS, told
from patience import wait_until
from telegram_process import Starter, TelegramProcess

from bot.bootstrap import Footnote
from bot.interfaces.telegram.api.sending import Sender
from bot.interfaces.telegram.chat_queue import ChatQueues
from bot.interfaces.telegram.process import open_bot
from bot.settings import Settings
from prompts import words
from tests.conftest import Opener

pytestmark = pytest.mark.usefixtures("without_reader")

CHATS = 8
QUESTION = "Who is China's foreign ministry spokesperson?"
UNREACHABLE = "Telegram cannot be reached"


@pytest.mark.both_topologies(servers="long")
def test_asked_to_end_at_any_instant(telegram: Starter, api: BotApi, open_footnote: Opener) -> None:
    """Ended and started again while people ask: all is answered, in order, nothing twice; Ctrl-C gives 130."""
    open_footnote().library.add(DOCUMENT)
    bot = telegram().ready()
    chats = [api.meet(f"Person {number}") for number in range(CHATS)]
    for round_ in range(3):
        for question in list(FACTS)[5 * round_ : 5 * round_ + 5]:
            for person, chat in chats:
                chat.say(person, question)
        time.sleep(0.3 * round_ + 0.2)
        assert bot.stop() == 0
        bot.restart().ready()
    for _, chat in chats:
        assert [told(message.text) for message in chat.wait(len(FACTS))] == list(FACTS)
    bot.process.send_signal(signal.SIGINT)
    assert bot.ended() == 130
    assert len(api.sent) == CHATS * len(FACTS)
    assert bot.warned() == []


def test_what_is_being_handled_is_sent(telegram: Starter, api: BotApi) -> None:
    """A document that is read when the end comes is read to its end, and what is said to it arrives before the end.

    On a slow machine, who waits is told so meanwhile.
    """
    bot = telegram()
    anna, chat = api.meet("Anna")
    text = "\n\n".join(f"In the year {year} the ferry sank again, and nobody wrote it down." for year in range(1500))
    chat.attach(anna, "ferry.txt", text.encode(), mime="text/plain", caption="When did the ferry sink?")
    api.until(lambda: any("ferry" in draft.text for draft in chat.drafts))
    chat.say(anna, QUESTION)
    assert bot.stop() == 0
    assert len(said(chat)) == 2
    bot.restart()
    assert "Mao Ning" in chat.wait_for(lambda message: "Mao Ning" in message.text).text
    assert len(said(chat)) == 3
    assert bot.warned() == []


def said(chat: Chat) -> list[Message]:
    """What a chat received, but that a question waits."""
    return [message for message in chat.received if message.text != words("busy")]


@pytest.mark.parametrize("trouble", ["told to wait", pytest.param(UNREACHABLE, marks=pytest.mark.long)])
def test_it_waits_for_no_chat_that_must_wait(trouble: str, telegram: Starter, api: BotApi) -> None:
    """While a chat is told to wait an hour, or Telegram is not there, it ends; the next one sends the rest."""
    bot = telegram().ready()
    anna, chat = api.meet("Anna")
    if trouble == UNREACHABLE:
        api.fail(3, "sendMessage")
    else:
        api.flood(chat, 3600)
    chat.say(anna, QUESTION)
    api.until(lambda: trouble in bot.warned())
    assert bot.stop() == 0
    api.flood(chat, None)
    bot.restart()
    (answer,) = chat.wait(1)
    assert "Mao Ning" in answer.text
    assert set(bot.warned()) == {trouble}


@pytest.mark.parametrize("method", ["getMe", pytest.param("setMyCommands", marks=pytest.mark.long)])
def test_asked_to_end_while_it_starts(method: str, telegram: Starter, api: BotApi) -> None:
    """A bot that cannot reach Telegram yet ends all the same."""
    api.fail(100, method)
    bot = telegram()
    api.until(lambda: UNREACHABLE in bot.warned())
    assert bot.stop() == 0
    assert set(bot.warned()) == {UNREACHABLE}


@pytest.mark.both_topologies(servers="long")
def test_two_bots_on_one_library(tmp_path: Path, telegram: Starter, api: BotApi) -> None:
    """The second waits until the first has ended, also by kill -9, and goes on where that left off."""
    first = telegram().ready()
    anna, chat = api.meet("Anna")
    second = TelegramProcess(tmp_path / "data", api)
    try:
        api.until(lambda: [line["event"] for line in second.logged()].count("starting") == 2)
        answer = chat.ask(anna, QUESTION)
        assert [request.method for request in api.log].count("getme") == 1
        first.kill()
        chat.say(anna, "/help")
        chat.wait_for(lambda message: message.text != answer.text)
        # Killed before it has noted that it said something, a bot may say it once more: Telegram cannot be asked.
        assert len({sent.text for sent in api.sent}) == 2
        assert second.process.poll() is None
    finally:
        second.stop()


@pytest.mark.parametrize("level", ["debug", pytest.param("error", marks=pytest.mark.long)])
def test_a_token_that_is_none(level: str, tmp_path: Path, api: BotApi) -> None:
    """A wrong token ends the start with one line that says what to do, and the token is not to be read in it."""
    wrong = {"FOOTNOTE_TELEGRAM_TOKEN": "123:wrong_token_wrong", "FOOTNOTE_LOG_LEVEL": level}
    bot = TelegramProcess(tmp_path / "data", api, **wrong)
    assert bot.ended() == 1
    said = bot.log.read_text("utf-8")
    assert "Telegram does not know the token in FOOTNOTE_TELEGRAM_TOKEN. Ask @BotFather." in said
    assert "wrong_token" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("by", ["polling", pytest.param("webhook", marks=pytest.mark.long)])
def test_a_token_that_is_taken_back(by: str, tmp_path: Path, api: BotApi, open_footnote: Opener) -> None:
    """A bot whose token is revoked ends with one line; what was asked is answered by the one with the next token."""
    settings = {"FOOTNOTE_PUBLIC_URL": "http://127.0.0.1:9"} if by == "webhook" else {}
    bot = TelegramProcess(tmp_path / "data", api, **settings).ready()
    anna, chat = api.meet("Anna")
    old, api.token = api.token, "7000000001:another_token"
    message = {"message_id": 1, "date": 0, "chat": chat.shown(), "from": anna.shown(), "text": QUESTION}
    open_footnote().inbox.receive([(1, chat.id, {"update_id": 1, "message": message})])
    chat.started = True
    assert bot.ended() == 1
    said = bot.log.read_text("utf-8")
    assert said.count("Telegram does not know the token in FOOTNOTE_TELEGRAM_TOKEN.") == 1
    assert old not in said
    assert "Traceback" not in said
    after = TelegramProcess(tmp_path / "data", api)
    (answer,) = chat.wait(1)
    assert "Mao Ning" in answer.text
    assert after.stop() == 0


def test_no_token_is_ever_logged(telegram: Starter, api: BotApi) -> None:
    """Whatever goes wrong, and at the finest level: addresses that hold the token stay out of the log."""
    bot = telegram(FOOTNOTE_LOG_LEVEL="debug").ready()
    anna, chat = api.meet("Anna")
    api.fail(2)
    api.break_connections(2)
    api.break_connections(1, "getUpdates")
    api.refuse_formatting(1)
    chat.say(anna, QUESTION)
    chat.attach(anna, "ferry.txt", b"The ferry sank in a storm.", mime="text/plain")
    chat.wait(2)
    assert bot.stop() == 0
    said = bot.log.read_text("utf-8")
    assert UNREACHABLE in said
    assert api.token.split(":")[1] not in said


def test_it_ends_when_something_comes_at_that_very_moment(tmp_path: Path) -> None:
    """What wakes it does not make it forget that it was told to end."""
    settings = Settings(data_dir=tmp_path, telegram_token="1:a")  # nobody's

    async def told_to_end() -> bool:
        bot = Footnote(settings)
        chats = ChatQueues(bot.inbox, bot.outbox, Sender(open_bot(settings)), Mock())
        run = asyncio.create_task(chats.run())
        for _ in range(20):
            await asyncio.sleep(0.05)
            chats.wake()
        await asyncio.sleep(0.05)
        chats.wake()
        run.cancel()
        await asyncio.wait({run}, timeout=60)
        bot.close()
        return run.done()

    assert asyncio.run(told_to_end())


def test_a_document_that_takes_long_waits_for_the_next_start(telegram: Starter, api: BotApi) -> None:
    """The end does not wait for a document that takes minutes, nor do other chats; the next start takes it up again."""
    bot = telegram()
    (anna, chat), (ben, other) = api.meet("Anna"), api.meet("Ben")
    chat.attach(anna, "lines.txt", b"=\n" * 9_000_000, mime="text/plain")
    children = wait_until(lambda: psutil.Process(bot.process.pid).children(), bot.process)
    other.attach(ben, "ferry.txt", b"The ferry to Tiree leaves at nine.", mime="text/plain")
    assert "I have read" in other.wait(1)[0].text
    assert bot.stop() == 0
    assert not any(child.is_running() for child in children)
    assert not chat.received
    bot.restart()
    wait_until(lambda: psutil.Process(bot.process.pid).children(), bot.process)
    chat.say(anna, "/stop")
    chat.wait(1)
    wait_until(lambda: not psutil.Process(bot.process.pid).children(), bot.process)
