"""The commands of a chat, in the language of whoever gives them; and who may give any."""

from __future__ import annotations

from collections.abc import Callable

from bot_api import BotApi
from telegram_process import TelegramProcess

from bot.bootstrap import Footnote
from bot.interfaces.telegram.command_handler import COMMANDS
from retrieval.types import SHARED, Document

Starter = Callable[..., TelegramProcess]
MANY = {"FOOTNOTE_TELEGRAM_QUESTIONS_A_MINUTE": "1000"}
FERRY = "The ferry to Tiree leaves Oban at seven in the morning. Captain Morag MacLean said that it is never late."


def test_the_questions_to_begin_with_are_answered(telegram: Starter, api: BotApi) -> None:
    """Each of the three buttons of /start is answered with words on what it names; the commands are in the menu."""
    telegram(**MANY).ready()
    anna = api.user("Anna")
    chat = api.private(anna)
    chat.say(anna, "/start")
    (hello,) = chat.wait(1)
    questions = [row[0]["text"] for row in hello.buttons]
    assert len(questions) == 3
    for number, question in enumerate(questions):
        chat.press(anna, hello, question)
        asked, answer = chat.wait(2 * number + 3)[-2:]
        assert asked.text == question
        assert question.rstrip("?").split()[-1] in answer.text
        assert "[1]" in answer.text
    menus = [request.parameters for request in api.log if request.method == "setmycommands"]
    assert {menu.text("language_code") or "" for menu in menus} == {"", "de"}
    assert all(f'"{name}"' in menu.text("commands") for menu in menus for name in COMMANDS)


def test_a_link_opens_one_shared_document(
    telegram: Starter, api: BotApi, open_footnote: Callable[[], Footnote]
) -> None:
    """From then on that one alone is asked about, until /new; /summary is of that one; unknown ids say so."""
    footnote = open_footnote()
    footnote.seed()
    added = footnote.library.add(Document("ferry", "Ferries", FERRY), SHARED)
    telegram(**MANY).ready()
    anna = api.user("Anna")
    chat = api.private(anna)
    chat.say(anna, "/summary")
    assert "Ferries" in chat.wait(1)[0].text  # which of the two?
    chat.say(anna, f"/start doc_{added.id}")
    opened = chat.wait(2)[1]
    assert "Ferries" in opened.text
    assert "China" not in opened.text
    chat.say(anna, "Who is Mao Ning?")
    assert "spokesperson" not in chat.wait(3)[2].text
    chat.say(anna, "/summary")
    assert "Tiree" in chat.wait(4)[3].text
    chat.say(anna, "/new")
    chat.wait(5)
    chat.say(anna, "Who is Mao Ning?")
    assert "spokesperson" in chat.wait(6)[5].text
    for payload in ("doc_0123456789ab", "doc_", "doc_../../etc", "doc_" + "a" * 60):
        chat.say(anna, f"/start {payload}")
    assert all("do not know this document" in message.text for message in chat.wait(10)[6:])


def test_a_call_to_stop_overtakes(telegram: Starter, api: BotApi, open_footnote: Callable[[], Footnote]) -> None:
    """A long document is not read to its end, what waits behind it is told so, and nothing half-read is there."""
    telegram(**MANY).ready()
    anna = api.user("Anna")
    chat = api.private(anna)
    long = "\n\n".join(f"In the year {year} the ferry number {year} sank off the coast." for year in range(20_000))
    chat.attach(anna, "ferries.txt", long.encode(), mime="text/plain")
    chat.say(anna, "Who is Mao Ning?")
    api.until(lambda: any("ferries" in draft.text for draft in chat.drafts))
    chat.say(anna, "/stop")
    stopped = chat.wait_for(lambda message: message.text == "I have stopped.")
    cancelled = chat.wait_for(lambda message: "no answer" in message.text)
    assert cancelled.reply_to is not None
    assert cancelled.reply_to.text == "Who is Mao Ning?"
    chat.say(anna, "Where did Blinken speak about China?")
    assert "Brussels" in chat.wait_for(lambda message: "[1]" in message.text).text
    assert [one.title for one in open_footnote().library.entries([f"chat:{chat.id}"])] == []
    assert stopped in chat.received
    chat.say(anna, "/stop")
    chat.wait_for(lambda message: message.text == "There is nothing to stop.")


def test_everyone_is_spoken_to_in_their_language(telegram: Starter, api: BotApi) -> None:
    """Whoever uses Telegram in German is told all fixed words in German, also in the same group; others in English."""
    telegram(**MANY).ready()
    anna, jo, li = api.user("Anna", language="de-AT"), api.user("Jo", language="en"), api.user("Li", language="zh")
    group = api.supergroup("Newsroom", anna, jo, li)
    for number, (who, said) in enumerate(((anna, "Der Text sagt nichts"), (jo, "does not say"), (li, "does not say"))):
        group.say(who, "/ask When was the Eiffel Tower built?")
        assert said in group.wait(number + 1)[-1].text
    chat = api.private(anna)
    for number, (question, said) in enumerate(
        (("/start", "Hallo"), ("/help", "Aufbewahrt"), ("Thanks!", "Gern geschehen"), ("/dance", "kenne ich nicht"))
    ):
        chat.say(anna, question)
        assert said in chat.wait(number + 1)[-1].text


def test_who_is_not_on_the_list_is_told_so(telegram: Starter, api: BotApi) -> None:
    """By id, by name or by chat; others get one line in private, with their number, and none in a group."""
    anna, ben, eve = api.user("Anna"), api.user("Ben", username="ben_reads"), api.user("Eve")
    group, closed = api.supergroup("Newsroom", anna, ben, eve), api.supergroup("Elsewhere", eve)
    telegram(FOOTNOTE_TELEGRAM_ALLOWED=f"{anna.id}, @Ben_Reads, {group.id}").ready()
    for who in (anna, ben):
        chat = api.private(who)
        chat.say(who, "Who is Mao Ning?")
        assert "spokesperson" in chat.wait(1)[0].text
    group.say(eve, "/ask Who is Mao Ning?")
    assert "spokesperson" in group.wait(1)[0].text
    chat = api.private(eve)
    closed.say(eve, "/ask Who is Mao Ning?")
    chat.say(eve, "Who is Mao Ning?")
    refused = chat.wait(1)[0].text
    assert str(eve.id) in refused
    assert "spokesperson" not in refused
    assert closed.received == []


def test_whoever_asks_too_much_is_told_once(telegram: Starter, api: BotApi) -> None:
    """One friendly line for the flood of one person; another person is answered meanwhile."""
    telegram(FOOTNOTE_TELEGRAM_QUESTIONS_A_MINUTE="3").ready()
    anna, ben = api.user("Anna"), api.user("Ben")
    chat, other = api.private(anna), api.private(ben)
    for _ in range(12):
        chat.say(anna, "Thanks!")
    other.say(ben, "Who is Mao Ning?")
    assert "spokesperson" in other.wait(1)[0].text
    chat.wait(4)
    api.until(lambda: not api.waiting())
    texts = [message.text for message in chat.received]
    assert texts.count("You are welcome.") == 3
    assert sum("a lot at once" in text for text in texts) == 1
