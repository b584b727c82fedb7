"""A third draw of rows: what the network is not sure of after two passes, and near misses that the data lacks.

Most rows teach nothing any more, since the network knows them. So a part of them is read with the weights so far, and
those whose loss is high are kept; not the highest, which are mostly wrong labels (after Katharopoulos and Fleuret 2018,
"Not all samples are created equal"). Beside them stand questions with a word turned into its opposite, and questions
that ask for a yes or no: in the data nearly all of these are answered by their passage.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from bot.understanding.english import FUNCTION_WORDS
from retrieval.models.onnx import Threads
from retrieval.models.reader import OnnxReader
from scripts.training.balance import reworded_row
from scripts.training.data import Pair, Row, kind_of, rows, slipped, tokenised
from scripts.training.opposites import Opposites, turned
from scripts.training.rewording import Synonyms
from scripts.training.yes_no import asked

# The shares of the rows that are read; of those that the network knows, as few are kept as `_KNOWN` says.
_SHARES = {"human": 1.0, "same_article": 0.4, "bm25": 0.15, "sentence_removed": 0.4, "swap": 0.5, "yes_no": 0.4}
_ANSWERED = 0.3  # the share of all other rows, which are answered
_OPPOSITE = 0.3  # share of the answered ones that are turned into near misses where they have an opposite
_LEAST_LOSS, _MOST_LOSS, _KNOWN = 0.2, 3.5, 0.12
_MOST_UNANSWERED = 1.15  # times as many as answered ones
_STATEMENTS = 5000  # sentences that become yes-or-no questions
_TOLD, _TERSE = 2500, 1000  # yes-or-no questions with their sentence; terse questions of either truth
_REMOVED = frozenset({"same_article", "bm25", "sentence_removed"})
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def contrasting_pairs(folder: Path, tokenizer: Tokenizer, reader: OnnxReader, seed: int) -> list[Pair]:
    """Questions with passages; `reader` has the weights so far."""
    chance = _chance("contrast", seed)
    synonyms = Synonyms()
    drawn = contrasting_rows(folder, chance)
    pairs = tokenised(slipped([reworded_row(row, synonyms, chance) for row in drawn], chance), tokenizer, chance)
    kept = telling(pairs, _losses(pairs, reader), _chance("telling", seed))
    chance = _chance("plain", seed)
    return kept + tokenised(plain_rows(folder, chance), tokenizer, chance)


def ids_drawn(folder: Path, seed: int) -> set[str]:
    """The rows that this draw is made of, by their ids."""
    drawn = contrasting_rows(folder, _chance("contrast", seed)) + plain_rows(folder, _chance("plain", seed))
    return {row["id"] for row in drawn}


def contrasting_rows(folder: Path, chance: random.Random) -> list[Row]:
    """Rows of all kinds, some turned into near misses, and yes-or-no questions about what a passage says or said."""
    opposites = Opposites()
    drawn: list[Row] = []
    statements: list[Row] = []
    passages: set[str] = set()
    for row in rows(folder):
        if row["passage"] not in passages and row["answers"]:
            passages.add(row["passage"])
            statements += _whether(row, chance)
        if chance.random() < _SHARES.get(kind_of(row), _ANSWERED):
            if row["answers"] and chance.random() < _OPPOSITE:
                near = turned(row["question"], row["passage"], opposites, chance)
                row = row if near is None else row | {"question": near, "answers": [], "answerable": False}
            drawn.append(row)
    return drawn + chance.sample(statements, min(_STATEMENTS, len(statements)))


def plain_rows(folder: Path, chance: random.Random) -> list[Row]:
    """Rows that are taken whatever their loss: yes-or-no questions with the sentence that tells, so that it is found,
    and questions as they are typed into a search engine.
    """
    told: list[Row] = []
    terse: dict[bool, list[Row]] = {True: [], False: []}
    passages: set[str] = set()
    for row in rows(folder):
        if row["passage"] not in passages and row["answers"]:
            passages.add(row["passage"])
            told += _told(row, chance)
        if (row["answers"] or row.get("negative") in _REMOVED) and (short := terse_form(row["question"])) is not None:
            terse[row["answerable"]].append(row | {"question": short})
    drawn = chance.sample(told, min(_TOLD, len(told)))
    for some in terse.values():
        drawn += chance.sample(some, min(_TERSE, len(some)))
    return drawn


def terse_form(question: str) -> str | None:
    """The telling words of a question alone; None where fewer than two are left."""
    words = [word for word in re.findall(r"[\w’'.-]*\w", question.lower()) if word not in FUNCTION_WORDS]
    return " ".join(words) if len(words) > 1 else None


def telling(pairs: Sequence[Pair], losses: Sequence[float], chance: random.Random) -> list[Pair]:
    """Those with a high loss, not the highest, and some of those with a low one; about as many of either truth."""
    kept = [
        pair
        for pair, loss in zip(pairs, losses, strict=True)
        if _LEAST_LOSS < loss < _MOST_LOSS or (loss <= _LEAST_LOSS and chance.random() < _KNOWN)
    ]
    answered = sum(pair.truth for pair in kept)
    least = _MOST_UNANSWERED * answered / max(1, len(kept) - answered)
    return [pair for pair in kept if pair.truth or chance.random() < least]


def _whether(row: Row, chance: random.Random) -> list[Row]:
    """A yes-or-no question about one sentence of the passage, with the passage or with what is left of it without."""
    sentences = _SENTENCE_ENDS.split(row["passage"])
    if len(sentences) < 3:
        return []
    place = chance.randrange(len(sentences))
    question = asked(sentences[place], chance)
    if question is None:
        return []
    told = chance.random() < 0.4
    left = row["passage"] if told else " ".join([*sentences[:place], *sentences[place + 1 :]])
    return [row | {"question": question, "passage": left, "answers": [], "answerable": told, "yes_no": True}]


def _told(row: Row, chance: random.Random) -> list[Row]:
    """A yes-or-no question about one sentence of the passage, which is its answer."""
    sentence = chance.choice(_SENTENCE_ENDS.split(row["passage"]))
    question = asked(sentence, chance)
    if question is None:
        return []
    answer = {"start": row["passage"].index(sentence), "text": sentence}
    return [row | {"question": question, "answers": [answer], "answerable": True}]


def _losses(pairs: Sequence[Pair], reader: OnnxReader) -> list[float]:
    """How far the reader is from the truth about each pair: minus the logarithm of what it gives it."""

    def loss(pair: Pair) -> float:
        odds = float(reader.run(pair.ids[1 : pair.first - 1], pair.ids[pair.first : -1])[1][0])
        return math.log1p(math.exp(-min(max(odds if pair.truth else -odds, -30.0), 30.0)))

    with Threads(len(pairs)) as map_over:
        return list(map_over(loss, pairs))


def _chance(purpose: str, seed: int) -> random.Random:
    return random.Random(f"{purpose} {seed}")  # noqa: S311  # draws rows, not secrets
