"""Several questions in one message, and how much is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phrases import cases, phrases

from bot.understanding.questions import asks_yes_or_no, is_open, names_a_topic, parts


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        ("Who is Rosa Marsh and where did Hale speak?", ["Who is Rosa Marsh?", "where did Hale speak?"]),
        ("Who is Rosa Marsh and what did she say?", ["Who is Rosa Marsh?", "what did she say?"]),
        ("Where is Lima? What is its port?", ["Where is Lima?", "What is its port?"]),
        ("Did Chile agree, and is Peru content?", ["Did Chile agree?", "is Peru content?"]),
        ("What did A do, what did B do and what did C do?", ["What did A do?", "what did B do?", "what did C do?"]),
        # an auxiliary and its subject after "and"
        ("Is smoking allowed and can I have a dog?", ["Is smoking allowed?", "can I have a dog?"]),
        ("What is the fee and is it high?", ["What is the fee?", "is it high?"]),
        ("How far is it and is there a bus?", ["How far is it?", "is there a bus?"]),
        ("Is it open and are the rooms heated?", ["Is it open?", "are the rooms heated?"]),
        ("When is it and does the fee include tea?", ["When is it?", "does the fee include tea?"]),
        *(
            (whole, [whole])
            for whole in phrases(
                "Who designed and is paying for the bridge? | What did Hale say and do about it? | "
                "Who did it and did it well? | Was he born in Lima and was raised in Oslo? | "
                "Was she married and had three children? | Which actor played Hamlet and is the father of Ann? | "
                "How did he live and do business there? | Was it closed and will reopen soon? | "
                "When and where did Hale speak? | How much sugar and butter do I need? | "
                "Do you know who came and how many stayed? | Did Hale resign? Why? | Which offer is best, and why? | "
                "What is the fee? And thanks! | Who is Rosa Marsh? | What did Hale say and why? | "
                "What did Hale say and do? | What are salt and pepper? | It rains. Who is he? | who? what? when? | "
                'Who sang "What is love and who am I"? | What can and what can\'t be paid?'
            )
        ),
        ("When was it built and when did it close?", ["When was it built?", "when did it close?"]),
        (
            "Who is he? Where is it? When was it built? What is the fee? How old is the bridge?",
            ["Who is he?", "Where is it?", "When was it built?", "What is the fee?", "How old is the bridge?"],
        ),
        (9 * "Who is Hale? ", [" ".join(9 * ["Who is Hale?"])]),
    ],
)
def test_questions_side_by_side_are_parted(message: str, questions: list[str]) -> None:
    """Each part is a question of its own; anything else stays whole."""
    assert parts(message) == questions


@pytest.mark.parametrize(
    ("question", "several"),
    cases(
        {
            True: (
                "What did Hale say? | And why? | How do they justify it? | Which countries signed? | "
                "List the reasons | Who were the signers?"
            ),
            False: "How many signed? | Who signed? | Which country signed? | When was it? | ",
        }
    ),
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
        ("Did Ada build it? What did it cost?", False, False),
        ("Where is it? Is it open?", True, False),
        ("Was kostet die Fähre nach Skerry?", False, False),
        ("第一次办证要花钱吗", False, False),
        ("谁建的灯塔？", False, False),
        ("灯塔", False, True),
        ("кто построил маяк", False, False),
        ("маяк", False, True),
    ],
)
def test_what_is_asked_for(question: str, yes_or_no: bool, topic: bool) -> None:
    """A yes or no, nothing but a topic, or something that words of a text can answer."""
    assert asks_yes_or_no(question) == yes_or_no
    assert names_a_topic(question) == topic
