"""A Bot API server and a bot of the test's own, ended with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from bot_api import BotApi
from telegram_process import TelegramProcess

Starter = Callable[..., TelegramProcess]


@pytest.fixture
def api() -> Iterator[BotApi]:
    """The Bot API server."""
    with BotApi() as server:
        yield server


@pytest.fixture
def telegram(tmp_path: Path, topology: str, api: BotApi) -> Iterator[Starter]:
    """Starts the bot on the test's data folder with the settings given; in the end none of its requests was wrong."""
    with ExitStack() as started:

        def starter(**settings: str) -> TelegramProcess:
            process = TelegramProcess(tmp_path / "data", api, **settings)
            started.callback(process.stop)
            return process

        yield starter
    assert [(refused.method, refused.description) for refused in api.refusals] == []
    assert api.impatience == []
