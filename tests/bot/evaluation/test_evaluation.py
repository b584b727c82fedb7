"""`footnote eval`: a question set is read, asked and scored as its format says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation import EvaluationError, read_rows, run_set
from bot.settings import Settings

TEXTS = {
    "d/light": "The lighthouse at Skerryvore was built of granite. It was first lit in 1844.",
    "d/bread": "The bakery on Mill Lane opens at five. Its rye bread is sold out by nine.",
    "d/ferry": "The ferry to Tiree leaves on Mondays. It carries forty cars.",
}


def question(
    identifier: str, document: str, asked: str, answers: list[str], history: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """A row of a question set; without answers it is unanswerable."""
    evidence = []
    for answer in answers[:1]:
        start = TEXTS[document].index(answer)
        evidence.append({"document": document, "start": start, "end": start + len(answer)})
    return {
        "id": identifier,
        "documents": [{"id": document, "title": "", "text": TEXTS[document]}],
        "history": history or [],
        "question": asked,
        "answers": answers,
        "answerable": bool(answers),
        "evidence": evidence,
        "language": "en",
        "meta": {},
    }


ROWS = [
    question("1", "d/light", "What was the lighthouse built of?", ["granite"]),
    question("2", "d/bread", "When does the bakery open?", ["five"]),
    question("3", "d/ferry", "How many cars does the ferry carry?", ["forty"]),
    question("4", "d/light", "Who won the football world cup in 1998?", []),
    question("5", "d/light", "When was it lit?", ["1844"], [{"role": "user", "content": "Tell me of the lighthouse."}]),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS) + "\n", "utf-8")
    return path


def test_every_question_gets_a_line_and_the_last_line_is_the_summary(file: Path, tmp_path: Path) -> None:
    """Lines name the set's own ids, citations are exact, and the summary's shares are those of the lines."""
    lines = list(run_set(file, Settings(data_dir=tmp_path / "unused")))
    assert [line.get("id") for line in lines] == ["1", "2", "3", "4", "5", None]
    for line in lines[:-1]:
        for citation in line["citations"]:
            assert TEXTS[citation["document"]][citation["start"] : citation["end"]] == citation["quote"]
        assert {passage["document"] for passage in line["retrieved"]} <= set(TEXTS)
    told = lines[-1]["summary"]
    assert (told["questions"], told["answerable"]) == (5, 4)
    assert told["hit@1"].startswith("1.000")
    assert told["hit@1"].endswith("n=4")
    assert told["citations equal to their slice"].startswith("1.000")
    assert lines[3]["status"] == "not_in_documents"
    assert told["refused of the unanswerable"].startswith("1.000")
    assert not (tmp_path / "unused").exists()


def test_mode_limit_and_history(file: Path, tmp_path: Path) -> None:
    """`given` searches each question's own documents, `pooled` all; `limit` asks the first questions only; without
    history a follow-up stays as it is.
    """
    given = list(run_set(file, Settings(data_dir=tmp_path), mode="given", history="none"))
    pooled = list(run_set(file, Settings(data_dir=tmp_path), history="user"))
    assert {passage["document"] for passage in given[1]["retrieved"]} == {"d/bread"}
    assert {passage["document"] for passage in pooled[1]["retrieved"]} == set(TEXTS)
    assert given[4]["standalone_question"] == "When was it lit?"
    assert "lighthouse" in pooled[4]["standalone_question"]
    assert len(list(run_set(file, Settings(data_dir=tmp_path), limit=2))) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "holds no questions"), ("{}\n", "line 1"), ("[]\n", "line 1"), (json.dumps(ROWS[0]) + "\nnope\n", "line 2")],
)
def test_a_set_that_cannot_be_read_names_the_line(tmp_path: Path, text: str, says: str) -> None:
    """One line that names the file's line at fault."""
    path = tmp_path / "bad.jsonl"
    path.write_text(text, "utf-8")
    with pytest.raises(EvaluationError, match=says) as refused:
        read_rows(path)
    assert "\n" not in str(refused.value)


def test_forced_refuses_nothing_for_want_of_confidence(file: Path, tmp_path: Path) -> None:
    """A question that is refused (the fourth) is answered with the likeliest words, and so are all others."""
    forced = list(run_set(file, Settings(data_dir=tmp_path), forced=True))
    assert [line["status"] for line in forced[:-1]] == ["answered"] * 5
    assert forced[-1]["summary"]["coverage"].startswith("1.000")


@pytest.mark.parametrize("mode", ["pooled", "given"])
def test_off_topic_questions_are_asked_after_the_sets_own(file: Path, tmp_path: Path, mode: str) -> None:
    """Their lines say that they are; their documents are not in the library; `limit` holds for them, too."""
    others = tmp_path / "others.jsonl"
    foreign = [
        ROWS[0] | {"id": f"o{at}", "documents": [{"id": f"o/{at}", "title": "", "text": text}], "question": asked}
        for at, (text, asked) in enumerate(
            [
                ("Photosynthesis needs chlorophyll.", "What does photosynthesis need?"),
                ("Tyrannosaurus hunted at night.", "When did the tyrannosaurus hunt?"),
                ("Jupiter has rings of dust.", "What are the rings of Jupiter made of?"),
            ]
        )
    ]
    others.write_text("\n".join(json.dumps(row) for row in foreign), "utf-8")
    *lines, last = run_set(file, Settings(data_dir=tmp_path), mode=mode, others=others, limit=2)
    assert [line["id"] for line in lines] == ["1", "2", "o0", "o1"]
    assert [line.get("off_topic", False) for line in lines] == [False, False, True, True]
    assert all(passage["document"] in TEXTS for line in lines for passage in line["retrieved"])
    if mode == "given":
        assert {passage["document"] for passage in lines[3]["retrieved"]} == {"d/bread"}
    assert last["summary"]["questions"] == 2
    assert last["summary"]["off-topic: questions"] == 2
    assert last["summary"]["off-topic: refused"].startswith("1.000")


def test_off_topic_questions_about_the_same_documents_are_none(file: Path, tmp_path: Path) -> None:
    """A set is not foreign to itself: said in one line, before anything is asked."""
    with pytest.raises(EvaluationError, match="no answerable question about other documents"):
        next(iter(run_set(file, Settings(data_dir=tmp_path), others=file)))


def test_a_set_never_enters_the_library_that_is_in_use(file: Path, tmp_path: Path) -> None:
    """Servers that the settings name are left alone: a run does not notice that nobody answers there."""
    settings = Settings(
        data_dir=tmp_path, database_url="postgresql://nobody@127.0.0.1:9/none", chroma_url="http://127.0.0.1:9"
    )
    assert len(list(run_set(file, settings, limit=1))) == 2
