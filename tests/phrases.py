"""Tables of many short phrases, written several to a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def phrases(listed: str) -> list[str]:
    """The phrases between bars: "hi | hello"."""
    return listed.split(" | ")


def cases(expected: Mapping[T, str]) -> list[tuple[str, T]]:
    """Each phrase with what is expected of it."""
    return [(phrase, value) for value, listed in expected.items() for phrase in phrases(listed)]
