"""Words compared as SQuAD's official scorer compares them. Knows no questions and no answers of ours."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence


def holds_answer(quote: str, answers: Sequence[str]) -> bool:
    """Whether one of `answers` stands in `quote`, as whole words."""
    normal = f" {_normal(quote)} "
    return any(f" {_normal(answer)} " in normal for answer in answers)


def exact_match(words: str, answers: Sequence[str]) -> float:
    """1 if `words` are one of `answers`, else 0."""
    return float(any(_normal(words) == _normal(answer) for answer in answers))


def f1(words: str, answers: Sequence[str]) -> float:
    """The overlap of words with the best of `answers`: harmonic mean of precision and recall."""
    return max((_f1(_normal(words).split(), _normal(answer).split()) for answer in answers), default=0.0)


def _f1(words: Sequence[str], gold: Sequence[str]) -> float:
    if not words or not gold:
        return float(words == gold)
    common = sum((Counter(words) & Counter(gold)).values())
    return 2 * common / (len(words) + len(gold))


def _normal(text: str) -> str:
    """Lower case, without punctuation and articles."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())
