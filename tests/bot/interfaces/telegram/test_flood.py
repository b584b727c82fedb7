"""A chat that Telegram wants left alone waits by itself; while Telegram is not there all wait, and nothing is lost."""

from __future__ import annotations

import random
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from bot_api import BotApi
from bot_api_chats import Chat
from facts import DOCUMENT, FACTS, told
from telegram_process import TelegramProcess

from bot.bootstrap import Footnote

Starter = Callable[..., TelegramProcess]
CHATS = 20
WORD = "Who is China's foreign ministry spokesperson?"
SETTINGS = {"FOOTNOTE_TELEGRAM_QUESTIONS_A_MINUTE": "100000"}


def chats_of(api: BotApi, count: int) -> list[Chat]:
    """Private chats of new people."""
    return [api.private(api.user(f"Person {number}")) for number in range(count)]


def ask(chat: Chat, question: str) -> None:
    """The person of a private chat asks."""
    chat.say(chat.world.users[chat.id], question)


def delays(api: BotApi, chats: list[Chat], questions: list[str]) -> list[float]:
    """The seconds until each answer, in all chats at once, one question after the other in each."""
    found: list[float] = []

    def talk(chat: Chat) -> None:
        for question in questions:
            count, begun = len(chat.received), time.monotonic()
            ask(chat, question)
            chat.wait(count + 1)
            found.append(time.monotonic() - begun)

    threads = [threading.Thread(target=talk, args=(chat,)) for chat in chats]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(chats) * len(questions)
    return found


def warned(bot: TelegramProcess) -> list[dict[str, Any]]:
    """What its log says beside its start, none of it with a traceback."""
    lines = [line for line in bot.logged() if line["event"] not in ("starting", "ready")]
    assert "Traceback" not in bot.log.read_text("utf-8")
    return lines


def forgive(api: BotApi) -> None:
    """Conflicts were no fault of the bot's: the test brought them about."""
    with api.changed:
        api.log[:] = [request for request in api.log if request.code != 409]


@pytest.mark.parametrize("seconds", [12, pytest.param(30, marks=pytest.mark.long)])
def test_a_flooded_chat_holds_up_no_other(
    seconds: int, telegram: Starter, api: BotApi, open_footnote: Callable[[], Footnote]
) -> None:
    """One chat is answered RetryAfter to all: 19 others are as fast as before, and it has its answers afterwards."""
    open_footnote().library.add(DOCUMENT)
    bot = telegram(**SETTINGS).ready()
    flooded, *others = chats_of(api, CHATS)
    questions = list(FACTS)
    delays(api, others, questions[:2])  # everything is warm
    before = delays(api, others, questions[2:6])
    api.flood(flooded, seconds)
    begun = time.monotonic()
    for question in questions:
        ask(flooded, question)
    during = delays(api, others, questions[6:10])
    api.until(lambda: [line for line in warned(bot) if line["event"] == "told to wait"])
    assert time.monotonic() - begun < seconds, "the flood must outlast what was measured in it"
    assert flooded.received == []
    api.flood(flooded, None)  # which it does not know before its time is over
    asked = [told(message.text) for message in flooded.wait(len(questions))]
    assert time.monotonic() - begun > seconds
    assert asked == questions
    medians = statistics.median(before), statistics.median(during)
    print(f"median delay of the others: {medians[0]:.3f} s before, {medians[1]:.3f} s while one chat is flooded")
    assert medians[1] < 2 * medians[0] + 0.2


@pytest.mark.parametrize("megabytes", [0.2, pytest.param(2, marks=pytest.mark.long)])
def test_a_chat_that_reads_holds_up_no_other(
    megabytes: float, telegram: Starter, api: BotApi, open_footnote: Callable[[], Footnote]
) -> None:
    """While a long document is read in one chat, others have their answers, and so has it, afterwards and in order."""
    open_footnote().library.add(DOCUMENT)
    telegram(**SETTINGS).ready()
    reading, *others = chats_of(api, 4)
    questions = list(FACTS)
    delays(api, others, questions[:2])
    before = delays(api, others, questions[2:6])
    line = "In the year {} the ferry sank again near the island of Tiree, and nobody wrote down why that was so."
    lines = (line.format(number) for number in range(int(megabytes * 2**20) // len(line)))
    reader = api.users[reading.id]
    reading.attach(reader, "ferry.txt", "\n\n".join(lines).encode(), mime="text/plain")
    ask(reading, questions[0])
    api.until(lambda: reading.drafts)
    during: list[float] = []
    for question in questions[6:10]:
        if len(reading.received) == 0:
            during += delays(api, others, [question])
    assert during, "the reading must outlast what was measured in it"
    read, answer = api.until(lambda: reading.received if len(reading.received) == 2 else None, 400)
    assert "ferry" in read.text
    assert told(answer.text) == questions[0]
    medians = statistics.median(before), statistics.median(during)
    print(f"median delay of the others: {medians[0]:.3f} s before, {medians[1]:.3f} s while {megabytes} MB are read")
    assert medians[1] < 5 * medians[0] + 1


@pytest.mark.parametrize("fault", ["502", *(pytest.param(one, marks=pytest.mark.long) for one in ("broken", "slow"))])
def test_telegram_cannot_be_reached(fault: str, telegram: Starter, api: BotApi) -> None:
    """Connections break, answers are 502 or come late: what is said arrives once, in order, and the log has lines."""
    bot = telegram(**SETTINGS).ready()
    chats = chats_of(api, 3)
    if fault == "broken":
        api.break_connections(8)
        api.break_connections(3, "getUpdates")
    elif fault == "502":
        api.fail(8)
        api.fail(3, "getUpdates")
    else:
        api.delay(1.5)
    for chat in chats:
        ask(chat, WORD)
        ask(chat, "/help")
    for chat in chats:
        answer, helps = chat.wait(2)
        assert "Mao Ning" in answer.text
        assert "Mao Ning" not in helps.text
    api.delay(0)
    assert api.duplicates() == {}
    assert bot.stop() == 0
    lines = warned(bot)
    assert {line["event"] for line in lines} <= {"Telegram cannot be reached"}
    assert bool(lines) == (fault != "slow")


def test_an_outage_at_the_start(telegram: Starter, api: BotApi) -> None:
    """A bot that finds nobody when it starts tries again, and then answers what was asked meanwhile."""
    api.fail(2, "getMe", status=500)
    api.break_connections(2, "setMyCommands")
    bot = telegram()
    (chat,) = chats_of(api, 1)
    ask(chat, WORD)
    chat.wait(1)
    assert [line["event"] for line in warned(bot)] == ["Telegram cannot be reached"] * 4


def test_a_connection_breaks_after_acceptance(telegram: Starter, api: BotApi) -> None:
    """Only the message whose receipt was lost comes twice."""
    bot = telegram(**SETTINGS).ready()
    chat, other = chats_of(api, 2)
    ask(chat, WORD)
    chat.wait(1)
    api.break_connections(1, "sendMessage", accepted=True)
    ask(chat, "/help")
    chat.wait(3)
    ask(chat, WORD)
    ask(other, WORD)
    other.wait(1)
    first, helps, again, last = [message.text for message in chat.wait(4)]
    assert helps == again
    assert first.split("[1]")[0] == last.split("[1]")[0] != helps
    assert api.duplicates().get((chat.id, helps)) == 2
    assert len(api.sent) == 5
    assert [line["event"] for line in warned(bot)] == ["Telegram cannot be reached"]


def test_another_program_polls(telegram: Starter, api: BotApi) -> None:
    """The bot waits while another program takes its updates, says so in a line, and goes on when that ends."""
    bot = telegram().ready()
    (chat,) = chats_of(api, 1)
    api.until(lambda: api.polling)
    httpx.post(f"{api.base_url}{api.token}/getUpdates", data={"timeout": "0"}).raise_for_status()
    ask(chat, WORD)
    chat.wait(1)
    (line,) = warned(bot)
    assert line["event"] == "Another program takes the updates of this bot, too. End it, or take a token of its own."
    forgive(api)


def test_somebody_else_sets_a_webhook(telegram: Starter, api: BotApi) -> None:
    """While a webhook takes the updates the bot says so and tries again; what waits is answered once it is gone."""
    bot = telegram().ready()
    (chat,) = chats_of(api, 1)
    api.until(lambda: api.polling)
    address = f"{api.base_url}{api.token}"
    httpx.post(f"{address}/setWebhook", data={"url": "http://127.0.0.1:9/"}).raise_for_status()
    ask(chat, WORD)
    api.until(lambda: len(warned(bot)) >= 2)
    httpx.post(f"{address}/deleteWebhook").raise_for_status()
    chat.wait(1)
    assert {line["event"].split(".")[0] for line in warned(bot)} == {
        "Another program takes the updates of this bot, too"
    }
    forgive(api)


def test_long_polls_are_cut(telegram: Starter, api: BotApi) -> None:
    """A poll that gives no answer is asked again; an update that it had told of comes once."""
    bot = telegram().ready()
    (chat,) = chats_of(api, 1)
    for _ in range(3):
        api.break_connections(1, "getUpdates", accepted=True)
        ask(chat, "/help")
    chat.wait(3)
    assert len(api.sent) == 3
    assert {line["event"] for line in warned(bot)} <= {"Telegram cannot be reached"}


@pytest.mark.long
def test_everything_goes_wrong_at_random(telegram: Starter, api: BotApi, open_footnote: Callable[[], Footnote]) -> None:
    """Faults of every kind, in any order: each question of each chat is answered, in order."""
    open_footnote().library.add(DOCUMENT)
    telegram(**SETTINGS).ready()
    chats = chats_of(api, 5)
    asked: dict[int, list[str]] = {chat.id: random.sample(list(FACTS), 8) for chat in chats}
    faults = [
        lambda: api.break_connections(2),
        lambda: api.fail(2),
        lambda: api.fail(1, "sendMessage", status=500),
        lambda: api.break_connections(1, "getUpdates"),
        lambda: api.break_connections(1, "sendMessage", accepted=True),
        lambda: api.refuse_formatting(1),
    ]
    for number in range(8):
        for chat in chats:
            ask(chat, asked[chat.id][number])
        random.choice(faults)()
        time.sleep(random.uniform(0, 0.3))
    for chat in chats:
        chat.wait_for(lambda message, last=asked[chat.id][-1]: told(message.text) == last)
        found = [told(message.text) for message in chat.received]
        alone = [question for number, question in enumerate(found) if not number or question != found[number - 1]]
        assert alone == asked[chat.id]
