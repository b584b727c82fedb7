"""Rows to train on: public question and claim data, drawn by kind, tokenised, with slips of typing made by rule.

Nothing of the development sets or of the article in `seeds/` is among them: the rows' own README says how that was
checked. How many rows of a kind are drawn is in `SHARES`; what is not drawn is more of what there is enough of.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from scripts.training.slips import slip

Row = dict[str, Any]

LONGEST_FIRST = 64  # tokens of a question; of a claim, twice as many
LONGEST_HISTORY = (32, 48, 32)  # tokens of the last question, of its answer, of the question before

# The share of the rows of a kind that is drawn. Kind: what makes a row unanswerable, else "yes_no" or the file's name.
# Near misses written by people are rare and teach most, so that all of them are.
SHARES = {
    "same_article": 0.55,
    "bm25": 0.25,
    "sentence_removed": 0.4,
    "swap": 0.7,
    "yes_no": 0.6,
    "qamr": 0.3,
    "qamr_passages": 0.35,
    "squadshifts_new_wiki": 0.5,
    "squad1_sentences": 0.4,
    "bioasq9b": 0.6,
    "fairytaleqa": 0.5,
    "squad1_linked": 0.6,
    "squad1_du_test": 0.65,
    "squad1_sample": 0.65,
    "squad1_pa4": 0.5,
    "squad1_routerlens": 0.65,
}
CLAIM_SHARES = {
    "fever": 0.6,
    "cad_nli": 0.35,
    "snli_dev_test": 0.35,
    "entailment_bank": 0.5,
    "multinli_dev": 0.9,
}
_SLIPS = 0.1  # share of the questions that get a slip


@dataclass(frozen=True, slots=True)
class Form:
    """How a pair becomes one row of tokens: the ids round the texts and after the end, and the lengths.

    `longest` counts the tokens of a whole pair, `window` those of a passage where its answer leaves the choice.
    """

    begin: int
    end: int
    padding: int
    longest: int
    window: int


ENGLISH = Form(begin=101, end=102, padding=0, longest=256, window=192)
MULTILINGUAL = Form(begin=0, end=2, padding=1, longest=320, window=224)


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of texts as token ids: `first` tokens belong to the first text, begin and end counted.

    The first text is a question, or a question with what was said before it, or a claim.

    `span` are the first and last token of the answer; `answerable` whether the second text answers, or bears out, the
    first. Both are None where they are not known.
    """

    ids: tuple[int, ...]
    first: int
    truth: bool
    span: tuple[int, int] | None = None


def rows(folder: Path) -> Iterator[Row]:
    """The rows of all files of a folder, file by file."""
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line) | {"file": file.name.removesuffix(".jsonl.gz")}


def reading_pairs(folder: Path, tokenizer: Tokenizer, seed: int, size: float = 1.0) -> list[Pair]:
    """Questions with passages, drawn and tokenised; the same for the same seed.

    `size` is the part that is drawn of what there is enough of.
    """
    chance = random.Random(seed)  # noqa: S311  # draws rows, not secrets
    taken = [row for row, taken in drawn_questions(folder, chance, size) if taken]
    return tokenised(slipped(taken, chance), tokenizer, chance)


def drawn_questions(folder: Path, chance: random.Random, size: float) -> Iterator[tuple[Row, bool]]:
    """Each row, and whether it is drawn."""
    for row in rows(folder):
        kind = kind_of(row)
        yield row, chance.random() < (1.0 if kind == "human" else size * SHARES.get(kind, 1.0))


def drawn_claims(folder: Path, chance: random.Random, size: float) -> Iterator[tuple[Row, bool]]:
    """Each claim, and whether it is drawn."""
    for row in rows(folder):
        yield row, chance.random() < size * CLAIM_SHARES.get(row["file"], 1.0)


def kind_of(row: Row) -> str:
    """What makes a row unanswerable, else "yes_no" or the file's name."""
    return str(row.get("negative") or ("yes_no" if row.get("yes_no") else row["file"]))


def slipped(drawn: list[Row], chance: random.Random) -> list[Row]:
    """The rows, a tenth of the questions with a slip."""
    of_passage: dict[str, list[str]] = defaultdict(list)
    for row in drawn:
        of_passage[row["passage"]].append(row["question"])
    return [
        row | {"question": slip(row["question"], of_passage[row["passage"]], chance)}
        if chance.random() < _SLIPS
        else row
        for row in drawn
    ]


def tokenised(drawn: list[Row], tokenizer: Tokenizer, chance: random.Random, form: Form = ENGLISH) -> list[Pair]:
    """The rows as tokens, without those whose answer has no room; `chance` places the window on long passages."""
    firsts = _first_texts(drawn, tokenizer, form)
    seconds = tokenizer.encode_batch([row["passage"] for row in drawn], add_special_tokens=False)
    made = (_reading_pair(row, one, two, chance, form) for row, one, two in zip(drawn, firsts, seconds, strict=True))
    return [pair for pair in made if pair is not None]


def _first_texts(drawn: list[Row], tokenizer: Tokenizer, form: Form) -> list[list[int]]:
    """Each question as tokens, and what was said before it, the latest first, parted by the id of an end."""
    lengths = (LONGEST_FIRST, *LONGEST_HISTORY)
    columns = []
    for texts in zip(*([row["question"], *said_before(row.get("history", ()))] for row in drawn), strict=True):
        columns.append([found.ids for found in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)])
    firsts = []
    for question, *before in zip(*columns, strict=True):
        first = question[: lengths[0]]
        for ids, length in zip(before, lengths[1:], strict=True):
            first += [form.end, *ids[:length]] if ids else []
        firsts.append(first)
    return firsts


def said_before(history: Sequence[Mapping[str, str]]) -> tuple[str, str, str]:
    """The last question, its answer and the question before it, "" for what there is not."""
    asked = [turn["content"] for turn in history if turn["role"] == "user"]
    answer = history[-1]["content"] if history and history[-1]["role"] == "assistant" else ""
    return asked[-1] if asked else "", answer, asked[-2] if asked[1:] else ""


def _reading_pair(row: Row, first: list[int], passage: Any, chance: random.Random, form: Form) -> Pair | None:
    room = min(form.window if not row.get("yes_no") else form.longest, form.longest - 3 - len(first))
    length = len(passage.ids)
    span = None
    if row["answers"]:
        answer = row["answers"][0]
        inside = [
            n
            for n, (start, end) in enumerate(passage.offsets)
            if start < answer["start"] + len(answer["text"]) and end > answer["start"]
        ]
        if not inside or inside[-1] - inside[0] >= room:
            return None
        span = inside[0], inside[-1]
    begin = 0
    if length > room:
        low = max(0, span[1] + 1 - room) if span else 0
        high = min(length - room, span[0]) if span else length - room
        begin = 0 if row.get("yes_no") else chance.randint(low, high)
    ids = (form.begin, *first, form.end, *passage.ids[begin : begin + room], form.end)
    before = len(first) + 2
    placed = None if span is None else (span[0] - begin + before, span[1] - begin + before)
    return Pair(ids, before, row["answerable"], placed)


def claim_pairs(folder: Path, tokenizer: Tokenizer, seed: int, size: float = 1.0) -> list[Pair]:
    """Claims with their sources, drawn and tokenised."""
    chance = random.Random(seed)  # noqa: S311  # draws rows, not secrets
    return tokenised_claims([row for row, taken in drawn_claims(folder, chance, size) if taken], tokenizer)


def tokenised_claims(drawn: list[Row], tokenizer: Tokenizer, form: Form = ENGLISH) -> list[Pair]:
    """Claims with their sources as tokens, cut where they are long."""
    firsts = tokenizer.encode_batch_fast([row["claim"] for row in drawn], add_special_tokens=False)
    seconds = tokenizer.encode_batch_fast([row["source_text"] for row in drawn], add_special_tokens=False)
    pairs = []
    for row, one, two in zip(drawn, firsts, seconds, strict=True):
        claim = one.ids[: 2 * LONGEST_FIRST]
        ids = (form.begin, *claim, form.end, *two.ids[: form.longest - 3 - len(claim)], form.end)
        pairs.append(Pair(ids, len(claim) + 2, row["label"] == "supported"))
    return pairs


def counts_of(questions: Sequence[Pair], claims: Sequence[Pair]) -> dict[str, int]:
    """How many there are of what, for a card."""
    return {
        "questions": len(questions),
        "answerable": sum(pair.truth for pair in questions),
        "with a span": sum(pair.span is not None for pair in questions),
        "claims": len(claims),
        "supported": sum(pair.truth for pair in claims),
    }


def batches(pairs: list[Pair], size: int, chance: random.Random) -> list[list[Pair]]:
    """All pairs once, in batches of about equal lengths, in random order."""
    order = chance.sample(pairs, len(pairs))
    stretch = 64 * size
    found = []
    for start in range(0, len(order), stretch):
        alike = sorted(order[start : start + stretch], key=lambda pair: len(pair.ids))
        found += [alike[i : i + size] for i in range(0, len(alike), size)]
    chance.shuffle(found)
    return found
