"""Updates as they are handled: by whom they are allowed, in which thread, and what is said when something fails.

What is done with a question, a document or a button is told elsewhere; here each finds its way.
"""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial

import structlog
from telegram import Bot, ChatMember
from telegram.error import BadRequest, TelegramError

from bot.bootstrap import Footnote
from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.rate_limit import RateLimit
from bot.interfaces.telegram import button_handler, command_handler, document_handler
from bot.interfaces.telegram.allow_list import AllowList
from bot.interfaces.telegram.api.message_parts import Parts
from bot.interfaces.telegram.api.sending import note
from bot.interfaces.telegram.api.updates import Heard, Me, Pressed, read_update
from bot.interfaces.telegram.chat_context import LostError, Scene
from bot.interfaces.telegram.question_handler import ask
from bot.interfaces.telegram.typing_indicator import DraftMessage, thinking
from bot.storage.inbox import Update
from bot.storage.outbox import Outgoing
from prompts import counted, language_of, words

_DOCUMENTS_AT_ONCE = 2  # a document may take the memory of its size many times over
_TOLD = 10.0  # seconds in which somebody who asks too much is told so once
_PASTE, _FORWARDED = 1000, 300  # characters from which on a text is a document, and no question
_MOST_TOLD = 10  # questions of which is told that a call to stop came before their answer
_ADMINISTRATORS = (ChatMember.OWNER, ChatMember.ADMINISTRATOR)
_AGAIN = (0.5, 1.0, 2.0, 0.0)  # seconds after each try to get a file
_QUICK = frozenset({"help", "new", "sources", "documents", "forget", "stop"})
_log = structlog.get_logger("footnote.telegram")


class Handling:
    """Handles the updates of one bot."""

    def __init__(self, footnote: Footnote, bot: Bot, me: Me) -> None:
        settings = footnote.settings
        self._footnote, self._bot, self._me = footnote, bot, me
        self._allowed = AllowList(settings.telegram_allowed)
        self._rate = RateLimit(settings.telegram_questions_a_minute)
        self._told: dict[int, float] = {}
        self._parts = Parts(footnote.inbox, self._read)
        self._turns = ThreadPoolExecutor(max(4, os.cpu_count() or 4), "turn")
        self._documents = ThreadPoolExecutor(_DOCUMENTS_AT_ONCE, "document")

    def stops(self, update: Update) -> bool:
        """Whether an update is a call to stop."""
        heard = self._read(update)
        return isinstance(heard, Heard) and heard.command == "stop" and self._allowed(heard.person, heard.place)

    def stopped(self, update: Update, anything: bool) -> list[Outgoing]:
        """What is said to a call to stop."""
        heard = self._read(update)
        assert isinstance(heard, Heard)
        scene = self._scene(update, heard, CancellationToken(), DraftMessage(), None)
        said = scene.tell("stopped" if anything else "nothing_to_stop")
        waiting = [one for one in self._footnote.inbox.waiting(update.chat) if one.id < update.id]
        for one in waiting[-_MOST_TOLD:]:
            asked = self._read(one)
            if (
                isinstance(asked, Heard)
                and asked.words
                and not self.stops(one)
                and self._allowed(asked.person, asked.place)
            ):
                said += self._scene(one, asked, CancellationToken(), DraftMessage(), None, replying=True).tell(
                    "cancelled"
                )
        return said

    async def handle(self, update: Update, stop: CancellationToken) -> list[Outgoing]:
        """What is said to an update. Raises AbortedError once it is stopped."""
        heard = self._read(update)
        if heard is None:
            return []
        loop = asyncio.get_running_loop()
        line = _Line(self._bot, loop)
        refused = self._refused(heard, heard.at if isinstance(heard, Heard) else update.received_at)
        if refused is not None:
            return await loop.run_in_executor(self._turns, self._refuse, update, heard, *refused)
        quick = isinstance(heard, Pressed) or heard.command in _QUICK
        async with nullcontext(DraftMessage()) if quick else thinking(self._bot, heard.place) as draft:
            work = partial(self._said, update, heard, stop, draft, line)
            return await loop.run_in_executor(self._executor(heard), work)

    def close(self) -> None:
        """Let go of the threads."""
        self._turns.shutdown()
        self._documents.shutdown()

    def _read(self, update: Update) -> Heard | Pressed | None:
        try:
            heard = read_update(update.data, self._me)
        except Exception as error:  # noqa: BLE001  # what Telegram's library cannot read must not keep a chat for ever
            _log.error("cannot be read", update=update.id, exc_info=error)
            return None
        if (
            isinstance(heard, Heard)
            and not (heard.place.private or heard.named)
            and command_handler.unknown(heard.command)
        ):
            return None  # it may be another bot's
        return heard

    def _executor(self, heard: Heard | Pressed) -> Executor:
        reads = isinstance(heard, Heard) and (heard.file or heard.links or _is_text(heard))
        return self._documents if reads else self._turns

    def _scene(
        self,
        update: Update,
        heard: Heard | Pressed,
        stop: CancellationToken,
        draft: DraftMessage,
        line: _Line | None,
        *,
        replying: bool = False,
    ) -> Scene:
        place = heard.place
        crowded = len(self._footnote.inbox.waiting(place.chat, 2)) > 1
        edited = isinstance(heard, Heard) and heard.edited
        return Scene(
            footnote=self._footnote,
            line=line or _Line(self._bot, None),
            update=update.id,
            place=place,
            person=heard.person,
            language=language_of(heard.person.language),
            topic=self._footnote.topics.at(place.chat, place.thread),
            stop=stop,
            draft=draft,
            replying=replying or (isinstance(heard, Heard) and (not place.private or edited or crowded)),
        )

    def _said(
        self, update: Update, heard: Heard | Pressed, stop: CancellationToken, draft: DraftMessage, line: _Line
    ) -> list[Outgoing]:
        scene = self._scene(update, heard, stop, draft, line)
        try:
            stop.check()
            if isinstance(heard, Pressed):
                return button_handler.press(scene, heard)
            return self._do(scene, heard, update)
        except AbortedError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the chat gets a line and the log the rest
            _log.error("failed", chat=heard.place.chat, exc_info=error)
            if isinstance(heard, Pressed):
                return [Outgoing(note(heard.id, words("failed", scene.language)))]
            return scene.tell("failed")

    def _refused(self, heard: Heard | Pressed, at: float) -> tuple[str, dict[str, str]] | None:
        """Which words are all that somebody is told, none where it is nothing; None where they may talk."""
        person = heard.person.id
        allowed = self._allowed(heard.person, heard.place)
        if not (allowed or heard.place.private):
            return "", {}
        wait = self._rate.take(str(person), at)
        if not wait:
            return None if allowed else ("not_allowed", {"user": str(person)})
        if at - self._told.get(person, -_TOLD) < _TOLD:
            return "", {}
        self._told = {one: when for one, when in self._told.items() if at - when < _TOLD} | {person: at}
        seconds = counted("seconds", max(1, round(wait)), language_of(heard.person.language))
        return "rate_limited", {"wait": seconds}

    def _refuse(self, update: Update, heard: Heard | Pressed, name: str, values: dict[str, str]) -> list[Outgoing]:
        if isinstance(heard, Pressed):
            said = words(name, language_of(heard.person.language), **values) if name else ""
            return [Outgoing(note(heard.id, said))]
        return (
            self._scene(update, heard, CancellationToken(), DraftMessage(), None).tell(name, **values) if name else []
        )

    def _do(self, scene: Scene, heard: Heard, update: Update) -> list[Outgoing]:
        if heard.command and not (heard.command == "ask" and (heard.words or heard.file)):
            return command_handler.follow(scene, heard)
        if heard.file is not None:
            return document_handler.read_file(scene, heard.file, heard.words, earlier=heard.earlier)
        if heard.unreadable and not heard.words:
            return scene.tell("not_text")
        if heard.edited and self._parts.unchanged(heard, update):
            return []
        if not heard.command:
            text, first = self._parts.joined(heard, update)
            if _is_text(heard) or first != heard.place.message:
                return [] if self._parts.go_on(heard, update) else document_handler.read_text(scene, text, first)
        if heard.links and not (heard.forwarded and heard.beside):
            return document_handler.read_links(scene, heard.links, heard.beside)
        return ask(scene, heard.words, heard.replied)


class _Line:
    """Telegram, asked from a worker's thread."""

    def __init__(self, bot: Bot, loop: asyncio.AbstractEventLoop | None) -> None:
        self._bot, self._loop = bot, loop

    def download(self, file: str) -> bytes:
        """The bytes of a file. Raises LostError."""

        async def download() -> bytes:
            found = await self._bot.get_file(file)
            return bytes(await found.download_as_bytearray())

        assert self._loop is not None
        for pause in _AGAIN:
            try:
                return asyncio.run_coroutine_threadsafe(download(), self._loop).result()
            except BadRequest as error:
                raise LostError from error
            except TelegramError as error:
                _log.warning("a file cannot be had", why=type(error).__name__)
                time.sleep(pause)
        raise LostError

    def administers(self, chat: int, person: int) -> bool:
        """Whether someone is an administrator of a group; not, where Telegram does not tell."""
        assert self._loop is not None
        asked = self._bot.get_chat_member(chat, person)
        try:
            return asyncio.run_coroutine_threadsafe(asked, self._loop).result().status in _ADMINISTRATORS
        except TelegramError:
            return False


def _is_text(heard: Heard) -> bool:
    """Whether what was written is to be kept and asked about, and is no question."""
    return len(heard.beside) >= (_FORWARDED if heard.forwarded else _PASTE)
