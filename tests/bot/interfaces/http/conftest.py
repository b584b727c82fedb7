"""A server of the test's own, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from server import Server

Starter = Callable[..., Server]


@pytest.fixture
def serve(tmp_path: Path, topology: str) -> Iterator[Starter]:
    """Starts a server on the test's data folder with the settings given, and waits until it is ready."""
    with ExitStack() as started:

        def starter(**settings: str) -> Server:
            server = Server(tmp_path / "data", **settings)
            started.callback(server.stop)
            return server.ready()

        yield starter
