"""The Bot API server of the tests: what the other tests rely on, each rule broken and kept by a real client."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest
from bot_api import BotApi
from bot_api_chats import Chat, User
from bot_api_text import Refused, kept
from receiver import Receiver
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity, ReplyParameters
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter

BIRD = "\U0001f426"  # two UTF-16 units, four bytes
BOLD = [MessageEntity("bold", 0, 3)]
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("1", callback_data="q:1")]])


class Client:
    """Each method of python-telegram-bot's `Bot` by its name, run to its end."""

    def __init__(self, api: BotApi) -> None:
        self._loop = asyncio.new_event_loop()
        self._bot = Bot(api.token, base_url=api.base_url, base_file_url=f"{api.url}/file/bot")
        self.run(self._bot.initialize())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._bot, name)
        return lambda *values, **named: self.run(method(*values, **named))

    def run(self, coroutine: Any) -> Any:
        """Run a coroutine of the client to its end."""
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        """End the client and its loop."""
        self.run(self._bot.shutdown())
        self._loop.close()


@pytest.fixture
def client(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """The server's client, which gives the time to wait as a `timedelta` without a warning."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with closing(Client(api)) as client:
        yield client


@pytest.fixture
def anna(api: BotApi) -> User:
    return api.user("Anna", language="de", username="anna_reads")


@pytest.fixture
def chat(api: BotApi, anna: User) -> Chat:
    """Her chat with the bot, which she has begun; the update is acknowledged."""
    chat = api.private(anna)
    chat.say(anna, "Hello")
    api.updates.clear()
    return chat


def refused(act: Callable[[], Any], words: str, kind: type[Exception] = BadRequest) -> None:
    """That a call is refused with these words, whatever the case: the client changes the first letter's."""
    with pytest.raises(kind) as error:
        act()
    assert words.lower() in str(error.value).lower()


def raw(api: BotApi, method: str, **fields: str) -> dict[str, Any]:
    """The answer to a form."""
    answer: dict[str, Any] = httpx.post(f"{api.base_url}{api.token}/{method}", data=fields, timeout=60).json()
    return answer


def test_tokens_and_methods(api: BotApi, client: Client) -> None:
    """A wrong token and what is no method are refused; commands have names and descriptions."""
    assert client.get_me().username == "footnote_bot"
    client.set_my_commands([("a_1", "a" * 256)])
    for command in (("Ask", "a"), ("a" * 33, "a"), ("ask", "a" * 257)):
        refused(lambda c=command: client.set_my_commands([c]), "command")
    assert raw(api, "sendCat")["description"] == "Not Found: method not found"
    api.token = "7000000001:another"
    with pytest.raises(InvalidToken):
        client.get_me()


def test_updates_come_until_they_are_acknowledged(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """An offset past an update ends it; without, it comes again; only the kinds asked for are told."""
    with api.at_once():
        for text in ("one", "two", "three"):
            chat.say(anna, text)
        assert client.get_updates() == ()
    _first, second, third = client.get_updates()
    assert client.get_updates(offset=second.update_id) == (second, third)
    assert client.get_updates(offset=third.update_id + 1) == ()
    client.get_updates(allowed_updates=["callback_query"])
    chat.say(anna, "not told")
    assert client.get_updates() == ()


def test_long_polls(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """One ends with the first update. Of two the older gets 409; one whose client has died is in nobody's way."""
    caught: list[dict[str, Any]] = []
    older = threading.Thread(target=lambda: caught.append(raw(api, "getUpdates", timeout="50")))
    older.start()
    api.until(lambda: api.polling)
    later = threading.Timer(0.3, chat.say, (anna, "hello"))
    later.start()
    assert [update.message.text for update in client.get_updates(timeout=50)] == ["hello"]
    older.join()
    later.join()
    assert "terminated by other getUpdates request" in caught[0]["description"]
    assert [request.code for request in api.refusals] == [409]
    api.log.clear()
    api.updates.clear()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{api.base_url}{api.token}/getUpdates", data={"timeout": "50"}, timeout=0.3)
    assert client.get_updates() == ()
    assert api.refusals == []


def test_what_people_do_is_told_as_telegram_tells_it(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Replies, forwarded text, commands, links, mentions, documents, edits and topics have their fields."""
    client.send_message(chat.id, "A bird nests here")
    asked = chat.say(anna, f"{BIRD} and here?", reply_to=chat.received[0])
    chat.say(anna, "/start doc_7")
    chat.say(anna, "see https://example.org/a?b=1, or write to @ben_reads", forwarded_from=api.user("Ben"))
    chat.attach(anna, "Bär.pdf", b"%PDF", caption="Read /this")
    chat.edit(asked, "or here?")
    forum = api.supergroup("Forum", anna)
    topic = forum.topic(anna, "Birds")
    forum.say(anna, "/ask here", topic=topic)
    reply, start, link, document, edited, _, here = client.get_updates()
    assert reply.message.reply_to_message.text == "A bird nests here"
    assert reply.message.from_user.language_code == "de"
    assert start.message.parse_entities() == {start.message.entities[0]: "/start"}
    assert list(link.message.parse_entities().values()) == ["https://example.org/a?b=1,", "@ben_reads"]
    assert link.message.forward_origin.sender_user.first_name == "Ben"
    assert (document.message.document.file_name, document.message.caption) == ("Bär.pdf", "Read /this")
    assert (edited.edited_message.text, edited.edited_message.message_id) == ("or here?", asked.id)
    assert (here.message.message_thread_id, here.message.is_topic_message) == (topic, True)
    assert here.message.reply_to_message.forum_topic_created.name == "Birds"
    client.send_message(forum.id, "answer", message_thread_id=topic)
    assert forum.received[0].thread == topic
    refused(lambda: client.send_message(forum.id, "a", message_thread_id=999), "message thread not found")


def test_privacy_mode_hides_what_is_not_for_the_bot(api: BotApi, client: Client, anna: User) -> None:
    """In a group the bot sees commands, mentions and replies to it, without privacy mode everything; if it is there."""
    group = api.group("Readers", anna)
    theirs = ("Hello all", "@footnote_bots hello", "/ask@other_bot what", "either/or")
    own = ("@footnote_bot hello", "/ask what", "/ask@Footnote_Bot what")
    for text in (*theirs, *own):
        group.say(anna, text)
    client.send_message(group.id, "Here I am")
    group.say(anna, "To you", reply_to=group.received[0])
    group.set_status(api.bot, "left")
    group.say(anna, "/ask")
    group.set_status(api.bot, "member")
    api.privacy = False
    group.say(anna, theirs[0])
    assert [update.message.text for update in client.get_updates()] == [*own, "To you", theirs[0]]


def test_messages_reply_and_are_edited(api: BotApi, client: Client, chat: Chat) -> None:
    """A reply needs its message or goes without; an edit needs one of the bot's own and changes something of it."""
    theirs = chat.messages[0]
    here, gone = ReplyParameters(theirs.id), ReplyParameters(9999, allow_sending_without_reply=True)
    client.send_message(chat.id, "One", entities=BOLD, reply_markup=KEYBOARD, reply_parameters=here)
    message = chat.received[0]
    assert (message.text, message.formatted, message.labels, message.reply_to) == ("One", True, ["1"], theirs)
    assert client.send_message(chat.id, "One", reply_parameters=gone).reply_to_message is None
    missing = ReplyParameters(9999)
    refused(lambda: client.send_message(chat.id, "a", reply_parameters=missing), "message to be replied not found")
    client.edit_message_text("Two", chat.id, message.id)
    assert (message.text, message.formatted, message.entities, message.labels) == ("Two", False, [], [])
    refused(lambda: client.edit_message_text("Two", chat.id, message.id), "message is not modified")
    refused(lambda: client.edit_message_text("Three", chat.id, theirs.id), "message can't be edited")
    refused(lambda: client.edit_message_text("Three", chat.id, 9999), "message to edit not found")
    assert (len(api.refusals), [sent.text for sent in api.sent]) == (4, ["One", "One"])


def test_a_pressed_button_is_answered_once_and_in_time(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """A second, an unknown and a long answer are refused; that one is too late is not the bot's fault."""
    client.send_message(chat.id, "One", reply_markup=KEYBOARD)
    query = chat.press(anna, chat.received[0], "1")
    [update] = client.get_updates()
    told = update.callback_query
    assert (told.data, told.message.text, told.from_user.id) == ("q:1", "One", anna.id)
    refused(lambda: client.answer_callback_query(told.id, "a" * 201), "MESSAGE_TOO_LONG")
    client.answer_callback_query(told.id, "a" * 200)
    assert query.answer == "a" * 200
    refused(lambda: client.answer_callback_query(told.id), "query is too old")
    refused(lambda: client.answer_callback_query("17"), "query ID is invalid")
    late = chat.press(anna, chat.received[0], "q:1")
    late.expired = True
    refused(lambda: client.answer_callback_query(late.id), "query is too old")
    assert len(api.refusals) == 3


def test_drafts_and_actions_are_seen(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Drafts go to private chats, with an id that is not 0; an action is one that there is."""
    group = api.group("Readers", anna)
    client.send_message_draft(chat.id, 5, "Thinking")
    client.send_message_draft(chat.id, 5)
    client.send_chat_action(group.id, "typing")
    assert [(draft.id, draft.text) for draft in chat.drafts] == [(5, "Thinking"), (5, "")]
    assert (chat.received, group.actions) == ([], ["typing"])
    refused(lambda: client.send_message_draft(group.id, 5, "a"), "TEXTDRAFT_PEER_INVALID")
    refused(lambda: client.send_message_draft(chat.id, 0, "a"), "RANDOM_ID_INVALID")
    refused(lambda: client.send_message_draft(chat.id, 1, "a" * 4097), "message is too long")
    refused(lambda: client.send_chat_action(group.id, "thinking"), "wrong parameter action in request")


def test_documents_are_downloaded_up_to_20_mb(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """GetFile names a path where the very bytes lie; a larger file and an unknown one are refused."""
    content = bytes(range(256)) * 100
    chat.attach(anna, "a.pdf", content)
    chat.attach(anna, "b.pdf", b"", size=20 * 1024 * 1024 + 1)
    small, large = (update.message.document for update in client.get_updates())
    file = client.get_file(small.file_id)
    assert bytes(client.run(file.download_as_bytearray())) == content
    refused(lambda: client.get_file(large.file_id), "file is too big")
    refused(lambda: client.get_file("none"), "invalid file_id")
    assert httpx.get(file.file_path + "x").status_code == 404


def test_chats_that_do_not_hear_the_bot_refuse_it(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Blocked, kicked and upgraded is no fault of the bot's; to write first or to nobody is."""
    chat.set_status(api.bot, "kicked")
    refused(lambda: client.send_message(chat.id, "a"), "bot was blocked by the user", Forbidden)
    group = api.supergroup("Readers", anna)
    assert [client.get_chat_member(group.id, user.id).status for user in (anna, api.user("Eve"))] == ["creator", "left"]
    group.set_status(api.bot, "kicked")
    refused(lambda: client.send_message(group.id, "a"), "bot was kicked from the supergroup chat", Forbidden)
    old = api.group("Writers", anna)
    new = api.upgrade(old)
    with pytest.raises(ChatMigrated) as error:
        client.send_message(old.id, "a")
    assert error.value.new_chat_id == new.id
    client.send_message(new.id, "a")
    told = [update.message for update in client.get_updates()]
    assert [message.migrate_to_chat_id or message.migrate_from_chat_id for message in told] == [new.id, old.id]
    assert api.refusals == []
    stranger = api.private(api.user("Ben"))
    refused(lambda: client.send_message(stranger.id, "a"), "bot can't initiate conversation with a user", Forbidden)
    refused(lambda: client.send_message(999, "a"), "chat not found")
    assert len(api.refusals) == 2


def test_a_webhook_is_called_in_order_until_it_takes_each_update(
    api: BotApi, client: Client, anna: User, chat: Chat
) -> None:
    """Every call carries the secret; what is not answered 2xx comes again before anything newer."""
    strange = f"a\ud83d/x\x00\u202e{BIRD} \ufffe"
    with closing(Receiver()) as receiver:
        hook = receiver.answers("/hook", 500, 404, 200)
        chat.say(anna, "one")
        client.set_webhook(hook, secret_token="a-Secret_7")
        chat.say(anna, strange)
        api.until(lambda: not api.updates)
        told = [json.loads(arrival.body)["message"]["text"] for arrival in receiver.arrivals]
        assert told == ["one", "one", "one", strange]
        assert {one.headers["x-telegram-bot-api-secret-token"] for one in receiver.arrivals} == {"a-Secret_7"}
        assert [status for _, status in api.webhook_calls] == [500, 404, 200, 200]
        assert "404" in client.get_webhook_info().last_error_message
        refused(client.get_updates, "can't use getUpdates method while webhook is active", Conflict)
        client.delete_webhook()
        chat.say(anna, strange)
        assert [update.message.text for update in client.get_updates()] == [strange]
        assert len(receiver.arrivals) == 4
    client.set_webhook(hook)
    api.until(lambda: client.get_webhook_info().last_error_message == "Connection refused")
    assert client.get_webhook_info().pending_update_count == 1
    refused(lambda: client.set_webhook("http://example.org/hook"), "An HTTPS URL must be provided for webhook")


def test_the_test_can_flood_one_chat(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Every call to it is answered 429, and to no other, until it ends; who asks before the time is impatient."""
    group = api.group("Readers", anna)
    api.flood(group, 30)
    for act in (lambda: client.send_message(group.id, "a"), lambda: client.send_chat_action(group.id, "typing")):
        with pytest.raises(RetryAfter) as error:
            act()
        assert error.value.retry_after.total_seconds() == 30
    client.send_message(chat.id, "a")
    assert ([request.method for request in api.impatience], api.refusals) == (["sendchataction"], [])
    api.flood(group, None)
    client.send_message(group.id, "a")
    assert len(api.impatience) == 1


def test_the_test_can_make_requests_fail(api: BotApi, client: Client, chat: Chat) -> None:
    """Faults and refused formatting are no fault of the bot's, and spare its polls; delays are kept."""
    api.break_connections(1)
    client.get_updates()
    refused(lambda: client.send_message(chat.id, "lost"), "", NetworkError)
    api.break_connections(1, "sendMessage", accepted=True)
    refused(lambda: client.send_message(chat.id, "twice"), "", NetworkError)
    client.send_message(chat.id, "twice")
    assert api.duplicates() == {(chat.id, "twice"): 2}
    api.fail(1)
    refused(lambda: client.send_message(chat.id, "lost"), "Failed", NetworkError)
    api.delay(0.3, "sendMessage")
    began = time.monotonic()
    client.send_message(chat.id, "late")
    assert time.monotonic() - began >= 0.3
    api.refuse_formatting(1)
    refused(lambda: client.send_message(chat.id, "One", entities=BOLD), "can't parse MessageEntity")
    assert (api.refusals, len(chat.received)) == ([], 3)
    with pytest.raises(AssertionError, match=r"in the chat stand .*Hello"):
        api.until(lambda: len(chat.received) == 4, chat, still=0.1)


def bold(offset: int, length: int, kind: str = "bold", **values: str) -> dict[str, Any]:
    """An entity as it is sent."""
    return {"type": kind, "offset": offset, "length": length, **values}


@pytest.mark.parametrize(
    ("text", "entities", "words"),
    [
        ("One", [bold(0, 3, "spoiler")], "spoiler of an unsupported type"),
        (BIRD, [bold(0, 3)], "bold outside the text"),
        ("One", [bold(1, 0)], "bold outside the text"),
        ("a  b", [bold(1, 2)], "bold of nothing"),
        ("One", [bold(0, 2), bold(1, 2, "italic")], "italic across another"),
        ("One", [bold(0, 3), bold(1, 2)], "bold in another of its kind"),
        ("One", [bold(0, 3, "expandable_blockquote"), bold(1, 2, "blockquote")], "blockquote in another of its kind"),
        ("One", [bold(0, 3, "text_link", url="http://localhost/")], "text_link that leads nowhere"),
        ("", [], "message text is empty"),
        *((blank, [], "text must be non-empty") for blank in (" \n ", "\u200b\u00a0\u3000\u2800", "\u202e")),
        ("a" * 4095 + BIRD, [], "message is too long"),
        ("a\ud83d", [], "strings must be encoded in UTF-8"),
    ],
)
def test_texts_that_are_refused(text: str, entities: list[dict[str, Any]], words: str) -> None:
    """Entities that Telegram would drop, move or split; what shows nothing, is longer than 4,096 units, or no text."""
    refused(lambda: kept(text, entities), words, Refused)


def test_texts_as_they_are_kept() -> None:
    """Nested entities stay, the 101st does not.

    Control characters become spaces, overrides of direction go, and so do the spaces at the ends; entities move along.
    """
    link = bold(0, 3, "text_link", url="https://example.org/?a")
    nested = [bold(0, 3, "blockquote"), link, bold(0, 2), bold(1, 1, "italic")]
    assert kept("One", nested) == ("One", nested)
    assert len(kept("a" * 200, [bold(place, 1) for place in range(200)])[1]) == 100
    assert kept(" \n a\tb\r\nc\u202ed\x00 \n") == ("a b\ncd", [])
    assert kept(f" \r{BIRD} two\r three  ", [bold(5, 11)]) == (f"{BIRD} two three", [bold(3, 9)])
    assert len(kept("a" * 4094 + BIRD)[0]) == 4095
    assert kept("<b>a</b> &lt;") == ("<b>a</b> &lt;", [])


def test_keyboards(api: BotApi, chat: Chat) -> None:
    """Data of 1-64 bytes, at most 8 buttons in a row and 100 in all."""
    for rows, words in (
        ([["ä" * 32] * 8] * 12 + [["a"] * 4], None),
        ([["ä" * 33]], "Bad Request: BUTTON_DATA_INVALID"),
        ([[""]], "Bad Request: BUTTON_DATA_INVALID"),
        ([["a"] * 9], "Bad Request: reply markup is too long"),
        ([["a"]] * 101, "Bad Request: reply markup is too long"),
    ):
        keyboard = {"inline_keyboard": [[{"text": "1", "callback_data": data} for data in row] for row in rows]}
        answer = raw(api, "sendMessage", chat_id=str(chat.id), text="a", reply_markup=json.dumps(keyboard))
        assert answer.get("description") == words
