"""Small talk: greetings, thanks, farewells and questions about the bot itself.

English in its variants, and the usual words of a few other languages. Knows no documents.
"""

from __future__ import annotations

import re

from bot.understanding.english import LISTS, written_out

_LONGEST = 12  # words

_LISTS = LISTS["smalltalk"]
_BEFORE, _AFTER = "|".join(_LISTS["before"]), "|".join(_LISTS["after"])
_PATTERNS = {
    name: re.compile(f"(?:(?:{_BEFORE}) )*(?:{'|'.join(phrases)})(?: (?:{_AFTER}))*")
    for name, phrases in _LISTS["said"].items()
}


def smalltalk(question: str) -> str | None:
    """The name of the reply that small talk gets, or None for a question that is to be looked up.

    "OK great, thanks so much!" gets "thanks", "hey what did Blinken say?" nothing.
    """
    said = written_out(question, _LONGEST)
    return next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(said)), None)
