"""What an update of Telegram means: what was said to the bot, where, and by whom. Knows no answers, and sends nothing.

In a group the bot is spoken to by a command, by its name, or by a reply to what it said; all else is not for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from telegram import Chat, Message, MessageEntity, Update, User

from bot.interfaces.telegram.api.message_contents import File, content_of, marks_of, text_of, without
from retrieval.types import Span

_ASK = "ask"
_ENGLISH = "en"


class Me(NamedTuple):
    """The bot itself."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class ChatPlace:
    """Where something was said: the chat, its topic (0 for none), and the message."""

    chat: int
    private: bool
    thread: int
    message: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who said it: their id, their name if they have one, and the language that they use Telegram in."""

    id: int
    username: str
    language: str


@dataclass(frozen=True, slots=True)
class Replied:
    """The message that was replied to: whether the bot wrote it, its text, and the part that was picked out of it."""

    message: int
    mine: bool
    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A message to the bot: a command with its words, or words alone; the bot's own name is taken out of them.

    One that says nothing by itself and replies to what somebody else sent says that; one that asks something in reply
    to a file or a link asks it of these, which are `earlier` ones then.
    """

    place: ChatPlace
    person: Person
    at: float
    """When it was written or changed, in whole seconds of Unix time."""
    command: str
    """Without its slash; empty when it is none."""
    named: bool
    """Whether it names the bot."""
    words: str
    beside: str
    """The words without the links."""
    links: tuple[str, ...]
    file: File | None
    earlier: bool
    replied: Replied | None
    forwarded: bool
    edited: bool
    unreadable: bool
    """Whether it is a picture, a voice or another thing without words."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that was pressed, by what it carries."""

    place: ChatPlace
    person: Person
    id: str
    data: str


def read_update(update: Mapping[str, Any], me: Me) -> Heard | Pressed | None:
    """What `update` means, or None where it is nothing that was said to the bot."""
    read = Update.de_json(dict(update), None)
    if (query := read.callback_query) is not None:
        message = query.message
        if message is None or query.data is None:
            return None
        thread = _thread(message) if isinstance(message, Message) else 0
        place = ChatPlace(message.chat.id, message.chat.type == Chat.PRIVATE, thread, message.message_id)
        return Pressed(place, _person(query.from_user), query.id, query.data)
    said = read.message or read.edited_message
    if said is None or said.from_user is None or said.sender_chat is not None or said.from_user.is_bot:
        return None
    return _heard(said, me, edited=read.message is None)


def _heard(message: Message, me: Me, *, edited: bool) -> Heard | None:
    text = text_of(message)
    command, named, taken = "", False, list[Span]()
    for entity, span in marks_of(message):
        words = span.of(text)
        if _is_name(entity, words, me):
            named = True
        elif entity.type == MessageEntity.BOT_COMMAND and not command and not without(text[: span.start], taken):
            name, _, to = words[1:].partition("@")
            if to and to.lower() != me.username.lower():
                return None
            command, named = name.lower(), named or bool(to)
        else:
            continue
        taken.append(span)
    replied = _replied(message, me)
    private = message.chat.type == Chat.PRIVATE
    called = private or named or bool(command)
    content = content_of(message, taken)
    if not called and (replied is None or not replied.mine or not (content.words or content.file)):
        return None
    if content.empty and not (named or command):
        return None  # somebody came, went, or pinned something
    if edited and content.unreadable and not content.words:
        return None  # a place that moves
    forwarded, earlier = message.forward_origin is not None, False
    if replied is not None and not replied.mine and command in ("", _ASK) and message.reply_to_message is not None:
        other = content_of(message.reply_to_message)
        if content.empty:
            content = other._replace(words=replied.quote, beside=replied.quote, links=()) if replied.quote else other
            replied, earlier = None, True
        elif not (content.links or content.file) and (other.file or (other.links and not other.beside)):
            content = content._replace(links=other.links, file=other.file)
            replied, earlier = None, True
    return Heard(
        place=ChatPlace(message.chat.id, private, _thread(message), message.message_id),
        person=_person(message.from_user),
        at=((message.edit_date if edited else None) or message.date).timestamp(),
        command=command,
        named=named,
        words=content.words,
        beside=content.beside,
        links=content.links,
        file=content.file,
        earlier=earlier,
        replied=replied,
        forwarded=forwarded,
        edited=edited,
        unreadable=content.unreadable,
    )


def _is_name(entity: MessageEntity, words: str, me: Me) -> bool:
    if entity.type == MessageEntity.MENTION:
        return words.lower() == f"@{me.username}".lower()
    return entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id


def _thread(message: Message) -> int:
    """The topic of a message; a thread of replies in a group without topics is none."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0


def _person(user: User | None) -> Person:
    assert user is not None
    return Person(user.id, user.username or "", user.language_code or _ENGLISH)


def _replied(message: Message, me: Me) -> Replied | None:
    quote = "" if message.quote is None else message.quote.text
    other = message.reply_to_message
    if other is None:  # what is quoted may stand in another chat
        return Replied(0, False, "", quote) if quote else None
    if other.forum_topic_created is not None:  # in a topic all messages reply to its beginning
        return None
    mine = other.from_user is not None and other.from_user.id == me.id
    return Replied(other.message_id, mine, text_of(other), quote)
