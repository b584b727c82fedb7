"""The Bot API server itself: chats, updates, flood control and faults, each rule broken and kept by a real client."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest
from bot_api import BotApi
from bot_api_chats import Chat
from bot_api_limits import BURST
from bot_api_state import User
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyParameters,
    Update,
)
from telegram.constants import ReactionEmoji
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, RetryAfter
from telegram_client import Client

KEYBOARD = InlineKeyboardMarkup(
    [[InlineKeyboardButton("1", callback_data="q:1"), InlineKeyboardButton("2", url="a.de")]]
)


@pytest.fixture
def api() -> Iterator[BotApi]:
    """A server of the test's own."""
    with BotApi() as api:
        yield api


@pytest.fixture
def client(api: BotApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Its client, which gives the time to wait as a `timedelta` without a warning."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    with closing(Client(api)) as client:
        yield client


@pytest.fixture
def anna(api: BotApi) -> User:
    """Somebody."""
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


# What the bot is told


def test_the_bot_knows_itself(api: BotApi, client: Client) -> None:
    """GetMe gives the bot's name and whether privacy mode hides messages from it."""
    me = client.get_me()
    assert (me.username, me.is_bot, me.can_read_all_group_messages) == ("footnote_bot", True, False)
    api.privacy = False
    assert client.get_me().can_read_all_group_messages


def test_a_wrong_token_is_unauthorized(api: BotApi, client: Client) -> None:
    """Another bot's token is answered 401, what is no token 404."""
    wrong = Bot("7000000002:wrong", base_url=api.base_url)
    with pytest.raises(InvalidToken):
        client.run(wrong.initialize())
    client.run(wrong.shutdown())
    assert client.raw("getMe", token="7000000002:wrong")["error_code"] == 401
    assert client.raw("getMe", token="none")["error_code"] == 404
    assert {request.code for request in api.refusals} == {401}


def test_an_unknown_method_is_not_found(api: BotApi, client: Client) -> None:
    """Names are not heeded for their case; a name of the server's own insides is no method."""
    assert client.raw("GETME")["ok"]
    for name in ("sendCat", "_send", "status", "close", "call_webhook"):
        assert client.raw(name)["description"] == "Not Found: method not found"


def test_updates_come_until_they_are_acknowledged(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """An offset past an update ends it; without, it comes again, also to another process. A limit and -1 hold."""
    with api.at_once():
        for text in ("one", "two", "three"):
            chat.say(anna, text)
        assert client.get_updates() == ()
    first, second, third = client.get_updates()
    assert client.get_updates(limit=2) == (first, second)
    assert client.get_updates(offset=second.update_id) == (second, third)
    assert client.get_updates(offset=-1) == (third,)
    assert client.get_updates(offset=third.update_id + 1) == ()


def test_a_long_poll_ends_with_the_first_update(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """It waits while there is none, and no longer."""
    timer = threading.Timer(0.2, chat.say, (anna, "now"))
    timer.start()
    [update] = client.get_updates(timeout=50)
    timer.join()
    assert update.message.text == "now"
    assert client.get_updates(offset=update.update_id + 1, timeout=1) == ()


def test_of_two_pollers_the_older_is_ended(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """It gets 409, the newer one the updates; a poller that has died is not in the way."""
    caught = []

    def poll() -> None:
        answer = httpx.get(f"{api.base_url}{api.token}/getUpdates", params={"timeout": 50}, timeout=60)
        caught.append(answer.json())

    older = threading.Thread(target=poll)
    older.start()
    api.until(lambda: api.polling)
    threading.Timer(0.3, chat.say, (anna, "hello")).start()
    assert len(client.get_updates(timeout=50)) == 1
    older.join()
    assert caught[0]["error_code"] == 409
    assert "terminated by other getUpdates request" in caught[0]["description"]
    assert [request.code for request in api.refusals] == [409]
    api.log.clear()
    api.updates.clear()
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{api.base_url}{api.token}/getUpdates", params={"timeout": 50}, timeout=0.3)
    assert client.get_updates() == ()
    assert api.refusals == []


def test_only_the_kinds_asked_for_are_told(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """The last list given holds, from then on; an empty one means the usual kinds."""
    client.get_updates(allowed_updates=["callback_query"])
    chat.say(anna, "not told")
    assert client.get_updates() == ()
    client.get_updates(allowed_updates=[])
    chat.say(anna, "told")
    assert [update.message.text for update in client.get_updates()] == ["told"]


def test_what_people_do_is_told_as_telegram_tells_it(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Replies, quotes, forwarded text, commands, links, mentions, documents and edits have their fields."""
    ben = api.user("Ben", language=None)
    client.send_message(chat.id, "A \U0001f426 nests here")
    asked = chat.say(anna, "and here?", reply_to=chat.received[0], quote="nests here")
    chat.say(anna, "/start doc_7")
    chat.say(anna, "see https://example.org/a?b=1, or write to @ben_reads", forwarded_from=ben)
    chat.attach(anna, "Bär.pdf", b"%PDF", caption="Read /this")
    chat.edit(asked, "or here?")
    reply, start, link, document, edited = client.get_updates()
    assert reply.message.reply_to_message.text == "A \U0001f426 nests here"
    assert (reply.message.quote.text, reply.message.quote.position) == ("nests here", 5)
    assert reply.message.from_user.language_code == "de"
    assert start.message.parse_entities() == {start.message.entities[0]: "/start"}
    assert list(link.message.parse_entities().values()) == ["https://example.org/a?b=1,", "@ben_reads"]
    assert link.message.forward_origin.sender_user.first_name == "Ben"
    assert (document.message.document.file_name, document.message.caption) == ("Bär.pdf", "Read /this")
    assert (edited.edited_message.text, edited.edited_message.message_id) == ("or here?", asked.id)


def test_the_strangest_text_reaches_the_bot(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Half a surrogate pair, a zero byte and turned words come as they were written, by asking and by webhook."""
    text = "a\ud83d/x\x00\u202e\U0001f426 @anna_reads \ufffe"
    message = chat.say(anna, text)
    chat.say(anna, text, reply_to=message, quote="@anna")
    assert [update.message.text for update in client.get_updates()] == [text, text]
    with closing(Hook()) as hook:
        client.set_webhook(hook.url)
        api.until(lambda: not api.updates)
        assert [update.message.text for _, update in hook.told] == [text, text]


def test_a_long_paste_comes_in_several_messages(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Each has at most 4,096 UTF-16 units, and together they are the text."""
    text = "\U0001f426a" * 3000
    chat.paste(anna, text)
    told = [update.message.text for update in client.get_updates()]
    assert "".join(told) == text
    assert [len(piece.encode("utf-16-le")) // 2 for piece in told] == [4095, 4095, 810]


@pytest.mark.parametrize(
    ("text", "privacy", "mentions", "told"),
    [
        ("Hello all", True, True, False),
        ("Hello all", False, True, True),
        ("@footnote_bot hello", True, True, True),
        ("@footnote_bot hello", True, False, False),
        ("@footnote_bots hello", True, True, False),
        ("/ask what", True, True, True),
        ("/ask@Footnote_Bot what", True, True, True),
        ("/ask@other_bot what", True, True, False),
        ("either/or", True, True, False),
    ],
)
def test_privacy_mode_hides_what_is_not_for_the_bot(
    api: BotApi, client: Client, anna: User, text: str, privacy: bool, mentions: bool, told: bool
) -> None:
    """In a group the bot sees commands, perhaps mentions, and with privacy mode off everything."""
    api.privacy, api.mentions = privacy, mentions
    group = api.group("Readers", anna)
    api.updates.clear()
    group.say(anna, text)
    assert len(client.get_updates()) == told


def test_replies_to_the_bot_and_all_to_an_administrator_are_told(api: BotApi, client: Client, anna: User) -> None:
    """A reply to the bot's message needs no mention; an administrator sees everything; who left sees nothing."""
    ben = api.user("Ben")
    group = api.supergroup("Readers", anna, ben)
    client.send_message(group.id, "Here I am")
    api.updates.clear()
    theirs = group.say(anna, "To nobody")
    group.say(ben, "To Anna", reply_to=theirs)
    group.say(ben, "To you", reply_to=group.received[0])
    group.set_status(api.bot, "administrator")
    group.say(ben, "To all")
    group.set_status(api.bot, "left")
    group.say(ben, "/ask")
    kinds = [update.message.text if update.message else update.my_chat_member for update in client.get_updates()]
    assert [kinds[0], kinds[2]] == ["To you", "To all"]
    assert [kinds[1].new_chat_member.status, kinds[3].new_chat_member.status] == ["administrator", "left"]


def test_topics_have_ids_and_open_with_a_message(api: BotApi, client: Client, anna: User) -> None:
    """A message in a topic names it, and replies to its opening; in a supergroup without, a thread is no topic."""
    forum = api.supergroup("Forum", anna)
    topic = forum.topic(anna, "Birds")
    api.updates.clear()
    forum.say(anna, "/ask here", topic=topic)
    plain = api.supergroup("Plain", anna)
    first = plain.say(anna, "/ask there")
    plain.say(anna, "/ask again", reply_to=first)
    here, _, _, again = client.get_updates()
    assert (here.message.message_thread_id, here.message.is_topic_message) == (topic, True)
    assert here.message.reply_to_message.forum_topic_created.name == "Birds"
    assert (again.message.message_thread_id, again.message.is_topic_message) == (first.id, None)
    client.send_message(forum.id, "answer", message_thread_id=topic)
    client.send_message(forum.id, "answer", reply_to_message_id=forum.messages[-1].id)
    assert [message.thread for message in forum.received] == [topic, topic]
    for chat, thread in ((forum, 999), (forum, 1), (plain, first.id)):
        refused(
            lambda c=chat, t=thread: client.send_message(c.id, "a", message_thread_id=t), "message thread not found"
        )


# What the bot does


def test_messages_stand_in_their_chat_after_edits(api: BotApi, client: Client, chat: Chat) -> None:
    """An edit replaces text, entities and buttons, and a keyboard that it does not give is gone."""
    sent = client.send_message(chat.id, "<b>One</b>", parse_mode="HTML", reply_markup=KEYBOARD)
    [message] = chat.wait(1)
    assert (message.text, message.parts("bold"), message.labels) == ("One", ["One"], ["1", "2"])
    assert sent.reply_markup == InlineKeyboardMarkup.de_json({"inline_keyboard": message.buttons})
    client.edit_message_text("Two", chat.id, message.id)
    assert (message.text, message.entities, message.labels, message.versions) == ("Two", [], [], ["One"])
    client.edit_message_reply_markup(chat.id, message.id, reply_markup=KEYBOARD)
    assert message.labels == ["1", "2"]
    assert api.refusals == []
    assert [(sent.chat_id, sent.text) for sent in api.sent] == [(chat.id, "One")]


def test_an_edit_changes_something_that_is_there_and_the_bots(
    api: BotApi, client: Client, anna: User, chat: Chat
) -> None:
    """The same again, another's message and a missing one are refused."""
    client.send_message(chat.id, "<b>One</b>", parse_mode="HTML", reply_markup=KEYBOARD)
    message, theirs = chat.received[0], chat.messages[0]
    same = [MessageEntity("bold", 0, 3)]
    for act, words in [
        (
            lambda: client.edit_message_text("One", chat.id, message.id, entities=same, reply_markup=KEYBOARD),
            "not modi",
        ),
        (lambda: client.edit_message_reply_markup(chat.id, message.id, reply_markup=KEYBOARD), "not modified"),
        (lambda: client.edit_message_text("Two", chat.id, theirs.id), "message can't be edited"),
        (lambda: client.edit_message_text("Two", chat.id, 9999), "message to edit not found"),
        (lambda: client.edit_message_text("", chat.id, message.id), "message text is empty"),
        (lambda: client.edit_message_text("Two", chat.id), "message identifier is not specified"),
    ]:
        refused(act, words)
    assert len(api.refusals) == 6
    chat.delete(message)
    refused(lambda: client.edit_message_text("Two", chat.id, message.id), "message to edit not found")
    assert len(api.refusals) == 6  # a person's deed is not the bot's fault


def test_messages_are_deleted_where_the_bot_may(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Its own everywhere, others' in a private chat and as an administrator."""
    client.send_message(chat.id, "One")
    for message in chat.messages:
        client.delete_message(chat.id, message.id)
    assert chat.messages == []
    refused(lambda: client.delete_message(chat.id, chat.history[0].id), "message to delete not found")
    group = api.group("Readers", anna)
    theirs = group.say(anna, "Mine")
    refused(lambda: client.delete_message(group.id, theirs.id), "message can't be deleted")
    group.set_status(api.bot, "administrator")
    client.delete_message(group.id, theirs.id)
    assert theirs.deleted


def test_replies_need_their_message_and_its_words(api: BotApi, client: Client, chat: Chat) -> None:
    """A missing message is refused, unless the reply may go without; a quote stands in the message."""
    asked = chat.messages[0]
    client.send_message(chat.id, "a", reply_parameters=ReplyParameters(asked.id, quote="ell"))
    assert (chat.received[-1].reply_to, chat.received[-1].quote) == (asked, "ell")
    wrong = ReplyParameters(asked.id, quote="elk")
    refused(lambda: client.send_message(chat.id, "a", reply_parameters=wrong), "QUOTE_TEXT_INVALID")
    chat.delete(asked)
    missing = ReplyParameters(asked.id)
    refused(lambda: client.send_message(chat.id, "a", reply_parameters=missing), "message to be replied not found")
    client.send_message(chat.id, "b", reply_parameters=ReplyParameters(asked.id, allow_sending_without_reply=True))
    assert (chat.received[-1].text, chat.received[-1].reply_to) == ("b", None)


def test_a_pressed_button_is_answered_once_and_in_time(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """The press is told with its message; a second, a late and an unknown answer are refused, a long text too."""
    client.send_message(chat.id, "One", reply_markup=KEYBOARD)
    query = chat.press(anna, chat.received[0], "1")
    [update] = client.get_updates()
    told = update.callback_query
    assert (told.data, told.message.text, told.from_user.id) == ("q:1", "One", anna.id)
    refused(lambda: client.answer_callback_query(told.id, "a" * 201), "MESSAGE_TOO_LONG")
    client.answer_callback_query(told.id, "a" * 200, show_alert=True)
    assert (query.answer, query.alert) == ("a" * 200, True)
    refused(lambda: client.answer_callback_query(told.id), "query is too old")
    refused(lambda: client.answer_callback_query("17"), "query ID is invalid")
    assert len(api.refusals) == 3
    late = chat.press(anna, chat.received[0], "q:1")
    late.expired = True
    refused(lambda: client.answer_callback_query(late.id), "query is too old")
    assert len(api.refusals) == 3
    with pytest.raises(AssertionError, match="no button '3' among"):
        chat.press(anna, chat.received[0], "3")


def test_drafts_and_actions_are_seen(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Drafts go to private chats, with an id that is not 0; an action is one that there is."""
    client.send_message_draft(chat.id, 5, "Thin<b>king</b>", parse_mode="HTML")
    client.send_message_draft(chat.id, 5)
    assert [(draft.id, draft.text) for draft in chat.drafts] == [(5, "Thinking"), (5, "")]
    assert chat.received == []
    group = api.group("Readers", anna)
    refused(lambda: client.send_message_draft(group.id, 5, "a"), "TEXTDRAFT_PEER_INVALID")
    refused(lambda: client.send_message_draft(chat.id, 0, "a"), "RANDOM_ID_INVALID")
    refused(lambda: client.send_message_draft(chat.id, 1, "a" * 4097), "message is too long")
    client.send_chat_action(group.id, "typing")
    assert group.actions == ["typing"]
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
    for url in (file.file_path + "x", file.file_path.replace(api.token, "7000000002:wrong")):
        assert httpx.get(url).status_code == 404


def test_documents_are_sent(api: BotApi, client: Client, chat: Chat) -> None:
    """The bytes arrive as they were, whatever they are, with a caption of at most 1,024 units."""
    content = b"\r\n--a\r\n\x00\xff" * 1000
    client.send_document(chat.id, content, filename="ü.bin", caption="<i>a</i>", parse_mode="HTML")
    document = chat.received[0].document
    assert document and (document.name, document.content) == ("ü.bin", content)
    assert chat.received[0].parts("italic") == ["a"]
    refused(lambda: client.send_document(chat.id, content, caption="a" * 1025), "message caption is too long")
    refused(lambda: client.send_document(chat.id, "none"), "invalid file_id")
    assert "no document in the request" in client.raw("sendDocument", chat_id=chat.id)["description"]
    large = api.keep("a.bin", "application/octet-stream", b"", 50 * 1024 * 1024 + 1)
    refused(lambda: client.send_document(chat.id, large.file_id), "Request Entity Too Large", NetworkError)


def test_reactions_are_single_emoji_that_telegram_offers(client: Client, chat: Chat) -> None:
    """One of the list stands; another is refused, as is a reaction to nothing."""
    message = chat.messages[0]
    client.set_message_reaction(chat.id, message.id, ReactionEmoji.EYES)
    assert message.reaction == "👀"
    client.set_message_reaction(chat.id, message.id)
    assert message.reaction == ""
    both = [ReactionTypeEmoji("👍"), ReactionTypeEmoji("👎")]
    refused(lambda: client.set_message_reaction(chat.id, message.id, ReactionTypeEmoji("🐦")), "REACTION_INVALID")
    refused(lambda: client.set_message_reaction(chat.id, message.id, both), "REACTIONS_TOO_MANY")
    refused(lambda: client.set_message_reaction(chat.id, 999, "👍"), "message to react not found")
    refused(lambda: client.set_message_reaction(chat.id, message.id, "567"), "Unsupported type specified")


def test_chats_tell_who_is_in_them(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """GetChat, the administrators and each member's status; a private chat has no administrators."""
    ben, eve = api.user("Ben"), api.user("Eve")
    group = api.group("Readers", anna, ben)
    assert (client.get_chat(group.id).title, client.get_chat(chat.id).first_name) == ("Readers", "Anna")
    assert [member.user.first_name for member in client.get_chat_administrators(group.id)] == ["Anna"]
    group.set_status(ben, "administrator")
    assert len(client.get_chat_administrators(group.id)) == 2
    assert [client.get_chat_member(group.id, user.id).status for user in (anna, ben, eve, api.bot)] == [
        "creator",
        "administrator",
        "left",
        "member",
    ]
    refused(lambda: client.get_chat_administrators(chat.id), "there are no administrators in the private chat")
    refused(lambda: client.get_chat_member(group.id, 5), "user not found")
    refused(lambda: client.leave_chat(chat.id), "chat member status can't be changed in private chats")
    client.leave_chat(group.id)
    refused(lambda: client.send_message(group.id, "a"), "bot is not a member of the group chat", Forbidden)


def test_the_bots_texts_have_lengths(client: Client) -> None:
    """A description has up to 512 characters, a short one 120, each by language."""
    client.set_my_description("a" * 512)
    client.set_my_short_description("b" * 120, language_code="de")
    assert client.get_my_description(language_code="de").description == "a" * 512
    assert client.get_my_short_description(language_code="de").short_description == "b" * 120
    refused(lambda: client.set_my_description("a" * 513), "too long")
    refused(lambda: client.set_my_short_description("a" * 121), "too long")


def test_chats_that_do_not_hear_the_bot_refuse_it(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """A blocked, kicked or unknown bot is refused; only to write first is its own fault."""
    chat.block()
    refused(lambda: client.send_message(chat.id, "a"), "bot was blocked by the user", Forbidden)
    chat.set_status(api.bot, "member")
    client.send_message(chat.id, "a")
    group = api.supergroup("Readers", anna)
    group.set_status(api.bot, "kicked")
    refused(lambda: client.send_message(group.id, "a"), "bot was kicked from the supergroup chat", Forbidden)
    assert api.refusals == []
    stranger = api.private(api.user("Ben"))
    refused(lambda: client.send_message(stranger.id, "a"), "bot can't initiate conversation with a user", Forbidden)
    refused(lambda: client.send_message(999, "a"), "chat not found")
    assert len(api.refusals) == 2


def test_a_group_that_was_upgraded_tells_its_new_id(api: BotApi, client: Client, anna: User) -> None:
    """The old id is refused with the new one, which the bot was told before."""
    group = api.group("Readers", anna)
    new = api.upgrade(group)
    with pytest.raises(ChatMigrated) as error:
        client.send_message(group.id, "a")
    assert error.value.new_chat_id == new.id
    client.send_message(new.id, "a")
    told = [update.message for update in client.get_updates() if update.message]
    assert [message.migrate_to_chat_id or message.migrate_from_chat_id for message in told] == [new.id, group.id]


# Webhooks


class Hook:
    """A webhook that answers with each of these statuses, then with 200, and keeps what it was told."""

    def __init__(self, *statuses: int) -> None:
        left = list(statuses)
        self.told: list[tuple[str | None, Update]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(handler) -> None:  # noqa: N805  # `self` is the hook
                body = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
                secret = handler.headers["X-Telegram-Bot-Api-Secret-Token"]
                self.told.append((secret, Update.de_json(body)))
                handler.send_response(left.pop(0) if left else 200)
                handler.end_headers()

            def log_message(handler, *_: Any) -> None:  # noqa: N805  # `self` is the hook
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    def close(self) -> None:
        """End it."""
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_a_webhook_is_called_in_order_until_it_takes_each_update(
    api: BotApi, client: Client, anna: User, chat: Chat
) -> None:
    """Every call carries the secret; what is not answered 2xx comes again before anything newer."""
    with closing(Hook(500, 404)) as hook:
        chat.say(anna, "one")
        client.set_webhook(hook.url, secret_token="a-Secret_7")
        chat.say(anna, "two")
        api.until(lambda: not api.updates)
        assert [update.message.text for _, update in hook.told] == ["one", "one", "one", "two"]
        assert {secret for secret, _ in hook.told} == {"a-Secret_7"}
        assert [status for _, status in api.webhook_calls] == [500, 404, 200, 200]
        info = client.get_webhook_info()
        assert (info.url, info.pending_update_count) == (hook.url, 0)
        assert "404" in info.last_error_message
        refused(client.get_updates, "can't use getUpdates method while webhook is active", Conflict)
        client.delete_webhook()
        chat.say(anna, "three")
        assert [update.message.text for update in client.get_updates()] == ["three"]
        assert len(hook.told) == 4
    chat.say(anna, "four")
    client.set_webhook(hook.url, drop_pending_updates=True)
    assert client.get_webhook_info().pending_update_count == 0
    chat.say(anna, "five")
    api.until(lambda: client.get_webhook_info().last_error_message == "Connection refused")
    assert client.get_webhook_info().pending_update_count == 1


def test_a_webhook_needs_https_a_port_and_a_plain_secret(client: Client) -> None:
    """Elsewhere than on loopback, where a local Bot API server would call, too."""
    for url, secret, words in [
        ("http://example.org/hook", None, "An HTTPS URL must be provided for webhook"),
        ("https://example.org:8000/hook", None, "only on ports 80, 88, 443 or 8443"),
        ("https://example.org/hook", "a b", "secret token contains unallowed characters"),
        ("https://example.org/hook", "a" * 257, "secret token is too long"),
    ]:
        refused(lambda u=url, s=secret: client.set_webhook(u, secret_token=s), words)
    client.set_webhook("https://example.org:8443/hook", secret_token="a" * 256)
    assert client.get_webhook_info().url == "https://example.org:8443/hook"


# Flood control and faults


def test_a_group_takes_20_messages_a_minute(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """The 21st is told how long to wait; other chats are not held up; waiting is no refusal, impatience is noted."""
    group = api.group("Readers", anna)
    api.limits.clock = lambda: 100.0
    for number in range(20):
        client.send_message(group.id, f"{number}")
    api.limits.clock = lambda: 110.5
    with pytest.raises(RetryAfter) as error:
        client.send_message(group.id, "20")
    assert error.value.retry_after.total_seconds() == 50
    assert (api.refusals, api.impatience) == ([], [])
    client.send_message(chat.id, "a")
    with pytest.raises(RetryAfter):
        client.send_message(group.id, "21")
    assert [request.parameters["text"] for request in api.impatience] == ["21"]
    api.limits.clock = lambda: 160.5
    client.send_message(group.id, "22")
    assert (len(group.received), len(api.impatience)) == (21, 1)


def test_a_private_chat_takes_a_burst_and_then_one_a_second(api: BotApi, client: Client, chat: Chat) -> None:
    """After the burst, the wait is a second; who has waited is heard."""
    api.limits.clock = lambda: 100.0
    for number in range(BURST):
        client.send_message(chat.id, f"{number}")
    with pytest.raises(RetryAfter) as error:
        client.send_message(chat.id, "more")
    assert error.value.retry_after.total_seconds() == 1
    api.limits.clock = lambda: 101.0
    client.send_message(chat.id, "more")
    assert api.impatience == []
    with pytest.raises(RetryAfter):
        client.send_message(chat.id, "and more")


def test_all_chats_together_take_30_messages_a_second(api: BotApi, client: Client) -> None:
    """The 31st is refused, whichever chat it is for, unless limits are off."""
    chats = [api.private(user) for user in (api.user(f"User {n}") for n in range(31))]
    for chat in chats:
        chat.say(api.users[chat.id], "Hello")
    api.limits.clock = lambda: 100.0
    for chat in chats[:30]:
        client.send_message(chat.id, "a")
    refused(lambda: client.send_message(chats[30].id, "a"), "flood control", RetryAfter)
    api.limits.on = False
    client.send_message(chats[30].id, "a")


def test_the_test_can_flood_one_chat(api: BotApi, client: Client, anna: User, chat: Chat) -> None:
    """Every call to it is answered 429, whatever it is, and to no other, until it ends."""
    group = api.group("Readers", anna)
    api.flood(group, 30)
    for act in (lambda: client.send_message(group.id, "a"), lambda: client.send_chat_action(group.id, "typing")):
        with pytest.raises(RetryAfter) as error:
            act()
        assert error.value.retry_after.total_seconds() == 30
    client.send_message(chat.id, "a")
    assert (len(api.impatience), api.refusals) == (1, [])
    api.flood(group, None)
    client.send_message(group.id, "a")
    assert len(api.impatience) == 1


def test_the_test_can_break_connections(api: BotApi, client: Client, chat: Chat) -> None:
    """The client gets no answer; a message that was accepted before stands there, and twice if it is sent again."""
    api.break_connections(1)
    with pytest.raises(NetworkError):
        client.send_message(chat.id, "lost")
    assert chat.received == []
    api.break_connections(1, "sendMessage", accepted=True)
    client.get_updates()
    with pytest.raises(NetworkError):
        client.send_message(chat.id, "twice")
    client.send_message(chat.id, "twice")
    assert (api.duplicates(), api.refusals) == ({(chat.id, "twice"): 2}, [])


def test_the_test_can_fail_and_delay_requests(api: BotApi, client: Client, chat: Chat) -> None:
    """A failed one has no effect and is no fault of the bot's; polling goes on unless it is named."""
    api.fail(2)
    client.get_updates()
    for _ in range(2):
        refused(lambda: client.send_message(chat.id, "a"), "Bad Gateway", NetworkError)
    client.send_message(chat.id, "a")
    api.fail(1, "getUpdates", status=500)
    refused(client.get_updates, "Internal Server Error", NetworkError)
    api.delay(0.3, "sendMessage")
    began = time.monotonic()
    client.send_message(chat.id, "b")
    assert time.monotonic() - began >= 0.3
    api.delay(0, "sendMessage")
    assert (api.refusals, len(chat.received)) == ([], 2)


def test_the_test_can_refuse_formatting(api: BotApi, client: Client, chat: Chat) -> None:
    """Only formatted texts are refused, so often, and it is no fault of the bot's."""
    api.refuse_formatting(1)
    client.send_message(chat.id, "plain")
    refused(lambda: client.send_message(chat.id, "<b>a</b>", parse_mode="HTML"), "can't parse entities")
    client.send_message(chat.id, "<b>a</b>", parse_mode="HTML")
    assert api.refusals == []
    assert [message.formatted for message in chat.received] == [False, True]


def test_waiting_for_what_does_not_come_says_what_stands_there(api: BotApi, client: Client, chat: Chat) -> None:
    """The failure shows the chat."""
    with pytest.raises(AssertionError, match=r"in the chat stand .*Hello"):
        chat.wait(1, seconds=0.1)
    threading.Timer(0.1, lambda: client.raw("sendMessage", chat_id=chat.id, text="Now")).start()
    assert chat.wait_for(lambda message: message.text == "Now").sender is api.bot


def test_many_clients_at_once_are_served(api: BotApi) -> None:
    """Every message of 20 threads arrives once, and the log's numbers rise."""
    api.limits.on = False
    chats = [api.private(api.user(f"User {n}")) for n in range(20)]
    for chat in chats:
        chat.say(api.users[chat.id], "Hello")

    def send(chat: Chat) -> None:
        with httpx.Client(base_url=f"{api.base_url}{api.token}/") as client:
            for number in range(20):
                client.post("sendMessage", data={"chat_id": chat.id, "text": f"{number}"})

    with ExitStack() as stack:
        for chat in chats:
            thread = threading.Thread(target=send, args=(chat,))
            thread.start()
            stack.callback(thread.join)
    for chat in chats:
        assert [message.text for message in chat.received] == [f"{number}" for number in range(20)]
    assert [request.number for request in api.log] == list(range(1, 401))
    assert api.duplicates() == {}
