"""Questions put in other words, and the draw in which shared words tell nothing."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from pathlib import Path

import pytest

from retrieval.models.onnx import open_tokenizer
from scripts.training import balance
from scripts.training.balance import balanced_pairs
from scripts.training.rewording import Synonyms, framed, reworded


def test_synonyms_have_the_form_of_the_word(wordnet: Path) -> None:
    """Plural for plural, past for past, the verb of two words inflected; a sense that is never met is not taken."""
    synonyms = Synonyms(wordnet)
    assert synonyms.of("cities") == ["towns"]
    assert synonyms.of("visited") == ["saw", "called in"]
    assert synonyms.of("larger") == ["bigger"]
    assert synonyms.of("visit") == ["see", "call in"]
    for kept in ("Visited", "Leipzig", "1844", "which", "unheardof", "sea"):
        assert synonyms.of(kept) == []


def test_one_word_is_replaced_at_least_and_the_others_stay(wordnet: Path) -> None:
    """Names, marks and words of grammar are as they were."""
    synonyms = Synonyms(wordnet)
    for seed in range(50):
        put = reworded("Which large cities had Blinken visited?", synonyms, random.Random(seed))
        words = put.removesuffix("?").replace("called in", "saw").split()
        assert put.endswith("?")
        assert put != "Which large cities had Blinken visited?"
        assert [words[n] for n in (0, 3, 4)] == ["Which", "had", "Blinken"]
        assert words[1] in ("large", "big")
        assert words[2] in ("cities", "towns")
    assert reworded("Who is Mao Ning?", synonyms, random.Random(0)) == "Who is Mao Ning?"


def test_a_frame_asks_the_same() -> None:
    """Whatever stands before or after, the question's words are there in their order."""
    for seed in range(200):
        put = framed("Where did Blinken speak?", random.Random(seed)).lower()
        assert "where did blinken speak" in put


def test_shared_words_tell_nothing(wordnet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of questions with all their words in the passage, and of those with none, as many are answerable as not."""
    passage = "The keeper counted ships."
    near, far = "What did the keeper count?", "Who was asleep?"
    kinds = [(near, True, 400), (near, False, 100), (far, True, 100), (far, False, 300)]
    folder = tmp_path / "reading"
    folder.mkdir()
    with gzip.open(folder / "made.jsonl.gz", "wt", encoding="utf-8") as file:
        for question, answerable, count in kinds:
            answers = [{"start": 19, "text": "ships"}] if answerable else []
            row = {"question": question, "passage": passage, "answers": answers, "answerable": answerable}
            file.write((json.dumps(row) + "\n") * count)
    monkeypatch.setattr(balance, "Synonyms", lambda: Synonyms(wordnet))
    tokenizer = open_tokenizer()
    counts: Counter[tuple[bool, bool]] = Counter()
    for pair in balanced_pairs(folder, tokenizer, 0):
        counts["count" in tokenizer.decode(list(pair.ids[: pair.first])), pair.truth] += 1
    for shared in (True, False):
        assert counts[shared, True] == pytest.approx(counts[shared, False], rel=0.35)
        assert counts[shared, True] > 60
