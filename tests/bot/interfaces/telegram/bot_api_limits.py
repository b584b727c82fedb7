"""How much the bot may send before Telegram answers 429, and for how long it then must be silent.

Knows nothing of messages. Source: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: in a
group 20 messages a minute, in one chat about one a second with short bursts, in all about 30 a second. The size of a
burst is not published: `BURST` is ours. Edits, drafts and actions are not counted. A request to a chat within the time
that it was told to wait counts as impatient.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque

GROUP = (20, 60.0)  # messages in so many seconds
ALL = (30, 1.0)
BURST = 20  # messages at once in a private chat, of which one a second comes back


class Limits:
    """The times of what was sent; `on` switches counting off, `flood()` refuses whatever goes to a chat."""

    def __init__(self) -> None:
        self.on = True
        self.clock = time.monotonic  # a test may stop it
        self._sent: dict[int | None, deque[float]] = defaultdict(deque)  # by chat; None for all of them
        self._burst: dict[int, tuple[float, float]] = {}  # by private chat: what is left of its burst, and when
        self._until: dict[int, float] = {}
        self._flooded: dict[int, int] = {}

    def flood(self, chat_id: int, retry_after: int | None) -> None:
        """Every call to a chat is refused with this time to wait, until None is given."""
        if retry_after is None:
            self._flooded.pop(chat_id, None)
            self._until.pop(chat_id, None)
        else:
            self._flooded[chat_id] = retry_after

    def flooded(self, chat_id: int) -> int | None:
        """The time to wait that the test set for a chat, in seconds."""
        return self._flooded.get(chat_id)

    def impatient(self, chat_id: int) -> bool:
        """Whether a request to a chat comes before the time that it was told to wait is over."""
        return self.clock() < self._until.get(chat_id, 0)

    def told_to_wait(self, chat_id: int, seconds: int) -> None:
        """Remember what a chat's request was answered; never shortened by a later answer."""
        self._until[chat_id] = max(self._until.get(chat_id, 0), self.clock() + seconds)

    def take(self, chat_id: int) -> int | None:
        """Count a message to a chat; the seconds to wait if it is one too many, and then it is not counted."""
        if not self.on:
            return None
        now = self.clock()
        private = chat_id > 0
        wait = max(
            self._wait(None, ALL, now), self._wait_private(chat_id, now) if private else self._wait(chat_id, GROUP, now)
        )
        if wait > 0:
            return math.ceil(wait)
        self._sent[None].append(now)
        if private:
            left, at = self._burst.get(chat_id, (BURST, now))
            self._burst[chat_id] = (min(BURST, left + now - at) - 1, now)
        else:
            self._sent[chat_id].append(now)
        return None

    def _wait(self, chat_id: int | None, limit: tuple[int, float], now: float) -> float:
        sent = self._sent[chat_id]
        while sent and sent[0] <= now - limit[1]:
            sent.popleft()
        return sent[0] + limit[1] - now if len(sent) >= limit[0] else 0

    def _wait_private(self, chat_id: int, now: float) -> float:
        left, at = self._burst.get(chat_id, (BURST, now))
        return max(0.0, 1 - left - (now - at))
