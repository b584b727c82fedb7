"""What rounding the network to 8 bits costs, on rows that neither pass of training drew.

The development sets are too small to say it: rounding moves single answers, and one of 148 is most of a point.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bot.evaluation.intervals import Indices, figure
from bot.evaluation.separation import auc
from bot.evaluation.words import exact_match, f1
from retrieval.passages import Span
from retrieval.reading import Reader
from scripts.training.balance import chance_of_claims, chance_of_questions, drawn_again
from scripts.training.data import Row, drawn_claims, drawn_questions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST = 2000  # questions, and claims

Draw = Iterator[tuple[Row, bool]]


def questions_left_out(folder: Path, seed: int, first: float, second: float) -> list[Row]:
    """Questions that neither pass drew, where the passes took these parts."""
    chance = random.Random(seed)  # noqa: S311  # draws rows, not secrets
    return _left_out(drawn_questions(folder, chance, first), drawn_again(folder, chance_of_questions(seed), second))


def claims_left_out(folder: Path, seed: int, first: float, second: float) -> list[Row]:
    """Claims that neither pass drew, where the passes took these parts."""
    chance = random.Random(seed)  # noqa: S311  # draws rows, not secrets
    return _left_out(drawn_claims(folder, chance, first), drawn_claims(folder, chance_of_claims(seed), second))


def cost_of_rounding(
    questions: Sequence[Row], claims: Sequence[Row], full: Reader, rounded: Reader
) -> dict[str, str | None]:
    """How many points `rounded` is above `full`, each figure with its interval."""
    answered = np.array([bool(row["answers"]) for row in questions])
    told = {}
    (odds, words), (rounded_odds, rounded_words) = (_read(questions, reader) for reader in (full, rounded))
    told["AUC of an answer"] = _gained(odds, rounded_odds, np.array([row["answerable"] for row in questions]))
    for name, measure in (("EM", exact_match), ("F1", f1)):
        gains = np.array(
            [
                measure(after, golds) - measure(before, golds)
                for row, before, after in zip(questions, words, rounded_words, strict=True)
                if (golds := [answer["text"] for answer in row["answers"]])
            ]
        )
        told[name] = figure(lambda places, gains=gains: 100 * float(gains[places].mean()), int(answered.sum()))
    said, quotes = [row["claim"] for row in claims], [row["source_text"] for row in claims]
    support = [np.array(reader.support(said, quotes)) for reader in (full, rounded)]
    told["claims: AUC of support"] = _gained(*support, np.array([row["label"] == "supported" for row in claims]))
    return told


def _left_out(first: Draw, second: Draw) -> list[Row]:
    rows = [row for (row, once), (_, again) in zip(first, second, strict=True) if not (once or again)]
    chance = random.Random(0)  # noqa: S311  # draws rows, not secrets
    return chance.sample(rows, min(_MOST, len(rows)))


def _read(rows: Sequence[Row], reader: Reader) -> tuple[Floats, list[str]]:
    """The log-odds that each is answered, and the likeliest words."""
    odds, words = [], []
    for row in rows:
        text = row["passage"]
        reading = reader.read(row["question"], [text])[0]
        place = reading.within(Span(0, len(text)))
        odds.append(reading.odds)
        words.append("" if place is None else place.answer.of(text))
    return np.array(odds), words


def _gained(before: Floats, after: Floats, truth: NDArray[np.bool_]) -> str | None:
    def gain(places: Indices) -> float:
        return 100 * (auc(after[places], truth[places]) - auc(before[places], truth[places]))

    return figure(gain, len(truth))
