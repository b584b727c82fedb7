"""Small talk in its variants."""

from __future__ import annotations

import pytest
from phrases import cases, phrases

from bot.understanding.intent import smalltalk


@pytest.mark.parametrize(
    ("said", "reply"),
    cases(
        {
            "greeting": (
                "hi | Hello there! | Good morning everyone 👋 | /start | Guten Tag | ¡Hola! | Здравствуйте! | 你好"
            ),
            "thanks": (
                "thx | OK great, thanks so much! | Thank you for your help. | That was very helpful | "
                "merci beaucoup ! | Vielen Dank"
            ),
            None: "That’s very helpful",
            "goodbye": "Thanks, bye! | see you later",
            "removing": "delete the invoice | please remove all my documents | Delete this! | How do I remove a file?",
            "adding": "add this | upload a new file | How can I add documents? | Can I send you a PDF?",
            "wellbeing": "Hey, how are you doing today?",
            "abilities": "help | Hi, who are you? | What’s your name? | what can you do for me | Are you a bot?",
        }
    ),
)
def test_small_talk_is_told_in_its_variants(said: str, reply: str | None) -> None:
    """Greetings, thanks, farewells and questions about the bot get their reply, with any politeness around them."""
    assert smalltalk(said) == reply


@pytest.mark.parametrize(
    "asked",
    phrases(
        "Thanks to whom did trade grow? | Help wanted: who is the spokesperson? | Hi-fi systems? | "
        "Hello Kitty was made by whom? | Who are you quoting? | What can you do about sanctions? | "
        "How are you sure that China is neutral? | Is Yellen a bot? | hey what did Blinken say? | bye-laws | so |  | "
        "remove the filter | add sugar | Who deleted the file? | How do I remove the lid? | "
        "???"
    ),
)
def test_questions_are_no_small_talk(asked: str) -> None:
    """A question that only begins like small talk is looked up."""
    assert smalltalk(asked) is None
