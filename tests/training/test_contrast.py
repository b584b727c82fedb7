"""The third draw: opposites, yes-or-no questions, terse ones, and the rows that the network is not sure of."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest

from retrieval.models.onnx import WEIGHTS, open_tokenizer
from retrieval.models.reader import OnnxReader
from scripts.training import contrast
from scripts.training.contrast import contrasting_pairs, ids_drawn, plain_rows, telling, terse_form
from scripts.training.data import Pair
from scripts.training.export import export
from scripts.training.opposites import Opposites, turned
from scripts.training.shipped import shipped_weights
from scripts.training.yes_no import asked

PASSAGE = "The lighthouse was built in 1844. Anna Lund won the largest prize. Its lamp burned oil for fifty years."


def test_an_opposite_has_the_form_of_the_word(wordnet: Path) -> None:
    """Past for past, superlative for superlative; names and unknown words have none."""
    opposites = Opposites(wordnet)
    assert opposites.of("won") == ["lost"]
    assert opposites.of("largest") == ["smallest"]
    assert opposites.of("Large") == opposites.of("lamp") == []


def test_a_word_of_the_passage_is_turned_round(wordnet: Path) -> None:
    """Only one that the passage has, into one that it has not, and never after "how"."""
    opposites = Opposites(wordnet)
    chance = random.Random(0)
    assert turned("Who has the largest prize?", PASSAGE, opposites, chance) == "Who has the smallest prize?"
    assert turned("Who has the largest prize?", PASSAGE + " It is small.", opposites, chance) is None
    assert turned("Who has a large boat?", "A boat.", opposites, chance) is None
    assert turned("How large is it?", PASSAGE, opposites, chance) is None


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        ("The bridge was opened in 1931.", "Was the bridge opened in 1931?"),
        ("Many ships have been found there.", "Have many ships been found there?"),
        ("Anna Lund described the old bridge.", "Did Anna Lund describe the old bridge?"),
        ("It was opened in 1931.", None),
        ("In 1931 the bridge was opened.", None),
        ("Anna slept.", None),
        ("Anna said: “The bridge is open.”", None),
    ],
)
def test_a_statement_is_asked(statement: str, question: str | None) -> None:
    """Its verb comes first where there is one, else it is framed; one that leans on others is not asked."""
    found = {asked(statement, random.Random(seed)) for seed in range(40)}
    if question is None:
        assert found == {None}
    else:
        assert question in found
        assert all("bridge" in str(one) or "ships" in str(one) for one in found)


def test_a_terse_question_has_the_telling_words() -> None:
    """In small letters, without words of grammar and marks; one word alone is no question."""
    assert terse_form("When was the Lighthouse of Skalen built?") == "lighthouse skalen built"
    assert terse_form("What is Skalen?") is None


def test_what_is_known_is_mostly_left_out() -> None:
    """Of a high loss all, of a low one few, of the very highest none, and not many more near misses than others."""
    pairs = [Pair((1, 2, n), 2, n % 4 == 0) for n in range(4000)]
    losses = [(0.01, 1.0, 1.0, 9.0)[n // 1000] for n in range(4000)]
    kept = [pair.ids[2] // 1000 for pair in telling(pairs, losses, random.Random(0))]
    answered = sum(pair.truth for pair in telling(pairs, losses, random.Random(0)))
    assert 0 < kept.count(0) < 150
    assert kept.count(3) == 0
    assert answered > 500
    assert len(kept) - answered < 1.3 * answered


def test_the_draw_is_made_of_rows_with_their_places(
    wordnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Yes-or-no questions that are told point to their sentence; a seed draws the same each time."""
    folder = tmp_path / "reading"
    folder.mkdir()
    with gzip.open(folder / "made.jsonl.gz", "wt", encoding="utf-8") as file:
        for n in range(40):
            passage = PASSAGE.replace("1844", f"{1800 + n}")
            answer = {"start": passage.index("Anna"), "text": "Anna Lund"}
            row = {"id": f"row-{n}", "question": "Who won the largest prize?", "passage": passage, "answerable": True}
            file.write(json.dumps(row | {"answers": [answer]}) + "\n")
    monkeypatch.setattr(contrast, "Opposites", lambda: Opposites(wordnet))
    monkeypatch.setattr(contrast, "Synonyms", lambda: None)
    monkeypatch.setattr(contrast, "reworded_row", lambda row, synonyms, chance: row)
    for row in plain_rows(folder, random.Random(1)):
        answer = row["answers"][0]
        assert row["passage"][answer["start"] :].startswith(answer["text"])
    tokenizer, reader = open_tokenizer(), OnnxReader()
    pairs = contrasting_pairs(folder, tokenizer, reader, 2)
    assert pairs == contrasting_pairs(folder, tokenizer, reader, 2)
    asked_ = [tokenizer.decode(list(pair.ids[: pair.first])) for pair in pairs]
    assert "largest prize won" in asked_ or any("lighthouse built" in one for one in asked_)
    assert any(one.startswith("was the lighthouse") for one in asked_)
    assert ids_drawn(folder, 2) <= {f"row-{n}" for n in range(40)}


def test_what_ships_is_read_back(tmp_path: Path) -> None:
    """The weights of the files, written anew, are the same files' weights."""
    weights = shipped_weights(WEIGHTS)
    export(weights, tmp_path)
    again = shipped_weights(tmp_path)
    assert weights.keys() == again.keys()
    for name, array in weights.items():
        step = np.abs(array).max() / 63
        assert np.abs(again[name] - array).max() <= step / 2, name
