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

# A dictionary of four senses in WordNet's own format: index lines end with the places of a word's senses.
_INDEX = {
    "noun": "city n 1 0 1 1 00000001\ntown n 1 0 1 1 00000001\n",
    "verb": "visit v 1 0 1 1 00000002\nsee v 1 0 1 1 00000002\ncall_in v 1 0 1 1 00000002\nhaunt v 1 0 1 0 00000002\n",
    "adj": "large a 1 0 1 1 00000003\nbig a 1 0 1 1 00000003\n",
    "adv": "",
}
_DATA = {
    "noun": "00000001 15 n 02 city 0 town 0 000 | a place\n",
    "verb": "00000002 38 v 04 visit 0 see 0 call_in 0 haunt 0 000 | go to\n",
    "adj": "00000003 00 a 02 large(a) 0 big 0 000 | of size\n",
    "adv": "",
}
_COUNTS = (
    "city%1:15:00:: 1 9\ntown%1:15:00:: 1 5\nvisit%2:38:00:: 1 9\nsee%2:38:00:: 1 7\ncall_in%2:38:00:: 1 2\n"
    "large%3:00:00:: 1 9\nbig%5:00:00:large:00 1 8\n"
)


@pytest.fixture
def wordnet(tmp_path: Path) -> Path:
    for name in _INDEX:
        (tmp_path / f"index.{name}").write_text("  1 This is a licence.\n" + _INDEX[name])
        (tmp_path / f"data.{name}").write_text("  1 This is a licence.\n" + _DATA[name])
    (tmp_path / "cntlist.rev").write_text(_COUNTS)
    return tmp_path


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
