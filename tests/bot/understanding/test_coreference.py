"""Pronouns replaced by what they stand for."""

from __future__ import annotations

import pytest

from bot.answers import Exchange
from bot.understanding.coreference import resolve


@pytest.mark.parametrize(
    ("question", "resolved", "complete"),
    [
        ("where does he live?", "where does Jules Roy live?", True),
        ("Does Senator Marsh think she can win?", "Does Senator Marsh think she can win?", True),
        ("Who knows that?", "Who knows that?", False),
        ("Is it true that it is raining?", "Is it true that it is raining?", True),
        ("Is there a bridge?", "Is there a bridge?", True),
    ],
)
def test_pronouns_are_replaced(question: str, resolved: str, complete: bool) -> None:
    """The latest that fits takes a pronoun's place, and it is told when nothing does."""
    history = [Exchange("Where is Peru?"), Exchange("Who is Jules Roy?", "Mr Jules Roy is a teacher.")]
    assert resolve(question, history) == (resolved, complete)
