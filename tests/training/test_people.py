"""Questions written by hand, as rows to train on."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from retrieval.models.onnx import open_tokenizer
from scripts.training import people

WINDOW = {
    "language": "en",
    "text": "# Lockers\n\nA locker costs 4 € a day.\nIt is paid at the desk.\n\n# Towels\n\nTowels are lent for 2 €.",
    "questions": [
        {
            "question": "what's a locker",
            "type": "number",
            "answerable": True,
            "quotes": ["A locker costs 4 € a day."],
            "answer": "4 €",
        },
        {
            "question": "may I pay it by card?",
            "type": "nearmiss",
            "answerable": False,
            "quotes": [],
            "answer": None,
            "near": "It is paid at the desk.",
        },
        {"question": "wo zahle ich", "language": "de", "type": "direct", "answerable": True, "quotes": ["x"]},
    ],
}


def test_a_question_stands_with_the_passage_of_its_quote(tmp_path: Path) -> None:
    """The answer at its place; a near miss has none; what is asked in another language is left to its reader."""
    (tmp_path / "a.jsonl").write_text(json.dumps(WINDOW), "utf-8")
    rows = people.people_rows(tmp_path, open_tokenizer(), random.Random(1))
    answered = [row for row in rows if row["answerable"]]
    assert {row["answers"][0]["text"] for row in answered} == {"4 €"}
    for row in answered:
        start = row["answers"][0]["start"]
        assert row["passage"][start : start + 3] == "4 €"
    near = [row for row in rows if not row["answerable"]]
    assert near and all(not row["answers"] for row in near)
    assert not any("zahle" in row["question"] for row in rows)


@pytest.mark.parametrize("files", [people.QUESTIONS, people.LATER], ids=["first", "later"])
def test_every_quote_of_the_files_stands_in_its_text(files: Path) -> None:
    """And every answer in a quote; a third are near misses, and each text has a licence."""
    asked = [(window, one) for window in people._windows(files) for one in window["questions"]]
    assert len(asked) > 5000
    assert all(window["licence"] for window, _ in asked)
    assert all(people._found(window["text"], quote) for window, one in asked for quote in one["quotes"])
    flat = [(" ".join(" ".join(one["quotes"]).split()), one) for _, one in asked]
    assert all(" ".join(one["answer"].split()) in quotes for quotes, one in flat if one["answer"])
    assert 0.28 < sum(not one["answerable"] for _, one in asked) / len(asked) < 0.38
