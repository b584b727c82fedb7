"""Figures of a set of weights on development sets, each paragraph given: for the card, to compare 32 and 8 bits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score

from bot.evaluation.metrics import exact_match, f1
from retrieval.models.reading import Reader
from retrieval.types import Span

SETS = ("squad2", "disflqa")


def figures(dev: Path, reader: Reader) -> dict[str, float]:
    """AUC of answerability, EM and F1 of the likeliest words on the answerable, AUC of support."""
    told = {}
    for name in SETS:
        rows = _lines(dev / f"dev_{name}.jsonl")
        odds, words = likeliest([(row["question"], row["documents"][0]["text"]) for row in rows], reader)
        truth = np.array([row["answerable"] for row in rows])
        told[f"{name}: AUC of an answer"] = float(roc_auc_score(truth, odds))
        asked = [(text, row["answers"]) for text, row in zip(words, rows, strict=True) if row["answerable"]]
        told[f"{name}: EM"] = float(np.mean([exact_match(text, answers) for text, answers in asked]))
        told[f"{name}: F1"] = float(np.mean([f1(text, answers) for text, answers in asked]))
    claims = _lines(dev / "dev_claims.jsonl")
    support = reader.support([row["claim"] for row in claims], [row["source_text"] for row in claims])
    told["claims: AUC of support"] = float(roc_auc_score([row["label"] == "supported" for row in claims], support))
    return {name: round(value, 4) for name, value in told.items()}


def likeliest(asked: Sequence[tuple[str, str]], reader: Reader) -> tuple[list[float], list[str]]:
    """Of questions with their texts: the log-odds that each is answered, and the likeliest words."""
    odds, words = [], []
    for question, text in asked:
        reading = reader.read(question, [text])[0]
        place = reading.within(Span(0, len(text)))
        odds.append(reading.odds)
        words.append("" if place is None else place.answer.of(text))
    return odds, words


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]
