"""Hands each update to its handler: checks who is allowed, joins split messages, and reports what fails."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from itertools import islice
from typing import Any

import structlog
from prometheus_client import Counter
from telegram import Bot

from bot.assistant import LONGEST_QUESTION
from bot.bootstrap import Footnote
from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.fair_share import FairShare
from bot.interfaces.rate_limit import RateLimit
from bot.interfaces.telegram import document_handler
from bot.interfaces.telegram.api.sending import DraftMessage, answer_callback, typing_indicator
from bot.interfaces.telegram.api.updates import ButtonPress, IncomingMessage, SentFile, read_update
from bot.interfaces.telegram.button_handler import handle_button
from bot.interfaces.telegram.chat_context import BotClient, ChatContext
from bot.interfaces.telegram.message_handler import COMMANDS, ask, handle_command
from bot.interfaces.telegram.messages import rendering
from bot.interfaces.telegram.messages.markup import units
from bot.interfaces.telegram.messages.splitting import MOST_UNITS
from bot.storage.inbox import Update
from bot.storage.outbox import OutgoingMessage
from prompts import counted, language_of, words

_DOCUMENTS = 16  # that are fetched, read or wait for it
_HEAVY_AT_ONCE = 4  # a document may take the memory of its size many times over
_TOLD = 10.0  # seconds in which somebody who asks too much is told so once
_PASTE, _FORWARDED = 1000, 40  # characters from which on it is asked whether a text is a document
_ASKS = ("?", "？", "؟", "?!")
_MOST_CANCELLED = 10  # questions that are answered with "cancelled" after a call to stop
_MEANWHILE = frozenset({"help", "sources", "documents"})
_WAITS = 1.5  # seconds after which somebody who asks is told that a document is being read
_QUICK = frozenset({"help", "new", "sources", "documents", "forget", "stop"})
_CUT = 3900  # UTF-16 units from which on a message may be one part of a longer text that Telegram cut
_PART = 3.0  # seconds within which its other parts come
_LOOKED_BACK = 20  # updates
_Said = IncomingMessage | ButtonPress
_log = structlog.get_logger("footnote.telegram")


class UpdateDispatcher:
    """Handles the updates of one bot, and counts its answers. To be made where its event loop runs."""

    def __init__(self, footnote: Footnote, bot: Bot, answers: Counter) -> None:
        settings, self._answers = footnote.settings, answers
        self._footnote, self._inbox, self._bot = footnote, footnote.inbox, bot
        self._client = BotClient(bot, asyncio.get_running_loop())
        self._listed = {one.strip().lower() for one in settings.telegram_allowed.split(",") if one.strip()}
        self._rate = RateLimit(settings.telegram_questions_a_minute)
        self._told: dict[int, float] = {}  # when, by person
        self._turns = ThreadPoolExecutor(max(4, os.cpu_count() or 4), "turn")
        self._documents = ThreadPoolExecutor(_DOCUMENTS, "document")
        self._heavy = FairShare(_HEAVY_AT_ONCE)

    def is_stop(self, update: Update) -> bool:
        """Whether an update is a call to stop."""
        said = self._read(update)
        if not isinstance(said, IncomingMessage) or not self._allowed(said):
            return False
        word = said.place.private and not said.command and said.words.strip(" .!").lower() == "stop"
        return said.command == "stop" or word

    def reads(self, update: Update) -> bool:
        """Whether an update brings something to read, which may take long."""
        said = self._read(update)
        return isinstance(said, IncomingMessage) and bool(said.file or said.links)

    def is_quick(self, update: Update) -> bool:
        """Whether an update is a command that is carried out at once, and changes nothing that is being done."""
        said = self._read(update)
        return isinstance(said, IncomingMessage) and said.command in _MEANWHILE and self._allowed(said)

    def waits(self, update: Update) -> Mapping[str, Any] | None:
        """The request that tells whoever asked a question that a document is still being read; None for all else."""
        said = self._read(update)
        if (
            not isinstance(said, IncomingMessage)
            or not self._allowed(said)
            or said.file
            or said.command not in ("", "ask")
        ):
            return None
        if time.time() - update.received_at < _WAITS or not said.words:
            return None
        (notice,) = self._context(update, said, replying=True).say_notice("busy")
        return notice.request

    def stopped(self, update: Update, anything: bool) -> list[OutgoingMessage]:
        """The replies to a call to stop; `anything` says whether there was anything to stop."""
        called = self._read(update)
        assert isinstance(called, IncomingMessage)
        replies = self._context(update, called).say_notice("stopped" if anything else "nothing_to_stop")
        waiting = [one for one in self._inbox.waiting(update.chat) if one.id < update.id]
        for one in waiting[-_MOST_CANCELLED:]:
            said = self._read(one)
            if isinstance(said, IncomingMessage) and said.words and not self.is_stop(one) and self._allowed(said):
                replies += self._context(one, said, replying=True).say_notice("cancelled")
        return replies

    async def handle(self, update: Update, stop: CancellationToken) -> list[OutgoingMessage]:
        """The replies to an update. Raises AbortedError once it is stopped."""
        said = self._read(update)
        if said is None:
            return []
        run = asyncio.get_running_loop().run_in_executor
        refusal = self._refusal(said, said.at if isinstance(said, IncomingMessage) else update.received_at)
        if refusal is not None:
            return await run(self._turns, self._refuse, update, said, *refusal)
        quick = isinstance(said, ButtonPress) or said.command in _QUICK
        reads = isinstance(said, IncomingMessage) and (said.file or said.links or _is_document(said))
        async with nullcontext(DraftMessage()) if quick else typing_indicator(self._bot, said.place) as draft:
            return await run(self._documents if reads else self._turns, self._replies, update, said, stop, draft)

    def close(self) -> None:
        """Release the threads."""
        self._turns.shutdown()
        self._documents.shutdown()

    def _allowed(self, said: _Said) -> bool:
        """Whether somebody may talk to the bot in that place; an empty list means everyone."""
        names = {str(said.person.id), str(said.place.chat), f"@{said.person.username or ''}".lower()}
        return not self._listed or not self._listed.isdisjoint(names)

    def _read(self, update: Update) -> _Said | None:
        try:
            said = read_update(update.data, self._bot.bot)
        except Exception as error:  # noqa: BLE001  # what Telegram's library cannot read must not keep a chat for ever
            _log.error("cannot be read", update=update.id, exc_info=error)
            return None
        if isinstance(said, IncomingMessage) and said.command and said.command not in COMMANDS:
            return said if said.place.private or said.named else None  # it may be another bot's
        return said

    def _context(
        self,
        update: Update,
        said: _Said,
        stop: CancellationToken | None = None,
        draft: DraftMessage | None = None,
        *,
        replying: bool = False,
    ) -> ChatContext:
        place = said.place
        if isinstance(said, IncomingMessage):
            replying |= not place.private or said.edited or len(self._inbox.waiting(place.chat, 2)) > 1
        return ChatContext(
            footnote=self._footnote,
            answers=self._answers,
            heavy=self._heavy,
            client=self._client,
            update=update.id,
            place=place,
            person=said.person,
            language=language_of(said.person.language_code),
            topic=self._footnote.topics.at(place.chat, place.thread),
            stop=stop or CancellationToken(),
            draft=draft or DraftMessage(),
            replying=replying,
            text_of=partial(self._text_of, place.chat),
        )

    def _text_of(self, chat: int, number: int) -> tuple[str, int] | None:
        """The whole text of a message that came before, and its first message."""
        update = self._inbox.find(chat, number)
        said = None if update is None else self._read(update)
        if update is None or not isinstance(said, IncomingMessage) or not said.words:
            return None
        return self._joined(said, update)

    def _replies(
        self, update: Update, said: _Said, stop: CancellationToken, draft: DraftMessage
    ) -> list[OutgoingMessage]:
        context = self._context(update, said, stop, draft)
        try:
            stop.check()
            if isinstance(said, ButtonPress):
                return handle_button(context, said)
            return self._handle_message(context, said, update)
        except AbortedError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the chat gets a line and the log the rest
            _log.error("failed", chat=said.place.chat, exc_info=error)
            if isinstance(said, ButtonPress):
                return [OutgoingMessage(answer_callback(said.id, words("failed", context.language)))]
            return context.say_notice("failed")

    def _refusal(self, said: _Said, at: float) -> tuple[str, dict[str, str]] | None:
        """The fixed words, by name, that refuse somebody, "" for none at all; None where they may talk."""
        person = said.person.id
        allowed = self._allowed(said)
        if not (allowed or said.place.private):
            return "", {}
        wait = self._rate.take(str(person), at)
        if not wait:
            return None if allowed else ("not_allowed", {"user": str(person)})
        # Both ways, since the clock may have been set back.
        if abs(at - self._told.get(person, -_TOLD)) < _TOLD:
            return "", {}
        self._told = {one: when for one, when in self._told.items() if abs(at - when) < _TOLD} | {person: at}
        seconds = counted("seconds", max(1, round(wait)), language_of(said.person.language_code))
        return "rate_limited", {"wait": seconds}

    def _refuse(self, update: Update, said: _Said, name: str, values: dict[str, str]) -> list[OutgoingMessage]:
        if isinstance(said, ButtonPress):
            text = words(name, language_of(said.person.language_code), **values) if name else ""
            return [OutgoingMessage(answer_callback(said.id, text))]
        return self._context(update, said).say_notice(name, **values) if name else []

    def _handle_message(self, context: ChatContext, message: IncomingMessage, update: Update) -> list[OutgoingMessage]:
        if message.command and not (message.command == "ask" and (message.words or message.file)):
            return handle_command(context, message)
        if message.file is not None:
            question, files = self._album(message, update)
            return document_handler.read_file(context, message.file, question, files, earlier=message.earlier)
        if message.unreadable and not message.words:
            return context.say_notice("not_text")
        if message.edited and self._is_unchanged(message, update):
            return []
        if not message.command:
            _, first = self._joined(message, update)
            if _is_document(message) or first != message.place.message:
                if self._goes_on(message, update):
                    return []
                return context.say(rendering.keep_messages(update.id, context.language))
        if message.links and not (message.forwarded and message.beside):
            return document_handler.read_links(context, message.links, message.beside)
        return ask(context, message.words, message.replied)

    def _earlier(self, update: Update) -> Iterator[_Said | None]:
        """What was said in the chat before an update, the latest first."""
        while (before := self._inbox.before(update)) is not None:
            yield self._read(update := before)

    def _joined(self, message: IncomingMessage, update: Update) -> tuple[str, int]:
        """The whole of a text that Telegram cut into several messages, as far as it has come, and its first message."""
        whole, part = message.words, message
        for said in self._earlier(update):
            if not (isinstance(said, IncomingMessage) and _continues(part, said)):
                break
            between = "" if units(said.words) >= MOST_UNITS else "\n"  # in the middle of a word, or at a pause
            whole, part = said.words + between + whole, said
        return whole, part.place.message

    def _album(self, message: IncomingMessage, update: Update) -> tuple[str, list[SentFile]]:
        """What is asked of a file, and the files that were sent with it before: of several, once the last is there."""
        if not message.album:
            return message.words, []
        coming = [self._read(one) for one in self._inbox.waiting(update.chat, _LOOKED_BACK) if one.id > update.id]
        if any(isinstance(one, IncomingMessage) and one.album == message.album for one in coming):
            return "", []
        asked, files = [message.words], list[SentFile]()
        for said in islice(self._earlier(update), _LOOKED_BACK):
            if isinstance(said, IncomingMessage) and said.album == message.album and said.file is not None:
                asked.append(said.words)
                files.append(said.file)
        return next(filter(None, reversed(asked)), ""), files

    def _goes_on(self, message: IncomingMessage, update: Update) -> bool:
        """Whether the next part of a text that Telegram cut is there already: the last is read with all of them."""
        after = [one for one in self._inbox.waiting(update.chat, 2) if one.id > update.id]
        said = self._read(after[0]) if after else None
        return isinstance(said, IncomingMessage) and _continues(said, message)

    def _is_unchanged(self, message: IncomingMessage, update: Update) -> bool:
        """Whether an edited message has the words that it had before: Telegram tells of other edits, too."""
        for said in islice(self._earlier(update), _LOOKED_BACK):
            if isinstance(said, IncomingMessage) and said.place == message.place:
                return said.words == message.words
        return False


def _continues(part: IncomingMessage, before: IncomingMessage) -> bool:
    """Whether `part` goes on where Telegram cut a text that its writer sent as one."""
    same = (part.person.id, part.place.thread) == (before.person.id, before.place.thread)
    plain = not (part.command or before.command or part.file or before.file or part.edited)
    return same and plain and 0 <= part.at - before.at <= _PART and units(before.words) >= _CUT


def _is_document(message: IncomingMessage) -> bool:
    """Whether a text may be a document: a post that is forwarded, or so long that it is no question; unless it asks."""
    least, most = (_FORWARDED, _PASTE) if message.forwarded else (_PASTE, LONGEST_QUESTION)
    asks = message.beside.rstrip().endswith(_ASKS) and len(message.beside) <= most
    return not asks and len(message.beside) >= least
