"""The fuzzer finds nothing in a few seconds, and does find what is put there."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from retrieval.loaders import loading, sandbox
from retrieval.loaders.formats import rtf
from retrieval.loaders.registry import SUFFIXES
from retrieval.loaders.sandbox import Extracted
from tests.fuzz import trial
from tests.fuzz.cases import Case, case
from tests.fuzz.inside import inside_pdf, inside_zip
from tests.fuzz.samples import samples
from tests.fuzz.trial import LOADED, by_path, in_fork

ROOT = Path(__file__).parents[2]
FOUND = samples(None)
RTF = Case(1, ".rtf", "input.rtf", FOUND[".rtf"][0])


@pytest.fixture(autouse=True)
def whatever_this_process_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bound on memory: a process of many tests, and so its forks, may hold more than a reader does."""
    monkeypatch.setattr(sandbox, "_bound", lambda *_: None)
    monkeypatch.setattr(trial, "OWN_MEMORY", 1 << 60)


def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    """Inputs of many kinds are loaded or refused; the report counts them."""
    log = tmp_path / "fuzz.log"
    command = [sys.executable, "-m", "tests.fuzz", "--seconds", "2", "--log", str(log), "--seed", "1"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0, log.read_text("utf-8")
    report = log.with_suffix(".md").read_text("utf-8")
    assert "0 faults" in report and "× loaded" in report and "Faults: 0" in report
    assert {path.name for path in tmp_path.iterdir()} == {"fuzz.log", "fuzz.md"}


def test_samples_are_of_every_kind_and_sound() -> None:
    """There is a file of each kind that is read, and all that is made for one is read as it."""
    assert set(FOUND) >= {kind.suffixes[0] for kind in SUFFIXES.values()}
    for suffix, files in FOUND.items():
        for data in files[:2] if suffix != ".zip" else []:
            assert in_fork(Case(0, suffix, f"a{suffix}", data)).result == LOADED, suffix


def test_a_number_is_always_the_same_input() -> None:
    """Of the same files and seed; another seed has other ones."""
    assert [case(FOUND, 3, number) for number in range(20)] == [case(FOUND, 3, number) for number in range(20)]
    assert case(FOUND, 3, 1) != case(FOUND, 4, 1)


def test_packed_files_are_changed_inside() -> None:
    """An archive stays one, with other members; a PDF keeps its parts in their places."""
    whole = FOUND[".docx"][0]
    changed = [inside_zip(whole, random.Random(seed), whole) for seed in range(5)]
    assert len(set(changed)) == 5 and all(zipfile.is_zipfile(io.BytesIO(one)) for one in changed)
    pdf = FOUND[".pdf"][0]
    found = [inside_pdf(pdf, random.Random(seed), pdf) for seed in range(20)]
    assert any(len(one) == len(pdf) and one != pdf for one in found)


def broken(data: bytes) -> Extracted:
    """A reader that breaks."""
    return Extracted(str(len(data) / 0))


def test_a_reader_that_breaks_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its error and place; the product tells of damage, as it shall."""
    broken.__module__, broken.__qualname__ = rtf.__name__, "read_rtf"
    monkeypatch.setattr(rtf, "read_rtf", broken)
    found = in_fork(RTF)
    assert "ZeroDivisionError in tests/fuzz/test_fuzz.py:broken" in found.broke
    assert found.fault.startswith("a reader of Footnote broke") and found.result.startswith("is damaged")


def test_an_error_outside_the_sandbox_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On the product's own path."""
    monkeypatch.setattr(loading, "by_content", lambda data, suffix: len(data) / 0)
    assert "outside the sandbox: ZeroDivisionError" in by_path(RTF, tmp_path).fault


def test_work_without_end_outside_the_sandbox_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """After some time of the processor."""

    def endless(data: bytes, suffix: str) -> None:
        while True:
            pass

    monkeypatch.setattr(loading, "by_content", endless)
    monkeypatch.setattr(trial, "OWN_SECONDS", 0.01)
    assert "outside the sandbox: StuckError" in by_path(RTF, tmp_path).fault


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (Extracted("a\0b"), "U+0000"),
        (Extracted("words \ud800"), "half a character"),
        (Extracted("words", pages=(0, 99)), "pages lie outside"),
        (Extracted("words", pages=(2, 3)), "pages lie outside"),
    ],
)
def test_an_unsound_document_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, found: Extracted, fault: str
) -> None:
    """Whatever the sandbox should have kept back."""
    monkeypatch.setattr(loading, "sandboxed", lambda *_, **__: found)
    assert fault in by_path(RTF, tmp_path).fault


def test_sound_files_have_no_fault(tmp_path: Path) -> None:
    """By path, as bytes and from the web."""
    for number in range(5):
        found = by_path(Case(number, ".rtf", "input.rtf", FOUND[".rtf"][0]), tmp_path)
        assert (found.result, found.fault, found.broke) == (LOADED, "", "")
