"""A second draw of rows, in which the words that question and passage share tell nothing about the answer.

In the rows as they are, a question whose words stand in the passage has an answer there three times as often as one
whose words do not, and a network takes that for knowledge: it then refuses whoever asks in words of their own. Here
answerable and unanswerable questions are equally many at every share of common words, many are put in other words,
and some in a turn of speech.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from scripts.training.data import Pair, Row, drawn_claims, kind_of, rows, slipped, tokenised, tokenised_claims
from scripts.training.rewording import Synonyms, framed, reworded

LATER = 7
"""What is added to the seed for the claims of the third pass, so that they are drawn and reworded anew."""
REWORDED, FRAMED = 0.45, 0.2  # shares of the questions
CLAIMS_REWORDED = 0.2
SHARES = {
    "human": 0.65,
    "bm25": 0.2,
    "same_article": 0.4,
    "sentence_removed": 0.45,
    "swap": 0.75,
    "qamr": 0.5,
    "qamr_passages": 0.5,
    "bioasq9b": 0.5,
    "nq_swap": 0.5,
}
_BINS = 5
_GRAMMAR = frozenset(
    "a an the of in on at to for from by with and or is are was were be been do does did has have had what which who "
    "whom whose when where why how many much that this these those it its as into about during after before there "
    "than not".split()
)


def balanced_pairs(folder: Path, tokenizer: Tokenizer, seed: int, size: float = 1.0) -> list[Pair]:
    """Questions with passages, drawn, reworded and tokenised; `size` is the part of them that is taken."""
    chance = chance_of_questions(seed)
    synonyms = Synonyms()
    drawn = [row for row, taken in drawn_again(folder, chance, size) if taken]
    drawn = slipped([reworded_row(row, synonyms, chance) for row in drawn], chance)
    counts = Counter((_common(row), row["answerable"]) for row in drawn)
    kept = []
    for row in drawn:
        place, truth = _common(row), row["answerable"]
        if chance.random() < counts[place, not truth] / counts[place, truth]:
            kept.append(row)
    return tokenised(kept, tokenizer, chance)


def more_claims(folder: Path, tokenizer: Tokenizer, seed: int, size: float = 1.0) -> list[Pair]:
    """Claims with their sources, drawn anew, some in other words."""
    chance = chance_of_claims(seed)
    synonyms = Synonyms()
    drawn = [row for row, taken in drawn_claims(folder, chance, size) if taken]
    put = [
        row | {"claim": reworded(row["claim"], synonyms, chance)} if chance.random() < CLAIMS_REWORDED else row
        for row in drawn
    ]
    return tokenised_claims(put, tokenizer)


def drawn_again(folder: Path, chance: random.Random, size: float) -> Iterator[tuple[Row, bool]]:
    """Each row, and whether it is drawn, before they are balanced."""
    for row in rows(folder):
        yield row, chance.random() < size * SHARES.get(kind_of(row), 1.0)


def chance_of_questions(seed: int) -> random.Random:
    """What draws the questions."""
    return random.Random(f"balance {seed}")  # noqa: S311  # draws rows, not secrets


def chance_of_claims(seed: int) -> random.Random:
    """What draws the claims."""
    return random.Random(f"claims {seed}")  # noqa: S311  # draws rows, not secrets


def reworded_row(row: Row, synonyms: Synonyms, chance: random.Random) -> Row:
    """The row, or the row with its question in other words, in a turn of speech, or both."""
    question = row["question"]
    if chance.random() < REWORDED:
        question = reworded(question, synonyms, chance)
    if chance.random() < FRAMED:
        question = framed(question, chance)
    return row | {"question": question}


def _common(row: Row) -> int:
    """How much of the question's words the passage has, by their first five letters, in steps from 0 to 5."""
    asked, written = _words(row["question"]), _words(row["passage"])
    return int(len(asked & written) * _BINS / max(1, len(asked)))


def _words(text: str) -> set[str]:
    return {word[:5] for word in re.findall(r"[a-z0-9]+", text.lower()) if word not in _GRAMMAR}
