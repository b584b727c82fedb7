"""Chooses from which certainty on an answer is said plainly, without "This may be it:".

    python -m scripts.training.plainness QUESTIONS.jsonl …

asks the questions of sets about files (docs/evaluation.md), and weighs the signs of each answer in English by whether
it was right: a logistic regression. Its intercept is lowered by the log-odds of _LEAST, so that what is plain is right
with that probability and more. What is said of it is cross-fitted over documents. The weights go into `reader.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict

from bot.answering import confidence, extractive
from bot.evaluation import run_set
from bot.settings import Settings
from retrieval.models.calibration import ENGLISH
from retrieval.models.language import is_english
from retrieval.models.onnx import WEIGHTS

_LEAST = 0.65
_FOLDS = 6


def answers(file: Path) -> Iterator[tuple[tuple[float, ...], bool, str]]:
    """The signs of each answer in English to the questions of a set, whether it is right, and its document."""
    judged: list[confidence.Verdict] = []

    def recorded(*given: Any) -> confidence.Verdict:
        judged.append(confidence.verdict(*given))
        return judged[-1]

    with patch.object(extractive, "verdict", recorded):
        for line in run_set(file, Settings()):
            signs = next((one.signs for one in judged if one.signs and one.answers), ())
            if signs and line.get("status") == "answered" and is_english(line["question"]):
                yield signs, line["verdict"] == "right", line["document"]
            judged.clear()


def main(files: list[Path]) -> None:
    """Fits, says what is achieved, and writes the weights."""
    rows = [row for file in files for row in answers(file)]
    signs, right, documents = (np.array(column) for column in zip(*rows, strict=True))
    fit = LogisticRegression(C=3.0)
    folds = GroupKFold(_FOLDS)
    chances = cross_val_predict(fit, signs, right, groups=documents, cv=folds, method="predict_proba")[:, 1]
    plain = chances >= _LEAST
    print(f"{len(rows)} answers, {right.mean():.3f} right, AUC {roc_auc_score(right, chances):.3f}")
    print(f"said plainly {plain.mean():.3f}, of which {right[plain].mean():.3f} are right")
    fit.fit(signs, right)
    intercept = fit.intercept_[0] - np.log(_LEAST / (1 - _LEAST))
    file = WEIGHTS / f"{ENGLISH}.json"
    numbers = json.loads(file.read_text("utf-8"))
    numbers["plain"] = [round(float(one), 3) for one in (intercept, *fit.coef_[0])]
    file.write_text(json.dumps(numbers, indent=1) + "\n", "utf-8")
    print(f"{file.name}: {numbers['plain']}")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
