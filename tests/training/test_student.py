"""The student: what it begins with, what it is taught, and that it learns it."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from retrieval.models.calibration import ENGLISH, MULTILINGUAL
from retrieval.models.onnx import WEIGHTS, open_tokenizer
from retrieval.models.reader import NETWORKS, OnnxReader
from scripts.training import fitting
from scripts.training.base import LAYERS
from scripts.training.data import Pair
from scripts.training.export import export, parted
from scripts.training.fitting import tensors
from scripts.training.in_torch import TorchReader
from scripts.training.model import ReaderAndJudge
from scripts.training.student import TAKEN, Lessons, elsewhere, shipped, student_of

TEXT = "The lighthouse of Skalen was built of granite in 1844. Its keeper, Anna Lund, counted nine ships."


@pytest.fixture(scope="module")
def teacher() -> ReaderAndJudge:
    """The reader that ships, as training has it."""
    return shipped(ENGLISH)


def pairs(count: int) -> list[Pair]:
    """Rows of tokens, some answered."""
    chance = random.Random(0)
    made = []
    for number in range(count):
        first = (101, *(chance.randint(1000, 2000) for _ in range(5)), 102)
        second = (*(chance.randint(1000, 2000) for _ in range(20 + number % 3)), 102)
        made.append(Pair(first + second, 7, number % 2 == 0, (9, 10) if number % 2 == 0 else None))
    return made


def test_what_ships_is_read_back() -> None:
    """The multilingual reader says in 32 bits what its file says."""
    tokenizer = open_tokenizer(WEIGHTS, NETWORKS[MULTILINGUAL].tokenizer)
    back = TorchReader(shipped(MULTILINGUAL), tokenizer, MULTILINGUAL)
    (one,), (other,) = (
        made.read("Wer zählte die Schiffe?", [TEXT], ("Wer war dort?", "Anna Lund", ""))
        for made in (OnnxReader(network=MULTILINGUAL), back)
    )
    assert one.odds == pytest.approx(other.odds, abs=0.3)
    assert np.abs(one.windows[0].begins - other.windows[0].begins).mean() < 0.3


def test_a_student_with_all_layers_has_nothing_to_learn(teacher: ReaderAndJudge) -> None:
    """It says what its teacher says; with half of them it does not."""
    batch = tensors(pairs(8))
    lessons = Lessons(teacher)
    whole, half = student_of(teacher, range(LAYERS)), student_of(teacher)
    for claim in (False, True):
        with torch.no_grad():
            same, other = (lessons(one, batch, claim, torch.float32) for one in (whole, half))
        for name in ("states",) if claim else ("states", "span"):
            assert float(same[name]) == pytest.approx(0, abs=1e-5)
            assert other[name] > 0.01
    assert len(half.bert.encoder["layer"]) == len(TAKEN) == LAYERS // 2


def _missed(lessons: Lessons, student: ReaderAndJudge, batch: fitting.Batch) -> float:
    with torch.no_grad():
        return float(torch.stack(list(lessons(student, batch, False, torch.float32).values())).sum())


def test_a_student_learns(teacher: ReaderAndJudge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it misses becomes less; the truth of the rows changes nothing, and the teacher stays as it is."""
    before = {name: weights.clone() for name, weights in teacher.state_dict().items()}
    monkeypatch.setattr(fitting, "READING_BATCH", 8)
    monkeypatch.setattr(fitting, "quickest_numbers", lambda *_: torch.float32)  # the same, however busy the machine
    lessons, batch = Lessons(teacher), tensors(pairs(8))
    made: list[dict[str, Any]] = []
    for turned in (False, True):
        student = student_of(teacher)
        rows = [Pair(p.ids, p.first, p.truth != turned, None if turned else p.span) for p in pairs(8)] * 12
        missed = _missed(lessons, student, batch)
        fitting.fit(student, rows, [], 0, tmp_path / str(turned), 1e-4, frozen_layers=1, losses_of=lessons)
        assert _missed(lessons, student, batch) < 0.7 * missed
        made.append(student.state_dict())
    for name, weights in made[0].items():
        assert torch.equal(weights, made[1][name]), name
    assert all(torch.equal(before[name], weights) for name, weights in teacher.state_dict().items())


def test_questions_are_asked_of_other_passages() -> None:
    """A share of them, each with its own tokens before and another's after."""
    rows = pairs(40)
    made = elsewhere(rows, 0.25, random.Random(0))
    assert len(made) == 10
    firsts, seconds = {row.ids[: row.first] for row in rows}, {row.ids[row.first :] for row in rows}
    assert all(one.ids[: one.first] in firsts and one.ids[one.first :] in seconds for one in made)
    assert all(one.span is None for one in made)
    assert len({one.ids for one in made} - {row.ids for row in rows}) > 5


def test_the_file_of_a_student_says_what_it_says(teacher: ReaderAndJudge, tmp_path: Path) -> None:
    """Its six layers alone are written."""
    student = student_of(teacher)
    export({name: array.numpy() for name, array in student.state_dict().items()}, tmp_path)
    shutil.copyfile(WEIGHTS / "tokenizer.json", tmp_path / "tokenizer.json")
    assert (tmp_path / "reader.bin").stat().st_size < 0.65 * (WEIGHTS / "reader.bin").stat().st_size
    (one,), (other,) = (
        made.read("Who kept the lighthouse?", [TEXT]) for made in (OnnxReader(tmp_path), TorchReader(student))
    )
    assert one.odds == pytest.approx(other.odds, abs=0.5)
    assert np.abs(one.windows[0].begins - other.windows[0].begins).mean() < 0.5
    assert len({name.split(".")[2] for name in parted(student.state_dict())[0] if name.startswith("encoder")}) == 6
