"""The longest question takes no time, whatever it repeats."""

from __future__ import annotations

import time

import pytest

from bot.answers import Exchange
from bot.understanding.disfluency import meant
from bot.understanding.followups import stand_alone
from bot.understanding.intent import smalltalk
from bot.understanding.questions import is_open, names_a_topic, parts
from bot.understanding.summary_requests import asks_for_summary, summarised, titles_meant

PIECES = (
    "what |a |A |?|he |it is he and |and |thanks |please |and what is |. |’|a-| |什么|你好|U.S.|hi |thank you so much "
    "|so |what can i |i would like you to |the |all this that |in one of a short |tldr |no wait |or |no, |what no "
    "|i mean what is |er "
).split("|")


@pytest.mark.parametrize("piece", PIECES)
def test_the_longest_question_takes_no_time(piece: str) -> None:
    """Four thousand characters, four hundred, and as many words as are read; asked and asked before."""
    started = time.process_time()
    for message in ((piece * 4000)[:4000], (piece * 400)[:400], piece * 6):
        for read in (is_open, parts, names_a_topic, meant, smalltalk, asks_for_summary):
            read(message)
        stand_alone(message, [Exchange(message)])
        titles_meant(summarised(message) or message, ("Lease", "Travel guide to Oslo", "What is love?"))
    assert time.process_time() - started < 20  # a hang, not a slow machine
