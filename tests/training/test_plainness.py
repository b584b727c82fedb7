"""What is said plainly is weighed by what was asked, answered, and right."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.training.plainness import answers

TOWERS = (
    "The north tower was built in 1844. Anna Berg was its architect.\n\nThe south tower stands on the hill of Skalen."
)


def test_each_answer_in_english_has_its_signs_and_whether_it_is_right(tmp_path: Path) -> None:
    """A refusal has none, nor has a question in another language."""
    (tmp_path / "towers.txt").write_text(TOWERS, "utf-8")
    asked = [
        ("When was the north tower built?", {"any": ["1844"]}),
        ("Who was the architect of the north tower?", {"any": ["Carla"]}),
        ("What does a ticket cost on Sundays?", {"any": ["8 euros"]}),
        ("Wann wurde der Nordturm gebaut?", {"any": ["1844"]}),
    ]
    rows = [
        {"id": str(n), "document": "towers.txt", "question": question, "answerable": True, "gold": gold}
        for n, (question, gold) in enumerate(asked)
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    got = list(answers(tmp_path / "questions.jsonl"))
    assert [(right, document) for _, right, document in got] == [(True, "towers.txt"), (False, "towers.txt")]
    assert all(len(signs) == 3 for signs, _, _ in got)
