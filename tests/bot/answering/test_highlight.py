"""What of a quote is shown bold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.highlight import highlight

CASES = [
    ("When was the lighthouse lit?", "It was first lit on 3 May 1844 by the keeper.", "3 May 1844"),
    ("In which year did it open?", "The bridge opened in 1932.", "1932"),
    ("what year did the war of 1812 end", "The War of 1812 ended in 1815.", "1815"),
    ("When does the ferry leave?", "The ferry leaves at 9:30 am.", "9:30 am"),
    ("How many people live there?", "About 12,500 people lived there in 1990.", "12,500"),
    ("How much did it cost?", "It cost $2.2 billion to build.", "$2.2 billion"),
    ("How many moons has Mars?", "Mars has two moons.", "two"),
]
UNDECIDED = [
    ("Who lit it?", "It was first lit on 3 May 1844 by the keeper."),
    ("When was it lit?", "It was lit in 1844 and again in 1850."),
    ("When was it lit?", "It was lit by the keeper."),
    ("How many of the 12 came?", "Of the 12 invited, none came."),
]


@pytest.mark.parametrize(("question", "quote", "words"), CASES)
def test_the_one_time_or_number_asked_for_is_highlighted(question: str, quote: str, words: str) -> None:
    """The answer's own words, no more and no less."""
    span = highlight(question, quote)
    assert span is not None
    assert span.of(quote) == words


@pytest.mark.parametrize(("question", "quote"), UNDECIDED)
def test_nothing_is_highlighted_where_it_cannot_be_told(question: str, quote: str) -> None:
    """No time or number asked for, none there, or several: nothing is bold."""
    assert highlight(question, quote) is None


@given(st.text(), st.text())
def test_any_text_gives_a_span_inside_the_quote_or_none(question: str, quote: str) -> None:
    """Whatever is typed, the highlight lies within the quote."""
    for asked in (question, f"When {question}", f"How many {question}"):
        span = highlight(asked, quote)
        assert span is None or 0 <= span.start < span.end <= len(quote)
