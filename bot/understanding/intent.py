"""What a message is: small talk, a call for a summary, or a question to be looked up, made to stand alone.

Knows no search and no interface; what was said before and which documents may be meant are given to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.answers import Exchange
from bot.understanding.document_choice import SummaryRequest, summary_request
from bot.understanding.english import LISTS, written_out
from bot.understanding.followups import StandAlone, stand_alone
from bot.understanding.questions import asks_nothing
from retrieval.library.catalogue import Entry

Readable = Callable[[], list[Entry]]
"""Gives the documents that a question may be about."""

_LONGEST = 12  # words of small talk

_LISTS = LISTS["smalltalk"]
_BEFORE, _AFTER = "|".join(_LISTS["before"]), "|".join(_LISTS["after"])
_PATTERNS = {
    name: re.compile(f"(?:(?:{_BEFORE}) )*(?:{'|'.join(phrases)})(?: (?:{_AFTER}))*")
    for name, phrases in _LISTS["said"].items()
}


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """What needs no search; `name` is that of the reply in `prompts`."""

    name: str


def intent_of(
    question: str, history: Sequence[Exchange], readable: Readable
) -> SmallTalk | SummaryRequest | StandAlone:
    """What a message is, after the exchanges of `history` (oldest first; small talk in it is passed over)."""
    if (name := smalltalk(question)) is not None:
        return SmallTalk(name)
    history = [exchange for exchange in history if smalltalk(exchange.question) is None]
    alone = stand_alone(question, history)
    if asks_nothing(alone.whole):
        return SmallTalk("lost")
    if history and not history[-1].choices:
        history[-1] = _with_choices(history[-1], readable)
    return summary_request(question, alone.question, history, readable) or alone


def smalltalk(question: str) -> str | None:
    """The name of the reply that small talk gets, or None for a question that is to be looked up.

    "OK great, thanks so much!" gets "thanks", "hey what did Blinken say?" nothing.
    """
    said = written_out(question, _LONGEST)
    return next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(said)), None)


def _with_choices(last: Exchange, readable: Readable) -> Exchange:
    """An exchange that was handed over as words alone, with the documents that were named to choose from."""
    asked = None if last.quotes else summary_request(last.question, last.question, (), readable)
    return last if asked is None else replace(last, choices=asked.choices)
