"""A Bot API server and a bot of the test's own, or a bot that the tests share; none of its requests may be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from bot_api import BotApi
from telegram_process import Starter, TelegramProcess


@pytest.fixture
def api() -> Iterator[BotApi]:
    with BotApi() as server:
        yield server


@pytest.fixture
def telegram(tmp_path: Path, topology: str, api: BotApi) -> Iterator[Starter]:
    """Starts the bot on the test's data folder with the settings given."""
    with ExitStack() as started:

        def starter(**settings: str) -> TelegramProcess:
            process = TelegramProcess(tmp_path / "data", api, **settings)
            started.callback(process.stop)
            return process

        yield starter
    check(api)


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelegramProcess]:
    """A bot on files that is started once."""
    with pytest.MonkeyPatch.context() as environment, BotApi() as api:
        for name in ("FOOTNOTE_DATABASE_URL", "FOOTNOTE_CHROMA_URL"):
            environment.delenv(name, raising=False)
        process = TelegramProcess(tmp_path_factory.mktemp("bot") / "data", api).ready()
        yield process
        assert process.stop() == 0


@pytest.fixture
def shared(running: TelegramProcess) -> Iterator[BotApi]:
    """The server of a bot, for a test whose chats are its own, and that asks it for nothing but answers."""
    yield running.api
    assert running.process.poll() is None
    check(running.api)


def check(api: BotApi) -> None:
    """None of the bot's requests was wrong, and none came before the time that it was told to wait was over."""
    assert [(refused.method, refused.description) for refused in api.refusals] == []
    assert api.impatience == []
