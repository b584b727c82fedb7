"""What an update means: whom a message speaks to, what it says, and what of it is nothing to the bot."""

from __future__ import annotations

from typing import Any

import pytest
from bot_api_text import found_entities
from telegram import User

from bot.interfaces.telegram.api.updates import ButtonPress, IncomingMessage, RepliedMessage, SentFile, read_update

ME = User(99, "Footnote", is_bot=True, username="footnote_bot")
ANNA = {"id": 7, "is_bot": False, "first_name": "Anna", "username": "anna", "language_code": "de"}
BEN = {"id": 8, "is_bot": False, "first_name": "Ben"}
BOT = {"id": 99, "is_bot": True, "first_name": "Footnote", "username": "footnote_bot"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Anna"}
GROUP = {"id": -100, "type": "supergroup", "title": "Newsroom"}
FILE = {"file_id": "F1", "file_unique_id": "u", "file_name": "a.pdf", "file_size": 12}
PHOTO = [{"file_id": "P", "file_unique_id": "p", "width": 1, "height": 1}]
ORIGIN = {"type": "hidden_user", "sender_user_name": "Carla", "date": 5}
ADDRESS = "https://example.com/page"


def message(text: str = "", chat: dict[str, Any] = GROUP, **values: Any) -> dict[str, Any]:
    """A message as Telegram shows it, its entities found as Telegram finds them."""
    shown: dict[str, Any] = {"message_id": 5, "date": 1000, "chat": chat, "from": ANNA}
    caption = "document" in values or "photo" in values
    if text:
        shown |= {"caption" if caption else "text": text}
        shown |= {"caption_entities" if caption else "entities": found_entities(text)}
    return shown | values


def read(text: str = "", chat: dict[str, Any] = GROUP, kind: str = "message", **values: Any) -> Any:
    """What a message means."""
    return read_update({"update_id": 1, kind: message(text, chat, **values)}, ME)


def incoming(text: str = "", chat: dict[str, Any] = GROUP, kind: str = "message", **values: Any) -> IncomingMessage:
    """The same of one that is to the bot."""
    found = read(text, chat, kind, **values)
    assert isinstance(found, IncomingMessage)
    return found


def said_by(user: dict[str, Any], text: str = "", **values: Any) -> dict[str, Any]:
    """A message of somebody, to be replied to."""
    return message(text, message_id=4, **{"from": user}, **values)


def test_who_and_where() -> None:
    """The chat, the person, their language, and when it was said; a topic is one, a thread of replies is none."""
    plain = incoming("Who?", PRIVATE)
    assert (plain.place.chat, plain.place.private, plain.place.thread, plain.place.message) == (7, True, 0, 5)
    assert (plain.person.id, plain.person.username, plain.person.language_code, plain.at) == (7, "anna", "de", 1000)
    assert incoming("/help", message_thread_id=3, is_topic_message=True).place.thread == 3
    assert incoming("/help", message_thread_id=3).place.thread == 0
    assert incoming("/help", **{"from": BEN}).person.language_code is None
    edited = incoming("Who?", PRIVATE, "edited_message", edit_date=1500)
    assert (edited.edited, edited.at) == (True, 1500)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@footnote_bot Who is she?", "Who is she?"),
        ("@Footnote_Bot, who is she?", "who is she?"),
        ("Who is she, @footnote_bot?", "Who is she, ?"),
        ("Tell me @footnote_bot who she is", "Tell me who she is"),
        ("😀😀 @footnote_bot Who is she? 😀", "😀😀 Who is she? 😀"),
        ("Write to me@footnote_bot.com, @footnote_bot", "Write to me@footnote_bot.com,"),
        ("@footnote_bot @footnote_bot Who?", "Who?"),
        ("@footnote_bot", ""),
        ("Who is\n\n@footnote_bot\n\nshe?", "Who is\n\n \n\nshe?"),
    ],
)
def test_its_name_calls_it_wherever_it_stands(text: str, words: str) -> None:
    """A mention anywhere, counted in UTF-16, is taken out of the words, and nothing that looks like it."""
    found = incoming(text)
    assert (found.words, found.named, found.command) == (words, True, "")


def test_a_name_without_a_user_name_calls_it_too() -> None:
    """A text mention of the bot is taken out where it stands; one of somebody else calls nobody."""
    mark = {"type": "text_mention", "offset": 5, "length": 4, "user": BOT}
    assert incoming("Note Note Who?", entities=[mark]).words == "Note Who?"
    assert read("Note Note Who?", entities=[mark | {"user": BEN}]) is None


@pytest.mark.parametrize(
    ("text", "command", "words", "named"),
    [
        ("/ask Who is she?", "ask", "Who is she?", False),
        ("/ASK@Footnote_Bot Who?", "ask", "Who?", True),
        ("/ask: what does /ask do?", "ask", "what does /ask do?", False),
        ("@footnote_bot /ask Who?", "ask", "Who?", True),
        ("/start doc_1f", "start", "doc_1f", False),
        ("@footnote_bot what does /help do?", "", "what does /help do?", True),
    ],
)
def test_commands(text: str, command: str, words: str, named: bool) -> None:
    """A command stands at the beginning, with or without the bot's name before or in it."""
    found = incoming(text)
    assert (found.command, found.words, found.named) == (command, words, named)


@pytest.mark.parametrize(
    "text",
    ["Who is she?", "/ask@other_bot Who?", "@footnote_botany Who?", "@other_bot Who?", "see what /help does", "/"],
)
def test_what_is_to_others_is_not_heard(text: str) -> None:
    """In a group without privacy mode the bot gets to see all of this, and none is for it."""
    assert read(text) is None
    assert read(text, reply_to_message=said_by(BEN, "Hello @footnote_bot")) is None


@pytest.mark.parametrize(
    "update",
    [
        {"channel_post": message("Who?", {"id": -3, "type": "channel", "title": "News"})},
        {"message": message("/ask Who?", sender_chat=GROUP)},
        {"message": message("/ask Who?", **{"from": BEN | {"is_bot": True}})},
        {"message": message(new_chat_members=[BEN])},
        {"message": message(left_chat_member=BEN)},
        {"message": message(new_chat_title="Other")},
        {"message": message(pinned_message=said_by(BEN, "Who?"))},
        {"message": message(chat=PRIVATE, pinned_message=said_by(BEN, "Who?"))},
        {"message": message(migrate_to_chat_id=-5)},
        {"message": message(forum_topic_created={"name": "Ships", "icon_color": 1})},
        {"message": message(photo=PHOTO)},
        {"message": message(location={"latitude": 1.0, "longitude": 2.0})},
        {"message": message(photo=PHOTO, reply_to_message=said_by(BOT, "It is in Oban."))},
        {"message": message(dice={"emoji": "🎲", "value": 3}, reply_to_message=said_by(BOT, "It is in Oban."))},
        {"edited_message": message(chat=PRIVATE, edit_date=9, location={"latitude": 1.0, "longitude": 2.0})},
        {"callback_query": {"id": "1", "from": ANNA, "chat_instance": "c", "data": "x:1"}},
        {"callback_query": {"id": "1", "from": ANNA, "chat_instance": "c", "message": message("Yes?")}},
        {},
    ],
)
def test_nothing_was_said(update: dict[str, Any]) -> None:
    """Channels, anonymous administrators, bots, what Telegram tells of a chat, pictures in groups, places that move."""
    assert read_update({"update_id": 1, **update}, ME) is None


@pytest.mark.parametrize(
    "thing",
    [
        {"photo": PHOTO},
        {"location": {"latitude": 1.0, "longitude": 2.0}},
        {"voice": {"file_id": "V", "file_unique_id": "v", "duration": 2}},
        {"dice": {"emoji": "🎲", "value": 3}},
        {"contact": {"phone_number": "1", "first_name": "Ben"}},
        {"sticker": PHOTO[0] | {"type": "regular", "is_animated": False, "is_video": False}},
    ],
)
def test_things_without_words(thing: dict[str, Any]) -> None:
    """In a private chat they are told to be unreadable; with words under a picture, the words count."""
    assert incoming(chat=PRIVATE, **thing).unreadable
    if "photo" in thing:
        assert incoming("Who is she?", PRIVATE, **thing).words == "Who is she?"


def test_replies() -> None:
    """To the bot: that calls it, and tells which answer is meant. To somebody else: their words, or what was quoted."""
    answer = said_by(BOT, "Blinken spoke in Brussels. Yellen warned.")
    assert incoming("And she?", reply_to_message=answer).replied == RepliedMessage(4, True, answer["text"], "")
    quoting = incoming("And she?", reply_to_message=answer, quote={"text": "Yellen warned.", "position": 27})
    assert quoting.replied == RepliedMessage(4, True, answer["text"], "Yellen warned.")
    other = said_by(BEN, "Mao Ning said no.")
    assert incoming("@footnote_bot What did she say?", reply_to_message=other).replied == RepliedMessage(
        4, False, other["text"], ""
    )
    elsewhere = incoming("@footnote_bot And she?", quote={"text": "Yellen warned.", "position": 0})
    assert elsewhere.replied == RepliedMessage(0, False, "", "Yellen warned.")
    assert (
        incoming("/help", reply_to_message=said_by(BEN, forum_topic_created={"name": "A", "icon_color": 1})).replied
        is None
    )


@pytest.mark.parametrize("text", ["@footnote_bot", "/ask", "/ask@footnote_bot", "@footnote_bot /ask"])
def test_a_call_in_reply_to_somebody_says_what_they_said(text: str) -> None:
    """Their question, the part that was quoted, their link, their file; nothing where they only sent a picture."""
    found = incoming(text, reply_to_message=said_by(BEN, "Who is Mao Ning?"))
    assert (found.words, found.replied, found.person.id) == ("Who is Mao Ning?", None, 7)
    quote = {"text": "Mao Ning", "position": 7}
    assert incoming(text, reply_to_message=said_by(BEN, "Who is Mao Ning?"), quote=quote).words == "Mao Ning"
    assert incoming(text, reply_to_message=said_by(BEN, ADDRESS)).links == (ADDRESS,)
    assert incoming(text, reply_to_message=said_by(BEN, document=FILE)).file == SentFile("F1", "a.pdf", 12, 8)
    assert incoming(text, reply_to_message=said_by(BEN, photo=PHOTO)).unreadable
    assert incoming(text, reply_to_message=said_by(BOT, "It is in Oban.")).words == ""


def test_a_question_in_reply_to_a_file_or_a_link_is_asked_of_it() -> None:
    """What somebody else sent becomes what is read; a file of one's own goes first, and a link among words is words."""
    found = incoming("@footnote_bot How deep?", reply_to_message=said_by(BEN, "The well", document=FILE))
    assert (found.file, found.words, found.earlier) == (SentFile("F1", "a.pdf", 12, 8), "How deep?", True)
    found = incoming("/ask How deep?", reply_to_message=said_by(BEN, ADDRESS))
    assert (found.links, found.beside, found.earlier) == ((ADDRESS,), "How deep?", True)
    found = incoming("@footnote_bot How deep?", reply_to_message=said_by(BEN, f"I like {ADDRESS}"))
    assert (found.links, found.earlier) == ((), False)
    own = FILE | {"file_id": "F2"}
    found = incoming("@footnote_bot How deep?", document=own, reply_to_message=said_by(BEN, document=FILE))
    assert (found.file, found.earlier) == (SentFile("F2", "a.pdf", 12, 7), False)


@pytest.mark.parametrize(
    ("text", "links", "beside"),
    [
        (ADDRESS, (ADDRESS,), ""),
        (f"How deep is it? {ADDRESS}", (ADDRESS,), "How deep is it?"),
        (f"{ADDRESS} - how deep?", (ADDRESS,), "how deep?"),
        (f"{ADDRESS}\n{ADDRESS}/2", (ADDRESS, f"{ADDRESS}/2"), ""),
        ("example.com/a", ("https://example.com/a",), ""),
        ("What is said of example.com there?", (), "What is said of example.com there?"),
    ],
)
def test_links(text: str, links: tuple[str, ...], beside: str) -> None:
    """All links, and the words beside them, also under words; a bare name is a link alone, and a word among others."""
    found = incoming(text, PRIVATE)
    assert (found.links, found.beside, found.words) == (links, beside, text.strip())
    mark = {"type": "text_link", "offset": 9, "length": 4, "url": ADDRESS}
    found = incoming("What does this say?", PRIVATE, entities=[mark])
    assert (found.links, found.beside) == ((ADDRESS,), "What does this say?")


def test_files_and_forwards() -> None:
    """A file with its name, size and sender; what is left out is unknown. Something forwarded is told apart."""
    assert incoming("How deep?", PRIVATE, document=FILE).file == SentFile("F1", "a.pdf", 12, 7)
    bare = incoming(chat=PRIVATE, document={"file_id": "F1", "file_unique_id": "u"})
    assert bare.file == SentFile("F1", "", None, 7)
    assert not bare.unreadable
    assert incoming("Who?", PRIVATE, forward_origin=ORIGIN).forwarded
    assert not incoming("Who?", PRIVATE).forwarded


def test_buttons() -> None:
    """What was pressed, where and by whom, also when the message cannot be seen any more."""
    query = {"id": "9", "from": BEN, "chat_instance": "c", "data": "s:0.1:1:1"}
    shown = message("It is in Oban.", message_thread_id=3, is_topic_message=True)
    found = read_update({"update_id": 1, "callback_query": query | {"message": shown}}, ME)
    assert isinstance(found, ButtonPress)
    assert (found.data, found.id, found.person.id, found.place.thread) == ("s:0.1:1:1", "9", 8, 3)
    gone = {"chat": GROUP, "message_id": 5, "date": 0}
    found = read_update({"update_id": 1, "callback_query": query | {"message": gone}}, ME)
    assert isinstance(found, ButtonPress)
    assert (found.place.chat, found.place.thread, found.place.message) == (-100, 0, 5)
