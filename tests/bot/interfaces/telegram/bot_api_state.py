"""Users, documents, messages and pressed buttons, and how the Bot API shows each as JSON.

Knows nothing of requests. Source of the shapes: https://core.telegram.org/bots/api#available-types.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot_api_html import Entity, units
from bot_api_text import part

if TYPE_CHECKING:
    from bot_api_chats import Chat

Json = dict[str, Any]


@dataclass(eq=False)
class User:
    """A person, or the bot."""

    id: int
    name: str
    username: str | None = None
    language: str | None = None
    is_bot: bool = False

    def shown(self) -> Json:
        """As `User`."""
        shown: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.name}
        shown |= {"username": self.username} if self.username else {}
        return shown | ({"language_code": self.language} if self.language else {})


@dataclass
class Document:
    """A file that lies at Telegram; `size` may be larger than the content that is kept of it."""

    file_id: str
    name: str
    mime: str
    content: bytes
    size: int
    path: str | None = None  # where it can be downloaded, once getFile was called

    def shown(self) -> Json:
        """As `Document`."""
        return {
            "file_id": self.file_id,
            "file_unique_id": f"unique-{self.file_id}",
            "file_name": self.name,
            "mime_type": self.mime,
            "file_size": self.size,
        }


@dataclass(eq=False)
class Message:
    """A message as it stands after its edits. `text` is a document's caption; `thread` a topic's id."""

    chat: Chat
    id: int
    sender: User
    text: str = ""
    entities: list[Entity] = field(default_factory=list)
    buttons: list[list[Json]] = field(default_factory=list)
    reply_to: Message | None = None
    quote: str = ""
    thread: int | None = None
    document: Document | None = None
    forwarded_from: User | None = None
    service: Json = field(default_factory=dict)  # what a service message tells
    formatted: bool = False  # sent with a parse_mode or with entities
    number: int = 0  # of the request that sent it, in the log
    date: int = field(default_factory=lambda: int(time.time()))
    versions: list[str] = field(default_factory=list)  # earlier texts, oldest first
    edited: int = 0  # when, in seconds since 1970
    reaction: str = ""  # the bot's
    deleted: bool = False
    deleted_by_test: bool = False

    def __repr__(self) -> str:
        return f"<{self.sender.name}: {self.text!r}>"

    def edit(self, text: str, entities: list[Entity]) -> None:
        """Put another text in the place of this one."""
        self.versions.append(self.text)
        self.text, self.entities, self.edited = text, entities, int(time.time())

    @property
    def labels(self) -> list[str]:
        """The words on its buttons, row after row."""
        return [button["text"] for row in self.buttons for button in row]

    def button(self, label: str) -> Json:
        """The button with this label, or with this callback data."""
        for row in self.buttons:
            for button in row:
                if label in (button["text"], button.get("callback_data")):
                    return button
        raise AssertionError(f"no button {label!r} among {self.labels} of {self.text!r}")

    def parts(self, kind: str) -> list[str]:
        """The words under each entity of a kind (`bold`, `expandable_blockquote`, `text_link` …)."""
        return [part(self.text, entity) for entity in self.entities if entity["type"] == kind]

    def shown(self, *, with_reply: bool = True) -> Json:
        """As `Message`; the message replied to is shown without the one that it replies to."""
        shown: Json = {"message_id": self.id, "date": self.date, "chat": self.chat.shown(), "from": self.sender.shown()}
        shown |= self.service
        if self.document:
            shown |= {"document": self.document.shown()}
        if self.text:
            shown["caption" if self.document else "text"] = self.text
        if self.entities:
            shown["caption_entities" if self.document else "entities"] = self.entities
        if self.buttons:
            shown["reply_markup"] = {"inline_keyboard": self.buttons}
        if self.edited:
            shown["edit_date"] = self.edited
        if self.forwarded_from:
            user = self.forwarded_from.shown()
            shown["forward_origin"] = {"type": "user", "sender_user": user, "date": self.date}
        if with_reply:
            shown |= self._reply()
        return shown | self._thread()

    def _reply(self) -> Json:
        """What it replies to; in a topic, without any other, the message that opened the topic."""
        replied = self.reply_to
        if replied is None and self.thread:
            replied = self.chat.message(self.thread)
        if replied is None or replied.deleted:
            return {}
        shown: Json = {"reply_to_message": replied.shown(with_reply=False)}
        if self.quote:
            position = units(replied.text[: replied.text.find(self.quote)])
            shown["quote"] = {"text": self.quote, "position": position, "is_manual": True}
        return shown

    def _thread(self) -> Json:
        """The topic; in a supergroup without topics, the first message of a thread of replies, which is no topic."""
        if self.thread:
            return {"message_thread_id": self.thread, "is_topic_message": True}
        if self.reply_to and self.chat.kind == "supergroup" and not self.chat.is_forum:
            first = self.reply_to
            while first.reply_to:
                first = first.reply_to
            return {"message_thread_id": first.id}
        return {}


@dataclass(eq=False)
class Query:
    """A pressed button, and the answer that the bot gave: None, or its text, `alert` for a box to be closed."""

    id: str
    user: User
    message: Message
    data: str
    answer: str | None = None
    alert: bool = False
    expired: bool = False  # set by the test: from now on it is too late to answer

    def shown(self) -> Json:
        """As `CallbackQuery`."""
        message = self.message
        inaccessible = {"chat": message.chat.shown(), "message_id": message.id, "date": 0}
        return {
            "id": self.id,
            "from": self.user.shown(),
            "message": inaccessible if message.deleted else message.shown(),
            "chat_instance": str(message.chat.id),
            "data": self.data,
        }


@dataclass
class Draft:
    """A preview that the bot streamed into a private chat."""

    id: int
    text: str
    entities: list[Entity]
    number: int


def member(user: User, status: str) -> Json:
    """As `ChatMember`, with every right that an administrator of ours has."""
    shown: Json = {"user": user.shown(), "status": status}
    if status == "kicked":
        return shown | {"until_date": 0}
    if status == "creator":
        return shown | {"is_anonymous": False}
    if status == "administrator":
        rights = "manage_chat delete_messages manage_video_chats restrict_members promote_members change_info"
        rights += " invite_users post_stories edit_stories delete_stories pin_messages manage_topics"
        return (
            shown | {f"can_{right}": True for right in rights.split()} | {"can_be_edited": False, "is_anonymous": False}
        )
    return shown
