"""The chat of one update, with all that its handlers need: the library, the bot's client, and how to reply."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from prometheus_client import Counter
from telegram import Bot, ChatMember, User
from telegram.error import BadRequest, TelegramError

from bot.bootstrap import Footnote
from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.fair_share import FairShare
from bot.interfaces.telegram.api.sending import DraftMessage, send_message
from bot.interfaces.telegram.api.updates import ChatPlace
from bot.interfaces.telegram.messages.rendering import RenderedMessage, notice_messages
from bot.storage.outbox import OutgoingMessage, ShownTurn
from bot.storage.topics import Topic
from retrieval.library.catalogue import Entry, readable_by

_ADMINISTRATORS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
_RETRY_PAUSES = (0.5, 1.0, 2.0, 0.0)  # seconds after each try to download a file
_Result = TypeVar("_Result")
_log = structlog.get_logger("footnote.telegram")


class FileUnavailableError(Exception):
    """Telegram does not hand a file over."""


class BotClient:
    """Calls Telegram from a worker thread; `loop` is the event loop that the bot runs in."""

    def __init__(self, bot: Bot, loop: asyncio.AbstractEventLoop) -> None:
        self._bot, self._loop = bot, loop

    def download(self, file: str) -> bytes:
        """The bytes of a file, by Telegram's id for it. Raises FileUnavailableError."""

        async def download() -> bytes:
            found = await self._bot.get_file(file)
            return bytes(await found.download_as_bytearray())

        for pause in _RETRY_PAUSES:
            try:
                return self._run(download())
            except BadRequest as error:
                raise FileUnavailableError from error
            except TelegramError as error:
                _log.warning("a file cannot be had", why=type(error).__name__)
                time.sleep(pause)
        raise FileUnavailableError

    def administers(self, chat: int, person: int) -> bool:
        """Whether someone is an administrator of a group; False where Telegram does not tell."""
        try:
            return self._run(self._bot.get_chat_member(chat, person)).status in _ADMINISTRATORS
        except TelegramError:
            return False

    def _run(self, call: Coroutine[Any, Any, _Result]) -> _Result:
        return asyncio.run_coroutine_threadsafe(call, self._loop).result()


@dataclass(frozen=True, slots=True)
class ChatContext:
    """One update in its chat; with `replying`, what is said to it is shown as a reply."""

    footnote: Footnote
    answers: Counter
    heavy: FairShare
    client: BotClient
    update: int
    place: ChatPlace
    person: User
    language: str
    topic: Topic
    stop: CancellationToken
    draft: DraftMessage
    replying: bool
    text_of: Callable[[int], tuple[str, int] | None]
    """The text of an earlier update of this chat, by its id, and its message; None once it is forgotten."""

    @property
    def asker(self) -> str:
        """The asker: the chat."""
        return f"chat:{self.place.chat}"

    @property
    def owners(self) -> tuple[str, str]:
        """The owners whose documents may be read here."""
        return readable_by(self.asker)

    @property
    def conversation(self) -> str:
        """The name of the topic's current conversation."""
        return f"{self.place.thread}.{self.topic.conversation}"

    def entries(self) -> list[Entry]:
        """The documents that may be read here."""
        return self.footnote.library.entries(self.owners)

    def entry(self, document: str) -> Entry | None:
        """One of these documents, by its id."""
        return next(iter(self.footnote.library.entries(self.owners, [document])), None)

    def may_decide(self) -> bool:
        """Whether this person may decide for the chat: in a private chat anyone, in a group an administrator."""
        return self.place.private or self.client.administers(self.place.chat, self.person.id)

    def set_topic(self, topic: Topic) -> None:
        """Change the conversation or the chosen document of this topic."""
        self.footnote.topics.set(self.place.chat, self.place.thread, topic)

    def say(
        self, messages: Sequence[RenderedMessage], shows: ShownTurn | None = None, reply_to: int = 0
    ) -> list[OutgoingMessage]:
        """These messages to this chat; `shows` is the turn that they show, `reply_to` a message that they are about."""
        reply_to = reply_to or (self.place.message if self.replying else 0)
        return [
            OutgoingMessage(
                send_message(
                    message.body.text,
                    message.body.entities(),
                    message.buttons,
                    thread=self.place.thread,
                    reply_to=0 if number else reply_to,
                ),
                shows,
            )
            for number, message in enumerate(messages)
        ]

    def say_notice(self, name: str, **values: str) -> list[OutgoingMessage]:
        """The fixed words called `name`, with `values` filled in."""
        return self.say(notice_messages(name, self.language, **values))
