"""A thousand `kill -9` of real processes at named instants: `python -m tests.kills`."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
for _folder in ("", "tests", "tests/retrieval", "tests/bot/interfaces/http", "tests/bot/interfaces/telegram"):
    if str(_ROOT / _folder) not in sys.path:  # where the tests have their servers and their other processes
        sys.path.append(str(_ROOT / _folder))
