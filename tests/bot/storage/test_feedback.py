"""What people thought of answers: listed, and made a question set that `footnote eval` takes."""

from __future__ import annotations

import json
from pathlib import Path

from bot.answers import Turn
from bot.bootstrap import Footnote
from bot.evaluation.dataset import read_rows
from bot.storage.feedback import rows_of
from retrieval.types import Document


def test_feedback_becomes_a_question_set(footnote: Footnote, tmp_path: Path) -> None:
    """What helped has its quotes as evidence; what did not is to be corrected; a text that is gone is left out."""
    text = "The ferry to Tiree leaves Oban at seven. Dogs travel free of charge."
    ferry = footnote.library.add(Document("ferry", "Ferry", text)).id
    gone = footnote.library.add(Document("gone", "Mill", "The mill at Dervaig was built in 1800."), "chat:1").id
    asked = ["When does the ferry leave?", "What do dogs pay?", "When was the mill at Dervaig built?"]
    for number, question in enumerate(asked, 1):
        footnote.assistant.answer(Turn(question, "chat:1", "0.1"))
        assert footnote.conversations.rate("chat:1", "0.1", number, number == 1, None if number == 1 else "wrong place")
    footnote.library.remove(gone, ["chat:1"])
    given = footnote.feedback.given()
    assert [(one.asker, one.turn, one.helpful, one.comment) for one in given] == [
        ("chat:1", 1, True, None),
        ("chat:1", 2, False, "wrong place"),
        ("chat:1", 3, False, "wrong place"),
    ]
    assert footnote.feedback.given("chat:2") == []
    rows = list(rows_of(given, {ferry: ("Ferry", text)}))
    file = tmp_path / "set.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    first, second = read_rows(file)
    assert (first.question, first.answerable) == (asked[0], True)
    ((document, span),) = first.evidence
    assert (document, span.of(text)) == (ferry, "The ferry to Tiree leaves Oban at seven.")
    assert (second.question, second.evidence) == (given[1].answer.standalone_question, ())
    assert rows[1]["meta"] == {"helpful": False, "comment": "wrong place", "said": given[1].answer.text}
