"""What people mean when they correct themselves in mid-sentence."""

from __future__ import annotations

import pytest
from phrases import phrases

from bot.understanding.disfluency import meant


@pytest.mark.parametrize(
    ("asked", "understood"),
    [
        ("Where did or no wait when did the ferry leave?", "When did the ferry leave?"),
        ("Who built, I mean, who paid for the bridge?", "Who paid for the bridge?"),
        ("How many cars no sorry how many people does it carry?", "How many people does it carry?"),
        ("When was the pier in Oban no sorry Tiree built?", "When was the pier in Tiree built?"),
        ("What sank in 1911 or rather in 1912?", "What sank in 1912?"),
        ("What was er which ship sank first?", "Which ship sank first?"),
        ("Who was how did the pier burn down?", "How did the pier burn down?"),
        ("Where did no no make that how did the pier burn down?", "How did the pier burn down?"),
        ("How long no sorry I want to know how many boats sail?", "How many boats sail?"),
        ("How old is the first bridge no no sorry the first pier?", "How old is the first pier?"),
        ("Who runs a steam ferry oops I mean a small petrol ferry?", "Who runs a small petrol ferry?"),
        ("What did Oban no Tiree sell in 1990, no, 1991?", "What did Tiree sell in 1991?"),
        ("When was the bridge in Oban bought oh wait built?", "When was the bridge in Oban built?"),
        ("Who saw the old captain, I'm sorry, the pilot?", "Who saw the pilot?"),
        ("How many boats, um, sail?", "How many boats sail?"),
        (
            "When was the old bridge painted, oh sorry, when was it opened?",
            "When was the old bridge painted when was it opened?",
        ),
    ],
)
def test_what_was_taken_back_is_left_out(asked: str, understood: str) -> None:
    """A question begun anew stands alone; a word that was replaced is gone."""
    assert meant(asked) == understood


@pytest.mark.parametrize(
    "question",
    phrases(
        "Is there no ferry on Sundays? | Who said no to the bridge? | What did the no fly zone mean for ships? | "
        "Why was the captain sorry about the delay? | What actually happened to the pier? | "
        "Did they wait for the ferry? | Was tommy trying to make that happen? | no | no wait | "
        "Who caught no fish in March? | Which boats no longer sail? | What do I mean by a pier? | "
        "Does the ferry sail on Sundays or on which days? | Why was the pilot sorry the whole day? | "
        "Who played in all episodes of er? | Wie fahren wir, um die Brücke zu sehen? | "
        "¿Qué barco de Oban no Tiree salió? | "
    ),
)
def test_other_questions_stay_as_they_are(question: str) -> None:
    """The same words where nothing is taken back."""
    assert meant(question) == question
