"""Several questions in one message, and how much is asked for."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.understanding.decomposition import parts
from bot.understanding.questions import asks_yes_or_no, is_open, names_a_topic


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("Who is Rosa Marsh?", ["Who is Rosa Marsh?"]),
        ("Who is Rosa Marsh and where did Hale speak?", ["Who is Rosa Marsh?", "where did Hale speak?"]),
        ("Who is Rosa Marsh and what did she say?", ["Who is Rosa Marsh?", "what did Rosa Marsh say?"]),
        ("Where is Lima? What is its port?", ["Where is Lima?", "What is Lima’s port?"]),
        ("Did Chile agree, and is Peru content?", ["Did Chile agree?", "is Peru content?"]),
        ("What did A do, what did B do and what did C do?", ["What did A do?", "what did B do?", "what did C do?"]),
        # an auxiliary and its subject after "and"
        (
            "how much do they pay per km and is breakfast included?",
            ["how much do they pay per km?", "is breakfast included?"],
        ),
        ("Is smoking allowed and can I have a dog?", ["Is smoking allowed?", "can I have a dog?"]),
        ("What is the fee and is it high?", ["What is the fee?", "is the fee high?"]),
        ("How far is it and is there a bus?", ["How far is it?", "is there a bus?"]),
        ("Is it open and are the rooms heated?", ["Is it open?", "are the rooms heated?"]),
        ("When is it and does the fee include tea?", ["When is it?", "does the fee include tea?"]),
        ("Has it begun and has Hale been seen?", ["Has it begun?", "has Hale been seen?"]),
        *(
            (whole, [whole])
            for whole in (
                "Who designed and is paying for the bridge?",
                "What did Hale say and do about it?",
                "Who did it and did it well?",
                "Who came to Lima and was there when it burned?",
                "Was he born in Lima and was raised in Oslo?",
                "Is he the mayor and is the owner of the inn?",
                "Was she married and had three children?",
                "Which actor played Hamlet and is the father of Ann?",
                "How did he live and do business there?",
                "Was it closed and will reopen soon?",
            )
        ),
        # what is wanted of one question
        ("When and where did Hale speak?", ["When did Hale speak?", "where did Hale speak?"]),
        ("When, where and why was it shut?", ["When was it shut?", "where was it shut?", "why was it shut?"]),
        ("What year and where did it open?", ["What year did it open?", "where did it open?"]),
        (
            "how much sugar and how much butter do I need?",
            ["how much sugar do I need?", "how much butter do I need?"],
        ),
        ("How much sugar and butter do I need?", ["How much sugar and butter do I need?"]),
        ("When was it and how many people died?", ["When was it?", "how many people died?"]),
        ("What is the fee and how much notice is needed?", ["What is the fee?", "how much notice is needed?"]),
        ("Do you know who came and how many stayed?", ["Do you know who came and how many stayed?"]),
        # what leans on the question before
        ("Did Hale resign and why?", ["Did Hale resign?", "Why did Hale resign?"]),
        ("Did Hale resign? Why?", ["Did Hale resign?", "Why did Hale resign?"]),
        ("which offer was accepted, and why?", ["which offer was accepted?", "Why was the offer accepted?"]),
        ("Which offer is best, and why?", ["Which offer is best, and why?"]),
        ("What is the fee? And the late fee?", ["What is the fee?", "What is the late fee?"]),
        ("What is the fee? And the hours?", ["What is the fee?", "What are the hours?"]),
        ("Where did Hale speak? And Marsh?", ["Where did Hale speak?", "Where did Marsh speak?"]),
        ("Who died in 2019? And in 2020?", ["Who died in 2019?", "Who died in 2020?"]),
        ("What is the fee? And thanks!", ["What is the fee? And thanks!"]),
        ("What is the fee? And Marsh?", ["What is the fee? And Marsh?"]),
        ("When was it built and when did it close?", ["When was it built?", "when did it close?"]),
        ("What did Hale say and why?", ["What did Hale say and why?"]),
        ("What did Hale say and do?", ["What did Hale say and do?"]),
        ("What are salt and pepper?", ["What are salt and pepper?"]),
        ("It rains. Who is he?", ["It rains. Who is he?"]),
        ("who? what? when?", ["who? what? when?"]),
        ('Who sang "What is love and who am I"?', ['Who sang "What is love and who am I"?']),
        ("What can and what can't be paid?", ["What can and what can't be paid?"]),
        (
            "Who is he? Where is it? When was it built? What is the fee? How old is the bridge?",
            ["Who is he?", "Where is it?", "When was it built?", "What is the fee?", "How old is the bridge?"],
        ),
        (9 * "Who is Hale? ", [" ".join(9 * ["Who is Hale?"])]),
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


WORDS = st.sampled_from(
    "and why when how many what about which who is did has do it there he the fee Hale been included , ? 2020 ’".split()
)


@given(st.text(max_size=300) | st.lists(WORDS, max_size=14).map(" ".join))
def test_anything_typed_has_its_parts(message: str) -> None:
    """Whatever is typed, nothing is raised, and one to eight parts come back."""
    is_open(message)
    assert 1 <= len(parts(message)) <= 8


@pytest.mark.parametrize(
    ("question", "yes_or_no", "topic"),
    [
        ("Did Ada Krogh build it?", True, False),
        ("Can you tell me who built it?", False, False),
        ("Who built it?", False, False),
        ("Tell me about Ada Krogh.", False, True),
        ("What is said about the harbour?", False, True),
        ("the harbour of Skerry", False, False),
        ("the harbour", False, True),
        ("Explain the tides", False, True),
        ("Name the keepers", False, False),
        ("how old was she", False, False),
        ("keepers of the harbour light in 1931", False, False),
        ("tell me the harbour keeper's age", False, False),
        ("Tell me about the keepers of the harbour light", False, True),
        ("Describe the keepers of the harbour light", False, True),
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
