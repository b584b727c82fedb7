"""The kinds of questions, told by their form."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answering.questions import asks_for_summary, is_open, parts, smalltalk


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        ("hi", "greeting"),
        ("Hello there!", "greeting"),
        ("Good morning everyone 👋", "greeting"),
        ("/start", "greeting"),
        ("Guten Tag", "greeting"),
        ("¡Hola!", "greeting"),
        ("Здравствуйте!", "greeting"),
        ("你好", "greeting"),
        ("thx", "thanks"),
        ("OK great, thanks so much!", "thanks"),
        ("Thank you for your help.", "thanks"),
        ("That’s very helpful", None),
        ("That was very helpful", "thanks"),
        ("merci beaucoup !", "thanks"),
        ("Vielen Dank", "thanks"),
        ("Thanks, bye!", "goodbye"),
        ("see you later", "goodbye"),
        ("Hey, how are you doing today?", "wellbeing"),
        ("help", "abilities"),
        ("Hi, who are you?", "abilities"),
        ("What’s your name?", "abilities"),
        ("what can you do for me", "abilities"),
        ("Are you a bot?", "abilities"),
    ],
)
def test_small_talk_is_told_in_its_variants(said: str, reply: str | None) -> None:
    """Greetings, thanks, farewells and questions about the bot get their reply, with any politeness around them."""
    assert smalltalk(said) == reply


@pytest.mark.parametrize(
    "asked",
    [
        "Thanks to whom did trade grow?",
        "Help wanted: who is the spokesperson?",
        "Hi-fi systems?",
        "Hello Kitty was made by whom?",
        "Who are you quoting?",
        "What can you do about sanctions?",
        "How are you sure that China is neutral?",
        "Is Yellen a bot?",
        "hey what did Blinken say?",
        "bye-laws",
        "good",
        "so",
        "",
        "???",
    ],
)
def test_questions_are_no_small_talk(asked: str) -> None:
    """A question that only begins like small talk is looked up."""
    assert smalltalk(asked) is None


@pytest.mark.parametrize(
    "asked",
    [
        "Summarise the article",
        "summarize this, please",
        "Could you please sum it up for me?",
        "Give me a short summary of the text in three sentences",
        "I’d like an overview of the whole document",
        "What is the article about?",
        "what's it all about?",
        "In short, what is this about?",
        "What are the main points?",
        "What is the document’s main idea?",
        "tl;dr",
        "What does the article say?",
        "Tell me what this is about",
        "key takeaways from this report",
        "summarise in 3 bullet points",
        "Fasse den Artikel zusammen",
        "¿De qué trata el artículo?",
        "Résume l’article",
        "总结一下",
    ],
)
def test_the_whole_text_is_asked_for(asked: str) -> None:
    """A call for a summary of the whole is told, in several languages."""
    assert asks_for_summary(asked)


@pytest.mark.parametrize(
    "asked",
    [
        "What is the main idea of Blinken's speech?",
        "Summarise what Yellen said",
        "Can you summarise the document about whales?",
        "What does the article say about China?",
        "main points of the policy",
        "Tell me about China",
        "What is the summary of the book about whales?",
        "Who wrote the summary?",
        "What is China about to do?",
        "an",
        "",
    ],
)
def test_something_in_the_text_is_asked_for(asked: str) -> None:
    """A question about something in the text is no call for a summary."""
    assert not asks_for_summary(asked)


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
    smalltalk(message), asks_for_summary(message), is_open(message)
    assert 1 <= len(parts(message)) <= 4


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
    smalltalk(message), asks_for_summary(message), is_open(message), parts(message)
    assert time.process_time() - started < 0.25
