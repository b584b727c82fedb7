"""Plain rules that say whether a sentence has a number or date that a quote does not bear out.

By their form alone: English, and in other languages the numbers. What the rules do not see may still be wrong; silence
is no support. Knows no model, no documents and no conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.answering.numbers import (
    COUNTS_NOTHING,
    WEEKDAYS,
    Figure,
    bears_out,
    dates_in,
    figures_in,
    implied,
    range_ends,
)
from bot.understanding.english import FUNCTION_WORDS, words_of
from retrieval.models.language import is_english

_LONGEST = 4000  # characters that are read of either
_FEW = 4  # up to which a number may be counted from what a quote lists
_COUNTED = 20
_UNIT_WITHIN = 40  # characters after a number
_ENDINGS = ("ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s", "e")
_SHORTEST_STEM = 4
_DIGITAL_DATE = re.compile(r"\d[-/.]\d\d?[-/.]\d")


def contradictions(claim: str, quote: str) -> list[str]:
    """Numbers and dates of `claim` that `quote` does not bear out, in short reasons; none if they see nothing."""
    claim, quote = claim[:_LONGEST], quote[:_LONGEST]
    if " ".join(claim.split()) in " ".join(quote.split()):
        return []
    english = is_english(claim)
    reasons = list(_numbers(claim, quote, english=english))
    if english:
        reasons += _dates(claim, quote)
    return list(dict.fromkeys(reasons))


def is_borne_out(claim: str, quote: str) -> bool:
    """Whether the rules find nothing in `claim` that `quote` does not bear out."""
    return not contradictions(claim, quote)


def _numbers(claim: str, quote: str, *, english: bool) -> Iterator[str]:
    known = figures_in(quote)
    units = [_unit(quote, figure) for figure in known] if english else [""] * len(known)
    further = implied(word.base for word in words_of(quote)) | range_ends(quote)
    for said in figures_in(claim):
        if said.spelled and (not english or said.value in COUNTS_NOTHING):
            continue
        # "Two officials" may well be counted from a quote that names them.
        if said.spelled and said.value <= _FEW and not any(1 < other.value <= _COUNTED for other in known):
            continue
        counted = {unit for other, unit in zip(known, units, strict=True) if bears_out(said, other)}
        if not counted and said.value not in further:
            yield f"number {said.text} is not in the quote"
        elif counted and "" not in counted and (unit := _unit(claim, said)) not in counted | {""}:
            # The number counts something else there, and what it is said to count has another one.
            others = [other for other, its in zip(known, units, strict=True) if its == unit]
            if others and others[0].value not in COUNTS_NOTHING:
                yield f"number {said.text} is {others[0].text} in the quote"


def _unit(text: str, figure: Figure) -> str:
    """The stem of the word that a number counts, "" if none follows at once."""
    after = words_of(text[figure.end : figure.end + _UNIT_WITHIN])
    counts = bool(after) and after[0].start <= 1 and after[0].base not in FUNCTION_WORDS
    return _stem(after[0].base) if counts and text[figure.end] in " -" else ""


def _stem(word: str) -> str:
    """A word without its ending: "pledged", "pledges" and "pledge" are "pledg"."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM - 1:
            word = word[: -len(ending)]
            break
    if len(word) >= _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) >= _SHORTEST_STEM else word


def _dates(claim: str, quote: str) -> Iterator[str]:
    known = dates_in(quote)
    said_dates = dates_in(claim)
    for said in said_dates:
        same = [date for date in known if date.month == said.month]
        if not same:
            if not _DIGITAL_DATE.search(quote):
                yield f"date {said.text} is not in the quote"
        elif (said.day and all(date.day not in (0, said.day) for date in same)) or (
            said.year and all(date.year not in (0, said.year) for date in same)
        ):
            yield f"date {said.text} is {same[0].text} in the quote"
    days = {word.base for word in words_of(quote)}
    for word in words_of(claim):
        # A full date says its weekday.
        if word.capital and word.base in WEEKDAYS and word.base not in days and not said_dates:
            yield f"day {word.text} is not in the quote"
