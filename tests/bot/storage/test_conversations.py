"""What was said: by asker and name, in order, and back from the database as it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answers import Answer, Citation, CitedDocument
from bot.bootstrap import Footnote
from tests.conftest import Opener

pytestmark = pytest.mark.both_topologies

text = st.text(st.characters(), max_size=20)
place = st.integers(0, 10**9)
probability = st.floats(0, 1)
citations = st.builds(
    Citation,
    id=st.integers(1, 99),
    document=st.builds(CitedDocument, text, text, text),
    start=place,
    end=place,
    quote=text,
    prefix=text,
    suffix=text,
    highlight=st.none() | st.tuples(place, place),
    paragraph=place,
    page=st.none() | place,
    url=st.none() | text,
    answer_start=place,
    answer_end=place,
    support=probability,
)
answers = st.builds(
    Answer,
    status=st.sampled_from(["answered", "not_in_documents", "clarify", "smalltalk"]),
    text=text,
    citations=st.lists(citations, max_size=3).map(tuple),
    question=text,
    standalone_question=text,
    unanswered=st.lists(text, max_size=2).map(tuple),
    confidence=probability,
    answered_by=text,
    related=st.lists(citations, max_size=2).map(tuple),
    timings_ms=st.dictionaries(text, st.floats(0, 1e6), max_size=3),
)


def said(question: str) -> Answer:
    return Answer("answered", f"To {question}.", (), question, question)


@settings(max_examples=40)
@given(answer=answers)
def test_remembered_as_it_was(footnote: Footnote, answer: Answer) -> None:
    """An answer of any content comes back from the database as it was, with its conversation and turn."""
    kept = footnote.conversations.remember("local", "any", answer)
    assert kept == replace(answer, conversation="any", turn=kept.turn)
    assert footnote.conversations.recall("local", "any", 1) == [kept]


def test_turns_in_order(open_footnote: Opener) -> None:
    """Turns count from 1, come oldest first, the last ones only, also after a restart."""
    first = open_footnote()
    for number in range(1, 13):
        assert first.conversations.remember("local", "a", said(str(number))).turn == number
    for footnote in (first, open_footnote()):
        recall = footnote.conversations.recall
        assert [turn.question for turn in recall("local", "a")] == [str(n) for n in range(3, 13)]
        assert [turn.turn for turn in recall("local", "a", 2)] == [11, 12]
        assert len(recall("local", "a", 100)) == 12
        assert recall("local", "a", 0) == []


def test_of_one_asker_and_one_name(footnote: Footnote) -> None:
    """Conversations of other names and of other askers' same names are apart, in turns and in words."""
    remember, recall = footnote.conversations.remember, footnote.conversations.recall
    assert remember("chat:1", "a", said("one")).turn == 1
    assert remember("chat:2", "a", said("two")).turn == 1
    assert remember("chat:1", "b", said("three")).turn == 1
    assert [turn.question for turn in recall("chat:1", "a")] == ["one"]
    assert [turn.question for turn in recall("chat:2", "a")] == ["two"]
    assert [turn.question for turn in recall("chat:1", "b")] == ["three"]
    assert recall("chat:2", "b") == recall("chat:3", "a") == recall("", "") == []


def test_any_name(footnote: Footnote) -> None:
    """A conversation may have any name."""
    for name in ("", " ", "a'; DROP TABLE turns;--", "名前", "x" * 5000, "😀"):
        footnote.conversations.remember("local", name, said("one"))
        assert [turn.conversation for turn in footnote.conversations.recall("local", name)] == [name]


def test_threads_remember_at_once(footnote: Footnote) -> None:
    """Turns that several threads remember at once in a new conversation all have numbers of their own."""
    conversations = footnote.conversations
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda n: conversations.remember("local", "a", said(str(n))), range(40)))
    assert sorted(answer.turn or 0 for answer in kept) == list(range(1, 41))
    assert sorted(conversations.recall("local", "a", 50), key=str) == sorted(kept, key=str)
