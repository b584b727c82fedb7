"""Numbers that no sentence says: the sum or difference of numbers in quotes that a model names, or how many it names.

The model says which numbers; they have to stand in the quotes, and the result is computed here. Knows no models.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from bot.answering.draft import Quote, Restated, Statement

_PARTED = re.compile(r"\s*[,;&+]?\s*\b(?=[A-Z]{1,2}\d{1,3}\b)")
_TERM = re.compile(r"(?P<id>[A-Z]{1,2}\d{1,3})\s*[:=|]?\s*(?P<number>[\d.,’'\u00a0\u202f ]*\d)?")
_UNIT = "%٪$€£¥₹₽"


def computed(how: str, terms: str, quotes: Mapping[str, Quote]) -> Statement | None:
    """What is said: "120 + 80 = 200", or how many quotes there are; None where a number is in no quote or has two
    readings, where units differ, or where fewer than two quotes are named for a sum.

    `how` is SUM, DIFFERENCE or COUNT; `terms` are ids of `quotes`, each with its number but for COUNT.
    """
    found = [match for part in _PARTED.split(terms) if (match := _TERM.match(part)) is not None]
    named = [quotes[match["id"]] for match in found if match["id"] in quotes]
    if not named or len(named) < len(found):
        return None
    distinct = list(dict.fromkeys(named))
    text = str(len(distinct))
    if how != "COUNT":
        told = [_in_quote(match["number"] or "", quote.words) for match, quote in zip(found, named, strict=True)]
        values = [value_of(number) for number, _ in told]
        known = [value for value in values if value is not None]
        if len(known) < max(2, len(told)) or len({unit for _, unit in told}) > 1 or (how != "SUM" and len(told) > 2):
            return None
        total = sum(known) if how == "SUM" else abs(known[0] - known[1])
        parted = [number for number, _ in (told if how == "SUM" or known[0] >= known[1] else told[::-1])]
        mark = "," if any(_decimal_mark(number) == "," for number in parted) else "."
        result = f"{total:f}".removesuffix(".0").replace(".", mark)
        text = f"{(' + ' if how == 'SUM' else ' − ').join(parted)} = {result}"
    words = " ".join(quote.words for quote in distinct)
    return Statement(words, distinct[0], None, tuple(distinct[1:]), Restated(text, 1.0))


def _in_quote(number: str, words: str) -> tuple[str, str]:
    """The number and the sign of its unit, as far as it stands in the words as a whole number; else two times ""."""
    number = number.strip(" .,’'")
    place = re.search(rf"(?<![\d.,]){re.escape(number)}(?![.,’']?\d)", words) if number else None
    if place is None:
        return "", ""
    around = words[: place.start()].rstrip()[-1:] + words[place.end() :].lstrip()[:1]
    return number, "".join(sign for sign in around if sign in _UNIT)


def value_of(number: str) -> Decimal | None:
    """What a number is; None where "1.234" may be a thousand or one."""
    digits = re.sub(r"[’'\s]", "", number)
    marks = re.findall(r"[.,]", digits)
    mark = _decimal_mark(digits)
    if not digits or (not mark and marks == ["."]):
        return None
    whole, _, decimals = digits.rpartition(mark) if mark else (digits, "", "")
    return Decimal(f"{re.sub('[.,]', '', whole) or 0}.{decimals or 0}") if decimals or not mark else None


def _decimal_mark(digits: str) -> str:
    """What parts the decimals: the last mark, where there are two kinds, or one mark and not three figures after it."""
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return ""
    whole, mark, decimals = digits.rpartition(marks[-1])
    single = len(marks) == 1 and (len(decimals) != 3 or whole == "0")
    return str(mark) if len(set(marks)) == 2 or single else ""
