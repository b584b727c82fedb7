"""What rounding the network to 8 bits costs, on rows that no pass of training drew.

The development sets are too small to say it: rounding moves single answers, and one of 148 is most of a point.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from bot.evaluation.metrics import exact_match, f1
from bot.evaluation.statistics import Indices, auc, figure
from retrieval.models.reading import Reader
from scripts.training.balance import LATER, chance_of_claims, chance_of_questions, drawn_again
from scripts.training.contrast import ids_drawn
from scripts.training.data import Row, drawn_claims, drawn_questions, rows
from scripts.training.evaluating import likeliest

_MOST = 2000  # questions, and claims

Draw = Iterator[tuple[Row, bool]]


def questions_left_out(folder: Path, seed: int, first: float, second: float) -> list[Row]:
    """Questions that no pass drew, where the first two took these parts."""
    chance = random.Random(seed)  # noqa: S311  # draws rows, not secrets
    third = ids_drawn(folder, seed)
    return _left_out(
        drawn_questions(folder, chance, first),
        drawn_again(folder, chance_of_questions(seed), second),
        ((row, row["id"] in third) for row in rows(folder)),
    )


def claims_left_out(folder: Path, seed: int, first: float, second: float, third: float) -> list[Row]:
    """Claims that no pass drew, where the passes took these parts."""
    chance = random.Random(seed)  # noqa: S311  # draws rows, not secrets
    return _left_out(
        drawn_claims(folder, chance, first),
        drawn_claims(folder, chance_of_claims(seed), second),
        drawn_claims(folder, chance_of_claims(seed + LATER), third),
    )


def cost_of_rounding(
    questions: Sequence[Row], claims: Sequence[Row], full: Reader, rounded: Reader
) -> dict[str, str | None]:
    """How many points `rounded` is above `full`, each figure with its interval."""
    asked = [(row["question"], row["passage"]) for row in questions]
    (odds, words), (rounded_odds, rounded_words) = (likeliest(asked, reader) for reader in (full, rounded))
    told = {"AUC of an answer": _gained(odds, rounded_odds, [row["answerable"] for row in questions])}
    for name, measure in (("EM", exact_match), ("F1", f1)):
        gains = np.array(
            [
                measure(after, golds) - measure(before, golds)
                for row, before, after in zip(questions, words, rounded_words, strict=True)
                if (golds := [answer["text"] for answer in row["answers"]])
            ]
        )
        told[name] = figure(lambda places, gains=gains: 100 * float(gains[places].mean()), len(gains))
    said, quotes = [row["claim"] for row in claims], [row["source_text"] for row in claims]
    before, after = (reader.support(said, quotes) for reader in (full, rounded))
    told["claims: AUC of support"] = _gained(before, after, [row["label"] == "supported" for row in claims])
    return told


def _left_out(*draws: Draw) -> list[Row]:
    left = [each[0][0] for each in zip(*draws, strict=True) if not any(drawn for _, drawn in each)]
    chance = random.Random(0)  # noqa: S311  # draws rows, not secrets
    return chance.sample(left, min(_MOST, len(left)))


def _gained(before: Sequence[float], after: Sequence[float], so: Sequence[bool]) -> str | None:
    old, new, truth = np.array(before), np.array(after), np.array(so)

    def gain(places: Indices) -> float:
        return 100 * (auc(new[places], truth[places]) - auc(old[places], truth[places]))

    return figure(gain, len(truth))
