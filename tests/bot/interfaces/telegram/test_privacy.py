"""What is private to a chat: its documents, its remarks, its answers. The same people are in both chats."""

from __future__ import annotations

from collections.abc import Callable

from bot_api import BotApi
from bot_api_chats import Chat, Query, User
from telegram_process import TelegramProcess

from bot.bootstrap import Footnote

Starter = Callable[..., TelegramProcess]
SECRET = "The Quillon vault below the harbour opens with the number 4711. Nobody but Anna has been told of it."
WORDS = ("Quillon", "4711")


def pressed(api: BotApi, chat: Chat, who: User, data: str) -> Query:
    """A button that stands under no message: anyone who writes a client of their own can press it."""
    query = chat.press_forged(who, chat.received[-1], data)
    api.until(lambda: query.answer is not None)
    return query


def test_what_is_private_shows_nowhere_else(shared: TelegramProcess) -> None:
    """Neither questions, nor commands, nor links, nor buttons bring a private document or answer into another chat."""
    api = shared.api
    anna, ben = api.user("Anna"), api.user("Ben")
    private, other, group = api.private(anna), api.private(ben), api.supergroup("Newsroom", anna, ben)
    private.attach(anna, "vault.txt", SECRET.encode(), mime="text/plain")
    (read,) = private.wait(1)
    remove = read.buttons[0][0]["callback_data"]
    document = remove.removeprefix("x:")
    private.say(anna, "Where is the Quillon vault?")
    answer = private.wait(2)[1]
    assert "below the harbour" in answer.text
    shows = next(button["callback_data"] for row in answer.buttons for button in row if button["text"] == "1")

    for chat, who in ((group, anna), (group, ben), (other, ben)):
        count = len(chat.received)
        asked = [
            "@footnote_bot Where is the Quillon vault?",
            "/ask What number opens the vault below the harbour?",
            "/summary",
            "/sources",
            "/documents",
            f"/start doc_{document}",
            "/ask What did I ask you about in private?",
        ]
        for question in asked:
            chat.say(who, question)
            count += 1
            chat.wait(count)
        assert pressed(api, chat, who, shows).answer != ""
        assert pressed(api, chat, who, remove).answer != ""
        assert pressed(api, chat, who, f"q:1:{document}").answer != ""
        pressed(api, chat, who, "d:0.1:1")
        for rubbish in ("", "x" * 64, "s:0.1:999999999:1", "s:../../etc:1:1", "x:*", "forget:YES", "q:0:0"):
            pressed(api, chat, who, rubbish)
        for message in chat.received[-30:]:
            said = message.text + "".join(button["text"] for row in message.buttons for button in row)
            told = said.replace("Quillon vault?", "").replace("the vault below the harbour?", "")
            assert not any(word in told for word in WORDS), told
    # It is still there, and what was forged has changed nothing.
    private.say(anna, "What number opens the vault?")
    assert "4711" in private.wait(3)[2].text
    private.say(anna, "/documents")
    assert private.wait(4)[3].button(remove)


def test_what_is_said_in_private_is_no_part_of_what_a_group_talks_about(shared: TelegramProcess) -> None:
    """A follow-up in the group does not lean on what the same person asked in private, nor the other way round."""
    api = shared.api
    anna = api.user("Anna")
    private, group = api.private(anna), api.supergroup("Newsroom", anna)
    private.say(anna, "Who is Mao Ning?")
    private.wait(1)
    group.say(anna, "@footnote_bot Where did Blinken speak about China?")
    group.wait(1)
    private.say(anna, "What else did she say?")
    assert "paragraph 3" in private.wait(2)[1].text  # what Mao said, of whom only the private chat has talked
    group.say(anna, "/sources")
    sources = group.wait(2)[1].text
    assert "Brussels" in sources
    assert "Mao" not in sources


def test_a_forgotten_chat_leaves_nothing(telegram: Starter, api: BotApi, open_footnote: Callable[[], Footnote]) -> None:
    """Documents, answers and words are gone from the database; old buttons say so; another chat keeps its own."""
    telegram()
    anna, ben = api.user("Anna"), api.user("Ben")
    private, other = api.private(anna), api.private(ben)
    for chat, who in ((private, anna), (other, ben)):
        chat.attach(who, "vault.txt", SECRET.encode(), mime="text/plain", caption="What number opens the vault?")
        chat.wait(2)
    answer = private.received[1]
    private.say(anna, "/forget")
    sure = private.wait(3)[2]
    query = private.press(anna, sure, "Delete everything")
    api.until(lambda: query.answer is not None and sure.text.startswith("Everything"))
    footnote = open_footnote()
    assert footnote.library.entries([f"chat:{private.id}"]) == []
    assert footnote.conversations.recall(f"chat:{private.id}", "0.1") == []
    with footnote.engine.connect() as connection:
        for table in ("chat_updates", "chat_messages"):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table} WHERE chat = {private.id}").fetchall()
            assert rows
            assert not any(word in str(rows) for word in (*WORDS, "vault"))
    assert pressed(api, private, anna, answer.buttons[0][0]["callback_data"]).answer != ""
    other.say(ben, "What number opens the vault?")
    assert "4711" in other.wait(3)[2].text
