"""A fourth draw of rows: documents as people bring them, beside some of what was learned before.

Forms, tables and lists (`pages`); pages of authorities with people's own words about their case (Doc2Dial), and pieces
of Wikipedia (CANARD), asked as in a conversation; rules with a yes or no (ShARC), each with its own question and with
one about another rule. A fifth draw puts people's own questions beside them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer

from bot.answers import Exchange
from bot.understanding.disfluency import meant, readable
from bot.understanding.followups import asked_with, stand_alone
from retrieval.index.tokenizer import tokens
from scripts.training.balance import reworded_row
from scripts.training.contrast import contrasting_rows, plain_rows
from scripts.training.data import Pair, Row, rows, slipped, tokenised
from scripts.training.pages import page_rows
from scripts.training.people import LATER, QUESTIONS, people_rows
from scripts.training.rewording import Synonyms

_PAGES = 5500
_CONVERSATIONS = {"doc2dial": 1.0, "canard_joined": 0.5}  # shares of the rows of a file
_REPEATED, _PLAIN = 7000, 1500  # rows as they were learned before
_OTHER_RULES = 40  # of which the one that shares most words with a question is put with it


def document_pairs(folder: Path, tokenizer: Tokenizer, seed: int) -> list[Pair]:
    """Questions with passages; `folder` holds `reading/` and `conversations/`."""
    chance = random.Random(f"documents {seed}")  # noqa: S311  # draws rows, not secrets
    said = [*_conversations(folder / "conversations", chance), *_rules(folder / "conversations", chance)]
    return tokenised(_beside(said, _PAGES, _REPEATED, _PLAIN, folder / "reading", chance), tokenizer, chance)


def people_pairs(folder: Path, tokenizer: Tokenizer, seed: int, repeated: int) -> list[Pair]:
    """A fifth draw: people's questions, those in `folder/people` and those beside this module, with so many rows
    `repeated` of the third pass's, and a part of that of the fourth pass's.
    """
    chance = random.Random(f"people {seed}")  # noqa: S311  # draws rows, not secrets
    asked = [row for place in (folder / "people", QUESTIONS) for row in people_rows(place, tokenizer, chance)]
    return tokenised([*asked, *_before(folder, repeated, chance)], tokenizer, chance)


def later_pairs(folder: Path, tokenizer: Tokenizer, seed: int, repeated: int, known: float) -> list[Pair]:
    """A sixth draw: people's questions that were written later, a share of those that are known, and as many rows of
    the passes before as the fifth draw has for as many `repeated`.
    """
    chance = random.Random(f"later {seed}")  # noqa: S311  # draws rows, not secrets
    asked = people_rows(LATER, tokenizer, chance)
    earlier = [row for place in (folder / "people", QUESTIONS) for row in people_rows(place, tokenizer, chance)]
    asked += chance.sample(earlier, int(known * len(earlier)))
    return tokenised([*asked, *_before(folder, repeated, chance)], tokenizer, chance)


def _before(folder: Path, repeated: int, chance: random.Random) -> list[Row]:
    """So many rows `repeated` of the third pass's, and a part of that of the fourth pass's."""
    said = [*_conversations(folder / "conversations", chance), *_rules(folder / "conversations", chance)]
    said = chance.sample(said, min(repeated // 6, len(said)))
    return _beside(said, repeated // 5, repeated, repeated // 6, folder / "reading", chance)


def _beside(said: list[Row], pages: int, repeated: int, plain: int, reading: Path, chance: random.Random) -> list[Row]:
    """Rows of conversations, so many made-up pages, and so many rows as the third pass has them."""
    synonyms = Synonyms()
    learned = contrasting_rows(reading, chance)
    learned = [reworded_row(row, synonyms, chance) for row in chance.sample(learned, min(repeated, len(learned)))]
    easy = plain_rows(reading, chance)
    easy = chance.sample(easy, min(plain, len(easy)))
    return [*slipped([*page_rows(chance, pages), *said, *learned], chance), *easy]


def _conversations(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows whose question is as it would be read: with what it leans on, where it leans."""
    for row in rows(folder):
        if chance.random() < _CONVERSATIONS.get(row["file"], 0.0):
            asked = [turn["content"] for turn in row["history"] if turn["role"] == "user"]
            alone = stand_alone(meant(row["question"]), [Exchange(one) for one in asked])
            yield row | {"question": readable(asked_with(alone.context, alone.question)), "history": []}


def _rules(folder: Path, chance: random.Random) -> list[Row]:
    """Each question about a rule once, with its rule and with another one that does not answer it."""
    found = {}
    for row in rows(folder):
        if row["file"] == "sharc" and row["answerable"]:
            found[row["question"], row["passage"]] = row | {"history": []}
    told = list(found.values())
    made = []
    for row in told:
        others = [one["passage"] for one in chance.sample(told, min(_OTHER_RULES, len(told)))]
        others = [one for one in others if (row["question"], one) not in found]
        other = max(others, key=lambda one: _common(row["question"], one))
        made += [row, row | {"passage": other, "answerable": False, "negative": "bm25"}]
    return made


def _common(question: str, passage: str) -> int:
    return len(set(tokens(question)) & set(tokens(passage)))
