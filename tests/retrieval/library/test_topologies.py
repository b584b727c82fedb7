"""Files and servers give the same answers: one analyser, one scoring, one approximate search."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import seeds
from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.loaders.loading import load_path
from retrieval.types import Document

if TYPE_CHECKING:
    from servers import Chroma, Postgres

ARTICLE = Path(seeds.__file__).with_name("china-russia-diplomatic-ties.txt")
Places = list[tuple[str, int, int]]


@contextmanager
def library(settings: Settings, documents: Sequence[Document]) -> Iterator[Footnote]:
    """A library of these documents."""
    footnote = Footnote(settings)
    try:
        for document in documents:
            footnote.library.add(document)
        yield footnote
    finally:
        footnote.close()


def firsts(footnote: Footnote, questions: Sequence[str]) -> list[Places]:
    """Where the first five passages stand, for each question."""
    return [
        [(one.origin.source, one.passage.start, one.passage.end) for one in footnote.search.search(question, "local")]
        for question in questions
    ]


def agreement(
    documents: Sequence[Document], questions: Sequence[str], folder: Path, postgres: Postgres, chroma: Chroma
) -> float:
    """The share of questions whose first five passages are the same ones in the same order on both topologies."""
    files = Settings(data_dir=folder / "files")
    servers = Settings(data_dir=folder / "servers", database_url=postgres.empty_database(), chroma_url=chroma.url)
    with library(files, documents) as one, library(servers, documents) as other:
        pairs = list(zip(firsts(one, questions), firsts(other, questions), strict=True))
    assert all(places for places, _ in pairs)
    return sum(here == there for here, there in pairs) / len(pairs)


def test_the_article_is_read_alike(tmp_path: Path, postgres: Postgres, chroma: Chroma) -> None:
    """About the article, both topologies find the same five passages in the same order for every question."""
    questions = [
        "Who is China's foreign ministry spokesperson?",
        "Where did Blinken speak about China?",
        "dual-use items",
        "What did Yellen warn of?",
        "关系",
        "\x27; DROP TABLE passages; --",
        "trade | ! & : * ( ) between 'China' and \\Russia\\",
    ]
    assert agreement([load_path(ARTICLE)], questions, tmp_path, postgres, chroma) == 1.0


@pytest.mark.long
def test_development_set_is_read_alike(tmp_path: Path, postgres: Postgres, chroma: Chroma) -> None:
    """On 200 questions over hundreds of paragraphs, the first five agree for 98 of 100 at least."""
    folder = os.environ.get("FOOTNOTE_DEV_SETS")
    if not folder:
        pytest.skip("FOOTNOTE_DEV_SETS names no folder")
    rows = [json.loads(line) for line in (Path(folder) / "dev_squad2.jsonl").read_text("utf-8").splitlines()]
    found = {one["id"]: one for row in rows for one in row["documents"]}
    documents = [Document(name, one["title"], one["text"]) for name, one in found.items()]
    share = agreement(documents, [row["question"] for row in rows[:200]], tmp_path, postgres, chroma)
    print(f"first five agree on {share:.3f} of 200 questions over {len(documents)} paragraphs")
    assert share >= 0.98
