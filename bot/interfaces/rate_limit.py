"""How often each caller may ask: a bucket of requests for each, filled again evenly."""

from __future__ import annotations

import time
from collections.abc import Callable

_LATEST = 300.0  # seconds by which a request may be told late; one that seems later shows that a clock was set back
_REMEMBERED = 10_000  # names; of more, those whose buckets are full again are left out


class RateLimit:
    """So many requests a minute for each name, all of them at once if need be. Not shared between processes."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock = float(a_minute), clock
        self._left: dict[str, tuple[float, float]] = {}  # by name: requests left, and when that was

    def take(self, name: str, at: float | None = None) -> float:
        """Take one request of `name`; 0, or the seconds to wait when there is none left, and then none is taken.

        `at` is when it was made, if that was not now.
        """
        at = self._clock() if at is None else at
        if len(self._left) > _REMEMBERED:
            self._left = {one: (left, then) for one, (left, then) in self._left.items() if at - then < 60}
        left, then = self._left.get(name, (self._most, at))
        if then - at > _LATEST:
            self._left[name] = left, (then := at)
        at = max(at, then)  # what is told late is no debt
        left = min(self._most, left + (at - then) * self._most / 60)
        if left < 1:
            return (1 - left) * 60 / self._most
        self._left[name] = left - 1, at
        return 0.0
