"""How many sentences are quoted: the best one, and another where it may as well be the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answering.chain import prepared
from bot.answering.confidence import verdict
from bot.answering.draft import Findings
from bot.answering.extractive import ExtractiveAnswerer
from bot.answering.ranking import Candidate, Ranker
from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.models.similarity_calibration import DEFAULT_SIMILARITY
from retrieval.types import Document

TOWERS = (
    "The north tower was built in 1844. The south tower was built in 1851. Both towers stand on the hill of Skalen."
)
GYM = "Gym prices\n\nDay: 8 €\nWeek: 30 €\nMonth: 80 €\nYear: 700 €\n"


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Footnote]:
    """A bot that knows two texts."""
    found = Footnote(Settings(data_dir=Path(tmp_path_factory.mktemp("two"))))
    found.library.add(Document("towers.txt", "Towers", TOWERS))
    found.library.add(Document("gym.txt", "The gym", GYM))
    yield found
    found.close()


def quoted(bot: Footnote, question: str, gap: float) -> list[str]:
    """What is quoted when the scores of the sentences lie so far from each other, the order as it is."""
    passages = tuple(bot.search.search(prepared(question), "local"))
    weights, searched = bot.search.statistics(question, "local")
    found = Findings(question, passages, weights, searched)
    answerer = ExtractiveAnswerer(bot.comparison)
    ranked = answerer._ranker.rank(found)
    spread: list[Candidate] = [replace(one, score=ranked[0].score - gap * n) for n, one in enumerate(ranked)]
    return [one.quote.words for one in answerer._chosen(found, spread)]


def test_a_sentence_that_may_as_well_be_the_answer_is_quoted_too(bot: Footnote) -> None:
    """Only one that is as likely, or nearly, and three at most; here both are much alike, but say different things."""
    north, south, both = "The north tower was built in 1844.", "The south tower was built in 1851.", 3
    assert set(quoted(bot, "When was the tower built?", 0.3)) == {north, south}
    assert len(quoted(bot, "When was the tower built?", 0.1)) == both
    assert len(quoted(bot, "When was the tower built?", 0.6)) == 1


def test_the_line_that_is_meant_stands_alone(bot: Footnote) -> None:
    """Of lines that the reader hardly tells apart those without the question's own words are left out."""
    lines = [one for one in quoted(bot, "How much is a month at the gym?", 0.1) if "€" in one]
    assert lines == ["Month: 80 €"]


def test_the_nearer_another_sentence_comes_the_less_plainly_the_best_is_said(bot: Footnote) -> None:
    """It is less certain by as much as the other gains on it, while the documents answer as surely as before."""
    question = "When was the north tower built?"
    passages = tuple(bot.search.search(prepared(question), "local"))
    weights, searched = bot.search.statistics(question, "local")
    found = Findings(question, passages, weights, searched)
    best, *_ = Ranker(bot.comparison).rank(found)
    judged = [
        verdict(found, [best, replace(best, score=best.score - ahead)], DEFAULT_SIMILARITY) for ahead in (3, 1, 0)
    ]
    far, near, level = judged
    assert far.is_sure and far.certainty > near.certainty > level.certainty
    assert far.confidence == level.confidence
