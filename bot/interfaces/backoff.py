"""How long to wait between tries at what cannot be reached."""

from __future__ import annotations

import random
from collections.abc import Iterator

_FIRST, _LONGEST = 0.5, 30.0  # seconds


def pauses() -> Iterator[float]:
    """The seconds to wait, each about twice those before; not the same for all, so that many do not come at once."""
    pause = _FIRST
    while True:
        yield pause * (0.5 + random.random())  # noqa: S311  # nothing is kept secret by it
        pause = min(2 * pause, _LONGEST)
