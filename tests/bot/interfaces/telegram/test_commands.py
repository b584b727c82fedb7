"""Commands, changed and forwarded messages, languages; and who may talk to the bot, how often."""

from __future__ import annotations

from bot_api import BotApi
from telegram_process import Starter

from bot.interfaces.telegram.message_handler import COMMANDS
from prompts import ENGLISH, LANGUAGES, words
from retrieval.types import SHARED, Document
from tests.conftest import Opener

FERRY = "The ferry to Tiree leaves Oban at seven in the morning. Captain Morag MacLean said that it is never late."
YEARS = "\n\n".join(f"In the year {year} the ferry number {year} sank off the coast." for year in range(20_000))


def test_the_questions_to_begin_with_are_answered(shared: BotApi) -> None:
    """Each of the three buttons of /start is answered with words on what it names; the commands are in the menu."""
    anna, chat = shared.meet("Anna")
    hello = chat.ask(anna, "/start")
    questions = [row[0]["text"] for row in hello.buttons]
    assert len(questions) == 3
    for number, question in enumerate(questions):
        chat.press(anna, hello, question)
        asked, answer = chat.wait(2 * number + 3)[-2:]
        assert asked.text == question
        assert question.rstrip("?").split()[-1] in answer.text
        assert "[1]" in answer.text
    menus = [request.parameters for request in shared.log if request.method == "setmycommands"]
    assert {menu.text("language_code") for menu in menus} == {"", *LANGUAGES} - {ENGLISH}
    assert all(f'"{name}"' in menu.text("commands") for menu in menus for name in COMMANDS)


def test_a_link_opens_one_shared_document(telegram: Starter, api: BotApi, open_footnote: Opener) -> None:
    """From then on that one alone is asked about, until /new; /summary is of that one; unknown ids say so."""
    footnote = open_footnote()
    footnote.seed()
    added = footnote.library.add(Document("ferry", "Ferries", FERRY), SHARED)
    telegram()
    anna, chat = api.meet("Anna")
    for text, said, unsaid in (
        ("/summary", "Ferries", ""),  # which of the two?
        (f"/start doc_{added.id}", "Ferries", "China"),
        ("Who is Mao Ning?", "", "spokesperson"),
        ("/summary", "Tiree", ""),
        ("/new", "", ""),
        ("Who is Mao Ning?", "spokesperson", ""),
        *((f"/start doc_{wrong}", "do not know this document", "") for wrong in ("0123456789ab", "", "../../etc")),
    ):
        message = chat.ask(anna, text)
        answer = " ".join([message.text, *message.labels])
        assert said in answer
        assert not unsaid or unsaid not in answer


def test_a_call_to_stop_overtakes(shared: BotApi) -> None:
    """A long document is not read to its end, what waits behind it is told so, and nothing half-read is there."""
    anna, chat = shared.meet("Anna")
    chat.attach(anna, "ferries.txt", YEARS.encode(), mime="text/plain")
    waiting = chat.say(anna, "Who is Mao Ning?")
    shared.until(lambda: any("ferries" in draft.text for draft in chat.drafts))
    chat.say(anna, "/stop")
    chat.wait_for(lambda message: message.text == "I have stopped.")
    assert chat.wait_for(lambda message: "no answer" in message.text).reply_to is waiting
    chat.say(anna, "Where did Blinken speak about China?")
    assert "Brussels" in chat.wait_for(lambda message: "[1]" in message.text).text
    chat.say(anna, "/documents")
    assert "ferries" not in chat.wait_for(lambda message: "For everyone" in message.text).text
    chat.say(anna, "/stop")
    chat.wait_for(lambda message: message.text == "There is nothing to stop.")


def test_everyone_is_spoken_to_in_their_language(shared: BotApi) -> None:
    """An answer's fixed words are in the question's language, menus and notes in that of the asker's program, in
    the same group, too; English where there is neither.
    """
    anna, jo, li = (shared.user(name, language=code) for name, code in (("Anna", "de-AT"), ("Jo", "ka"), ("Li", "zh")))
    group = shared.supergroup("Newsroom", anna, jo, li)
    for question, said in (
        ("When was the Eiffel Tower built?", "The text does not say.\n\nThe nearest passages:\n[1] "),
        ("Wann wurde der Eiffelturm gebaut?", "Der Text sagt nichts dazu.\n\nAm nächsten kommen diese Stellen:\n[1] "),
    ):
        for who in (anna, jo, li):
            assert group.ask(who, f"/ask {question}").text.startswith(said)
    chat = shared.private(anna)
    told = {"/start": "Hallo", "/help": "Aufbewahrt", "Danke!": "Gern geschehen", "/dance": "kenne ich nicht"}
    for question, said in told.items():
        assert said in chat.ask(anna, question).text
    assert shared.private(li).ask(li, "/help").text.startswith(words("help", "zh", types="")[:4])
    assert shared.private(jo).ask(jo, "/help").text.startswith("Ask a question")


def test_messages_that_are_not_simply_typed(shared: BotApi) -> None:
    """A changed question is answered anew, as a reply; a forwarded one is a question only when it asks.

    What Telegram's library cannot read is passed over, and several questions at once are answered one by one.
    """
    anna, ben = shared.user("Anna"), shared.user("Ben")
    chat = shared.private(anna)
    asked = chat.say(anna, "Who is Mao Nin?")
    chat.wait(1)
    chat.edit(asked, "Where did Blinken speak about China?")
    anew = chat.wait(2)[1]
    assert "Brussels" in anew.text
    assert anew.reply_to is asked
    assert "spokesperson" in chat.ask(anna, "Who is Mao Ning?", forwarded_from=ben).text
    long = "The lighthouse of Skerryvore was built of granite. " * 10
    keep = chat.ask(anna, long, forwarded_from=ben)
    assert keep.text == words("keep_text")
    chat.press(anna, keep, words("keep_yes"))
    assert chat.wait(5)[-1].text.startswith("I have read")
    assert "granite" in chat.ask(anna, "What was the lighthouse of Skerryvore built of?").text
    strange = {"message_id": "seven", "chat": {"id": chat.id, "type": 5}, "from": [], "text": {"not": "text"}}
    with shared.at_once():
        shared.deliver("message", strange)
        shared.deliver("edited_message", {"chat": None})
        for question in ("Who is Mao Ning?", "Where did Blinken speak about China?", "What did Yellen warn of?"):
            chat.say(anna, question)
    answers = chat.wait(9)[6:]
    assert all(said in answer.text for said, answer in zip(("Mao Ning", "Brussels", "Yellen"), answers, strict=True))
    assert answers[0].reply_to is not None
    assert answers[0].reply_to.text == "Who is Mao Ning?"


def test_who_may_talk_to_the_bot_and_how_often(telegram: Starter, api: BotApi) -> None:
    """By id, by name or by chat; others get one line in private, with their number, and none in a group.

    A flood of one person's messages has one friendly line; another person is answered meanwhile.
    """
    anna, ben, eve = api.user("Anna"), api.user("Ben", username="ben_reads"), api.user("Eve")
    group, closed = api.supergroup("Newsroom", anna, ben, eve), api.supergroup("Elsewhere", eve)
    allowed = f"{anna.id}, @Ben_Reads, {group.id}"
    telegram(FOOTNOTE_TELEGRAM_ALLOWED=allowed, FOOTNOTE_TELEGRAM_QUESTIONS_A_MINUTE="3")
    chat, other = api.private(anna), api.private(eve)
    for _ in range(12):
        chat.say(anna, "Thanks!")
    assert "spokesperson" in api.private(ben).ask(ben, "Who is Mao Ning?").text
    assert "spokesperson" in group.ask(eve, "/ask Who is Mao Ning?").text
    closed.say(eve, "/ask Who is Mao Ning?")
    refused = other.ask(eve, "Who is Mao Ning?").text
    assert str(eve.id) in refused
    assert "spokesperson" not in refused
    chat.wait(4)
    api.until(lambda: not api.waiting())
    texts = [message.text for message in chat.received]
    assert texts.count("You are welcome.") == 3
    assert sum("a lot at once" in text for text in texts) == 1
    assert closed.received == []
