"""The fourth draw: pages made with their questions, conversations as they are read, and rules with other questions."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from retrieval.models.onnx import open_tokenizer
from scripts.training import documents
from scripts.training.documents import document_pairs
from scripts.training.pages import page_rows
from scripts.training.rewording import Synonyms

PASSAGE = "The lighthouse was built in 1844. Anna Lund won the largest prize. Its lamp burned oil for fifty years."


def test_a_page_holds_its_answer_or_lacks_what_is_asked() -> None:
    """About half of each; the answer stands at its place, and what is asked for without one is not in the page."""
    made = page_rows(random.Random(0), 2000)
    for row in made:
        for answer in row["answers"]:
            assert row["passage"][answer["start"] :].startswith(answer["text"])
            assert answer["text"].strip() == answer["text"] != ""
        assert row["answerable"] == bool(row["answers"])
    answered = sum(row["answerable"] for row in made)
    assert 800 < answered < 1200
    assert len({row["passage"] for row in made}) > 1950
    assert page_rows(random.Random(0), 50) == made[:50]


def test_a_field_that_is_asked_for_in_vain_is_left_out() -> None:
    """Its names, which stand before it in every form, are on no line."""
    asked = {
        "what does it weigh": ("Weight", "Net weight", "Mass"),
        "when does the job begin": ("Start date", "Starting", "Begins on"),
    }
    pages = [row for row in page_rows(random.Random(1), 6000) if row["question"].lower().rstrip("?") in asked]
    assert len(pages) > 20
    for row in pages:
        held = any(name in row["passage"] for name in asked[row["question"].lower().rstrip("?")])
        assert held or not row["answerable"]
        assert row["answerable"] or not held


def test_what_is_drawn(tmp_path: Path, wordnet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that leans is read with the one before it; a rule is asked with its question and with another's."""
    said = [
        {"role": "user", "content": "Where is the lighthouse of Skalen?"},
        {"role": "assistant", "content": "There."},
    ]
    told = {"answers": [{"start": 0, "text": PASSAGE[:33]}], "answerable": True, "passage": PASSAGE}
    rules = [
        {
            "id": f"r{n}",
            "question": f"Can I get {one}?",
            "history": [],
            "passage": f"You get {one} if you are old.",
            "answers": [],
            "answerable": True,
            "yes_no": True,
        }
        for n, one in enumerate(("a pension", "a bus pass"))
    ]
    written(
        tmp_path / "conversations/doc2dial", [{"id": "d", "question": "When was it built?", "history": said} | told]
    )
    written(tmp_path / "conversations/sharc", rules)
    written(
        tmp_path / "reading/squad", [{"id": "s", "question": "When was the lighthouse built?", "history": []} | told]
    )
    chance = random.Random(0)
    (leaning,) = documents._conversations(tmp_path / "conversations", chance)
    assert leaning["question"] == "Where is the lighthouse of Skalen? When was it built?"
    drawn = documents._rules(tmp_path / "conversations", chance)
    assert [row["answerable"] for row in drawn] == [True, False, True, False]
    assert drawn[1]["passage"] == rules[1]["passage"]
    monkeypatch.setattr(documents, "Synonyms", lambda: Synonyms(wordnet))
    monkeypatch.setattr("scripts.training.contrast.Opposites", lambda: NoOpposites())
    pairs = document_pairs(tmp_path, open_tokenizer(), 0)
    assert len(pairs) > documents._PAGES
    assert pairs == document_pairs(tmp_path, open_tokenizer(), 0)


class NoOpposites:
    """A dictionary without words."""

    def of(self, word: str) -> list[str]:
        """None."""
        return []


def written(path: Path, rows: list[dict[str, Any]]) -> None:
    """The rows in a file as the data has them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path.with_suffix(".jsonl.gz"), "wt", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)
