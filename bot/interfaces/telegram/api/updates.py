"""Parses updates: what a message to the bot says, where, and who sent it. Knows no answers, and sends nothing.

In a group a message is for the bot when it is a command, mentions the bot, or replies to the bot. All else is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from telegram import Chat, Message, MessageEntity, Update, User

from retrieval.types import Span

_ASK = "ask"
_LINKS = (MessageEntity.URL, MessageEntity.TEXT_LINK)
_SEPARATORS = ",:;.–—- \n\t"


class ChatPlace(NamedTuple):
    """Where a message stands: the chat, its topic (0 for none), and the message's id."""

    chat: int
    private: bool
    thread: int
    message: int


class SentFile(NamedTuple):
    """A file: Telegram's id for it, its name, its size in bytes where it is known, and its sender's id."""

    id: str
    name: str
    size: int | None
    sender: int


class RepliedMessage(NamedTuple):
    """The message that is replied to: whether the bot wrote it, its text, and the part of it that is quoted."""

    message: int
    by_bot: bool
    text: str
    quote: str


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """A message to the bot: a command with its arguments, or words alone; mentions of the bot are taken out of them.

    A message without content that replies to somebody else's takes that message's content. A question that replies to
    a file or a link is asked about these, which are `earlier` ones then.
    """

    place: ChatPlace
    person: User
    at: float
    """When it was written or edited, in whole seconds of Unix time."""
    command: str
    """Without its slash; empty when there is none."""
    named: bool
    """Whether it mentions the bot."""
    words: str
    beside: str
    """The words without the links."""
    links: tuple[str, ...]
    file: SentFile | None
    earlier: bool
    replied: RepliedMessage | None
    forwarded: bool
    edited: bool
    unreadable: bool
    """Whether it is a picture, a voice message or another thing without words."""
    album: str = ""
    """What names the files that were sent together with this one, if any were."""


class ButtonPress(NamedTuple):
    """A pressed button: where it stands, who pressed it, the callback query's id, and the button's data."""

    place: ChatPlace
    person: User
    id: str
    data: str


class _Content(NamedTuple):
    """What a message holds: its words, the words without links, the links, its file, and whether there is more."""

    words: str
    beside: str
    links: tuple[str, ...]
    file: SentFile | None
    unreadable: bool

    @property
    def empty(self) -> bool:
        return not (self.words or self.file or self.unreadable)


def read_update(update: Mapping[str, Any], bot: User) -> IncomingMessage | ButtonPress | None:
    """The message or button press that `update` holds; None where nothing was said to the bot."""
    read = Update.de_json(dict(update), None)
    if (query := read.callback_query) is not None:
        message = query.message
        if message is None or query.data is None:
            return None
        thread = _thread(message) if isinstance(message, Message) else 0
        place = ChatPlace(message.chat.id, message.chat.type == Chat.PRIVATE, thread, message.message_id)
        return ButtonPress(place, query.from_user, query.id, query.data)
    said = read.message or read.edited_message
    if said is None or said.from_user is None or said.sender_chat is not None or said.from_user.is_bot:
        return None
    return _incoming(said, said.from_user, bot, edited=read.message is None)


def _incoming(message: Message, person: User, bot: User, *, edited: bool) -> IncomingMessage | None:
    text = _text(message)
    command, named, taken = "", False, list[Span]()
    for entity, span in _entities(message):
        words = span.of(text)
        if _mentions(entity, words, bot):
            named = True
        elif entity.type == MessageEntity.BOT_COMMAND and not command and not _without(text[: span.start], taken):
            name, _, to = words[1:].partition("@")
            if to and f"@{to}".lower() != bot.name.lower():
                return None
            command, named = name.lower(), named or bool(to)
        else:
            continue
        taken.append(span)
    replied = _replied(message, bot)
    private = message.chat.type == Chat.PRIVATE
    content = _content(message, taken)
    if not (private or named or command) and (
        replied is None or not replied.by_bot or not (content.words or content.file)
    ):
        return None
    if content.empty and not (named or command):
        return None  # a service message: somebody came, went, or pinned something
    if edited and content.unreadable and not content.words:
        return None  # a live location
    earlier = False
    if replied is not None and not replied.by_bot and command in ("", _ASK) and message.reply_to_message is not None:
        other = _content(message.reply_to_message)
        if content.empty:
            content = other._replace(words=replied.quote, beside=replied.quote, links=()) if replied.quote else other
            replied, earlier = None, True
        elif not (content.links or content.file) and (other.file or (other.links and not other.beside)):
            content = content._replace(links=other.links, file=other.file)
            replied, earlier = None, True
    return IncomingMessage(
        place=ChatPlace(message.chat.id, private, _thread(message), message.message_id),
        person=person,
        at=((message.edit_date if edited else None) or message.date).timestamp(),
        command=command,
        named=named,
        earlier=earlier,
        replied=replied,
        forwarded=message.forward_origin is not None,
        edited=edited,
        album=message.media_group_id or "",
        **content._asdict(),
    )


def _content(message: Message, taken: Sequence[Span] = ()) -> _Content:
    """The content of `message`, without the spans `taken` of its text.

    An address without "https://" is a link where nothing stands beside it; else it is a name in a sentence.
    """
    text = _text(message)
    marks = [(entity, span) for entity, span in _entities(message) if entity.type in _LINKS]
    beside = _without(text, [*taken, *(span for _, span in marks)]).strip(_SEPARATORS)
    links, linked = [], []
    for entity, span in marks:
        address = entity.url or span.of(text)
        if "://" not in address:
            if beside:
                continue
            address = f"https://{address}"
        links.append(address)
        if not entity.url:
            linked.append(span)
    file = None
    if (sent := message.document) is not None:
        sender = message.from_user.id if message.from_user is not None else 0
        file = SentFile(sent.file_id, sent.file_name or "", sent.file_size, sender)
    return _Content(
        words=_without(text, taken),
        beside=_without(text, [*taken, *linked]).rstrip(_SEPARATORS),
        links=tuple(links),
        file=file,
        unreadable=file is None and message.effective_attachment is not None,
    )


def _text(message: Message) -> str:
    """The text, or the caption of a file."""
    return message.text or message.caption or ""


def _entities(message: Message) -> list[tuple[MessageEntity, Span]]:
    """The entities of a message in order, each with its span in code points: Telegram counts in UTF-16."""
    wide = _text(message).encode("utf-16-le", "surrogatepass")

    def place(units: int) -> int:
        return len(wide[: 2 * units].decode("utf-16-le", "surrogatepass"))

    entities = message.entities if message.text else message.caption_entities
    marks = [(one, Span(place(one.offset), place(one.offset + one.length))) for one in entities]
    return sorted(marks, key=lambda mark: mark[1].start)


def _without(text: str, spans: Sequence[Span]) -> str:
    """The text without the spans, and without the separators that are left at its beginning."""
    if not spans:
        return text.strip()
    left, at = "", 0
    for span in sorted(spans, key=lambda span: span.start):
        left = f"{left}{text[at : span.start]}".rstrip(" ") + " "
        at = span.end
        while text.startswith(" ", at):
            at += 1
    return f"{left}{text[at:]}".lstrip(_SEPARATORS).rstrip()


def _mentions(entity: MessageEntity, words: str, bot: User) -> bool:
    if entity.type == MessageEntity.MENTION:
        return words.lower() == bot.name.lower()
    return entity.type == MessageEntity.TEXT_MENTION and entity.user is not None and entity.user.id == bot.id


def _thread(message: Message) -> int:
    """The topic of a message; a thread of replies in a group without topics is none."""
    return (message.message_thread_id or 0) if message.is_topic_message else 0


def _replied(message: Message, bot: User) -> RepliedMessage | None:
    quote = "" if message.quote is None else message.quote.text
    other = message.reply_to_message
    if other is None:  # the quoted message may stand in another chat
        return RepliedMessage(0, False, "", quote) if quote else None
    if other.forum_topic_created is not None:  # every message of a topic replies to its opening
        return None
    by_bot = other.from_user is not None and other.from_user.id == bot.id
    return RepliedMessage(other.message_id, by_bot, _text(other), quote)
