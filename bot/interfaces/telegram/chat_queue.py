"""Handles the updates of all chats at once, those of each chat in order: replies are sent before the next update.

Knows nothing of what an update means; only a call to stop overtakes what came before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

import structlog
from telegram.error import InvalidToken

from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.telegram.api.sending import RefusedError, Sender, ShutdownError
from bot.interfaces.telegram.dispatch import UpdateDispatcher
from bot.storage.inbox import Inbox, Update
from bot.storage.outbox import Outbox, OutgoingMessage, QueuedMessage

_LOOK = 0.25  # seconds between two looks for what other processes have received
_PATIENCE = 20.0  # seconds that what is being handled has at the end; what takes longer is handled at the next start
_PATIENT = 1.0  # seconds after which it is looked for what waits while a document is read
_PAUSE = 1.0  # seconds after a failure that nobody foresaw
_log = structlog.get_logger("footnote.telegram")


class ChatQueues:
    """The queues of all chats, each served by a task of its own."""

    def __init__(self, inbox: Inbox, outbox: Outbox, sender: Sender, dispatcher: UpdateDispatcher) -> None:
        self._inbox, self._outbox, self._sender, self._dispatcher = inbox, outbox, sender, dispatcher
        self._woken: dict[int, asyncio.Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stops: set[CancellationToken] = set()
        self._look = asyncio.Event()
        self._ending = False
        self._fault: InvalidToken | None = None

    @property
    def busy(self) -> int:
        """How many chats are being handled or written to."""
        return len(self._tasks)

    def wake(self) -> None:
        """An update was received."""
        self._look.set()

    async def run(self) -> None:
        """Handle updates until cancelled; what is being handled then is finished and sent first.

        Raises InvalidToken when the token is revoked.
        """
        try:
            while self._fault is None:
                self._look.clear()
                for chat in await asyncio.to_thread(self._inbox.chats):
                    if chat in self._woken:
                        self._woken[chat].set()
                    else:
                        self._begin(chat)
                # Not wait_for, which in Python 3.11 forgets a cancellation that comes with what it waits for.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK):
                        await self._look.wait()
            raise self._fault
        finally:
            self._ending = True
            self._sender.end()
            if self._tasks and (await asyncio.wait(self._tasks, timeout=_PATIENCE))[1]:
                for stop in self._stops:
                    stop.set()
                await asyncio.wait(self._tasks)

    def _begin(self, chat: int) -> None:
        self._woken[chat] = asyncio.Event()
        task = asyncio.create_task(self._serve(chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, chat: int) -> None:
        try:
            while await self._step(chat):
                pass
        except ShutdownError:
            return
        except InvalidToken as error:
            self._fault = error
            self._look.set()
        except Exception as error:  # noqa: BLE001  # one chat's failure is not another's, and what waits is kept
            _log.error("failed", chat=chat, exc_info=error)
            with suppress(ShutdownError):
                await self._sender.pause(_PAUSE)
        finally:
            del self._woken[chat]

    async def _step(self, chat: int) -> bool:
        """Send the next message of a chat, or else handle its next update; whether there is anything more to do."""
        message = await asyncio.to_thread(self._outbox.next, chat)
        if message is not None:
            await self._send(chat, message)
            return True
        if self._ending:
            return False
        waiting = await asyncio.to_thread(self._inbox.waiting, chat)
        if not waiting:
            return False
        if not await self._overtaken(waiting, idle=True):
            said = await self._handled(chat, waiting[0])
            if said is not None:
                await asyncio.to_thread(self._inbox.finish, waiting[0], said)
        return True

    async def _send(self, chat: int, message: QueuedMessage) -> None:
        try:
            number = await self._sender.send(chat, message.request)
        except RefusedError as error:
            _log.warning("refused", chat=chat, said=str(error))
            settle = partial(self._outbox.refused, message, str(error))
        else:
            settle = partial(self._outbox.sent, message, number)
        while True:
            try:
                return await asyncio.to_thread(settle)
            except Exception as error:  # noqa: BLE001  # what has been accepted must not be sent again
                _log.error("cannot be noted", chat=chat, exc_info=error)
                await self._sender.pause(_PAUSE)

    async def _overtaken(self, waiting: Sequence[Update], idle: bool) -> bool:
        """Whether a call to stop was among `waiting`, and has been handled with all that came before it."""
        calls = [update for update in waiting if self._dispatcher.is_stop(update)]
        if not calls:
            return False
        earlier = [update.id for update in waiting if update.id < calls[-1].id]
        said = await asyncio.to_thread(self._dispatcher.stopped, calls[-1], bool(earlier) or not idle)
        await asyncio.to_thread(self._inbox.finish, calls[-1], said, earlier)
        return True

    async def _handled(self, chat: int, update: Update) -> Sequence[OutgoingMessage] | None:
        """The replies to an update; None when a call to stop came before they were known."""
        stop = CancellationToken()
        self._stops.add(stop)
        try:
            return await self._until_stopped(chat, update, stop)
        finally:
            self._stops.discard(stop)

    async def _meanwhile(self, chat: int, update: Update, told: set[int]) -> None:
        """While a document is read: a command that needs no answer is carried out; a question is told that it waits."""
        if self._dispatcher.is_quick(update):
            said = await self._dispatcher.handle(update, CancellationToken())
            await asyncio.to_thread(self._inbox.finish, update, said)
            while (message := await asyncio.to_thread(self._outbox.next, chat)) is not None:
                await self._send(chat, message)
        elif update.id not in told and (notice := self._dispatcher.waits(update)) is not None:
            told.add(update.id)
            # Not kept: whoever misses it, since the process dies, has the answer soon.
            with suppress(RefusedError):
                await self._sender.send(chat, notice)

    async def _until_stopped(
        self, chat: int, update: Update, stop: CancellationToken
    ) -> Sequence[OutgoingMessage] | None:
        work = asyncio.create_task(self._dispatcher.handle(update, stop))
        long = self._dispatcher.reads(update)
        told: set[int] = set()  # updates whose sender knows that they wait
        while not work.done():
            self._woken[chat].clear()
            woken = asyncio.ensure_future(self._woken[chat].wait())
            await asyncio.wait((work, woken), return_when=asyncio.FIRST_COMPLETED, timeout=_PATIENT if long else None)
            woken.cancel()
            if work.done():
                break
            waiting = await asyncio.to_thread(self._inbox.waiting, chat)
            if any(self._dispatcher.is_stop(one) for one in waiting):
                stop.set()
                break
            if long:
                for one in waiting[1:]:
                    await self._meanwhile(chat, one, told)
        try:
            said = await work
        except AbortedError:
            said = None
        if stop.is_set() and await self._overtaken(await asyncio.to_thread(self._inbox.waiting, chat), idle=False):
            return None
        return said
