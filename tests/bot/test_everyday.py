"""Questions and keywords about ten everyday documents: what is told, what is not, and what may be either."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from bot.answers import Answer, Turn
from bot.bootstrap import Footnote
from retrieval.loaders.loading import load_path

FOLDER = Path(__file__).with_name("everyday")
DOCUMENTS = {path.stem: path for path in sorted(FOLDER.iterdir()) if path.suffix in (".txt", ".md")}
QUESTIONS: dict[str, list[dict[str, Any]]] = {
    name: [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]
    for name in ("questions", "keywords")
}
RIGHT = {
    ("questions", "one"): {True: 243, False: 51},
    ("questions", "all"): {True: 228, False: 55},
    ("keywords", "one"): {True: 56, False: 28},
    ("keywords", "all"): {True: 52, False: 28},
}
"""How many of those that are told, and of those that are not, are right at least, in one document and among all."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_answers_stand_in_the_document(name: str) -> None:
    """Each in the document that it belongs to, word for word; a near miss has none."""
    text = DOCUMENTS[name].read_text("utf-8")
    for question in chain.from_iterable(QUESTIONS.values()):
        if question["document"] == name:
            assert all(words in text for words in question["answers"]), question
            assert (question["answerable"] is False) == (not question["answers"]), question


@pytest.fixture(scope="module")
def ids(module_footnote: Footnote) -> dict[str, str]:
    """Those of the documents in the library."""
    return {name: module_footnote.library.add(load_path(path)).id for name, path in DOCUMENTS.items()}


def outcome(question: dict[str, Any], answer: Answer) -> str:
    """Right is a first footnote that holds an answer, or a refusal of what is not told, or may be."""
    if not answer.citations:
        return "refused" if question["answerable"] else "right"
    return "right" if any(words in answer.citations[0].quote for words in question["answers"]) else "wrong"


@pytest.mark.long
@pytest.mark.parametrize(("kind", "among"), RIGHT)
def test_most_are_answered_or_refused_as_they_should(
    module_footnote: Footnote, ids: dict[str, str], kind: str, among: str
) -> None:
    """At least so many are right; docs/evaluation.md has the figures, which `-s` prints."""
    counts: Counter[tuple[bool, str]] = Counter()
    for question in QUESTIONS[kind]:
        chosen = (ids[question["document"]],) if among == "one" else None
        answer = module_footnote.assistant.answer(Turn(question["question"], "local", documents=chosen))
        counts[question["answerable"] is True, outcome(question, answer)] += 1
    print(kind, among, dict(counts))
    for told, least in RIGHT[kind, among].items():
        assert counts[told, "right"] >= least, counts
