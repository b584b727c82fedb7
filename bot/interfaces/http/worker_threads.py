"""Blocking work outside the event loop: queued for worker threads, and cancelled when the client disconnects."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar

from starlette.requests import Request

from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.http.problems import Problem

_Result = TypeVar("_Result")
_AHEAD = 16  # items that a worker may be ahead of whoever reads them
_WAIT = "5"  # seconds after which to come again


class WorkerPool:
    """A number of threads, and of callers that may wait for one; any further caller gets a problem, 503.

    `each` bounds the work of one asker that runs or waits, where askers are named.
    """

    def __init__(self, threads: int, waiting: int, name: str, each: int | None = None) -> None:
        self._executor = ThreadPoolExecutor(threads, name)
        self._most, self._each = threads + waiting, each
        self._admitted_of: Counter[str] = Counter()
        self.admitted = 0
        """Callers whose work is running or waits."""

    async def run(self, request: Request, function: Callable[[CancellationToken], _Result], asker: str = "") -> _Result:
        """What `function` returns. Raises Problem when too many wait, and AbortedError when the client has gone."""
        stop = CancellationToken()

        def unless_stopped() -> _Result:
            stop.check()  # whoever waited may have gone meanwhile
            return function(stop)

        work = self._submit(unless_stopped, asker)
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            await _first(work, gone)
            if not work.done():
                raise AbortedError
            return work.result()
        finally:
            stop.set()
            gone.cancel()
            work.cancel()

    async def stream(self, request: Request, function: Callable[[], Iterator[_Result]]) -> AsyncIterator[_Result]:
        """What the iterator of `function` gives, from a thread that stops soon after the client has gone.

        Raises as `function` does, Problem when too many wait, and AbortedError.
        """
        loop, items = asyncio.get_running_loop(), asyncio.Queue[_Result](_AHEAD)

        def drive(stop: CancellationToken) -> None:
            for item in function():
                stop.check()
                _put(items, item, loop, stop)

        work = asyncio.ensure_future(self.run(request, drive))
        work.add_done_callback(_retrieved)
        item = asyncio.ensure_future(items.get())
        try:
            while not work.done() or item.done() or not items.empty():
                await _first(item, work)
                if item.done():
                    yield item.result()
                    item = asyncio.ensure_future(items.get())
            work.result()
        finally:
            item.cancel()
            work.cancel()

    def _submit(self, function: Callable[[], _Result], asker: str) -> asyncio.Future[_Result]:
        if self.admitted >= self._most:
            raise Problem(503, "busy", "Too many requests are waiting. Come again.", headers={"Retry-After": _WAIT})
        if asker and self._each is not None and self._admitted_of[asker] >= self._each:
            detail = f"{self._each} requests of yours are waiting already. Come again once they are answered."
            raise Problem(429, "too-many-requests", detail, headers={"Retry-After": _WAIT})
        self.admitted += 1
        self._admitted_of[asker] += 1
        loop = asyncio.get_running_loop()
        work = self._executor.submit(copy_context().run, function)  # so that its log has the request's id
        # Counted until the thread is free, not until its caller has gone.
        work.add_done_callback(lambda _: self._release(loop, asker))
        future = asyncio.wrap_future(work)
        future.add_done_callback(_retrieved)
        return future

    def _release(self, loop: asyncio.AbstractEventLoop, asker: str) -> None:
        def release() -> None:
            self.admitted -= 1
            self._admitted_of[asker] -= 1
            if not self._admitted_of[asker]:
                del self._admitted_of[asker]

        with suppress(RuntimeError):  # the loop has ended, and with it what was counted
            loop.call_soon_threadsafe(release)

    def close(self) -> None:
        """Wait for running work; queued work is not started."""
        self._executor.shutdown(wait=True, cancel_futures=True)


def _put(
    items: asyncio.Queue[_Result], item: _Result, loop: asyncio.AbstractEventLoop, stop: CancellationToken
) -> None:
    """Put `item` once there is room, as long as it is wanted."""
    put = asyncio.run_coroutine_threadsafe(items.put(item), loop)
    while True:
        try:
            put.result(timeout=0.1)
            return
        except TimeoutError:
            try:
                stop.check()
            except AbortedError:
                put.cancel()
                raise


def _retrieved(future: asyncio.Future[_Result]) -> None:
    """Retrieve the exception of work that nobody awaits any more: asyncio would log it otherwise."""
    if not future.cancelled():
        future.exception()


async def _first(*futures: asyncio.Future[Any]) -> None:
    await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)


async def _disconnected(request: Request) -> None:
    """Returns when the client has gone; the body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
