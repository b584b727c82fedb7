"""`footnote eval` on a set that names files: these are read, asked about, and scored by what the quotes hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation import EvaluationError, draft_about, run_set
from bot.evaluation.file_questions import read_questions
from bot.evaluation.gold import Gold, comparable
from bot.settings import Settings

FILES = {
    "lighthouse.md": "# Skerryvore\n\nThe lighthouse at **Skerryvore** was built of granite. It was lit in 1844.\n",
    "prices.txt": "Prices of the ferry\n\nAdult: £5\nChild: £2.50\nBicycle: £12\n\nThe ferry leaves on Mondays.\n",
}


def question(number: str, file: str, asked: str, answers: list[str], **more: Any) -> dict[str, Any]:
    """A row; without answers its file does not answer it."""
    row: dict[str, Any] = {"id": number, "document": file, "question": asked, "answerable": bool(answers)}
    return row | {"type": "direct", "language": "en", "gold": {"any": answers, "best": (answers or [""])[0]}} | more


ROWS = [
    question("1", "lighthouse.md", "What was the lighthouse built of?", ["granite"]),
    question("2", "lighthouse.md", "When was it lit?", ["1844"], after="1", type="followup"),
    question("3", "lighthouse.md", "Who won the football world cup in 1998?", [], type="nearmiss"),
    question("4", "prices.txt", "What does a bicycle cost?", ["12"], type="number"),
    question("5", "prices.txt", "When does the ferry leave?", ["on Sundays"]),
    question("6", "*", "On which day does the ferry leave?", ["Mondays"]),
    question("7", "broken.pdf", "What is it about?", ["nothing"]),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A set with its files beside it."""
    (tmp_path / "files").mkdir()
    for name, text in FILES.items():
        (tmp_path / "files" / name).write_text(text, "utf-8")
    (tmp_path / "files" / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    return written(tmp_path / "questions.jsonl", ROWS)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The rows in a file."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    return path


def test_a_set_about_files_is_asked_and_scored(file: Path, tmp_path: Path) -> None:
    """Each verdict is there, a follow-up is asked in its conversation, and a file that cannot be read is told."""
    lines = list(run_set(file, Settings(data_dir=tmp_path / "unused")))
    assert {line["id"]: line["verdict"] for line in lines[:-1]} == {
        "1": "right",
        "2": "right",
        "3": "right",
        "4": "right",
        "5": "wrong",
        "6": "right",
        "7": "not added",
    }
    assert lines[1]["standalone_question"] == "What was the lighthouse built of? When was it lit?"
    assert "broken.pdf" in lines[6]["fault"]
    assert lines[3]["found_among"] == 1
    told = lines[-1]["summary"]
    assert told["questions"] == 7
    assert told["right"].startswith("0.714")
    assert told["right, followup"].startswith("1.000")
    assert told["right, all files together"].startswith("1.000")
    assert told["right, in en"].startswith("0.714")
    assert (told["wrong"], told["not added"], told["near miss answered"]) == (1, 1, 0)
    assert told["found among 1"].startswith("0.667")  # four of six, since what 5 asks for stands nowhere
    assert told["bold words hold the answer, of the right"].startswith("1.000")


def test_nothing_is_refused_where_answers_are_forced(file: Path, tmp_path: Path) -> None:
    """A near miss is answered then, and counted as such."""
    lines = list(run_set(file, Settings(data_dir=tmp_path), forced=True, limit=3))
    assert lines[2]["verdict"] == "near miss answered"
    assert lines[-1]["summary"]["near miss answered"] == 1


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([ROWS[1]], "2 comes after 1, which does not stand before it"),
        ([ROWS[0], ROWS[0]], "two questions called 1"),
        ([ROWS[0] | {"document": "../secret.txt"}], "not the name of a file"),
        ([ROWS[0] | {"gold": {"any": ["re:("]}}], "no regular expression"),
        ([ROWS[0] | {"gold": {"any": ["granite"], "best": "re:["}}], "no regular expression"),
        ([ROWS[0] | {"gold": "granite"}], "line 1 is not a question about a file"),
        ([ROWS[0] | {"document": "missing.txt"}], "no file could be read"),
        ([ROWS[0] | {"document": "*"}], "put those that they are asked of into"),
    ],
)
def test_what_is_wrong_with_a_set_is_told_in_a_line(rows: list[dict[str, Any]], said: str, tmp_path: Path) -> None:
    """Before anything is asked."""
    with pytest.raises(EvaluationError, match="(?s)" + said) as raised:
        list(run_set(written(tmp_path / "set.jsonl", rows), Settings(data_dir=tmp_path / "data")))
    assert "\n" not in str(raised.value)


def test_options_that_mean_nothing_here_are_refused(file: Path, tmp_path: Path) -> None:
    """The set itself says what is searched and what was said before."""
    for options in ({"mode": "given"}, {"history": "none"}, {"others": file}):
        with pytest.raises(EvaluationError, match="leave out"):
            list(run_set(file, Settings(data_dir=tmp_path), **options))  # type: ignore[arg-type]  # one of each type


def test_questions_are_read_with_what_they_may_leave_out(tmp_path: Path) -> None:
    """Kind, language and what comes before may be missing; an entry of `all` may be words or a choice of words."""
    row = {
        "id": "1",
        "document": "a.txt",
        "question": "Who?",
        "answerable": True,
        "gold": {"all": ["Ann", ["Ben", "B."]]},
    }
    (read,) = read_questions(written(tmp_path / "set.jsonl", [row]))
    assert read.gold == Gold(each=(("Ann",), ("Ben", "B.")))
    assert (read.kind, read.language, read.after) == ("question", "", None)


@pytest.mark.parametrize(
    ("gold", "text", "held"),
    [
        (Gold(("12",)), "It costs £12.", True),
        (Gold(("12",)), "It costs £120.", False),
        (Gold(("12",)), "It costs £12.50.", False),
        (Gold(("12",)), "It costs £3.12.", False),
        (Gold(("don't",)), "They “don’t” mind.", True),
        (Gold(("on a [link",)), "on a [link](https://example.org)", False),
        (Gold(("the link",)), "**the** [link](https://example.org) goes on", True),
        (Gold(("total 5.00",)), "| Total | 5.00 |", True),
        (Gold(("re:burglary.{0,9}205",)), "Burglary | 205.0", True),
        (Gold(("red", "blue")), "a blue one", True),
        (Gold(each=(("red",), ("blue", "green"))), "green and red", True),
        (Gold(each=(("red",), ("blue", "green"))), "green", False),
        (Gold(("居住证",)), "申领居住证的", True),
    ],
)
def test_quotes_hold_what_is_asked_for(gold: Gold, text: str, held: bool) -> None:
    """Whatever the marks around it; a number or word does not go on."""
    assert gold.held_by(text) is held


def test_marks_make_no_difference() -> None:
    """Emphasis, leaders of dots, soft hyphens and dashes."""
    assert comparable("_Chap\u00adter_ 1 ........ 12 – **x_y**") == "chapter 1 12 - x_y"


def test_a_drafted_set_asks_for_what_stands_in_the_files(tmp_path: Path) -> None:
    """A value, a cell and a number, each with the words that hold it; the set can be asked as it is."""
    texts = FILES | {"rows.md": "| Town | Mayor | People |\n|---|---|---|\n| Aldern | Rosa Finch | 12,400 |\n"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    drafted = list(draft_about([tmp_path / name for name in texts], Settings(data_dir=tmp_path / "unused")))
    best = {(row["document"], row["question"]): row["gold"]["best"] for row in drafted}
    assert best["prices.txt", "Bicycle?"] == "£12"
    assert best["rows.md", "Aldern"] == "12,400"
    assert ("lighthouse.md", "1844") in {(row["document"], row["gold"]["best"]) for row in drafted}
    for row in drafted:
        assert Gold((row["gold"]["best"],)).held_by(row["note"])
    assert len(read_questions(written(tmp_path / "questions.jsonl", drafted))) == len(drafted)
    *_, last = run_set(tmp_path / "questions.jsonl", Settings(data_dir=tmp_path / "unused"))
    assert "summary" in last
