"""People, chats and what stands in them: a test acts in a chat as the people in it, and reads it as they see it.

Knows nothing of requests: it makes updates, and tells which of them privacy mode lets through. Sources:
https://core.telegram.org/bots/api#available-types and https://core.telegram.org/bots/features#privacy-mode.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from bot_api_text import LONGEST, Entity, found_entities, part, units
from patience import STILL, wait_until

Found = TypeVar("Found")
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

    def shown(self) -> Json:
        """As `Document`."""
        shown = {"file_id": self.file_id, "file_unique_id": f"unique-{self.file_id}", "file_size": self.size}
        return shown | {"file_name": self.name, "mime_type": self.mime}


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
    thread: int | None = None
    document: Document | None = None
    album: str = ""
    forwarded_from: User | None = None
    service: Json = field(default_factory=dict)  # what a service message tells
    formatted: bool = False  # sent with entities
    number: int = 0  # of the request that sent it, in the log
    date: int = field(default_factory=lambda: int(time.time()))
    edited: int = 0  # when, in seconds since 1970

    def __repr__(self) -> str:
        return f"<{self.sender.name}: {self.text!r}>"

    def edit(self, text: str, entities: list[Entity]) -> None:
        """Put another text in the place of this one."""
        self.text, self.entities, self.edited = text, entities, int(time.time())

    @property
    def labels(self) -> list[str]:
        """The words on its buttons, row after row."""
        return [button["text"] for row in self.buttons for button in row]

    def button(self, label: str) -> Json:
        """The button with this label, or with this callback data."""
        for row in self.buttons:
            for button in row:
                if label in (button["text"], button["callback_data"]):
                    return button
        raise AssertionError(f"no button {label!r} among {self.labels} of {self.text!r}")

    def shown(self, *, with_reply: bool = True) -> Json:
        """As `Message`; the message replied to is shown without the one that it replies to."""
        shown: Json = {"message_id": self.id, "date": self.date, "chat": self.chat.shown(), "from": self.sender.shown()}
        shown |= self.service
        before = "caption_" if self.document else ""
        for name, value in (
            ("document", self.document and self.document.shown()),
            ("media_group_id", self.album),
            ("caption" if self.document else "text", self.text),
            (f"{before}entities", self.entities),
            ("reply_markup", {"inline_keyboard": self.buttons} if self.buttons else None),
            ("edit_date", self.edited),
        ):
            shown |= {name: value} if value else {}
        if self.forwarded_from:
            origin = {"type": "user", "sender_user": self.forwarded_from.shown(), "date": self.date}
            shown["forward_origin"] = origin
        replied = self.reply_to or (self.chat.message(self.thread) if self.thread else None)  # a topic's opening
        if with_reply and replied:
            shown["reply_to_message"] = replied.shown(with_reply=False)
        return shown | ({"message_thread_id": self.thread, "is_topic_message": True} if self.thread else {})


@dataclass(eq=False)
class Query:
    """A pressed button, and the answer that the bot gave: None, or its text."""

    id: str
    user: User
    message: Message
    data: str
    answer: str | None = None
    expired: bool = False  # set by the test: from now on it is too late to answer

    def shown(self) -> Json:
        """As `CallbackQuery`."""
        shown: Json = {"id": self.id, "from": self.user.shown(), "data": self.data}
        return shown | {"message": self.message.shown(), "chat_instance": str(self.message.chat.id)}


class Draft(NamedTuple):
    """A preview that the bot streamed into a private chat."""

    id: int
    text: str


class Chat:
    """A private chat, a group or a supergroup, perhaps with topics. People act in it by its methods."""

    def __init__(self, world: World, chat_id: int, kind: str, title: str, statuses: dict[int, str]) -> None:
        self.world, self.id, self.kind, self.title = world, chat_id, kind, title
        self.messages: list[Message] = []
        self.statuses = statuses  # by user id: creator, administrator, member, left, kicked
        self.topics: dict[int, str] = {}
        self.drafts: list[Draft] = []
        self.actions: list[str] = []
        self.started = kind != "private"  # a bot cannot write first
        self.upgraded_to: Chat | None = None

    @property
    def received(self) -> list[Message]:
        """What the bot wrote, as it stands now."""
        with self.world.changed:  # not between a message and its request in the log: who sees one finds the other
            return [message for message in self.messages if message.sender is self.world.bot]

    def message(self, message_id: int) -> Message | None:
        """The message with this id."""
        return next((message for message in self.messages if message.id == message_id), None)

    def shown(self) -> Json:
        """As `Chat`."""
        if self.kind == "private":
            return {"id": self.id, "type": "private", "first_name": self.world.users[self.id].name}
        return {"id": self.id, "type": self.kind, "title": self.title} | ({"is_forum": True} if self.topics else {})

    def say(
        self,
        user: User,
        text: str,
        *,
        reply_to: Message | None = None,
        topic: int | None = None,
        forwarded_from: User | None = None,
    ) -> Message:
        """A person writes; Telegram marks commands, mentions and links in it, and else leaves it as it stands here."""
        assert 1 <= units(text) <= LONGEST, "clients split such a text: use paste()"
        values: Json = {"reply_to": reply_to, "thread": topic, "forwarded_from": forwarded_from}
        return self.add(user, text=text, entities=found_entities(text), **values)

    def paste(self, user: User, text: str) -> list[Message]:
        """A person pastes a long text of code points below U+10000: clients send it in messages of 4,096 of them."""
        with self.world.at_once():
            return [self.say(user, text[at : at + LONGEST]) for at in range(0, len(text), LONGEST)]

    def attach(
        self,
        user: User,
        name: str,
        content: bytes,
        *,
        mime: str = "application/pdf",
        size: int | None = None,
        caption: str = "",
        album: str = "",
    ) -> Message:
        """A person sends a document, maybe of an `album`; `size` claims another size than the content has."""
        file_id = f"BQACAgIAAxkBAAI{self.world.next_id()}"
        document = Document(file_id, name, mime, content, len(content) if size is None else size)
        self.world.files[file_id] = document
        return self.add(user, text=caption, entities=found_entities(caption), document=document, album=album)

    def edit(self, message: Message, text: str) -> None:
        """A person changes what they wrote."""
        with self.world.changed:
            message.edit(text, found_entities(text))
            self._tell("edited_message", message)

    def press(self, user: User, message: Message, label: str) -> Query:
        """A person presses the button with this label or callback data."""
        return self.press_forged(user, message, message.button(label)["callback_data"])

    def press_forged(self, user: User, message: Message, data: str) -> Query:
        """A person whose client is their own presses a button that stands under no message."""
        with self.world.changed:
            query = Query(str(self.world.next_id()), user, message, data)
            self.world.queries[query.id] = query
            self.world.deliver("callback_query", query.shown())
            return query

    def set_status(self, user: User, status: str) -> None:
        """A person, or the bot, becomes administrator, leaves, … (one of `ChatMember`'s statuses)."""
        with self.world.changed:
            self.statuses[user.id] = status

    def topic(self, user: User, name: str) -> int:
        """A person opens a topic; its id, which is the id of the message that says so."""
        with self.world.changed:
            opening = self.add(user, service={"forum_topic_created": {"name": name, "icon_color": 7322096}})
            self.topics[opening.id] = name
            return opening.id

    def ask(self, user: User, text: str, **more: Any) -> Message:
        """A person writes, and the bot says something: its next message."""
        count = len(self.received)
        self.say(user, text, **more)
        return self.wait(count + 1)[count]

    def wait(self, count: int) -> list[Message]:
        """What the bot wrote, once there are so many messages of it."""
        return self.world.until(lambda: self.received if len(self.received) >= count else None, self)

    def wait_for(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message of the bot that is wanted, once it stands there."""
        return self.world.until(lambda: next(filter(wanted, self.received), None), self)

    def add(self, sender: User, **values: Any) -> Message:
        """Put a message at the chat's end; what a person says is told to the bot, if it may see it."""
        with self.world.changed:
            message = Message(self, self.world.next_id(), sender, **values)
            self.messages.append(message)
            if sender is not self.world.bot:
                self.started = True
                self._tell("message", message)
            self.world.changed.notify_all()
            return message

    def _tell(self, kind: str, message: Message) -> None:
        status = self.statuses[self.world.bot.id]
        if status not in ("left", "kicked") and (
            self.kind == "private" or not self.world.privacy or message.service or self._is_for_bot(message)
        ):
            self.world.deliver(kind, message.shown())

    def _is_for_bot(self, message: Message) -> bool:
        """Whether privacy mode lets a message of a group through: a command, a mention, or a reply to the bot."""
        if message.reply_to and message.reply_to.sender is self.world.bot:
            return True
        name = f"@{self.world.bot.username}".lower()
        marked = [(entity["type"], part(message.text, entity).lower()) for entity in message.entities]
        return any(
            words == name if kind == "mention" else kind == "bot_command" and (words.endswith(name) or "@" not in words)
            for kind, words in marked
        )


class World:
    """The bot, the people, their chats, and the updates that wait for the bot.

    `privacy` is the bot's privacy mode: in groups it sees only what is for it. Mentions are let through, as BotFather
    says; people report that these do not come, so that one can rely on them only without privacy mode.
    """

    def __init__(self, privacy: bool = True) -> None:
        self.privacy = privacy
        self.changed = threading.Condition()  # its lock guards everything here
        self.bot = User(7_000_000_001, "Footnote", "footnote_bot", is_bot=True)
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, Document] = {}
        self.queries: dict[str, Query] = {}
        self.watched: list[Any] = []  # the bots, whose processes are given the time that they need
        self.updates: list[Json] = []  # not acknowledged yet
        self.allowed_updates: list[str] = []
        self._last_id, self._last_update = 100, 500_000
        self._held = 0

    def user(self, name: str, *, language: str | None = "en", username: str | None = None) -> User:
        """A new person; `language` is what their client says, which may be nothing."""
        user = User(1_000_000 + self.next_id(), name, username, language)
        self.users[user.id] = user
        return user

    def private(self, user: User) -> Chat:
        """The chat of a person with the bot; the bot cannot write in it before the person did."""
        return self.chats.get(user.id) or self._open(user.id, "private", "", {user.id: "member"})

    def meet(self, name: str, **about: Any) -> tuple[User, Chat]:
        """A new person and their chat with the bot."""
        user = self.user(name, **about)
        return user, self.private(user)

    def group(self, title: str, owner: User, *members: User, kind: str = "group") -> Chat:
        """A new group of these people and the bot."""
        statuses = {user.id: "member" for user in members} | {owner.id: "creator"}
        return self._open(-1_000_000_000_000 - self.next_id(), kind, title, statuses)

    def supergroup(self, title: str, owner: User, *members: User) -> Chat:
        """A new supergroup of these people and the bot; `topic()` makes it a forum."""
        return self.group(title, owner, *members, kind="supergroup")

    def upgrade(self, group: Chat) -> Chat:
        """A group becomes a supergroup: the old id is refused from now on, with the new one in the answer."""
        with self.changed:
            owner = next(self.users[user] for user, status in group.statuses.items() if status == "creator")
            new = self.supergroup(group.title, owner)
            new.statuses = dict(group.statuses)
            group.add(owner, service={"migrate_to_chat_id": new.id})
            new.add(owner, service={"migrate_from_chat_id": group.id})
            group.upgraded_to = new
            return new

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """What people do within is told to the bot at the end, together."""
        with self.changed:
            self._held += 1
        try:
            yield
        finally:
            with self.changed:
                self._held -= 1
                self.changed.notify_all()

    def deliver(self, kind: str, payload: Json) -> None:
        """Put an update at the end of the bot's queue, if the bot asked for its kind."""
        with self.changed:
            if kind in self.allowed_updates or not self.allowed_updates:
                self._last_update += 1
                self.updates.append({"update_id": self._last_update, kind: payload})
            self.changed.notify_all()

    def waiting(self) -> list[Json]:
        """The updates that may be told now."""
        return [] if self._held else self.updates

    def until(self, condition: Callable[[], Found], chat: Chat | None = None, still: float = STILL) -> Found:
        """What the condition gives, once it gives something; the bots are given the time that they need."""

        def stands() -> str:
            return f"in the chat stand {[message.text for message in chat.messages]}" if chat else ""

        return wait_until(condition, *(bot.process for bot in self.watched), says=stands, still=still)

    def next_id(self) -> int:
        """A number that was not given yet."""
        with self.changed:
            self._last_id += 1
            return self._last_id

    def _open(self, chat_id: int, kind: str, title: str, statuses: dict[int, str]) -> Chat:
        with self.changed:
            return self.chats.setdefault(chat_id, Chat(self, chat_id, kind, title, statuses | {self.bot.id: "member"}))
