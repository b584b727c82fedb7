"""A chat model of the tests, and a Footnote that asks it; both serve one module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chat_server import ChatServer

from bot.bootstrap import Footnote
from bot.settings import Settings


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    found = ChatServer()
    yield found
    found.close()


@pytest.fixture(scope="module")
def bot(server: ChatServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Footnote]:
    """A Footnote that asks the server, on the article."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("model"), model="openai:scripted", model_base_url=server.url, model_seconds=3
    )
    footnote = Footnote(settings)
    footnote.seed()
    yield footnote
    footnote.close()
