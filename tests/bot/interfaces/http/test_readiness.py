"""Whether the server says that it can answer, why it cannot, and that it can once what was missing is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from patience import CEILING, wait_until
from real_command import heeding_permissions
from server import Server, problem
from servers import Chroma, Postgres, free_port

pytestmark = pytest.mark.usefixtures("without_reader")

Begun = Callable[..., Server]


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Begun]:
    """Starts a server on the test's data folder, whatever it says."""
    with ExitStack() as started:

        def begin(**more: Any) -> Server:
            server = Server(tmp_path / "data", **more)
            started.callback(server.stop)
            return server

        yield begin


def told(server: Server, part: str) -> None:
    """Wait until the server says that this part of it is not there."""

    def says() -> bool:
        try:
            return part in httpx.get(f"{server.url}/readyz", timeout=CEILING).text
        except httpx.TransportError:
            return False

    wait_until(says, server.process, says=lambda: server.log.read_text("utf-8"))
    response = httpx.get(f"{server.url}/readyz", timeout=CEILING)
    detail = problem(response, 503, "unavailable")["detail"]
    assert int(response.headers["retry-after"]) > 0
    assert "footnote doctor" in detail and str(server.data) not in detail and "127.0.0.1" not in detail


def seeded(server: Server) -> bool:
    """Whether it has the article that every library begins with."""
    return len(httpx.get(f"{server.url}/v1/documents", timeout=CEILING).json()["documents"]) == 1


def test_chroma_starts_after_the_server(begun: Begun) -> None:
    """Until it is there its name is told; then the server is ready by itself, with its article, and a question is
    answered.
    """
    port = free_port()
    server = begun(FOOTNOTE_CHROMA_URL=f"http://127.0.0.1:{port}")
    told(server, "Chroma")
    chroma = Chroma(port)
    try:
        server.ready()
        assert seeded(server)
        with server.client() as client:
            asked = {"question": "Where did Blinken speak about China?"}
            assert client.post("/v1/ask", json=asked).json()["status"] == "answered"
        assert server.stop() == 0
    finally:
        chroma.stop()


def test_the_database_starts_after_the_server(begun: Begun) -> None:
    """The same with PostgreSQL."""
    postgres = Postgres()
    try:
        url = postgres.empty_database()
        postgres.halt()
        server = begun(FOOTNOTE_DATABASE_URL=url)
        told(server, "database")
        postgres.resume()
        server.ready()
        assert seeded(server)
        assert server.stop() == 0
    finally:
        postgres.stop()


def test_a_data_folder_that_cannot_be_written_is_told(begun: Begun, tmp_path: Path) -> None:
    """A folder without the right to write is named as such; once it has that right the server is ready by itself."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    server = begun(first=heeding_permissions)
    told(server, "data folder cannot be written")
    folder.chmod(0o755)
    server.ready()
    assert seeded(server)


def test_it_ends_while_it_waits(begun: Begun) -> None:
    """Asked to end while something is missing, it does."""
    server = begun(FOOTNOTE_CHROMA_URL=f"http://127.0.0.1:{free_port()}")
    told(server, "Chroma")
    assert server.stop() == 0
