"""A chat, which a test drives as the people in it and reads as they see it.

Knows nothing of requests: it makes updates, and tells which of them privacy mode lets through. Sources:
https://core.telegram.org/bots/api,
https://core.telegram.org/bots/features#privacy-mode and https://core.telegram.org/bots/faq#what-messages-will-my-bot-get.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from bot_api_html import Entity, units
from bot_api_state import Draft, Json, Message, Query, User, member
from bot_api_text import LONGEST, found_entities, part

if TYPE_CHECKING:
    from bot_api_world import World

PATIENCE = 60  # seconds until something that does not come counts as missing


class Chat:
    """A private chat, a group or a supergroup, perhaps with topics. People act in it by its methods."""

    def __init__(self, world: World, chat_id: int, kind: str, title: str) -> None:
        self.world, self.id, self.kind, self.title = world, chat_id, kind, title
        self.history: list[Message] = []  # deleted ones too
        self.statuses: dict[int, str] = {}  # by user id: creator, administrator, member, left, kicked
        self.topics: dict[int, str] = {}
        self.is_forum = False
        self.drafts: list[Draft] = []
        self.actions: list[str] = []
        self.started = kind != "private"  # a bot cannot write first
        self.upgraded_to: Chat | None = None

    @property
    def messages(self) -> list[Message]:
        """What stands in the chat now."""
        return [message for message in self.history if not message.deleted]

    @property
    def received(self) -> list[Message]:
        """What the bot wrote, as it stands now."""
        return [message for message in self.messages if message.sender is self.world.bot]

    def message(self, message_id: int) -> Message | None:
        """The message with this id, if it was not deleted."""
        return next((message for message in self.messages if message.id == message_id), None)

    def shown(self) -> Json:
        """As `Chat`."""
        if self.kind == "private":
            user = self.world.users[self.id]
            names = {"first_name": user.name} | ({"username": user.username} if user.username else {})
            return {"id": self.id, "type": "private", **names}
        return {"id": self.id, "type": self.kind, "title": self.title} | ({"is_forum": True} if self.is_forum else {})

    def say(
        self,
        user: User,
        text: str,
        *,
        reply_to: Message | None = None,
        quote: str = "",
        topic: int | None = None,
        entities: list[Entity] | None = None,
        forwarded_from: User | None = None,
    ) -> Message:
        """A person writes; Telegram marks commands, mentions and links in it, unless entities are given.

        The text reaches the bot as it stands here, also where Telegram would have cleaned it.
        """
        assert 1 <= units(text) <= LONGEST, "clients split such a text: use paste()"
        assert quote in (reply_to.text if reply_to else ""), "only what stands in the message can be quoted"
        marks = found_entities(text) if entities is None else entities
        return self._add(
            user,
            text=text,
            entities=marks,
            reply_to=reply_to,
            quote=quote,
            thread=topic,
            forwarded_from=forwarded_from,
        )

    def paste(self, user: User, text: str) -> list[Message]:
        """A person pastes a long text: clients send it in messages of 4,096 UTF-16 units, at once."""
        pieces, length = [""], 0
        for character in text:
            length += units(character)
            if length > LONGEST:
                pieces.append("")
                length = units(character)
            pieces[-1] += character
        with self.world.at_once():
            return [self.say(user, piece) for piece in pieces]

    def attach(
        self,
        user: User,
        name: str,
        content: bytes,
        *,
        mime: str = "application/pdf",
        size: int | None = None,
        caption: str = "",
        reply_to: Message | None = None,
        topic: int | None = None,
    ) -> Message:
        """A person sends a document; `size` claims another size than the content has."""
        document = self.world.keep(name, mime, content, size)
        marks = found_entities(caption)
        return self._add(user, text=caption, entities=marks, document=document, reply_to=reply_to, thread=topic)

    def edit(self, message: Message, text: str) -> None:
        """A person changes what they wrote."""
        with self.world.changed:
            message.edit(text, found_entities(text))
            self._tell("edited_message", message)

    def press(self, user: User, message: Message, label: str) -> Query:
        """A person presses the button with this label or callback data."""
        with self.world.changed:
            data = message.button(label)["callback_data"]
            query = Query(str(self.world.next_id()), user, message, data)
            self.world.queries[query.id] = query
            self.world.deliver("callback_query", query.shown())
            return query

    def delete(self, message: Message) -> None:
        """A person deletes a message; a bot is not told."""
        with self.world.changed:
            message.deleted = message.deleted_by_test = True

    def set_status(self, user: User, status: str) -> None:
        """A person becomes administrator, leaves, … (one of `ChatMember`'s statuses); the bot is told of its own."""
        with self.world.changed:
            before, self.statuses[user.id] = self.statuses.get(user.id, "left"), status
            if user is self.world.bot and before != status:
                self.world.deliver("my_chat_member", self._change(before, status))

    def block(self) -> None:
        """The person of a private chat blocks the bot; `set_status(bot, "member")` unblocks it."""
        self.set_status(self.world.bot, "kicked")

    def topic(self, user: User, name: str) -> int:
        """A person opens a topic; its id, which is the id of the message that says so."""
        with self.world.changed:
            assert self.kind == "supergroup", "only supergroups have topics"
            self.is_forum = True
            opening = self._add(user, service={"forum_topic_created": {"name": name, "icon_color": 7322096}})
            self.topics[opening.id] = name
            return opening.id

    def wait(self, count: int, seconds: float = PATIENCE) -> list[Message]:
        """What the bot wrote, once there are so many messages of it."""
        return self.world.until(lambda: self.received if len(self.received) >= count else None, seconds, self)

    def wait_for(self, wanted: Callable[[Message], bool], seconds: float = PATIENCE) -> Message:
        """The first message of the bot that is wanted, once it stands there."""
        return self.world.until(lambda: next(filter(wanted, self.received), None), seconds, self)

    def add_message(self, sender: User, **values: Any) -> Message:
        """Put a message at the chat's end, without an update. Private chats and groups share one row of ids."""
        first_id = 2  # of a supergroup, where 1 stands for its opening and its topic "General"
        if self.kind != "supergroup":
            message_id = self.world.next_id()
        else:
            message_id = self.history[-1].id + 1 if self.history else first_id
        message = Message(self, message_id, sender, **values)
        self.history.append(message)
        self.world.changed.notify_all()
        return message

    def _add(self, user: User, **values: Any) -> Message:
        with self.world.changed:
            self.started = True
            message = self.add_message(user, **values)
            self._tell("message", message)
            return message

    def _tell(self, kind: str, message: Message) -> None:
        if self._told(message):
            self.world.deliver(kind, message.shown())

    def _told(self, message: Message) -> bool:
        """Whether the bot gets to see a message (privacy mode)."""
        world = self.world
        status = self.statuses.get(world.bot.id, "left")
        if status in {"left", "kicked"}:
            return False
        if self.kind == "private" or not world.privacy or status == "administrator" or message.service:
            return True
        if message.reply_to and message.reply_to.sender is world.bot:
            return True
        name = f"@{world.bot.username}".lower()
        for entity in message.entities:
            words = part(message.text, entity).lower()
            if entity["type"] == "bot_command" and (words.endswith(name) or "@" not in words):
                return True
            if world.mentions and (
                (entity["type"] == "mention" and words == name)
                or (entity["type"] == "text_mention" and entity["user"]["id"] == world.bot.id)
            ):
                return True
        return False

    def _change(self, before: str, after: str) -> Json:
        old, new = (member(self.world.bot, status) for status in (before, after))
        by = self.world.users.get(self.id) or next(iter(self.world.users.values()))
        return {
            "chat": self.shown(),
            "from": by.shown(),
            "date": int(time.time()),
            "old_chat_member": old,
            "new_chat_member": new,
        }
