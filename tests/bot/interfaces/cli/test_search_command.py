"""`footnote search`: what it prints of passages, and how it explains an answer or a refusal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from bot.answering.confidence import needed
from bot.answers import Answer, CitedDocument, Source
from bot.interfaces.cli.command_line import app
from bot.interfaces.cli.output import explained
from retrieval.query import READ, READ_AT_ONCE

ANSWERED = "Who is the Treasury Secretary?"
MISSING = "How many Russian troops are stationed in Ukraine?"

Run = Callable[..., str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """What `footnote …` prints, on a library that holds the article; in this process, since starting one takes long."""
    folder = str(tmp_path_factory.mktemp("data"))

    def footnote(*arguments: str, **settings: str) -> str:
        result = CliRunner().invoke(app, arguments, env={"FOOTNOTE_DATA_DIR": folder, **settings})
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    return footnote


def test_scores_say_what_was_read(run: Run) -> None:
    """Each passage, best first and as many as asked for, has its scores, the best the reader's among them; in JSON also
    where it most likely answers.
    """
    assert len(run("search", ANSWERED, "--limit", "3").splitlines()) == 3
    lines = run("search", ANSWERED).splitlines()
    assert (scores := [float(line.split()[0]) for line in lines]) == sorted(scores, reverse=True)
    form = re.compile(r"-?\d+\.\d{3} \(keyword \d\.\d{3}, similarity \S+(, answer \d\.\d{3})?\) ")
    matches = [form.match(line) for line in lines]
    read = [bool(match and match[1]) for match in matches]
    assert all(matches) and READ_AT_ONCE <= sum(read) <= min(READ, len(lines) - 1)
    assert read == sorted(read, reverse=True)
    best = json.loads(run("search", ANSWERED, "--json"))[0]
    start, end = best["highlight"]
    assert best["start"] <= start < end <= best["end"]
    assert "Janet Yellen" in best["text"][start - best["start"] : end - best["start"]]


def test_an_answer_and_a_refusal_are_explained(run: Run) -> None:
    """The confidence beside what is needed: above for what is answered, below for what is not."""
    for question, does in ((ANSWERED, "answered"), (MISSING, "not answered")):
        *passages, last = run("search", question, "--explain").splitlines()
        told = re.fullmatch(r"Confidence (\d\.\d{3}), needed (\d\.\d{3}): (.+)\.", last)
        assert told is not None, last
        assert told[3] == does
        assert (float(told[1]) >= float(told[2])) == (does == "answered")
        assert any(line.startswith("      most likely: ") for line in passages)


def test_less_is_enough_where_keywords_stand_one_after_the_other() -> None:
    """What is answered by likeness is not said to have needed more than it had."""
    read = Source(CitedDocument("1", "Tides", ""), 0, 8, "The tide", 0.5, 0.5, 1.0, 0.1, (0, 3))
    for status, least in (
        ("answered", "0.165, by likeness alone"),
        ("not_in_documents", f"{needed('high tide'):.3f}"),
    ):
        answer = Answer(status, "", (), "high tide", "high tide", confidence=0.2)
        does = "answered" if status == "answered" else "not answered"
        assert explained(answer, [read], "balanced") == f"Confidence 0.200, needed {least}: {does}."


def test_without_the_reader_likeness_tells(run: Run) -> None:
    """Switched off, nothing is read, and the explanation says what goes by."""
    shown = run("search", ANSWERED, "--explain", FOOTNOTE_READER="off")
    assert "answer 0." not in shown
    assert "not read" in shown
    assert "by likeness alone: answered." in shown


def test_how_sure_it_has_to_be_is_set(run: Run) -> None:
    """Strict needs more than balanced, helpful less; what lies between is answered by the one and not by the other."""
    shown = {
        strictness: run("search", ANSWERED, "--explain", FOOTNOTE_STRICTNESS=strictness)
        for strictness in ("helpful", "balanced", "strict")
    }
    told = [float(text.rpartition("needed ")[2].partition(":")[0]) for text in shown.values()]
    assert told == sorted(told) and len(set(told)) == 3
    assert told[1] == round(needed(ANSWERED), 3)
    doubtful = "Where did Blinken speak about China? (Zanzibar)"  # a name that the text has not
    said = [run("search", doubtful, "--explain", FOOTNOTE_STRICTNESS=one) for one in ("helpful", "strict")]
    assert [text.rpartition(": ")[2].strip() for text in said] == ["answered.", "not answered."]


def test_other_languages_are_read(run: Run) -> None:
    """A German question is read in the English text, and what is said of it is explained."""
    shown = run("search", "Wer ist die Finanzministerin der USA?", "--explain")
    assert "most likely: " in shown and "by likeness alone" not in shown
    assert f"needed {needed('Wer ist die Finanzministerin der USA?'):.3f}" in shown
