"""What people are told: every text in every language, with the same places to fill in."""

from __future__ import annotations

import re
import string
import tomllib
from importlib.resources import files

import pytest

from bot.interfaces.telegram.message_handler import COMMANDS
from bot.interfaces.telegram.messages.markup import unformatted, units
from bot.interfaces.telegram.messages.rendering import LONGEST_TITLE
from prompts import ENGLISH, LANGUAGES, counted, language_of, reply, words

FILES = ("replies.toml", "telegram.toml")
TEXTS = {file: tomllib.loads(files("prompts").joinpath(file).read_text("utf-8")) for file in FILES}
OTHERS = [language for language in LANGUAGES if language != ENGLISH]
TELEGRAM = [
    (language, name, text) for language, table in TEXTS["telegram.toml"].items() for name, text in table.items()
]
NOTES = [
    *("feedback_thanks", "answer_gone", "quote_gone", "removed_already", "unknown_button", "only_administrator"),
    *("remove_not_yours", "rate_limited", "failed"),
]
ALIKE = ("thousands", "quoted")  # marks, which several languages share
EMOJI = re.compile("[\u2190-\u21ff\u2600-\u27bf\U0001f000-\U0001faff]")


def places(text: str) -> set[str]:
    """The names that are filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("file", FILES)
def test_every_language_has_every_text(file: str, language: str) -> None:
    """The same names, the same places to fill in, and no text left in English; no emoji, no exclamation mark."""
    assert TEXTS[file].keys() == set(LANGUAGES)
    english, other = TEXTS[file][ENGLISH], TEXTS[file][language]
    assert other.keys() == english.keys()
    for name, text in english.items():
        assert places(other[name]) == places(text), name
        assert other[name] != text or name in ALIKE, name
    assert not [text for text in other.values() if "!" in text or EMOJI.search(text)]


@pytest.mark.parametrize(("language", "name", "text"), TELEGRAM)
def test_every_text_can_be_sent(language: str, name: str, text: str) -> None:
    """Filled in, it is one message; nothing in it would be altered; it is plain: no emoji, no exclamation mark."""
    said = words(name, language, **dict.fromkeys(places(text), "{12} <b>"))
    assert said.count("{12} <b>") >= len(places(text))
    assert 0 < units(said) < 2000
    assert unformatted(said).text == said
    assert "!" not in text
    assert not EMOJI.search(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_described_and_helped_with(language: str) -> None:
    """A description that Telegram takes, and a line in the help; no command that is not there.

    What is kept is said: until it is deleted, by which command, and 30 days.
    """
    for command in COMMANDS:
        assert 0 < len(words(f"command_{command}", language)) <= 256
        assert f"/{command}" in words("help", language, types="pdf") or command in ("start", "help")
    texts = TEXTS["telegram.toml"][language]
    assert set(re.findall(r"(?<!\w)/([a-z]+)", " ".join(texts.values()))) <= set(COMMANDS)
    assert {name for name in texts if name.startswith("command_")} == {f"command_{one}" for one in COMMANDS}
    assert "/forget" in words("privacy", language)
    assert "30" in words("privacy", language)


@pytest.mark.parametrize("name", NOTES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_notes_on_buttons_are_short(language: str, name: str) -> None:
    """What is shown over the chat when a button is tapped: 200 characters at most."""
    values = dict.fromkeys(places(TEXTS["telegram.toml"][language][name]), "x" * LONGEST_TITLE)
    assert units(words(name, language, **values)) <= 200


@pytest.mark.parametrize(
    ("code", "language"),
    [
        *((code, "de") for code in ("de", "de-AT", "DE_ch")),
        *((code, "pt") for code in ("pt-br", "PT")),
        *((code, "en") for code in ("en-GB", "den", "ka-GE", "", "-", None)),
    ],
)
def test_the_language_is_that_of_the_program(code: str | None, language: str) -> None:
    """The first part of the code decides; where there is no such language it is English."""
    assert language_of(code) == language


def test_replies_are_english_unless_told_otherwise() -> None:
    """The assistant's words in either language; braces in what is filled in mean nothing."""
    assert reply("unanswered", questions="{titles} {0}") == "The text does not say: {titles} {0}"
    assert reply("unanswered", "de", questions="Wer?") == "Dazu sagt der Text nichts: Wer?"
    assert reply("not_in_documents", language="de") != reply("not_in_documents", language="en")
    with pytest.raises(KeyError):
        reply("no such reply")


@pytest.mark.parametrize(
    ("number", "english", "german"),
    [(0, "0 pages", "0 Seiten"), (1, "1 page", "1 Seite"), (1200, "1,200 pages", "1.200 Seiten")],
)
def test_things_are_counted_as_a_language_does(number: int, english: str, german: str) -> None:
    """One or many, and thousands marked as usual."""
    assert (counted("pages", number), counted("pages", number, "de")) == (english, german)
