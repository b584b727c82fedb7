"""Numbers in a text: their values however they are written, and whether one bears out another.

"5,759", "fifty-seven", "2.5 million", "52 %", "$3bn", "the 1970s". Written-out numbers are English; digits may be of
any script. Knows no names and no sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from math import floor, isclose, log10

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_VALUES = {word: value for value, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_ORDINALS = {
    word: value
    for value, word in enumerate(
        "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
        "sixteenth seventeenth eighteenth nineteenth twentieth".split(),
        2,
    )
}
_SCALES = {
    word: float(value)
    for value, listed in (
        (12, "dozen"),
        (10**2, "hundred"),
        (10**3, "thousand k"),
        (10**4, "万 萬"),
        (10**6, "million m mn"),
        (10**8, "亿 億"),
        (10**9, "billion bn"),
        (10**12, "trillion"),
    )
    for word in listed.split()
}
_SCALED = "hundred|thousand|million|billion|trillion|dozen"
_WRITTEN = "|".join((*_TENS, *sorted(_ONES, key=len, reverse=True), _SCALED))
_NTH = "|".join(("first", *_ORDINALS))
_FIGURE = re.compile(
    r"(?<![A-Za-z\u00c0-\u024f])(?<!\d)(?<!\d[.,])(?P<money>(?:US|A|C|HK)?[$€£¥₹₽]\s?)?"
    r"(?P<digits>\d{1,3}(?:[,\u00a0\u202f’']\d{3})+(?!\d)|\d{1,3}(?:\.\d{3}){2,}(?!\d)|\d+)(?P<decimals>\.\d+)?"
    r"(?:(?P<ordinal>st|nd|rd|th)\b|(?P<decade>['’]?s\b)"
    rf"|[\s-]?(?P<scale>(?:{_SCALED})\b|[万萬亿億])|(?P<short>k|mn?|bn)\b)?"
    rf"|\b(?P<nth>(?:(?:{'|'.join(_TENS)})[\s-])?(?:{_NTH}))\b"
    rf"|\b(?P<written>(?:a\s+(?=(?:{_SCALED})\b))?(?:{_WRITTEN})"
    rf"(?:(?:[\s-]+|(?<=hundred) and |(?<=thousand) and )(?:{_WRITTEN})\b)*)\b",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s?(?:(?P<percent>%|٪|％|percent|per\s?cent|percentage)|-?(?P<century>centur(?:y|ies))\b"
    r"|-?(?P<money>dollars?|euros?|pounds?|yen|yuan|roubles?|rubles?|rupees?|usd|eur|gbp)\b)",
    re.IGNORECASE,
)
_HEDGE = re.compile(
    r"(?:\b(?P<near>about|around|approximately|approx\.?|roughly|some|circa|ca?\.|nearly|almost|close to|estimated"
    r"|just (?:over|under))|(?P<sign>[~≈])|\b(?P<least>over|more than|greater than|at least|above|exceed(?:s|ed|ing)?"
    r"|upwards of|older than)|\b(?P<most>under|less than|fewer than|up to|at most|below|as (?:many|much) as))"
    r"\s*(?:an? |the )?[$€£¥₹₽]?$",
    re.IGNORECASE,
)
_BEFORE = 20  # characters
_MOST = 100


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in a text: its value, up to `upto` for a decade or century, what it counts, and where it stands.

    `kind` is "", "percent", "money", "ordinal", "decade" or "century"; `hedge` "", "near", "least" or "most".
    """

    value: float
    upto: float
    kind: str
    hedge: str
    rounded: bool
    text: str
    start: int
    end: int

    @property
    def spelled(self) -> bool:
        """Whether it is written out in words."""
        return not any(letter.isdigit() for letter in self.text)


def figures_in(text: str) -> list[Figure]:
    """The first hundred numbers of `text` in order; "one" and "first" too, which may count nothing."""
    return [_figure(match, text) for match in islice(_FIGURE.finditer(text), _MOST)]


def bears_out(said: Figure, known: Figure) -> bool:
    """Whether a number in a text bears out a number that is said: the same, or roughly where that is said of it."""
    if "percent" in (said.kind, known.kind) and said.kind != known.kind and said.value != known.value / 100:
        return False
    if said.kind in ("decade", "century") or known.kind in ("decade", "century"):
        return said.value <= known.upto and known.value <= said.upto
    if said.value == known.value:
        return True
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
        unit = 10.0 ** (floor(log10(exact)) - digits + 1)
        below = floor(exact / unit)
        near = (below, below + 1) if either_way else (round(exact / unit),)
        if unit >= 1 and any(isclose(rough, times * unit) for times in near):
            return True
    return False


def _figure(match: re.Match[str], text: str) -> Figure:
    kind, rounded = "", False
    if match["digits"]:
        value = float(re.sub(r"\D", "", match["digits"])) + float("0" + (match["decimals"] or ""))
        scale = (match["scale"] or match["short"] or "").lower()
        if match["short"] and not match["money"]:
            scale = ""  # "5 m" are metres
        value *= _SCALES.get(scale, 1.0)
        rounded = bool(scale) and bool(match["decimals"])  # "2.5 million" for 2,512,000
        kind = "ordinal" if match["ordinal"] else "decade" if match["decade"] else "money" if match["money"] else ""
    elif match["nth"]:
        parts = re.split(r"[\s-]", match["nth"].lower())
        value = float(sum(_VALUES.get(part, _ORDINALS.get(part, 1)) for part in parts))
        kind = "ordinal"
    else:
        value = _spelled(match["written"].lower())
    end = match.end()
    unit = _UNIT.match(text, end)
    if unit:
        kind = unit.lastgroup or kind
    upto = value
    if kind == "decade":
        value += 1900 if value < 100 else 0  # "the 90s"
        upto = value + 9
    elif kind == "century":
        value, upto = 100 * (value - 1), 100 * value
    hedge = _HEDGE.search(text[: match.start()][-_BEFORE:])
    how = ("near" if hedge.lastgroup == "sign" else hedge.lastgroup or "") if hedge else ""
    return Figure(round(value, 6), upto, kind, how, rounded, match.group().strip(), match.start(), end)


def _spelled(words: str) -> float:
    """The value of a number in words: 250000 of "two hundred and fifty thousand"."""
    total = part = 0.0
    for word in re.split(r"[\s-]+", words):
        if word in _VALUES:
            part += _VALUES[word]
        elif word == "hundred" or word == "dozen":
            part = (part or 1) * _SCALES[word]
        elif word in _SCALES:
            total += (part or 1) * _SCALES[word]
            part = 0.0
    return total + part
