"""Measures how well a chat model chooses, beside quoting, on a set of questions that ships."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bot.evaluation.runner import run_set
from bot.settings import Settings
from bot.storage.trust import Trust
from retrieval.errors import FootnoteError

if TYPE_CHECKING:
    from retrieval.library.library import Progress

QUESTIONS = Path(__file__).with_name("model_questions") / "questions.jsonl"
"""Sixty questions about six documents of our own, half of which these do not answer."""

_MOST_MISSED = 3  # questions that are quoted since the model did not answer: an hour of a slow one is not lost for one


class TrustError(FootnoteError):
    """A model did not answer while it was measured."""


def measure(settings: Settings, progress: Progress = lambda *_: None) -> Trust:
    """Ask the model of the settings all questions, and quote without it. Raises TrustError and EvaluationError."""
    chosen = _right(settings, progress)
    quoted = _right(settings.model_copy(update={"model": ""}), progress)
    gains, losses = (
        sum(one and not other for one, other in zip(*pair, strict=True))
        for pair in ((chosen, quoted), (quoted, chosen))
    )
    return Trust(sum(chosen), sum(quoted), len(chosen), gains, losses)


def _right(settings: Settings, progress: Progress) -> list[bool]:
    found, missed = [], 0
    for line in run_set(QUESTIONS, settings, progress=progress):
        missed += bool(line.get("note"))
        if missed > _MOST_MISSED:
            raise TrustError(
                f"{settings.model} did not answer “{line['question']}”, so that it is not measured.",
                "See `footnote doctor`, and try again.",
            )
        if "summary" not in line:
            found.append(line["verdict"] == "right")
    return found
