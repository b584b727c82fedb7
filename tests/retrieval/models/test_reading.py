"""What a reading says of a stretch of a passage, with log-probabilities made by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from retrieval.models.reading import Reading, Window
from retrieval.types import Span

TEXT = "one two three four five six"
PLACES = [(0, 3), (4, 7), (8, 13), (14, 18), (19, 23), (24, 27)]


def window(begins: list[float], finishes: list[float], odds: float = 0.0) -> Window:
    """TEXT read with these probabilities of a beginning and of an end."""
    starts, ends = np.array(PLACES).T
    return Window(odds, starts, ends, np.log(np.array(begins)).astype("f4"), np.log(np.array(finishes)).astype("f4"))


READ = window([0.1, 0.5, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.5, 0.1, 0.1, 0.1])


def test_the_likeliest_answer_of_the_whole_is_found() -> None:
    """Where beginning and end are likeliest together, with the log-probability of both."""
    place = Reading((READ,)).within(Span(0, len(TEXT)))
    assert place is not None
    assert place.answer.of(TEXT) == "two three"
    assert place.likelihood == pytest.approx(math.log(0.25), abs=1e-5)
    assert place.share == pytest.approx(1.0)


def test_an_answer_stays_within_the_stretch() -> None:
    """In the second half another answer is likeliest, and the share is what falls there."""
    place = Reading((READ,)).within(Span(14, len(TEXT)))
    assert place is not None
    assert place.answer.start >= 14
    assert place.likelihood == pytest.approx(math.log(0.01), abs=1e-5)
    assert place.share == pytest.approx(0.3)


def test_an_answer_does_not_end_before_it_begins() -> None:
    """The likeliest beginning after the likeliest end: they are no answer together."""
    place = Reading((window([0.01, 0.01, 0.01, 0.01, 0.95, 0.01], [0.95, 0.01, 0.01, 0.01, 0.01, 0.01]),)).within(
        Span(0, len(TEXT))
    )
    assert place is not None
    assert place.answer.start < place.answer.end


def test_nothing_is_found_where_nothing_was_read() -> None:
    """Between the words, and beyond what was read."""
    assert Reading((READ,)).within(Span(3, 4)) is None
    assert Reading((READ,)).within(Span(100, 120)) is None


def test_of_two_windows_the_surer_one_counts() -> None:
    """The log-odds are those of the best window, and so is the answer."""
    other = window([0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], odds=-4.0)
    reading = Reading((other, window([0.1, 0.5, 0.1, 0.1, 0.1, 0.1], [0.1, 0.1, 0.5, 0.1, 0.1, 0.1], odds=2.0)))
    place = reading.within(Span(0, len(TEXT)))
    assert reading.odds == 2.0
    assert reading.probability == pytest.approx(0.8808, abs=1e-4)
    assert place is not None
    assert place.answer.of(TEXT) == "two three"
