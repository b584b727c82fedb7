"""What people mean when they correct themselves in mid-sentence."""

from __future__ import annotations

import time

import pytest

from bot.answering.slips import meant


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("Where did or no wait when did the ferry leave?", "When did the ferry leave?"),
        ("Who built, I mean, who paid for the bridge?", "Who paid for the bridge?"),
        ("How many cars no sorry how many people does it carry?", "How many people does it carry?"),
        ("When was the pier in Oban no sorry Tiree built?", "When was the pier in Tiree built?"),
        ("What sank in 1911 or rather in 1912?", "What sank in 1912?"),
        ("What was er which ship sank first?", "Which ship sank first?"),
    ],
)
def test_what_was_taken_back_is_left_out(asked: str, understood: str) -> None:
    """A question begun anew stands alone; a word that was replaced is gone."""
    assert meant(asked) == understood


@pytest.mark.parametrize(
    "question",
    [
        "Is there no ferry on Sundays?",
        "Who said no to the bridge?",
        "What did the no fly zone mean for ships?",
        "Why was the captain sorry about the delay?",
        "What actually happened to the pier?",
        "Did they wait for the ferry?",
        "Was tommy trying to make that happen?",
        "no",
        "no wait",
        "",
    ],
)
def test_other_questions_stay_as_they_are(question: str) -> None:
    """The same words where nothing is taken back."""
    assert meant(question) == question


@pytest.mark.parametrize("piece", ["no wait ", "or ", "no, ", "what no ", "i mean what is ", "er "])
def test_the_longest_question_takes_no_time(piece: str) -> None:
    """Four hundred and four thousand characters of it end at once."""
    for length in (400, 4000):
        started = time.process_time()
        meant((piece * 4000)[:length])
        assert time.process_time() - started < 20  # a hang, not a slow machine
