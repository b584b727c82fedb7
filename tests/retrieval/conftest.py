"""No second process outlives the test that started it, not even one that fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from looking_inside import Another


@pytest.fixture(autouse=True)
def end_other_processes() -> Iterator[None]:
    """Ends what the test started."""
    yield
    while Another.started:
        Another.started.pop().stop()
