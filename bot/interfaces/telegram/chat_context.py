"""Where something was said, with all that is needed to do what was asked and to say something to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.bootstrap import Footnote
from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.telegram.api.sending import send
from bot.interfaces.telegram.api.updates import ChatPlace, Person
from bot.interfaces.telegram.messages.notices import notice
from bot.interfaces.telegram.messages.rendering import Message
from bot.interfaces.telegram.typing_indicator import DraftMessage
from bot.storage.outbox import Outgoing, ShownTurn
from bot.storage.topics import Topic
from retrieval.library.catalogue import Entry, readable_by


class LostError(Exception):
    """Telegram does not hand a file over."""


class BotLine(Protocol):
    """What is asked of Telegram while an update is handled."""

    def download(self, file: str) -> bytes:
        """The bytes of a file, by Telegram's id for it. Raises LostError."""

    def administers(self, chat: int, person: int) -> bool:
        """Whether someone is an administrator of a group."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One update in its chat; `replying` has what is said to it shown as a reply."""

    footnote: Footnote
    line: BotLine
    update: int
    place: ChatPlace
    person: Person
    language: str
    topic: Topic
    stop: CancellationToken
    draft: DraftMessage
    replying: bool

    @property
    def asker(self) -> str:
        """Who asks: the chat."""
        return f"chat:{self.place.chat}"

    @property
    def owners(self) -> tuple[str, str]:
        """Whose documents may be read here."""
        return readable_by(self.asker)

    @property
    def conversation(self) -> str:
        """The name of what is talked about in this topic at the moment."""
        return f"{self.place.thread}.{self.topic.conversation}"

    def entries(self) -> list[Entry]:
        """The documents that may be read here."""
        return self.footnote.library.entries(self.owners)

    def entry(self, document: str) -> Entry | None:
        """One of them."""
        return next(iter(self.footnote.library.entries(self.owners, [document])), None)

    def decides(self) -> bool:
        """Whether this person may decide for the chat: anyone on their own, in a group an administrator."""
        return self.place.private or self.line.administers(self.place.chat, self.person.id)

    def say(self, messages: Sequence[Message], shows: ShownTurn | None = None) -> list[Outgoing]:
        """These messages, here; `shows` is the turn that they show."""
        reply_to = self.place.message if self.replying else 0
        return [
            Outgoing(
                send(
                    message.rich.html(),
                    message.rich.plain,
                    [[(button.label, button.data) for button in row] for row in message.buttons],
                    thread=self.place.thread,
                    reply_to=0 if number else reply_to,
                ),
                shows,
            )
            for number, message in enumerate(messages)
        ]

    def tell(self, name: str, **values: str) -> list[Outgoing]:
        """The fixed words called `name`."""
        return self.say(notice(name, self.language, **values))
