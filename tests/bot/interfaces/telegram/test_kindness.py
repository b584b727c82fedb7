"""What makes a conversation in a chat easy: one line where one is enough, and choices as buttons."""

from __future__ import annotations

from bot_api import BotApi
from pdfs import pdf
from telegram_process import TelegramProcess

from prompts import words
from tests.conftest import Opener

BOARD = "The board met in {month}. The chair is {chair}. It approved the accounts of the year."
LONG = "The lighthouse of Skerryvore was built of granite by Alan Stevenson. " * 20


def test_an_answer_of_one_sentence_is_three_lines(shared: BotApi) -> None:
    """The sentence, and where it stands: its words are not said again, and the buttons are in one row."""
    anna, chat = shared.meet("Anna")
    answer = chat.ask(anna, "Who is Mao Ning?")
    said, blank, place = answer.text.split("\n")
    assert said.endswith("[1]") and blank == "" and place.endswith("paragraph 2")
    assert [len(row) for row in answer.buttons] == [3]


def test_what_is_no_question_about_a_text_is_not_refused_like_one(shared: BotApi) -> None:
    """Calls to stop, names of files, wishes for another language and questions about the documents have own answers."""
    anna, chat = shared.meet("Anna")
    chat.attach(anna, "one.txt", BOARD.format(month="May", chair="Ms Tarbert").encode())
    chat.wait(1)
    for said, told in (
        ("stop", words("nothing_to_stop")),
        ("Stop!", words("nothing_to_stop")),
        ("What documents do you have?", "I have read “China and Russia have deepened …”, “one”."),
        ("one.txt", "Ask me something about “one”"),
        ("Translate that to German", "I can only quote"),
    ):
        answer = chat.ask(anna, said)
        assert told in answer.text, said
        assert "\n" not in answer.text
        assert all(len(row) <= 2 for row in answer.buttons)


def test_documents_are_called_what_they_are_called(shared: BotApi) -> None:
    """By the names of their files: shown, listed, asked about by name, and summarised by button or by name."""
    anna, chat = shared.meet("Anna")
    for year, chair in ((2024, "Mr Mull"), (2025, "Ms Tarbert")):
        chat.attach(anna, f"Annual report {year}.pdf", pdf(BOARD.format(month="May", chair=chair)))
    read = [message.text for message in chat.wait(2)]
    assert read == [f"I have read “Annual report {year}” (1 page). Ask me about it." for year in (2024, 2025)]
    for year, chair in ((2024, "Mr Mull"), (2025, "Ms Tarbert")):
        answer = chat.ask(anna, f"Who is the chair in the Annual report {year}?")
        assert chair in answer.text and f"Annual report {year}, page 1" in answer.text
    asked = chat.ask(anna, "/summary")
    assert "\n" not in asked.text and "Annual" not in asked.text
    assert [row[0]["text"] for row in asked.buttons][-2:] == ["Annual report 2024", "Annual report 2025"]
    count = len(chat.received)
    chat.press(anna, asked, "Annual report 2025")
    assert "Ms Tarbert" in chat.wait(count + 1)[-1].text
    assert "Mr Mull" in chat.ask(anna, "/summary Annual report 2024").text


def test_a_long_text_is_read_only_when_that_is_wanted(shared: BotApi) -> None:
    """Two buttons: read as a document, or taken for the question that it is; one that asks is a question at once."""
    anna, chat = shared.meet("Anna")
    asked = chat.ask(anna, f"{'I have read a lot about the war and the trade between them. ' * 20}\nWho is Mao Ning?")
    assert "[1]" in asked.text
    keep = chat.ask(anna, LONG)
    assert (keep.text, [len(row) for row in keep.buttons]) == (words("keep_text"), [2])
    assert "In this chat alone" not in chat.ask(anna, "/documents").text
    count = len(chat.received)
    chat.press(anna, keep, words("keep_yes"))
    assert chat.wait(count + 1)[-1].text.startswith("I have read")
    shared.until(lambda: keep.text == words("keep_yes") and not keep.buttons)
    assert "Alan Stevenson" in chat.ask(anna, "Who built the lighthouse of Skerryvore?").text


def test_whoever_is_not_helped_can_say_why(shared: BotApi, running: TelegramProcess, open_footnote: Opener) -> None:
    """👎 asks why with buttons, as a reply to the answer, and is kept with or without a reason."""
    footnote = open_footnote(running.data)
    anna, chat = shared.meet("Anna")
    answer = chat.ask(anna, "Who is Mao Ning?")
    chat.press(anna, answer, "👎")
    why = chat.wait(2)[-1]
    assert (why.text, why.reply_to, [len(row) for row in why.buttons]) == (words("feedback_why"), answer, [3])
    asker = f"chat:{chat.id}"
    assert [(one.helpful, one.comment) for one in footnote.feedback.given(asker)] == [(False, None)]
    chat.press(anna, why, words("why_place"))
    shared.until(lambda: why.text == words("feedback_thanks"))
    assert [(one.helpful, one.comment) for one in footnote.feedback.given(asker)] == [(False, "wrong place")]
    chat.press(anna, answer, "1")
    assert chat.wait(3)[-1].reply_to is answer


def test_files_that_are_sent_together_are_asked_about_together(shared: BotApi) -> None:
    """The question under one of them is answered once, when the last is read, from all of them."""
    anna, chat = shared.meet("Anna")
    with shared.at_once():
        for number, (month, chair) in enumerate((("May", "Mr Mull"), ("June", "Ms Tarbert"), ("July", "Mr Coll"))):
            content = BOARD.format(month=month, chair=chair).encode()
            question = "Who is the chair of the board that met in July?" if number == 0 else ""
            chat.attach(anna, f"minutes of {month}.txt", content, mime="text/plain", caption=question, album="1")
    *read, answer = chat.wait(4)
    assert [message.text for message in read] == [
        f"I have read “minutes of {month}”. Ask me about it." for month in ("May", "June", "July")
    ]
    assert "Mr Coll" in answer.text
    shared.until(lambda: not shared.waiting())
    assert len(chat.received) == 4


def test_a_long_document_keeps_nobody_waiting_without_a_word(shared: BotApi) -> None:
    """While it is read, commands are carried out, a question is told that it waits, and then answered."""
    anna, chat = shared.meet("Anna")
    years = "\n\n".join(f"In the year {year} the ferry number {year} sank off the coast." for year in range(9_000))
    chat.attach(anna, "ferries.txt", years.encode(), mime="text/plain")
    shared.until(lambda: any("ferries" in draft.text for draft in chat.drafts))
    asked = chat.say(anna, "When did the ferry number 4711 sink?")
    chat.say(anna, "/documents")
    chat.wait_for(lambda message: "For everyone" in message.text)
    assert chat.wait_for(lambda message: message.text == words("busy")).reply_to is asked
    assert "4711" in chat.wait_for(lambda message: "[1]" in message.text).text
    shared.until(lambda: any("left" in draft.text for draft in chat.drafts))
    texts = [message.text for message in chat.received]
    assert texts.count(words("busy")) == 1
    (read,) = (number for number, text in enumerate(texts) if text.startswith("I have read"))
    assert read > max(texts.index(words("busy")), *(n for n, text in enumerate(texts) if "For everyone" in text))


def test_the_quotes_of_an_answer_are_shown_in_one_message(shared: BotApi) -> None:
    """Pressed again, or another footnote's, a button changes what was opened; once that was deleted it opens anew."""
    anna, chat = shared.meet("Anna")
    answer = chat.ask(anna, "Summarise the article.")
    chat.press(anna, answer, "1")
    opened = chat.wait(2)[-1]
    first = opened.text
    assert opened.reply_to is answer
    chat.press(anna, answer, "2")
    shared.until(lambda: opened.text != first)
    assert "[2]" in opened.text
    chat.press(anna, answer, "2")
    chat.press(anna, answer, "1")
    shared.until(lambda: opened.text == first)
    assert len(chat.received) == 2
    chat.messages.remove(opened)
    chat.press(anna, answer, "2")
    anew = chat.wait(2)[-1]
    assert anew is not opened and "[2]" in anew.text
    (refused,) = shared.refusals  # what a person deleted is no fault of the bot's
    assert refused.method == "editmessagetext"
    refused.fault = False
