"""Which sentences of a text make its summary: those that stand in its middle, near its title and where it begins.

A sentence counts by how much it is like all others (degree centrality: Erkan and Radev, "LexRank", 2004), by its
likeness to the title, and by where it stands: at the beginning of the text, of a section, of a paragraph (the lead
that news and papers share, as in Dong and others, "Discourse-Aware Unsupervised Summarization", 2021). What hardly
stands alone counts less. docs/evaluation.md has how it was judged. Knows no document and no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.answering.draft import Quote
from bot.understanding.english import ADVERBS, CONJUNCTIONS, PRONOUNS

_CENTRE, _TITLE, _PLACE, _REPEATED, _SAME_PART = 0.5, 0.35, 0.25, 0.5, 0.08  # what each counts
_LEAD = 8  # sentences after which the beginning of a text has ended, about
STANDS_ALONE = 0.2
"""What speaks at most against a sentence that stands alone."""
FEWEST, _MOST = 3, 6
"""Sentences of a summary, of a short text and of a longer one."""
_SHORT = 15  # sentences of a text that has so few
_FEW_WORDS, _MANY_WORDS = 7, 45
_DIGITS = 0.06  # the share of digits that prose may have
# What leans on the sentence before it: "this", "however", "and".
_LEANING = (PRONOUNS | ADVERBS | CONJUNCTIONS) - {"i", "we", "our", "my", "you", "your"}
_FIRST = re.compile(r"\W*([\w'’-]+)")
_BEGINS = re.compile(r"[\W_]*(?:[^\W_a-zà-öø-ÿ])")
_ASIDE = re.compile(r"[?!…“”\"«»|\t]|\b(?:I|me|my|et al|e-?mail|https?|www)\b", re.IGNORECASE)
_REFERENCE = re.compile(r"\bpp?\.\s*\d|^\W*\d+\.\s|\bdoi\b|\bISBN\b|^Abbreviations", re.IGNORECASE)


def against(said: str) -> float:
    """What speaks against a sentence in a summary, 0 for nothing: fragments, asides, references, rows of figures."""
    words = len(said.split()) if said.isascii() or len(said) < 4 * len(said.split()) * 4 else len(said) // 2
    first = _FIRST.match(said)
    found = 0.05 + 0.04 * (_FEW_WORDS - words) if words < _FEW_WORDS else 0.15 * (words > _MANY_WORDS)
    found += 0.12 * (first is not None and first[1].lower() in _LEANING) + 0.15 * (_BEGINS.match(said) is None)
    found += 0.12 * (_ASIDE.search(said) is not None) + 0.25 * (_REFERENCE.search(said) is not None)
    return found + 0.8 * max(0.0, sum(map(str.isdigit, said)) / max(1, len(said)) - _DIGITS)


def in_summary(
    quotes: Sequence[Quote], likeness: NDArray[np.float32], wanted: int | None, repeated: float
) -> list[int]:
    """The indices of the sentences of a summary, ascending: `wanted`, or as many as the length calls for.

    `quotes` are n sentences in the order of the text, `likeness` (n + 1, n + 1) is that of each to each other one and,
    last, to the title; above `repeated` two say the same.
    """
    count = len(quotes)
    likeness = np.clip(likeness, 0, 1)
    between, title = likeness[:count, :count], likeness[:count, count]
    doubt = np.array([against(quote.said) for quote in quotes])
    sound = doubt < STANDS_ALONE
    centre = between[:, sound if sound.sum() >= FEWEST else slice(None)].mean(axis=1)
    centre = centre / max(float(centre.max()), 1e-6)
    score = _CENTRE * centre + _TITLE * title + _PLACE * _places(quotes) - doubt
    number = min(count, wanted or (FEWEST if count < _SHORT else _MOST))
    starts = np.array([quote.span.start for quote in quotes], dtype=np.float64)
    part = (number * (starts - starts.min()) // max(1.0, float(np.ptp(starts)) + 1)).astype(int)
    chosen: list[int] = []
    left = np.ones(count, dtype=bool)
    while len(chosen) < number and left.any():
        taken = between[:, chosen].max(axis=1) if chosen else np.zeros(count)
        crowded = np.array([sum(part[one] == mine for one in chosen) for mine in part])
        best = int(np.argmax(np.where(left, score - _REPEATED * taken - _SAME_PART * crowded, -np.inf)))
        chosen.append(best)
        left &= between[best] < repeated
        left[best] = False
    return sorted(chosen)


def _places(quotes: Sequence[Quote]) -> NDArray[np.float64]:
    """How much each stands at a beginning, 0 to 1: of the text, of a paragraph, of a section."""
    found, before = np.zeros(len(quotes)), 0
    for number, quote in enumerate(quotes):
        opens = quote.paragraph != before
        before = quote.paragraph
        found[number] = np.exp(-number / _LEAD) + 0.3 * opens + 0.3 * (opens and bool(quote.lead))
    return np.minimum(found, 1.0)
