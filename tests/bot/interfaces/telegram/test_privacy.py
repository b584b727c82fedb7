"""What is private to a chat: its documents, its remarks, its answers. The same people are in both chats."""

from __future__ import annotations

from bot_api import BotApi
from bot_api_chats import Chat, Query, User
from telegram_process import Starter

from tests.conftest import Opener

SECRET = "The Quillon vault below the harbour opens with the number 4711. Nobody but Anna has been told of it."
WORDS = ("Quillon", "4711")


def pressed(api: BotApi, chat: Chat, who: User, data: str) -> Query:
    """A button that stands under no message: anyone who writes a client of their own can press it."""
    query = chat.press_forged(who, chat.received[-1], data)
    api.until(lambda: query.answer is not None)
    return query


def test_what_is_private_shows_nowhere_else(shared: BotApi) -> None:
    """Neither questions, nor commands, nor links, nor buttons bring a private document or answer into another chat."""
    anna, ben = shared.user("Anna"), shared.user("Ben")
    private, other, group = shared.private(anna), shared.private(ben), shared.supergroup("Newsroom", anna, ben)
    private.attach(anna, "vault.txt", SECRET.encode(), mime="text/plain")
    (read,) = private.wait(1)
    remove = read.buttons[0][0]["callback_data"]
    document = remove.removeprefix("x:")
    answer = private.ask(anna, "Where is the Quillon vault?")
    assert "below the harbour" in answer.text
    shows = next(button["callback_data"] for row in answer.buttons for button in row if button["text"] == "1")

    for chat, who in ((group, anna), (group, ben), (other, ben)):
        for question in (
            *("@footnote_bot Where is the Quillon vault?", "/ask What number opens the vault below the harbour?"),
            *("/summary", "/sources", "/documents", f"/start doc_{document}"),
            "/ask What did I ask you about in private?",
        ):
            chat.ask(who, question)
        assert pressed(shared, chat, who, shows).answer != ""
        assert pressed(shared, chat, who, remove).answer != ""
        assert pressed(shared, chat, who, f"q:1:{document}").answer != ""
        pressed(shared, chat, who, "d:0.1:1")
        for rubbish in ("", "x" * 64, "s:0.1:999999999:1", "s:../../etc:1:1", "x:*", "forget:YES", "q:0:0"):
            pressed(shared, chat, who, rubbish)
        for message in chat.received[-30:]:
            said = message.text + "".join(button["text"] for row in message.buttons for button in row)
            told = said.replace("Quillon vault?", "").replace("the vault below the harbour?", "")
            assert not any(word in told for word in WORDS), told
    # It is still there, and what was forged has changed nothing.
    assert "4711" in private.ask(anna, "What number opens the vault?").text
    assert private.ask(anna, "/documents").button(remove)


def test_what_is_said_in_private_is_no_part_of_what_a_group_talks_about(shared: BotApi) -> None:
    """A follow-up in the group does not lean on what the same person asked in private, nor the other way round."""
    anna = shared.user("Anna")
    private, group = shared.private(anna), shared.supergroup("Newsroom", anna)
    private.ask(anna, "Who is Mao Ning?")
    group.ask(anna, "@footnote_bot Where did Blinken speak about China?")
    more = private.ask(anna, "What else did she say?")
    assert "paragraph 3" in more.text  # what Mao said, of whom only the private chat has talked
    sources = group.ask(anna, "/sources").text
    assert "Brussels" in sources
    assert "Mao" not in sources


def test_a_forgotten_chat_leaves_nothing(telegram: Starter, api: BotApi, open_footnote: Opener) -> None:
    """Documents, answers and words are gone from the database; old buttons say so; another chat keeps its own."""
    telegram()
    anna, ben = api.user("Anna"), api.user("Ben")
    private, other = api.private(anna), api.private(ben)
    for chat, who in ((private, anna), (other, ben)):
        chat.attach(who, "vault.txt", SECRET.encode(), mime="text/plain", caption="What number opens the vault?")
        chat.wait(2)
    answer = private.received[1]
    sure = private.ask(anna, "/forget")
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
    assert "4711" in other.ask(ben, "What number opens the vault?").text
