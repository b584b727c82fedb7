"""Rows to train the multilingual reader on: some twenty languages, English in part put in other ones, conversations.

A language with few rows gives a larger part of them than one with many, and its rows twice where that is not enough:
what is drawn grows with the square root of what there is (after Conneau and Lample 2019).
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from scripts.training.data import (
    CLAIM_SHARES,
    MULTILINGUAL,
    SHARES,
    Pair,
    Row,
    kind_of,
    rows,
    slipped,
    tokenised,
    tokenised_claims,
)
from scripts.training.switching import LANGUAGES, Dictionary, switched

_OF_ROOT = 48  # rows for each root of the number of a language's rows
_MOST_TIMES = 2  # how often a row is drawn at most
_ENGLISH, _ENGLISH_HUMAN = 0.28, 0.5  # of what `data` draws; of near misses written by people
_CLAIMS_SWITCHED = 0.3  # share of the English claims that is put in another language
_CLAIMS = 0.25
_TERSE = 0.15  # share of the questions that lose their capitals and their mark
_CROSSED = 0.8  # of the questions that are there in one language for a passage in another
_CONVERSATIONS = {"doc2dial": 0.8, "canard_joined": 1.0, "sharc": 0.5, "stacked_questions": 0.5}
_UNANSWERED_BEFORE = 0.3  # share of the conversations whose last question has no answer beside it


def multilingual_pairs(
    data: Path, tokenizer: Tokenizer, dictionaries: Path, seed: int, size: float, switched: float
) -> list[Pair]:
    """Questions with passages, drawn and tokenised.

    `size` is the part of them that is taken, `switched` the share of the English ones that is put in another language.
    """
    chance = random.Random(f"multilingual {seed}")  # noqa: S311  # draws rows, not secrets
    drawn = _of_languages(data / "reading_multilingual", chance, size)
    drawn += [row for row in crossed(data) if chance.random() < size * _CROSSED]
    drawn += _in_english(data / "reading", dictionaries, chance, size, switched)
    drawn += _in_conversations(data / "conversations", chance, size)
    return tokenised([_terse(row, chance) for row in drawn], tokenizer, chance, MULTILINGUAL)


def multilingual_claims(data: Path, tokenizer: Tokenizer, dictionaries: Path, seed: int, size: float) -> list[Pair]:
    """Claims with their sources, in English, some with words in another language."""
    chance = random.Random(f"multilingual claims {seed}")  # noqa: S311  # draws rows, not secrets
    shares = ((row, size * _CLAIMS * CLAIM_SHARES.get(row["file"], 1.0)) for row in rows(data / "claims"))
    drawn = [row for row, share in shares if chance.random() < share]
    put = _switched(drawn, "claim", dictionaries, _CLAIMS_SWITCHED, chance)
    return tokenised_claims(put, tokenizer, MULTILINGUAL)


def _of_languages(folder: Path, chance: random.Random, size: float) -> list[Row]:
    of_language: dict[str, list[Row]] = defaultdict(list)
    for row in rows(folder):
        of_language[row["lang"]].append(row)
    drawn = []
    for mine in of_language.values():
        wanted = round(min(_OF_ROOT * len(mine) ** 0.5, _MOST_TIMES * len(mine)) * size)
        times, rest = divmod(wanted, len(mine))
        drawn += mine * times + chance.sample(mine, rest)
    return drawn


def crossed(data: Path) -> Iterator[Row]:
    """Passages with each question that was asked of the same text in another language.

    MLQA (Lewis et al. 2020) and the Portuguese part of SQuAD name a question alike in all its languages.
    """
    mlqa = [row for row in rows(data / "reading_multilingual") if row["id"].startswith("mlqa")]
    squad = [row | {"lang": "en"} for row in rows(data / "reading") if row["id"].startswith("squad")]
    squad += [row for row in rows(data / "reading_multilingual") if row["id"].startswith("squad_pt")]
    for several in (mlqa, squad):
        questions: dict[str, dict[str, str]] = defaultdict(dict)
        passages: dict[str, dict[tuple[str, str], Row]] = defaultdict(dict)
        for row in several:
            name, _, kind = row["id"].split("/")[1].partition("#")
            if kind != "swap":  # its question is changed
                name = name.split("-")[0]
                questions[name][row.get("question_lang", row["lang"])] = row["question"]
                passages[name].setdefault((row["lang"], kind), row)
        for name, asked in questions.items():
            for (language, _), row in passages[name].items():
                yield from (
                    row | {"question": question, "question_lang": other}
                    for other, question in asked.items()
                    if other != language
                )


def _in_english(folder: Path, dictionaries: Path, chance: random.Random, size: float, switched: float) -> list[Row]:
    def share(kind: str) -> float:
        return _ENGLISH_HUMAN if kind == "human" else _ENGLISH * SHARES.get(kind, 1.0)

    drawn = [row for row in rows(folder) if chance.random() < size * share(kind_of(row))]
    return _switched(slipped(drawn, chance), "question", dictionaries, switched, chance)


def _switched(drawn: list[Row], name: str, dictionaries: Path, share: float, chance: random.Random) -> list[Row]:
    """The rows, a part of them with most words of the text called `name` in another language."""
    chosen = [chance.choice(LANGUAGES) if chance.random() < share else "" for _ in drawn]
    put = list(drawn)
    # One dictionary in memory at a time.
    for language in LANGUAGES:
        dictionary = Dictionary(language, dictionaries)
        for place, (row, one) in enumerate(zip(drawn, chosen, strict=True)):
            if one == language:
                put[place] = row | {name: switched(row[name], dictionary, chance)}
    return put


def _in_conversations(folder: Path, chance: random.Random, size: float) -> list[Row]:
    drawn = []
    for row in rows(folder):
        if chance.random() < size * _CONVERSATIONS.get(row["file"], 0.0):
            history = row["history"]
            if history and history[-1]["role"] == "assistant" and chance.random() < _UNANSWERED_BEFORE:
                history = history[:-1]
            drawn.append(row | {"history": history})
    return drawn


def _terse(row: Row, chance: random.Random) -> Row:
    """The row, or the row with its question as people type in haste."""
    if chance.random() >= _TERSE:
        return row
    return row | {"question": row["question"].lower().rstrip("?？؟ ")}
