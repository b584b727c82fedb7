"""The numbers that turn what the reader says into an order, a quote, a confidence and a refusal.

`python -m scripts.training` chooses them on the development sets and writes them beside the weights that they belong
to. Knows no text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from retrieval.errors import UnavailableError
from retrieval.models.onnx import WEIGHTS

ENGLISH = "reader"
MULTILINGUAL = "multilingual-reader"
"""The names of the networks that read English and other languages, and of their files."""


class CalibrationError(UnavailableError):
    """The numbers are missing or damaged: one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was chosen, for one set of weights.

    `passage` is the power that the probability that a passage answers has in its score. `sentence` are the weights of
    what speaks for a sentence, and `confidence` those of what speaks for an answer, the last for a text in another
    language than the question. An answer is given from `threshold` on, and said plainly where what speaks for its
    sentence, weighed by `plain`, is not below zero. `support` are the weights of what speaks for a quote's bearing out
    a sentence. The intercept comes first.
    """

    passage: float
    sentence: tuple[float, ...]
    confidence: tuple[float, ...]
    threshold: float
    plain: tuple[float, ...]
    support: tuple[float, ...]


@cache
def calibration(name: str, folder: Path = WEIGHTS) -> Calibration:
    """The numbers of the weights called `name` in `folder`. Raises CalibrationError."""
    file = folder / f"{name}.json"
    try:
        held: dict[str, Any] = json.loads(file.read_text("utf-8"))
        numbers: dict[str, Any] = {name: tuple(n) if isinstance(n, list) else n for name, n in held.items()}
        return Calibration(**numbers)
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise CalibrationError(
            f"The reader's numbers in {file} are missing or damaged: install footnote-bot again, or set "
            "FOOTNOTE_READER=off."
        ) from error
