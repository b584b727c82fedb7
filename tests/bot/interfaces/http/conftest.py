"""Servers for the tests: one that they share, each with askers of its own, and others that end with the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from receiver import Receiver
from server import KEYS, Client, Server, Starter

SHARED = {**KEYS, "FOOTNOTE_REQUESTS_A_MINUTE": "1000000"}


@pytest.fixture
def serve(tmp_path: Path, topology: str) -> Iterator[Starter]:
    """Starts a server on the test's data folder with the settings given, and waits until it is ready."""
    with ExitStack() as started:

        def starter(**settings: str) -> Server:
            server = Server(tmp_path / "data", **settings)
            started.callback(server.stop)
            return server.ready()

        yield starter


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server") / "data", **SHARED)
    try:
        yield server.ready()
    finally:
        status = server.stop()
    assert status == 0
    assert not [line for line in server.logged() if line["level"] == "error"]


@pytest.fixture
def server(request: pytest.FixtureRequest, topology: str) -> Server:
    """A server whose library of files many tests share: what is for everyone they leave as it is. It never fails."""
    if topology == "files":
        shared: Server = request.getfixturevalue("_running")
        return shared
    own: Server = request.getfixturevalue("serve")(**SHARED)
    return own


@pytest.fixture
def ann(server: Server) -> Iterator[Client]:
    """An asker of the test's own."""
    with server.stranger() as client:
        yield client


@pytest.fixture
def bob(server: Server) -> Iterator[Client]:
    with server.stranger() as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.close()
