"""Figures of the multilingual reader by pair of languages: each question with its paragraph, and with another one.

The near misses are made: a question and another paragraph of the same article in the same language as its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score

from bot.evaluation import Row, read_rows
from bot.evaluation.metrics import f1
from retrieval.models.reading import Reader
from scripts.training.evaluating import likeliest


class Asked(NamedTuple):
    """A question with the text it is asked of; `pair` are the languages of both, `answers` empty for a near miss."""

    pair: str
    question: str
    text: str
    answers: tuple[str, ...]


def asked_of_xquad(dev: Path) -> Iterator[Asked]:
    """The questions of the development set, each with its own paragraph and with the next one of its article."""
    rows = read_rows(dev / "dev_xquad.jsonl")
    paragraphs: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        paragraphs[article(row)][row.documents[0].source] = row.documents[0].text
    for row in rows:
        pair, own = row.id.split("/")[1], row.documents[0]
        yield Asked(pair, row.question, own.text, tuple(row.answers))
        others = sorted(paragraphs[article(row)])
        if len(others) > 1:
            other = others[(others.index(own.source) + 1) % len(others)]
            yield Asked(pair, row.question, paragraphs[article(row)][other], ())


def article(row: Row) -> str:
    """The language and the article of a question's paragraph."""
    return row.documents[0].source.rpartition("/")[0]


def figures_by_pair(asked: Sequence[Asked], reader: Reader) -> dict[str, dict[str, float]]:
    """For each pair and for all: F1 of the likeliest words where the paragraph answers, AUC of an answer, and how many.

    Balanced accuracy is that of the best threshold for all pairs together.
    """
    odds, words = likeliest([(one.question, one.text) for one in asked], reader)
    truth, values = np.array([bool(one.answers) for one in asked]), np.array(odds)
    cuts = np.unique(values)
    best = max(cuts, key=lambda cut: _balanced(truth, values >= cut))
    found = {}
    for pair in ("all", *sorted({one.pair for one in asked})):
        mine = np.array([pair in ("all", one.pair) for one in asked])
        scores = [
            f1(said, one.answers) for said, one, is_in in zip(words, asked, mine, strict=True) if is_in and one.answers
        ]
        found[pair] = {
            "answerable": len(scores),
            "near misses": int((mine & ~truth).sum()),
            "F1": round(float(np.mean(scores)), 3),
            "AUC": round(float(roc_auc_score(truth[mine], values[mine])), 3),
            "balanced": round(_balanced(truth[mine], values[mine] >= best), 3),
        }
    return found


def _balanced(truth: np.ndarray, answered: np.ndarray) -> float:
    return float((answered[truth].mean() + (~answered[~truth]).mean()) / 2)
