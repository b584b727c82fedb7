"""Blocking work beside the event loop: real threads, a real uvicorn, and clients that go away."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from patience import wait_until
from server import sent
from servers import free_port

from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.http.problems import handle_problems
from bot.interfaces.http.worker_threads import WorkerPool

PIECE = 64 * 1024  # bytes of a stream at a time
MOST_AHEAD = 64 * 1024 * 1024  # bytes: more than the buffers of both ends take


class Running:
    """An application with one kind of work, served by uvicorn in a thread; counts what is still being worked on."""

    def __init__(self, threads: int, waiting: int) -> None:
        self.work = WorkerPool(threads, waiting, "test")
        self.at_work = 0
        self.finished = 0
        self.given = 0
        self.open = threading.Event()
        self._lock = threading.Lock()
        app = FastAPI()
        handle_problems(app)
        app.get("/stream")(self._stream)
        app.get("/run")(self._run)
        app.get("/short")(self._short)
        self.port = free_port()
        self.server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_config=None))
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self.at_work += 1
        try:
            yield
        finally:
            with self._lock:
                self.at_work -= 1

    async def _stream(self, request: Request) -> StreamingResponse:
        def endless() -> Iterator[bytes]:
            with self._counted():
                while True:
                    self.given += 1
                    yield b"x" * PIECE
                    time.sleep(0.001)

        return StreamingResponse(self.work.stream(request, endless))

    async def _run(self, request: Request) -> str:
        def until_open(stop: CancellationToken) -> str:
            with self._counted():
                while not self.open.wait(0.02):
                    stop.check()
                self.finished += 1
                return "done"

        try:
            return await self.work.run(request, until_open)
        except AbortedError:
            return "nobody reads this"

    async def _short(self) -> str:
        return "here"

    def idle(self) -> bool:
        """Whether nobody works, and nothing waits."""
        return self.at_work == 0 and self.work.admitted == 0

    def close(self) -> None:
        """End the server and its threads."""
        self.open.set()
        self.server.should_exit = True
        self._thread.join()
        self.work.close()


@pytest.fixture
def running() -> Iterator[Callable[..., Running]]:
    """Starts servers that end with the test."""
    with ExitStack() as started:

        def start(threads: int = 2, waiting: int = 4) -> Running:
            server = Running(threads, waiting)
            started.callback(server.close)
            return server

        yield start


def test_a_client_that_leaves_a_stream_frees_its_worker(running: Callable[..., Running]) -> None:
    """One worker streams for ever to a client that has read something; the client closes, and the worker is free."""
    server = running(threads=1)
    connection = sent(server, "GET /stream")
    assert b"xxx" in connection.recv(65536) + connection.recv(65536)
    assert server.at_work == 1
    connection.close()
    wait_until(server.idle)


def test_a_client_that_does_not_read_holds_no_more_than_its_worker(running: Callable[..., Running]) -> None:
    """What nobody reads is not piled up: the worker waits, others are served, and leaving ends it all the same."""
    server = running(threads=1)
    connection = sent(server, "GET /stream")
    given = -1
    while given != server.given:
        given = server.given
        time.sleep(0.3)
    assert 0 < given * PIECE < MOST_AHEAD
    assert server.at_work == 1
    assert httpx.get(f"{server.url}/short").text == '"here"'
    connection.close()
    wait_until(server.idle)


def test_a_client_that_leaves_before_the_result_frees_its_worker(running: Callable[..., Running]) -> None:
    """The same where the whole result was waited for."""
    server = running(threads=1)
    connection = sent(server, "GET /run")
    wait_until(lambda: server.at_work == 1)
    connection.close()
    wait_until(server.idle)
    assert server.finished == 0


def test_who_comes_on_top_is_told_to_come_again(running: Callable[..., Running]) -> None:
    """One works and one waits; the third is answered 503 with Retry-After at once, the others in full."""
    server = running(threads=1, waiting=1)
    first, second = sent(server, "GET /run"), sent(server, "GET /run")
    wait_until(lambda: server.work.admitted == 2)
    refused = httpx.get(f"{server.url}/run")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"].isdigit()
    assert refused.headers["Content-Type"] == "application/problem+json"
    server.open.set()
    for connection in (first, second):
        assert b"200 OK" in connection.recv(65536)
        connection.close()


def test_work_that_waited_for_someone_who_has_gone_is_not_done(running: Callable[..., Running]) -> None:
    """With one worker, of two that wait the one who has gone is passed over."""
    server = running(threads=1, waiting=2)
    first = sent(server, "GET /run")
    wait_until(lambda: server.at_work == 1)
    second, third = sent(server, "GET /run"), sent(server, "GET /run")
    wait_until(lambda: server.work.admitted == 3)
    second.close()
    wait_until(lambda: server.work.admitted == 2)
    server.open.set()
    wait_until(server.idle)
    assert server.finished == 2
    for connection in (first, third):
        assert b"200 OK" in connection.recv(65536)
        connection.close()


async def _read(pool: WorkerPool, function: Callable[[], Iterator[Any]], seen: list[Any], pause: float) -> None:
    async def forever() -> Any:
        await asyncio.sleep(3600)

    async for item in pool.stream(Request({"type": "http"}, receive=forever), function):
        seen.append(item)
        await asyncio.sleep(pause)


@pytest.mark.parametrize("pause", [0, 0.001], ids=["as it comes", "slowly"])
def test_a_stream_gives_everything_in_order_and_then_its_failure(pause: float) -> None:
    """More items than fit ahead come whole and in order; what fails at the end is raised after them. Also to whoever
    reads so slowly that the work ends long before.
    """

    def failing() -> Iterator[int]:
        yield from range(500)
        raise ValueError("broken")

    pool = WorkerPool(1, 0, "test")
    seen: list[int] = []
    with pytest.raises(ValueError, match="broken"):
        asyncio.run(_read(pool, failing, seen, pause))
    pool.close()
    assert seen == list(range(500))
