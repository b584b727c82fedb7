"""The bot, the people, their chats, and the updates that wait for the bot.

Knows nothing of requests and of HTTP. Source: https://core.telegram.org/bots/api#getting-updates.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from bot_api_chats import PATIENCE, Chat
from bot_api_state import Document, Json, Query, User

Found = TypeVar("Found")
OFTEN = {"chat_member", "message_reaction", "message_reaction_count"}  # sent only when asked for by name
LOOK = 0.05  # seconds between two looks at a condition, if nothing changes


class World:
    """The bot, the people, their chats and what the bot is told of them.

    `privacy` is the bot's privacy mode: in groups it sees commands that name it or nobody, replies to its messages and
    service messages; all where it is an administrator. `mentions` lets through what mentions it, too: BotFather's words
    say so, but people report from 2016 to 2026 that such messages do not come (on GitHub telegramdesktop/tdesktop
    2117, n3d1117/chatgpt-telegram-bot 39, HKUDS/nanobot 449, archestra-ai/archestra 6562), so that they can rely on
    a mention only without privacy mode, or where the bot is an administrator.
    """

    def __init__(self, *, privacy: bool = True, mentions: bool = True, username: str = "footnote_bot") -> None:
        self.privacy, self.mentions = privacy, mentions
        self.changed = threading.Condition()  # its lock guards everything here
        self.bot = User(7_000_000_001, "Footnote", username, is_bot=True)
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, Document] = {}
        self.queries: dict[str, Query] = {}
        self.updates: list[Json] = []  # not acknowledged yet
        self.allowed_updates: list[str] = []
        self._last_id = 100
        self._last_update = 500_000
        self._held = 0

    def user(self, name: str, *, language: str | None = "en", username: str | None = None) -> User:
        """A new person; `language` is what their client says, which may be nothing."""
        with self.changed:
            user = User(1_000_000 + self.next_id(), name, username, language)
            self.users[user.id] = user
            return user

    def private(self, user: User) -> Chat:
        """The chat of a person with the bot; the bot cannot write in it before the person did."""
        return self.chats.get(user.id) or self._open(user.id, "private", "", {user.id: "member"})

    def group(self, title: str, owner: User, *members: User, kind: str = "group") -> Chat:
        """A new group of these people and the bot."""
        statuses = {user.id: "member" for user in members} | {owner.id: "creator"}
        number = self.next_id()
        return self._open(-number if kind == "group" else -1_000_000_000_000 - number, kind, title, statuses)

    def supergroup(self, title: str, owner: User, *members: User) -> Chat:
        """A new supergroup of these people and the bot; `topic()` makes it a forum."""
        return self.group(title, owner, *members, kind="supergroup")

    def upgrade(self, group: Chat) -> Chat:
        """A group becomes a supergroup: the old id is refused from now on, with the new one in the answer."""
        with self.changed:
            new = self.supergroup(group.title, self.users[next(iter(group.statuses))])
            new.statuses = dict(group.statuses)
            owner = next(self.users[user] for user, status in group.statuses.items() if status == "creator")
            group._add(owner, service={"migrate_to_chat_id": new.id})
            new._add(owner, service={"migrate_from_chat_id": group.id})
            group.upgraded_to = new
            return new

    def keep(self, name: str, mime: str, content: bytes, size: int | None = None) -> Document:
        """Lay a file at Telegram."""
        with self.changed:
            file_id = f"BQACAgIAAxkBAAI{self.next_id()}"
            document = Document(file_id, name, mime, content, len(content) if size is None else size)
            self.files[file_id] = document
            return document

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
            if kind in self.allowed_updates or (not self.allowed_updates and kind not in OFTEN):
                self._last_update += 1
                self.updates.append({"update_id": self._last_update, kind: payload})
            self.changed.notify_all()

    def waiting(self) -> list[Json]:
        """The updates that may be told now."""
        return [] if self._held else self.updates

    def until(
        self, condition: Callable[[], Found | None], seconds: float = PATIENCE, chat: Chat | None = None
    ) -> Found:
        """What the condition gives, once it gives something; it is tried at every change and now and then."""
        end = time.monotonic() + seconds
        while not (found := condition()):  # without the lock: a condition may ask the server itself
            stands = [message.text for message in chat.messages] if chat else ""
            assert time.monotonic() < end, f"not within {seconds} s; in the chat stand {stands}"
            with self.changed:
                self.changed.wait(LOOK)
        return found

    def next_id(self) -> int:
        """A number that was not given yet."""
        with self.changed:
            self._last_id += 1
            return self._last_id

    def _open(self, chat_id: int, kind: str, title: str, statuses: dict[int, str]) -> Chat:
        with self.changed:
            chat = Chat(self, chat_id, kind, title)
            chat.statuses = statuses | {self.bot.id: "member"}
            self.chats[chat_id] = chat
            if kind != "private":
                self.deliver("my_chat_member", chat._change("left", "member"))
            return chat
