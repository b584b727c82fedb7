"""Small talk in its variants."""

from __future__ import annotations

import time

import pytest

from bot.understanding.intent import smalltalk


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
        "so",
        "",
        "???",
    ],
)
def test_questions_are_no_small_talk(asked: str) -> None:
    """A question that only begins like small talk is looked up."""
    assert smalltalk(asked) is None


@pytest.mark.parametrize("piece", ["thanks ", "hi ", "thank you so much ", "so ", "what can i ", "你好"])
def test_the_longest_question_takes_no_time(piece: str) -> None:
    """Four thousand characters, and as many words as are read, are told in no time."""
    started = time.process_time()
    for message in ((piece * 4000)[:4000], piece * 6):
        smalltalk(message)
    assert time.process_time() - started < 20  # a hang, not a slow machine
