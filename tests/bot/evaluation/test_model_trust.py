"""How well a chat model chooses is measured beside quoting, kept, and decides whether it is asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from chat_server import ChatServer, Status

from bot.bootstrap import Footnote
from bot.evaluation.file_questions import read_questions
from bot.evaluation.gold import comparable
from bot.evaluation.model_trust import QUESTIONS, TrustError, measure
from bot.settings import Settings
from bot.storage.trust import Trust, keep_trust, trust_in


def test_half_of_the_questions_that_ship_are_answerable_from_their_documents() -> None:
    """Each gold stands in its document."""
    rows = read_questions(QUESTIONS)
    assert (len(rows), sum(row.answerable for row in rows)) == (60, 30)
    for row in rows:
        text = (QUESTIONS.parent / "files" / row.file).read_text("utf-8")
        assert not row.answerable or row.gold.held_by(comparable(text)), row.id


@pytest.mark.parametrize(("gains", "losses", "earned"), [(20, 2, True), (8, 8, False), (0, 0, False), (2, 20, False)])
def test_trust_is_earned_beyond_chance(gains: int, losses: int, earned: bool) -> None:
    """By the questions that only one of both answers rightly."""
    assert Trust(40 + gains - losses, 40, 60, gains, losses).earned is earned


def test_a_model_that_is_no_better_is_not_asked(tmp_path: Path) -> None:
    """It is measured, kept with its name and address, and the library answers by quoting from then on. What it leaves
    unanswered now and then is quoted.
    """
    server = ChatServer()
    try:
        settings = Settings(data_dir=tmp_path, model="openai:scripted", model_base_url=server.url)
        failures = iter([Status(401)])
        server.reply = lambda sentences: next(failures, next(iter(sentences), "NONE"))
        trust = measure(settings)
        assert trust.of == 60 and trust.right < trust.quoting and not trust.earned
        bot = Footnote(settings)
        assert bot.answering_model is not None  # not measured yet
        keep_trust(bot.engine, settings.model, settings.model_base_url, trust)
        assert trust_in(bot.engine, settings.model, settings.model_base_url) == trust
        bot.close()
        bot = Footnote(settings)
        assert bot.chat_model is not None and bot.answering_model is None and bot.writer("en") == ""
        bot.close()
        server.reply = lambda sentences: Status(401)
        with pytest.raises(TrustError, match=re.escape("did not answer")):
            measure(settings)
    finally:
        server.close()
