"""`footnote eval` as it is typed: its options reach the run, and its summary is a table or JSON."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from subprocess import run
from sys import executable

import pytest
from real_command import Command, fault

PLOT = Path(__file__).parents[4] / "scripts" / "plot_reliability.py"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def sets(tmp_path: Path) -> tuple[str, str]:
    """A set of two questions about a ferry, the second unanswerable, and one of a question about a bakery."""

    def row(identifier: str, text: str, question: str, answers: list[str]) -> dict[str, object]:
        document = {"id": text, "title": "", "text": text}
        more = {"history": [], "evidence": [], "answers": answers, "answerable": bool(answers)}
        return {"id": identifier, "documents": [document], "question": question, **more}

    ferry, bakery = "The ferry to Tiree carries forty cars.", "The bakery on Mill Lane opens at five."
    rows = [
        row("1", ferry, "How many cars does the ferry carry?", ["forty"]),
        row("2", ferry, "Who discovered penicillin?", []),
    ]
    files = tmp_path / "ferry.jsonl", tmp_path / "bakery.jsonl"
    files[0].write_text("".join(json.dumps(one) + "\n" for one in rows), "utf-8")
    files[1].write_text(json.dumps(row("3", bakery, "When does the bakery open?", ["five"])), "utf-8")
    return str(files[0]), str(files[1])


def test_the_summary_is_a_table_of_names_and_figures(tmp_path: Path, sets: tuple[str, str]) -> None:
    """One line each, with the off-topic questions' own; the points of the curve are left to JSON."""
    result = Command(tmp_path / "data", tmp_path).run("eval", sets[0], "--off-topic", sets[1], FOOTNOTE_READER="off")
    assert result.returncode == 0, result.stderr
    table = dict(line.split("  ", 1) for line in result.stdout.splitlines())
    assert table["questions"].strip() == "2"
    assert table["highlight F1"].strip().endswith("n=1")
    assert table["balanced accuracy"].strip() == "1.000 [1.000, 1.000] n=2"
    assert table["off-topic: balanced accuracy"].strip() == "1.000 [1.000, 1.000] n=2"
    assert "reliability" not in table


def test_forced_reaches_the_assistant(tmp_path: Path, sets: tuple[str, str]) -> None:
    """What is refused without is answered with it."""
    command = Command(tmp_path / "data", tmp_path)
    for option, status in (((), "not_in_documents"), (("--forced",), "answered")):
        result = command.run("eval", sets[0], "--json", *option, FOOTNOTE_READER="off")
        assert json.loads(result.stdout.splitlines()[1])["status"] == status


def test_a_set_that_is_not_off_topic_is_told_in_one_line(tmp_path: Path, sets: tuple[str, str]) -> None:
    """The same documents cannot be foreign to themselves."""
    result = Command(tmp_path / "data", tmp_path).run("eval", sets[0], "--off-topic", sets[0])
    assert result.returncode == 1
    assert "no answerable question about other documents" in fault(result)


def test_the_curve_is_drawn_from_the_summaries(tmp_path: Path) -> None:
    """Points stand where probability and share put them, in a square of 360 from 64, 28; names are escaped."""
    summary = {
        "reliability": [[0.0, 0.0, 10], [0.5, 0.25, 10]],
        "expected calibration error": 0.125,
        "Brier score": 0.2,
    }
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps({"id": "1"}) + "\n" + json.dumps({"summary": summary}) + "\n", "utf-8")
    drawn = run([executable, PLOT, f"a<b={results}", results], capture_output=True, encoding="utf-8", check=True)
    picture = ET.fromstring(drawn.stdout)
    circles = [(one.get("cx"), one.get("cy")) for one in picture.iter(f"{SVG}circle") if float(one.get("cx", 0)) <= 424]
    assert circles == [("64.0", "388.0"), ("244.0", "298.0")] * 2
    words = [one.text for one in picture.iter(f"{SVG}text")]
    assert {"a<b", "results", "calibration error 0.125, Brier 0.200, n=20"} <= set(words)


def test_a_file_without_a_curve_is_told_in_one_line(tmp_path: Path) -> None:
    """Also where only the cross-fitted one is missing."""
    results = tmp_path / "results.jsonl"
    results.write_text(json.dumps({"summary": {"reliability": [[0.5, 0.5, 2]]}}), "utf-8")
    refused = run([executable, PLOT, "--cross-fitted", results], capture_output=True, encoding="utf-8", check=False)
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1 and "reliability, cross-fitted" in refused.stderr
