"""What an update of Telegram means: what was said to the bot, where, and by whom. Knows no answers, and sends nothing.

In a group the bot is spoken to by a command, by its name, or by a reply to what it said; all else is not for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from telegram import Chat, Document, Message, MessageEntity, Update, User

_ENGLISH = "en"
_COMMANDS_LIKE = MessageEntity.BOT_COMMAND
_LINKS = (MessageEntity.URL, MessageEntity.TEXT_LINK)


class Me(NamedTuple):
    """The bot itself."""

    id: int
    username: str


@dataclass(frozen=True, slots=True)
class Place:
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
class File:
    """A file that was sent: Telegram's id for it, its name, and its size in bytes where it is known."""

    id: str
    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Replied:
    """The message that was replied to; `quote` is the part of it that was picked out, else its whole text."""

    message: int
    mine: bool
    quote: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A message to the bot: a command with its words, or words alone; the bot's own name is taken out of them."""

    place: Place
    person: Person
    command: str
    """Without its slash; empty when it is none."""
    words: str
    links: tuple[str, ...]
    file: File | None
    replied: Replied | None
    forwarded: bool
    edited: bool
    unreadable: bool
    """Whether it is a picture, a voice or another thing without words."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that was pressed, by what it carries."""

    place: Place
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
        thread = message.message_thread_id if isinstance(message, Message) and message.is_topic_message else None
        place = Place(message.chat.id, message.chat.type == Chat.PRIVATE, thread or 0, message.message_id)
        return Pressed(place, _person(query.from_user), query.id, query.data)
    said = read.message or read.edited_message
    if said is None or said.from_user is None or said.sender_chat is not None or said.from_user.is_bot:
        return None
    return _heard(said, me, edited=read.message is None)


def _heard(message: Message, me: Me, *, edited: bool) -> Heard | None:
    private = message.chat.type == Chat.PRIVATE
    text = message.text or message.caption or ""
    entities = message.parse_entities() if message.text else message.parse_caption_entities()
    command, spoken_to, taken = "", private, []
    for entity, words in entities.items():
        if entity.type == _COMMANDS_LIKE and text.startswith(words) and not command:
            name, _, to = words[1:].partition("@")
            if to and to.lower() != me.username.lower():
                return None
            command, spoken_to = name.lower(), True
            taken.append(words)
        elif (entity.type == MessageEntity.MENTION and words.lower() == f"@{me.username}".lower()) or (
            entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == me.id
        ):
            spoken_to = True
            taken.append(words)
    for words in taken:
        text = text.replace(words, " ", 1)
    replied = _replied(message, me)
    if not (spoken_to or (replied is not None and replied.mine)):
        return None
    links = tuple(
        words if entity.type == MessageEntity.URL else str(entity.url)
        for entity, words in entities.items()
        if entity.type in _LINKS
    )
    file = None if message.document is None else _file(message.document)
    if not (text.strip() or command or file) and (message.effective_attachment is None and not taken):
        return None  # somebody came, went, or pinned something
    return Heard(
        place=Place(message.chat.id, private, _thread(message), message.message_id),
        person=_person(message.from_user),
        command=command,
        words=" ".join(text.split(" ")).strip(),
        links=links,
        file=file,
        replied=replied,
        forwarded=message.forward_origin is not None,
        edited=edited,
        unreadable=file is None and message.effective_attachment is not None,
    )


def _thread(message: Message) -> int:
    """The topic of a message; a thread of replies in a group without topics is none."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0


def _person(user: User | None) -> Person:
    assert user is not None
    return Person(user.id, user.username or "", user.language_code or _ENGLISH)


def _file(document: Document) -> File:
    return File(document.file_id, document.file_name or "", document.file_size)


def _replied(message: Message, me: Me) -> Replied | None:
    other = message.reply_to_message
    if other is None or other.forum_topic_created is not None:  # in a topic all messages reply to its beginning
        return None
    mine = other.from_user is not None and other.from_user.id == me.id
    quote = message.quote.text if message.quote is not None else other.text or other.caption or ""
    return Replied(other.message_id, mine, quote)
