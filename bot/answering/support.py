"""How likely it is that a quote bears out a sentence: a network's word beside a plain rule for numbers.

A sentence that stands in the quote word for word is borne out by it, and no network is asked. Knows no documents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from bot.answering.numbers import bears_out, figures_in
from bot.answers import plain
from retrieval.models.calibration import calibration
from retrieval.models.reading import Reader

ENOUGH = 0.5
"""The probability from which a sentence may be said."""

_EDGE = 1e-6
_LONGEST = 4000  # characters in which numbers are looked for


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
    """Whether the sentence stands in the quote, white space apart."""
    return plain(sentence) != "" and f" {plain(sentence)} " in f" {plain(quote)} "


def numbers_stand(sentence: str, quote: str) -> bool:
    """Whether every number that the sentence has in digits is borne out by one of the quote; silent on all else."""
    known = figures_in(quote[:_LONGEST])
    said = [figure for figure in figures_in(sentence[:_LONGEST]) if not figure.spelled]
    return all(any(bears_out(one, other) for other in known) for one in said)


def support_features(chance: float, sentence: str, quote: str) -> tuple[float, float]:
    """What speaks for support: the network's log-odds, and 1 where the sentence has another number."""
    chance = min(max(chance, _EDGE), 1 - _EDGE)
    return math.log(chance / (1 - chance)), 0.0 if numbers_stand(sentence, quote) else 1.0


def _with_rules(chance: float, sentence: str, quote: str) -> float:
    numbers = calibration().support
    values = support_features(chance, sentence, quote)
    total = numbers[0] + sum(weight * value for weight, value in zip(numbers[1:], values, strict=True))
    return 1 / (1 + math.exp(-total))
