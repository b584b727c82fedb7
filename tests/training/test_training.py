"""How the reader's weights are made: pairs, slips, going on after a stop, and the file against the network."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from retrieval.models.onnx import WEIGHTS, open_tokenizer
from retrieval.models.reader import OnnxReader
from scripts.training import balance, contrast, data, fitting
from scripts.training.data import ENGLISH, Pair, batches, claim_pairs, reading_pairs
from scripts.training.export import export, packed_table
from scripts.training.in_torch import TorchReader
from scripts.training.model import ReaderAndJudge
from scripts.training.rounding import claims_left_out, questions_left_out
from scripts.training.slips import slip

PASSAGE = "The lighthouse of Skalen was built of granite in 1844. " * 12 + "Its keeper, Anna Lund, counted nine ships."


def rows() -> list[dict[str, Any]]:
    """Rows as the data has them: one answered late in a long passage, a near miss, a yes-or-no question."""
    start = PASSAGE.index("Anna Lund")
    return [
        {"question": "Who kept it?", "passage": PASSAGE, "answers": [{"start": start, "text": "Anna Lund"}]},
        {"question": "Who built it?", "passage": PASSAGE, "answers": [], "negative": "human"},
        {"question": "Was it built of granite?", "passage": PASSAGE, "answers": [], "yes_no": True},
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with gzip.open(tmp_path / "made.jsonl.gz", "wt", encoding="utf-8") as file:
        for row in rows():
            answerable = bool(row["answers"] or row.get("yes_no"))
            file.write(json.dumps(row | {"answerable": answerable}) + "\n")
    return tmp_path


def test_the_answer_is_where_the_pair_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever window of a long passage is taken, the tokens of the span are the answer's."""
    monkeypatch.setattr(data, "SHARES", {})  # all rows are drawn
    tokenizer = open_tokenizer()
    for seed in range(20):
        answered, missed, yes_or_no = reading_pairs(folder, tokenizer, seed)
        assert answered.span is not None
        first, last = answered.span
        assert tokenizer.decode(list(answered.ids[first : last + 1])) == "anna lund"
        assert len(answered.ids) <= ENGLISH.longest
        assert (missed.truth, missed.span) == (False, None)
        assert (yes_or_no.truth, yes_or_no.span) == (True, None)


def test_claims_are_pairs_too(tmp_path: Path) -> None:
    """The claim comes first, its label is the truth."""
    with gzip.open(tmp_path / "made.jsonl.gz", "wt", encoding="utf-8") as file:
        for label in ("supported", "not_supported"):
            file.write(json.dumps({"claim": "It is lit.", "source_text": "A lamp burns.", "label": label}) + "\n")
    tokenizer = open_tokenizer()
    pairs = claim_pairs(tmp_path, tokenizer, 0)
    assert [pair.truth for pair in pairs] == [True, False]
    assert tokenizer.decode(list(pairs[0].ids[: pairs[0].first])) == "it is lit."


def test_what_is_left_out_was_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No passage or claim of the rows that training leaves out is in the pairs of any pass."""
    for share in ("REWORDED", "FRAMED", "CLAIMS_REWORDED"):
        monkeypatch.setattr(balance, share, 0.0)
    monkeypatch.setattr(balance, "Synonyms", lambda: None)
    monkeypatch.setattr(contrast, "Opposites", lambda: None)
    with gzip.open(tmp_path / "made.jsonl.gz", "wt", encoding="utf-8") as file:
        for n in range(400):
            row = {"question": "Who kept it?", "passage": f"{n}", "answers": [], "answerable": n % 2 == 0}
            file.write(
                json.dumps(row | {"id": f"{n}", "claim": f"{n}", "source_text": "Lit.", "label": "supported"}) + "\n"
            )
    tokenizer = open_tokenizer()

    def passages(pairs: Sequence[Pair]) -> set[str]:
        return {tokenizer.decode(list(pair.ids[pair.first : -1])) for pair in pairs}

    def claims(pairs: Sequence[Pair]) -> set[str]:
        return {tokenizer.decode(list(pair.ids[: pair.first])) for pair in pairs}

    first, second = 0.4, 0.5
    read = (
        passages(reading_pairs(tmp_path, tokenizer, 3, first)),
        passages(balance.balanced_pairs(tmp_path, tokenizer, 3, second)),
    )
    left = {row["passage"] for row in questions_left_out(tmp_path, 3, first, second)}
    third = contrast.ids_drawn(tmp_path, 3)
    assert left and all(left.isdisjoint(drawn) and len(left | drawn) < 400 for drawn in (*read, third))
    said = (
        claims(claim_pairs(tmp_path, tokenizer, 3, first)),
        claims(balance.more_claims(tmp_path, tokenizer, 3, second)),
        claims(balance.more_claims(tmp_path, tokenizer, 3 + balance.LATER, 0.3)),
    )
    unsaid = {row["claim"] for row in claims_left_out(tmp_path, 3, first, second, 0.3)}
    assert unsaid and all(unsaid.isdisjoint(drawn) for drawn in said)
    assert len(unsaid.union(*said)) == 400


def test_a_slip_leaves_the_question_in_place() -> None:
    """In a thousand slips the question's own words come back, in their order, but for at most one that is mistyped."""
    question = "When did the keeper of the lighthouse retire?"
    others = ["How many ships did Anna count in winter?", question]
    for seed in range(1000):
        slipped = slip(question, others, random.Random(seed)).lower()
        words, at, missing = question.lower().rstrip("?").split(), 0, 0
        for word in words:
            place = slipped.find(word, at)
            missing += place < 0
            at = max(at, place)
        assert missing <= 1, slipped


def test_batches_hold_every_pair_once() -> None:
    """All pairs, none twice, in batches of about equal lengths."""
    pairs = [Pair(tuple(range(5 + n % 90)), 3, n % 2 == 0) for n in range(1000)]
    found = batches(pairs, 32, random.Random(0))
    assert sorted(map(id, (pair for batch in found for pair in batch))) == sorted(map(id, pairs))
    assert all(max(len(p.ids) for p in batch) - min(len(p.ids) for p in batch) < 30 for batch in found)


def test_four_bits_keep_the_words() -> None:
    """The packed table undone is the table, to half a step of its block."""
    table = np.random.default_rng(0).normal(size=(50, 384)).astype("f4")
    packed, scale = packed_table(table)
    whole = np.concatenate([packed & 15, packed >> 4], axis=1).astype("f4") - 8
    undone = (whole.reshape(50, 12, 32) * scale).reshape(50, 384)
    assert np.abs(undone - table).max() <= scale.max() / 2 + 1e-6


@pytest.fixture(scope="module")
def network() -> ReaderAndJudge:
    torch.manual_seed(0)
    return ReaderAndJudge()


def test_the_file_that_ships_says_what_the_network_says(network: ReaderAndJudge, tmp_path: Path) -> None:
    """Exported to 8 bits, the same places and nearly the same log-odds, with weights that nobody trained."""
    export({name: array.numpy() for name, array in network.state_dict().items()}, tmp_path)
    shutil.copyfile(WEIGHTS / "tokenizer.json", tmp_path / "tokenizer.json")
    question, passages = "Who kept it?", [PASSAGE[-100:], "Copper is softer than iron."]
    small, whole = OnnxReader(tmp_path), TorchReader(network)
    for one, other in zip(small.read(question, passages), whole.read(question, passages), strict=True):
        assert one.odds == pytest.approx(other.odds, abs=0.05)
        assert np.array_equal(one.windows[0].starts, other.windows[0].starts)
        assert np.allclose(np.exp(one.windows[0].begins), np.exp(other.windows[0].begins), atol=0.01)
    assert small.support(["It is lit."], passages[:1]) == pytest.approx(
        whole.support(["It is lit."], passages[:1]), abs=0.02
    )


@pytest.mark.long
def test_training_that_was_stopped_goes_on_as_if_it_had_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped after the second step of four and begun anew: the same weights as without the stop."""
    monkeypatch.setattr(fitting, "_CHECKPOINT", 2)
    monkeypatch.setattr(fitting, "quickest_numbers", lambda *_: torch.float32)
    chance = random.Random(0)

    def words(count: int) -> list[int]:
        return [chance.randint(1000, 2000) for _ in range(count)]

    pairs = [Pair((101, *words(5), 102, *words(20), 102), 7, True, (9, 10)) for _ in range(128)]

    def trained(name: str, stop: bool) -> dict[str, Any]:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        torch.manual_seed(0)
        model = ReaderAndJudge()
        if stop:
            seen = 0

            def losses(*args: Any) -> Any:
                nonlocal seen
                seen += 1
                if seen == 3:
                    raise KeyboardInterrupt
                return real(*args)

            real = fitting.missed
            with monkeypatch.context() as patch:
                patch.setattr(fitting, "missed", losses)
                with pytest.raises(KeyboardInterrupt):
                    fitting.fit(model, pairs, [], 0, folder)
            torch.manual_seed(1)
            model = ReaderAndJudge()
        fitting.fit(model, pairs, [], 0, folder)
        return model.state_dict()

    whole, parts = trained("whole", False), trained("parts", True)
    for name, weights in whole.items():
        assert torch.equal(weights, parts[name]), name
