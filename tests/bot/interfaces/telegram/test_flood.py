"""A chat that Telegram wants left alone waits by itself; while Telegram is not there all wait, and nothing is lost."""

from __future__ import annotations

import random
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, pairwise

import httpx
import pytest
from bot_api import BotApi
from bot_api_chats import Chat
from facts import DOCUMENT, FACTS, told
from telegram_process import Starter

from prompts import words
from tests.conftest import Opener

pytestmark = pytest.mark.usefixtures("without_reader")

CHATS = 8
WORD = "Who is China's foreign ministry spokesperson?"
UNREACHABLE = "Telegram cannot be reached"
CONFLICT = "Another program takes the updates of this bot, too. End it, or take a token of its own."


def chats_of(api: BotApi, count: int) -> list[Chat]:
    """Private chats of new people."""
    return [api.meet(f"Person {number}")[1] for number in range(count)]


def ask(chat: Chat, question: str) -> None:
    """The person of a private chat asks."""
    chat.say(chat.world.users[chat.id], question)


def delay(chats: list[Chat], questions: list[str]) -> float:
    """The median of the seconds until each answer, in all chats at once, one question after the other in each."""

    def talk(chat: Chat) -> list[float]:
        times = [time.monotonic()]
        for question in questions:
            chat.ask(chat.world.users[chat.id], question)
            times.append(time.monotonic())
        return [later - earlier for earlier, later in pairwise(times)]

    with ThreadPoolExecutor(len(chats)) as pool:
        return statistics.median(chain.from_iterable(pool.map(talk, chats)))


@pytest.mark.parametrize("seconds", [3, pytest.param(30, marks=pytest.mark.long)])
def test_a_flooded_chat_holds_up_no_other(seconds: int, telegram: Starter, api: BotApi, open_footnote: Opener) -> None:
    """One chat is answered RetryAfter to all, as long as the test likes: all others have their answers meanwhile.

    They are about as fast as before, and it has its own afterwards, in order.
    """
    open_footnote().library.add(DOCUMENT)
    bot = telegram()
    flooded, *others = chats_of(api, CHATS)
    questions = list(FACTS)
    delay(others, questions[:2])  # everything is warm
    before = delay(others, questions[2:6])
    api.flood(flooded, seconds)
    for question in questions:
        ask(flooded, question)
    api.until(lambda: "told to wait" in bot.warned())
    during = delay(others, questions[6:10])
    assert flooded.received == []
    api.flood(flooded, None)  # which it does not know before its time is over
    assert [told(message.text) for message in flooded.wait(len(questions))] == questions
    print(f"median delay of the others: {before:.3f} s before, {during:.3f} s while one chat is flooded")
    assert during < 2 * before + 1


@pytest.mark.parametrize("megabytes", [0.25, pytest.param(2, marks=pytest.mark.long)])
def test_a_chat_that_reads_holds_up_no_other(
    megabytes: float, telegram: Starter, api: BotApi, open_footnote: Opener
) -> None:
    """While a long document is read in one chat, others have their answers, and so has it, afterwards and in order."""
    open_footnote().library.add(DOCUMENT)
    telegram()
    reading, *others = chats_of(api, 4)
    questions = list(FACTS)
    before = delay(others, questions[:4])
    line = "In the year {} the ferry sank again near the island of Tiree, and nobody wrote down why that was so."
    lines = (line.format(number) for number in range(int(megabytes * 2**20) // len(line)))
    reader = api.users[reading.id]
    reading.attach(reader, "ferry.txt", "\n\n".join(lines).encode(), mime="text/plain")
    ask(reading, questions[0])
    api.until(lambda: reading.drafts)
    during = delay(others, questions[4:6])
    said = [message.text for message in reading.received if message.text != words("busy")]
    assert said == [], "the reading must outlast what was measured in it"
    reading.wait_for(lambda message: "[1]" in message.text)
    read, answer = (message for message in reading.received if message.text != words("busy"))
    assert "ferry" in read.text
    assert told(answer.text) == questions[0]
    print(f"median delay of the others: {before:.3f} s before, {during:.3f} s while {megabytes} MB are read")


@pytest.mark.parametrize("fault", ["502", *(pytest.param(one, marks=pytest.mark.long) for one in ("broken", "slow"))])
def test_telegram_cannot_be_reached(fault: str, telegram: Starter, api: BotApi) -> None:
    """At the start or later connections break, answers are 502 or come late: all arrives once, in order, with a log.

    A message whose receipt alone was lost comes twice, and no other.
    """
    api.fail(2, "getMe", status=500)
    api.break_connections(2, "setMyCommands")
    bot = telegram()
    chats = chats_of(api, 3)
    for chat in chats:
        ask(chat, WORD)
    bot.ready()
    assert bot.warned() == [UNREACHABLE] * 4
    if fault == "broken":
        api.break_connections(8)
        api.break_connections(3, "getUpdates")
    elif fault == "502":
        api.fail(8)
        api.fail(3, "getUpdates")
    else:
        api.delay(1.5)
    for chat in chats:
        ask(chat, "/help")
    for chat in chats:
        answer, helps = chat.wait(2)
        assert "Mao Ning" in answer.text
        assert "Mao Ning" not in helps.text
    api.delay(0)
    assert api.duplicates() == {}
    assert (len(bot.warned()) > 4) == (fault != "slow")
    api.break_connections(1, "sendMessage", accepted=True)
    ask(chats[0], "Thanks!")
    ask(chats[0], WORD)
    *_, thanks, again, last = [message.text for message in chats[0].wait(5)]
    assert thanks == again != last
    assert bot.stop() == 0
    assert len(api.sent) == 9
    assert set(bot.warned()) == {UNREACHABLE}


def test_polls_that_fail(telegram: Starter, api: BotApi) -> None:
    """An update of a poll whose answer was lost comes once. While another program or a webhook takes the updates, the
    bot says so in its log and tries again; what waits is answered once that is over.
    """
    bot = telegram().ready()
    (chat,) = chats_of(api, 1)
    address = f"{api.base_url}{api.token}"
    for number in range(3):
        api.break_connections(1, "getUpdates", accepted=True)
        ask(chat, "/help")
        chat.wait(number + 1)
    ask(chat, "/help")  # the last fault may still stand before a poll that waits
    chat.wait(4)
    lost = bot.warned()
    assert set(lost) <= {UNREACHABLE}
    api.until(lambda: api.polling)
    httpx.post(f"{address}/getUpdates", data={"timeout": "0"}).raise_for_status()
    ask(chat, WORD)
    chat.wait(5)
    assert bot.warned()[len(lost) :] == [CONFLICT]
    api.until(lambda: api.polling)
    httpx.post(f"{address}/setWebhook", data={"url": "http://127.0.0.1:9/"}).raise_for_status()
    ask(chat, WORD)
    api.until(lambda: len(bot.warned()) >= len(lost) + 3)
    httpx.post(f"{address}/deleteWebhook").raise_for_status()
    chat.wait(6)
    assert set(bot.warned()[len(lost) :]) == {CONFLICT}
    assert len(api.sent) == 6
    with api.changed:  # the conflicts were no fault of the bot's: the test brought them about
        api.log[:] = [request for request in api.log if request.code != 409]


@pytest.mark.long
def test_everything_goes_wrong_at_random(telegram: Starter, api: BotApi, open_footnote: Opener) -> None:
    """Faults of every kind, in any order: each question of each chat is answered, in order."""
    open_footnote().library.add(DOCUMENT)
    telegram().ready()
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
