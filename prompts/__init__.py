"""The words of Footnote: what people are told. It knows no code that says them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def _replies(language: str) -> dict[str, str]:
    table: dict[str, dict[str, str]] = tomllib.loads(files("prompts").joinpath("replies.toml").read_text("utf-8"))
    return table[language]


def reply(name: str, **values: str) -> str:
    """The reply called `name` in `replies.toml`, with `values` filled in. Values are data: braces in them mean nothing.

    Raises KeyError for a name that is not there.
    """
    return _replies("en")[name].format(**values)
