"""A fifth draw of rows: questions as people ask them, written by hand about documents as people bring them.

A line of a file is a window of a document and its questions, each with the quotes that answer it, or, of a near miss,
with the quote that a careless reader would take. A window is cut into passages as the library cuts documents: one that
holds a quote answers, and the others of the window do not. So the reader learns also what stands beside an answer.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from bot.answers import Exchange
from bot.understanding.disfluency import meant, readable
from bot.understanding.followups import asked_with, stand_alone
from retrieval.chunking.chunker import split
from retrieval.types import Passage, Span
from scripts.training.data import Row, slipped

QUESTIONS = Path(__file__).parent / "questions"
"""Where those are that come with the project; its README says how they were written."""
LATER = QUESTIONS / "later"
"""Those of them that were written when the reader had learned from the others."""

_TARGETS, _LIMIT = (100, 160, 220), 230  # tokens of a passage: in the library it is about 160
_LONGEST_SPAN = 45  # tokens of a quote that is learned as a span where no part of it is the answer
_DRAWS = 2  # times that each question is taken, with its window cut anew
_BESIDE = 0.5  # share of the answered questions that are also asked of a passage beside their answer


def people_rows(folder: Path, tokenizer: Tokenizer, chance: random.Random) -> list[Row]:
    """The English questions of all files in `folder`, each with a passage."""
    windows = [window for window in _windows(folder) if window["language"] == "en"]
    drawn = [row for _ in range(_DRAWS) for window in windows for row in _of_window(window, tokenizer, chance)]
    return slipped(drawn, chance)


def _windows(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.glob("*.jsonl*")):
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def _of_window(window: dict[str, Any], tokenizer: Tokenizer, chance: random.Random) -> Iterator[Row]:
    text = window["text"]

    def count(texts: list[str]) -> list[int]:
        return [len(found.ids) for found in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    passages = split(text, (), count, _LIMIT, chance.choice(_TARGETS))
    for asked in window["questions"]:
        if asked.get("language", "en") != "en":
            continue
        question = _read(asked)
        if not question:
            continue  # only names something: never read
        quotes = [place for quote in asked["quotes"] if (place := _found(text, quote)) is not None]
        holding = [one for one in passages if any(_within(place, one) for place in quotes)]
        if asked["answerable"] and not holding:
            continue
        if asked["answerable"]:
            chosen = chance.choice(holding)
            place = next(place for place in quotes if _within(place, chosen))
            yield _row(question, text, chosen, _answer(asked, text, place, count), answerable=True)
            others = [one for one in passages if not any(one.start < p.end and p.start < one.end for p in quotes)]
            if others and chance.random() < _BESIDE:
                yield _row(question, text, chance.choice(others), None, answerable=False)
        else:
            near = _found(text, asked["near"]) if asked.get("near") else None
            around = [one for one in passages if near is not None and _within(near, one)]
            yield _row(question, text, chance.choice(around or passages), None, answerable=False)


def _read(asked: dict[str, Any]) -> str:
    """The question as it is read, with the one before where it leans on it."""
    history = [Exchange(asked["before"])] if asked.get("before") else []
    alone = stand_alone(meant(asked["question"]), history)
    return readable(asked_with(alone.context, alone.question))


def _row(question: str, text: str, passage: Passage, answer: Span | None, *, answerable: bool) -> Row:
    answers = []
    if answer is not None:
        answers = [{"start": answer.start - passage.start, "text": answer.of(text)}]
    words = text[passage.start : passage.end]
    return {"question": question, "passage": words, "answers": answers, "answerable": answerable, "file": "people"}


def _answer(asked: dict[str, Any], text: str, quote: Span, count: Any) -> Span | None:
    """The words of the quote that answer, or the whole quote where it is short."""
    words = quote.of(text)
    if asked.get("answer") and (inside := _found(words, asked["answer"])) is not None:
        return Span(quote.start + inside.start, quote.start + inside.end)
    return quote if count([words])[0] <= _LONGEST_SPAN else None


def _within(place: Span, passage: Passage) -> bool:
    return passage.start <= place.start and place.end <= passage.end


def _found(text: str, words: str) -> Span | None:
    """Where the words stand, white space left aside."""
    at = text.find(words)
    if at >= 0:
        return Span(at, at + len(words))
    places = [n for n, letter in enumerate(text) if not letter.isspace()]
    bare = "".join(words.split())
    at = "".join(text[n] for n in places).find(bare)
    return Span(places[at], places[at + len(bare) - 1] + 1) if at >= 0 and bare else None
