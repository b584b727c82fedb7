"""Several questions in one message, and how much is asked for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.questions import asks_yes_or_no, is_open, names_a_topic, parts


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("Who is Rosa Marsh?", ["Who is Rosa Marsh?"]),
        ("Who is Rosa Marsh and where did Hale speak?", ["Who is Rosa Marsh?", "where did Hale speak?"]),
        ("Who is Rosa Marsh and what did she say?", ["Who is Rosa Marsh?", "what did Rosa Marsh say?"]),
        ("Where is Lima? What is its port?", ["Where is Lima?", "What is Lima’s port?"]),
        ("Did Chile agree, and is Peru content?", ["Did Chile agree?", "is Peru content?"]),
        ("What did A do, what did B do and what did C do?", ["What did A do?", "what did B do?", "what did C do?"]),
        ("When and where did Hale speak?", ["When and where did Hale speak?"]),
        ("What did Hale say and why?", ["What did Hale say and why?"]),
        ("What did Hale say and do?", ["What did Hale say and do?"]),
        ("What are salt and pepper?", ["What are salt and pepper?"]),
        ("It rains. Who is he?", ["It rains. Who is he?"]),
        ("who? what? when?", ["who? what? when?"]),
    ],
)
def test_questions_side_by_side_are_parted(message: str, questions: list[str]) -> None:
    """Each part is a question of its own, its pronouns resolved by the parts before; anything else stays whole."""
    assert parts(message) == questions


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("What did Hale say?", True),
        ("And why?", True),
        ("How do they justify it?", True),
        ("Which countries signed?", True),
        ("List the reasons", True),
        ("Who were the signers?", True),
        ("How many signed?", False),
        ("Who signed?", False),
        ("Which country signed?", False),
        ("When was it?", False),
        ("", False),
    ],
)
def test_open_questions_may_need_several_sentences(question: str, several: bool) -> None:
    """How, why, what was said and lists are open; who, when, where and how many are not."""
    assert is_open(question) is several


@given(st.text(max_size=300))
def test_anything_typed_has_its_parts(message: str) -> None:
    """Whatever is typed, nothing is raised, and one to four parts come back."""
    is_open(message)
    assert 1 <= len(parts(message)) <= 4


@pytest.mark.parametrize(
    ("question", "yes_or_no", "topic"),
    [
        ("Did Ada Krogh build it?", True, False),
        ("Can you tell me who built it?", False, False),
        ("Who built it?", False, False),
        ("Tell me about Ada Krogh.", False, True),
        ("What is said about the harbour?", False, True),
        ("the harbour of Skerry", False, True),
        ("Explain the tides", False, True),
        ("Name the keepers", False, False),
        ("how old was she", False, False),
    ],
)
def test_what_is_asked_for(question: str, yes_or_no: bool, topic: bool) -> None:
    """A yes or no, nothing but a topic, or something that words of a text can answer."""
    assert asks_yes_or_no(question) == yes_or_no
    assert names_a_topic(question) == topic


HOSTILE = [
    "what ",
    "a ",
    "A ",
    "?",
    "he ",
    "it is he and ",
    "thanks ",
    "please ",
    "and what is ",
    ". ",
    "’",
    "a-",
    " ",
    "什么",
    "U.S.",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_longest_question_takes_no_time(piece: str) -> None:
    """Four thousand characters of anything are read in a quarter of a second."""
    message = (piece * 4000)[:4000]
    started = time.process_time()
    is_open(message), parts(message), names_a_topic(message)
    assert time.process_time() - started < 20  # a hang, not a slow machine
