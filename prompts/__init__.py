"""The words of Footnote: what people are told, by language. It knows no code that says them."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "es", "fr", "pt", "ru", "zh", "tr", "ar", "hi")
"""The languages that every text is written in."""


@cache
def _texts(file: str) -> dict[str, dict[str, str]]:
    tables: dict[str, dict[str, str]] = tomllib.loads(files("prompts").joinpath(file).read_text("utf-8"))
    return tables


def language_of(code: str | None) -> str:
    """The language to speak with someone whose program says `code` (IETF: "de-AT"); English where there is no other."""
    return spoken((code or "").replace("_", "-").partition("-")[0].lower()) or ENGLISH


def spoken(language: str | None) -> str | None:
    """The language, where there are texts in it (ISO 639-1)."""
    return language if language in LANGUAGES else None


def reply(name: str, language: str = ENGLISH, **values: str) -> str:
    """The reply called `name` in `replies.toml`, with `values` filled in. Values are data: braces in them mean nothing.

    Raises KeyError for a name that is not there.
    """
    return _texts("replies.toml")[language][name].format(**values)


@cache
def prompt(name: str) -> dict[str, str]:
    """The parts of the prompt `name`.md by their headings: what a chat model is told.

    A part ends with the next heading of one `#`, and what stands before the first is for whoever edits the file.
    """
    parts = files("prompts").joinpath(f"{name}.md").read_text("utf-8").split("\n# ")[1:]
    return {head.strip(): body.strip() for head, _, body in (part.partition("\n") for part in parts)}


def words(name: str, language: str = ENGLISH, **values: str) -> str:
    """The text called `name` in `telegram.toml`, what the Telegram bot says of itself. As `reply` otherwise."""
    return _texts("telegram.toml")[language][name].format(**values)


def counted(name: str, number: int, language: str = ENGLISH) -> str:
    """A number of things, "1 page" or "1,200 pages": the text `name`_one or `name`_many of `telegram.toml`."""
    return words(f"{name}_one" if number == 1 else f"{name}_many", language, number=figures(number, language))


def figures(number: int, language: str = ENGLISH) -> str:
    """A number as it is written in the language: "1,200"."""
    return f"{number:,}".replace(",", words("thousands", language))
