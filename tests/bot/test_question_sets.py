"""Two question sets in the format of `footnote eval`, written before the bot was asked: their spans and answers hold.

`article_languages.jsonl` asks about the article that ships, in twelve languages; `news_snippets.jsonl` about invented
news as a list of search results shows them; half of what it asks a snippet does not tell.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

import seeds
from bot.evaluation.dataset import Row, read_rows

HERE = Path(__file__).parent
LANGUAGES = HERE / "article_languages.jsonl"
SNIPPETS = HERE / "news_snippets.jsonl"
ARTICLE = Path(seeds.__file__).with_name("china-russia-diplomatic-ties.txt")


def quotes(row: Row) -> list[str]:
    texts = {document.source: document.text for document in row.documents}
    return [texts[document][span.start : span.end] for document, span in row.evidence]


@pytest.mark.parametrize("file", [LANGUAGES, SNIPPETS], ids=lambda file: file.stem)
def test_answers_and_evidence_bear_each_other_out(file: Path) -> None:
    """Every answer stands in a piece of evidence and every piece holds an answer; a near miss has neither."""
    rows = read_rows(file)
    assert len({row.id for row in rows}) == len({row.question for row in rows}) == len(rows)
    for row in rows:
        found = quotes(row)
        assert row.answerable == bool(row.answers) == bool(found), row.id
        assert all(any(answer in quote for quote in found) for answer in row.answers), row.id
        assert all(quote == quote.strip() and any(answer in quote for answer in row.answers) for quote in found), row.id


@pytest.mark.parametrize("file", [LANGUAGES, SNIPPETS], ids=lambda file: file.stem)
def test_what_stands_beside_a_row_holds_too(file: Path) -> None:
    """The span of the first answer is that answer, and a near miss says of what kind it is."""
    for data in map(json.loads, file.read_text("utf-8").splitlines()):
        assert data["meta"]["document_language"] == "en"
        assert ("near_miss" in data["meta"]) == (not data["answerable"]), data["id"]
        if data["answerable"]:
            start, end = data["meta"]["answer_span"]
            assert data["documents"][0]["text"][start:end] == data["answers"][0], data["id"]
            assert any(e["start"] <= start and end <= e["end"] for e in data["evidence"]), data["id"]


def test_five_questions_in_each_of_twelve_languages() -> None:
    """Three are answered and two are not, and all are about the article as it is stored."""
    article = ARTICLE.read_bytes().decode()
    assert all([document.text for document in row.documents] == [article] for row in read_rows(LANGUAGES))
    rows = [json.loads(line) for line in LANGUAGES.read_text("utf-8").splitlines()]
    assert Counter(row["language"] for row in rows) == dict.fromkeys("ar de es fr hi it ja ko pt ru tr zh".split(), 5)
    assert set(Counter(row["language"] for row in rows if row["answerable"]).values()) == {3}


def test_every_snippet_answers_something_and_not_everything() -> None:
    """Forty snippets with two or three questions each, half of all the questions answered."""
    rows = read_rows(SNIPPETS)
    answered = {row.group for row in rows if row.answerable}
    assert answered == {row.group for row in rows if not row.answerable} and len(answered) == 40
    assert set(Counter(row.group for row in rows).values()) == {2, 3}
    assert 2 * sum(row.answerable for row in rows) == len(rows)
