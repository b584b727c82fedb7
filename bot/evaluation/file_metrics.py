"""The metrics of a question set about files: what is right, of which kind, and where the others were lost.

An answer is right when its quotes, taken together, hold what the question asks for; a question that its file does not
answer, when it is refused.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bot.answers import Answer
from bot.evaluation.file_questions import EVERY_FILE, FileQuestion
from bot.evaluation.statistics import figure

Verdict = Literal["right", "wrong", "false refusal", "near miss answered", "not added"]

DEPTHS = (1, 5, 10)
"""How many of the passages found are looked through for what is asked for."""

_YES_OR_NO = "yesno"  # has no words that are the answer


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question got: its answer (None where its file could not be read), and the texts found for it."""

    row: FileQuestion
    answer: Answer | None
    found: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """Whether that is right, and else why not."""
        if self.answer is None:
            return "not added"
        answered = self.answer.status == "answered"
        if not self.row.answerable:
            return "near miss answered" if answered else "right"
        if not answered:
            return "false refusal"
        quotes = " ".join(citation.quote for citation in self.answer.citations)
        return "right" if self.row.gold.held_by(quotes) else "wrong"

    @property
    def right(self) -> bool:
        """Whether it is."""
        return self.verdict == "right"

    def found_among(self, depth: int) -> bool:
        """Whether the first passages found hold what is asked for."""
        return self.row.gold.held_by(" ".join(self.found[:depth]))

    @property
    def highlighted(self) -> str:
        """The words that are shown in bold."""
        places = [(one, one.highlight) for one in self.answer.citations] if self.answer is not None else []
        return " ".join(
            one.quote[place[0] - one.start : place[1] - one.start] for one, place in places if place is not None
        )


def files_summary(asked: Sequence[Asked]) -> dict[str, Any]:
    """The share of right answers, in all and by kind and language, with intervals that draw whole files."""
    told: dict[str, Any] = {"questions": len(asked), "right": _share(asked, lambda one: one.right)}
    for verdict in ("wrong", "false refusal", "near miss answered", "not added"):
        told[verdict] = sum(one.verdict == verdict for one in asked)
    for kind, some in _by(asked, lambda one: "all files together" if one.row.file == EVERY_FILE else one.row.kind):
        told[f"right, {kind}"] = _share(some, lambda one: one.right)
    for language, some in _by(asked, lambda one: one.row.language):
        if language:
            told[f"right, in {language}"] = _share(some, lambda one: one.right)
    for tone, some in _by(asked, lambda one: one.answer.tone if one.answer and one.answer.citations else ""):
        if tone:
            told[f"right, said as {tone}"] = _share(some, lambda one: one.right)
    answerable = [one for one in asked if one.row.answerable]
    for depth in DEPTHS:
        told[f"found among {depth}"] = _share(answerable, lambda one: one.found_among(depth))  # noqa: B023  # used at once
        found = [one for one in answerable if one.found_among(depth)]
        told[f"right of those found among {depth}"] = _share(found, lambda one: one.right)
    answers = [one.answer for one in asked if one.answer is not None]
    words = [sum(len(one.quote.split()) for one in a.citations) for a in answers if a.status == "answered"]
    told["quoted words an answer, median"] = statistics.median(words) if words else None
    shown = [one for one in answerable if one.right and one.row.gold.best and one.row.kind != _YES_OR_NO]
    told["bold words hold the answer, of the right"] = _share(
        shown, lambda one: one.row.gold.best_held_by(one.highlighted)
    )
    times = [a.timings_ms["total"] for a in answers]
    told["milliseconds, p50"] = statistics.median(times) if times else None
    return told


def _by(asked: Sequence[Asked], name: Callable[[Asked], str]) -> list[tuple[str, list[Asked]]]:
    names = dict.fromkeys(map(name, asked))
    return [(one, [each for each in asked if name(each) == one]) for one in names]


def _share(asked: Sequence[Asked], holds: Callable[[Asked], bool]) -> str | None:
    values = np.array([holds(one) for one in asked], dtype=float)
    return figure(lambda places: float(values[places].mean()), [one.row.group for one in asked]) if asked else None
