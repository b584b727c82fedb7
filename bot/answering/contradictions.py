"""Plain rules that say whether a sentence says something that a quote does not bear out.

Numbers, dates, names, negations and opposites, by their form alone: English, and in other languages the numbers. What
the rules do not see may still be wrong; silence is no support. Knows no model, no documents and no conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from bot.answering.figures import (
    COUNTS_NOTHING,
    MONTHS,
    WEEKDAYS,
    Figure,
    bears_out,
    dates_in,
    figures_in,
    implied,
    range_ends,
)
from bot.answering.names import TITLES, names_in
from bot.answering.reversals import ALIKE, Token, akin, likeness, reversals, stem, tokens_of
from bot.answering.words import FUNCTION_WORDS, PRONOUNS, Word, words_of
from retrieval.analysis import tokens
from retrieval.language import is_english
from retrieval.sentences import sentences

_LONGEST = 4000  # characters that are read of either
_SENTENCES = 30  # that are compared
_FEW = 4  # up to which a number may be counted from what a quote lists
_COUNTED = 20
_UNIT_WITHIN = 40  # characters after a number
_SHORTEST_PART = 4  # letters of a name that may stand inside another word
_DIGITAL_DATE = re.compile(r"\d[-/.]\d\d?[-/.]\d")
_ACRONYM = re.compile(r"(?:[A-Z]\.?){2,6}s?$")


def contradictions(claim: str, quote: str) -> list[str]:
    """What `claim` says that `quote` does not bear out, in short reasons; none when the rules see nothing."""
    claim, quote = claim[:_LONGEST], quote[:_LONGEST]
    if " ".join(claim.split()) in " ".join(quote.split()):
        return []
    english = is_english(claim)
    reasons = list(_numbers(claim, quote, english=english))
    if english:
        reasons += _dates(claim, quote)
        reasons += _names(claim, quote)
        reasons += _reversed(claim, quote)
    return list(dict.fromkeys(reasons))


def is_borne_out(claim: str, quote: str) -> bool:
    """Whether the rules find nothing in `claim` that `quote` does not bear out."""
    return not contradictions(claim, quote)


# Numbers and dates


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
    return stem(after[0].base) if counts and text[figure.end] in " -" else ""


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


# Names


def _names(claim: str, quote: str) -> Iterator[str]:
    """Names that the quote lacks, but for the first: a quote may call by "she" whom the sentence is about."""
    words = words_of(quote)
    plain = " ".join(tokens(quote))
    referring = any(word.base in PRONOUNS for word in words)
    for name in names_in(claim)[1:]:
        parts = [word for word in words_of(name.text) if word.base not in TITLES | frozenset((*WEEKDAYS, *MONTHS))]
        if not parts or (referring and len(parts) > 1) or dates_in(name.text) or _opens(claim, name.start):
            continue
        if not _named(parts, plain, words):
            yield f"name {name.text} is not in the quote"


def _named(parts: Sequence[Word], plain: str, words: Sequence[Word]) -> bool:
    """Whether a text has the name's last word, a form of it, or what it is short for."""
    known = frozenset(plain.split())
    keys = tokens(parts[-1].text.replace(".", ""))
    if any(key in (plain if len(key) >= _SHORTEST_PART else known) for key in keys):
        return True
    if any(akin(key, other) for key in keys for other in known):
        return True
    if len(parts) == 1:
        initials = "".join(word.text[0] for word in words if word.capital)
        return bool(_ACRONYM.match(parts[0].text)) and parts[0].text.replace(".", "").rstrip("s") in initials
    return "".join(word.text[0] for word in parts if word.capital).lower() in known


def _opens(text: str, place: int) -> bool:
    """Whether a sentence begins at `place`, or a bracket: its capital tells nothing, or it tells a namesake apart."""
    before = text[:place].rstrip()
    return not before or before[-1] in '.!?:(“"'


# What a sentence of the quote says nearly the same


def _reversed(claim: str, quote: str) -> Iterator[str]:
    ordinary = {word.base for text in (claim, quote) for word in words_of(text) if not word.capital}
    known = [
        tokens_of(quote[span.start : span.end], ordinary)
        for span in islice(sentences(quote, 0, len(quote)), _SENTENCES)
    ]
    for span in islice(sentences(claim, 0, len(claim)), _SENTENCES):
        said = tokens_of(claim[span.start : span.end], ordinary)
        nearest: Sequence[Token] = max(known, key=lambda tokens: likeness(said, tokens), default=())
        if likeness(said, nearest) >= ALIKE:
            yield from reversals(said, nearest)
