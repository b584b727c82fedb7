"""How likely it is that a quote bears out a sentence: a network's word beside a plain rule for numbers.

A sentence that is the quote, word for word, is borne out by it, and no network is asked. Knows no documents.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.answers import plain
from bot.understanding.english import LISTS
from retrieval.chunking.markup import said as without_marks
from retrieval.models.calibration import ENGLISH, calibration
from retrieval.models.reading import Reader

ENOUGH = 0.5
"""The probability from which a sentence may be said."""

_EDGE = 1e-6
_LONGEST = 4000  # characters in which numbers are looked for
_MOST = 100  # numbers
_BEFORE = 20  # characters before a number in which it is said to be rough

# Numbers that are written out are English; digits may be of any script.
_ONES, _TENS, _ORDINALS = (LISTS["numbers"][name].split() for name in ("ones", "tens", "ordinals"))
_SCALES: dict[str, int] = LISTS["numbers"]["scales"]
_VALUES = {word: value for listed, first in ((_ONES, 0), (_ORDINALS, 1)) for value, word in enumerate(listed, first)}
_VALUES |= {word: 10 * value for value, word in enumerate(_TENS, 2)}
_SCALED = "|".join(word for word in _SCALES if word.isascii() and len(word) > 2)
_WRITTEN = "|".join((*_TENS, *sorted(_ONES, key=len, reverse=True), _SCALED))
_NUMBER = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f])(?<!\d)(?<!\d[.,])(?P<money>(?:US|A|C|HK)?[$€£¥₹₽]\s?)?"
    r"(?P<digits>\d{1,3}(?:[,\u00a0\u202f’']\d{3})+(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d+)(?P<decimals>\.\d+)?"
    rf"(?:(?:st|nd|rd|th)\b|(?P<decade>['’]?s\b)|[\s-]?(?P<scale>(?:{_SCALED})\b|[万萬亿億])|(?P<short>k|mn?|bn)\b)?"
    rf"|\b(?P<nth>(?:(?:{'|'.join(_TENS)})[\s-])?(?:{'|'.join(_ORDINALS)}))\b"
    rf"|\b(?P<written>(?:a\s+(?=(?:{_SCALED})\b))?(?:{_WRITTEN})"
    rf"(?:(?:[\s-]+|(?<=hundred) and |(?<=thousand) and )(?:{_WRITTEN})\b)*)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\s?(?:(?P<percent>%|٪|％|percent|per\s?cent|percentage)|-?centur(?:y|ies)\b)", re.IGNORECASE)
_HEDGE = re.compile(
    r"(?:\b(?P<near>about|around|approximately|approx\.?|roughly|some|circa|ca?\.|nearly|almost|close to|estimated"
    r"|just (?:over|under))|(?P<sign>[~≈])|\b(?P<least>over|more than|greater than|at least|above|exceed(?:s|ed|ing)?"
    r"|upwards of|older than)|\b(?P<most>under|less than|fewer than|up to|at most|below|as (?:many|much) as))"
    r"\s*(?:an? |the )?[$€£¥₹₽]?$",
    re.IGNORECASE,
)


class Judge:
    """Judges sentences by quotes; the network is loaded when the first is not verbatim."""

    def __init__(self, reader: Callable[[], Reader]) -> None:
        self._reader = reader

    def support(self, sentences: Sequence[str], quotes: Sequence[str]) -> list[float]:
        """The probability, 0 to 1, that each quote bears out the sentence beside it."""
        pairs = list(zip(sentences, quotes, strict=True))
        asked = [pair for pair in dict.fromkeys(pairs) if not verbatim(*pair)]
        known = dict.fromkeys(pairs, 1.0)
        if asked:
            chances = self._reader().support([one for one, _ in asked], [other for _, other in asked])
            known |= {pair: _with_rules(chance, *pair) for pair, chance in zip(asked, chances, strict=True)}
        return [known[pair] for pair in pairs]


def verbatim(sentence: str, quote: str) -> bool:
    """Whether the sentence is the quote, white space and marks of layout apart.

    A part of it is not: "the moon is made of cheese" stands in what says that nobody believes it.
    """
    said = plain(sentence)
    return said != "" and said in (plain(quote), without_marks(quote))


def numbers_stand(sentence: str, quote: str) -> bool:
    """Whether every number that the sentence has in digits is borne out by one of the quote; silent on all else."""
    known = _numbers(quote)
    said = [number for number in _numbers(sentence) if not number.spelled]
    return all(any(_bears_out(one, other) for other in known) for one in said)


def support_features(chance: float, sentence: str, quote: str) -> tuple[float, float]:
    """What speaks for support: the network's log-odds, and 1 where the sentence has another number."""
    chance = min(max(chance, _EDGE), 1 - _EDGE)
    return math.log(chance / (1 - chance)), 0.0 if numbers_stand(sentence, quote) else 1.0


def _with_rules(chance: float, sentence: str, quote: str) -> float:
    numbers = calibration(ENGLISH).support
    values = support_features(chance, sentence, quote)
    total = numbers[0] + sum(weight * value for weight, value in zip(numbers[1:], values, strict=True))
    return 1 / (1 + math.exp(-total))


@dataclass(frozen=True, slots=True)
class _Number:
    """A number in a text; a decade or century goes up to `upto`; `hedge` is "", "near", "least" or "most"."""

    value: float
    upto: float
    percent: bool
    hedge: str
    rounded: bool
    spelled: bool


def _numbers(text: str) -> list[_Number]:
    """The first hundred numbers of `text`, in order."""
    text = text[:_LONGEST]
    return [_number(match, text) for match in islice(_NUMBER.finditer(text), _MOST)]


def _number(match: re.Match[str], text: str) -> _Number:
    rounded = False
    if match["digits"]:
        value = float(re.sub(r"\D", "", match["digits"])) + float("0" + (match["decimals"] or ""))
        scale = match["scale"] or (match["short"] if match["money"] else "") or ""  # "5 m" are metres
        value *= _SCALES.get(scale.lower(), 1)
        rounded = bool(scale and match["decimals"])  # "2.5 million" for 2,512,000
    else:
        value = _spelled(match.group().lower())
    unit, upto = _UNIT.match(text, match.end()), value
    percent = unit is not None and unit["percent"] is not None
    if unit is not None and not percent:
        value, upto = 100 * (value - 1), 100 * value
    elif match["decade"] and not percent:
        value += 1900 if value < 100 else 0  # "the 90s"
        upto = value + 9
    found = _HEDGE.search(text[: match.start()][-_BEFORE:])
    hedge = (found.lastgroup or "") if found else ""
    return _Number(round(value, 6), upto, percent, hedge, rounded, not any(map(str.isdigit, match.group())))


def _spelled(words: str) -> float:
    """The value of a number in words: 250000 of "two hundred and fifty thousand"."""
    total = part = 0.0
    for word in re.split(r"[\s-]+", words):
        if word in _VALUES:
            part += _VALUES[word]
        elif word in ("hundred", "dozen"):
            part = (part or 1) * _SCALES[word]
        elif word in _SCALES:
            total += (part or 1) * _SCALES[word]
            part = 0.0
    return total + part


def _bears_out(said: _Number, known: _Number) -> bool:
    """Whether a number in a text bears out a number that is said: the same, or roughly where that is said of it."""
    if said.percent != known.percent and said.value != known.value / 100:
        return False
    if said.value <= known.upto and known.value <= said.upto:
        return True
    if said.upto > said.value or known.upto > known.value:
        return False
    if said.hedge == "least":
        return said.value <= known.value <= 2 * said.value
    if said.hedge == "most":
        return said.value / 2 <= known.value <= said.value
    return (bool(said.hedge) or said.rounded) and _rounds_to(known.value, said.value, either_way=bool(said.hedge))


def _rounds_to(exact: float, rough: float, *, either_way: bool) -> bool:
    """Whether `rough` is `exact` with one to three digits that count, rounded or cut off or up if `either_way`."""
    if exact <= 0 or not 0.8 < rough / exact < 1.25:
        return False
    for digits in (1, 2, 3):
        unit = 10.0 ** (math.floor(math.log10(exact)) - digits + 1)
        below = math.floor(exact / unit)
        near = (below, below + 1) if either_way else (round(exact / unit),)
        if unit >= 1 and any(math.isclose(rough, times * unit) for times in near):
            return True
    return False
