"""Chats that Telegram asks to be left alone: nothing is sent there before the time is over. Knows not what is sent."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

_Result = bool | dict[str, Any] | list[dict[str, Any]]
_REMEMBERED = 1000  # chats; of more, those that may be written to again are left out


class Patience(BaseRateLimiter[None]):
    """Refuses in Telegram's place what comes too early for its chat; other chats go on."""

    def __init__(self) -> None:
        self._until: dict[object, float] = {}  # by chat

    async def initialize(self) -> None:
        """Nothing is to be made ready."""

    async def shutdown(self) -> None:
        """Nothing is to be let go of."""

    async def process_request(
        self,
        callback: Callable[..., Coroutine[Any, Any, _Result]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: None,
    ) -> _Result:
        """Make a request. Raises RetryAfter, also without having made it."""
        chat = data.get("chat_id")
        left = self._until.get(chat, 0.0) - time.monotonic()
        if left > 0:
            raise RetryAfter(math.ceil(left))
        try:
            return await callback(*args, **kwargs)
        except RetryAfter as error:
            if chat is not None:
                self._wait(chat, seconds_of(error))
            raise

    def _wait(self, chat: object, seconds: float) -> None:
        now = time.monotonic()
        if len(self._until) > _REMEMBERED:
            self._until = {one: until for one, until in self._until.items() if until > now}
        self._until[chat] = now + seconds


def seconds_of(error: RetryAfter) -> float:
    """How long Telegram asks to be left alone."""
    wait = error.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
