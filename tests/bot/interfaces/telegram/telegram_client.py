"""python-telegram-bot's real client of a Bot API server, called without `await`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
from bot_api import BotApi
from telegram import Bot


class Client:
    """Each method of `Bot` by its name, run to its end; `raw` sends what `Bot` would never send."""

    def __init__(self, api: BotApi) -> None:
        self.api = api
        self._loop = asyncio.new_event_loop()
        self.bot = Bot(api.token, base_url=api.base_url, base_file_url=api.base_file_url)
        self._loop.run_until_complete(self.bot.initialize())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.bot, name)
        return lambda *values, **named: self._loop.run_until_complete(method(*values, **named))

    def run(self, coroutine: Any) -> Any:
        """Run a coroutine of the client to its end."""
        return self._loop.run_until_complete(coroutine)

    def raw(self, method: str, content: bytes = b"", token: str | None = None, **fields: Any) -> dict[str, Any]:
        """The answer to a form, or to a body as it stands."""
        url = f"{self.api.base_url}{token or self.api.token}/{method}"
        if content:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            response = httpx.post(url, content=content, headers=headers)
        else:
            response = httpx.post(url, data=fields)
        answer: dict[str, Any] = response.json()
        assert response.status_code == answer.get("error_code", 200)
        return answer

    def close(self) -> None:
        """End the client and its loop."""
        self._loop.run_until_complete(self.bot.shutdown())
        self._loop.close()
