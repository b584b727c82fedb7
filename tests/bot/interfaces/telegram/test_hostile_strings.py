"""Strings that break programs, as messages, as names of documents and as text in them: shown as they are, never obeyed.

The long run takes `dev_hostile_strings.jsonl` from the folder that FOOTNOTE_DEV_SETS names, if it names one.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest
from bot_api import BotApi
from bot_api_chats import Chat, User
from bot_api_text import Refused, kept
from hostile import developed, generated
from telegram_process import Starter

from bot.bootstrap import Footnote
from retrieval.chunking.markup import said
from retrieval.types import SHARED
from tests.conftest import Opener

CHATS = 8
PORTION = 50  # strings at once: few enough that a busy machine answers them before the ceiling
QUOTED = 1500  # UTF-16 units of which an answer is one message, with its footnote
SHOWN = 400  # characters that stand in one message together
LONG = 3900  # UTF-16 units from which a message may be a part of a longer text: it is sent in a chat of its own
MOST = 600  # that are also names and texts
OF_THE_BOT = {"bold", "italic", "blockquote", "expandable_blockquote"}
SIGN = "What does the sign on the harbour wall of Lund say?"
STRINGS: list[str] = json.loads(Path(__file__).with_name("hostile_strings.json").read_text("utf-8"))["strings"]


def sets() -> list[object]:
    """Some of the strings of this module; all; and those of the folder of question sets, if there is one."""
    return [
        pytest.param([*STRINGS[::6], *generated(10)], id="some"),
        pytest.param(STRINGS, id="own", marks=pytest.mark.long),
        pytest.param(generated(2000), id="generated", marks=pytest.mark.long),
        *developed(),
    ]


def portions(strings: list[str]) -> list[list[str]]:
    return [strings[at : at + PORTION] for at in range(0, len(strings), PORTION)]


def visible(text: str) -> str:
    """The letters, numbers, marks of punctuation and symbols of a text: what must be shown as it is.

    Of letters with marks, the letters: Telegram takes some of the marks away.
    """
    text = unicodedata.normalize("NFD", text)
    return "".join(character for character in text if unicodedata.category(character)[0] in "LNPS")


def is_apart(text: str) -> bool:
    """Whether a message may be a part of a longer one, or have a reply for each of several addresses in it."""
    return _units(text) >= LONG or text.count("://") > 1


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sendable(text: str) -> bool:
    try:
        return bool(kept(text))
    except Refused:
        return False


@pytest.mark.parametrize("strings", sets())
def test_hostile_strings(strings: list[str], telegram: Starter, api: BotApi, open_footnote: Opener) -> None:
    """As messages, as names of documents and as text in them, each string has one valid reply."""
    bot, footnote = telegram().ready(), open_footnote()
    chats: list[tuple[User, Chat]] = []
    # In portions, so that what waits is soon answered; of very many, some are names and texts.
    messages = [string for string in strings if sendable(string)]
    for string in filter(is_apart, messages):
        chats.append(alone := api.meet("Alone"))
        alone[1].say(alone[0], string)
        assert 1 <= len(alone[1].wait(1)) <= max(1, string.count("://"))
    for portion in portions([string for string in messages if not is_apart(string)]):
        chats += (people := [api.meet(f"Person {number}") for number in range(CHATS)])
        _as_messages(portion, people)
    some = strings[:: 1 + len(strings) // MOST]
    for portion in portions(some):
        chats += (people := [api.meet(f"Person {number}") for number in range(CHATS)])
        _as_names(portion, people, footnote)
        _as_text([string for string in portion if _units(string) <= QUOTED], people, footnote)
    assert bot.stop() == 0
    assert bot.warned() == []
    addresses = {entry.url for entry in footnote.library.entries([SHARED])}
    for _, chat in chats:
        for message in chat.received:
            for entity in message.entities:  # no formatting was sent but the bot's own
                assert entity["type"] in OF_THE_BOT or entity["url"] in addresses, message


def _as_messages(strings: list[str], chats: list[tuple[User, Chat]]) -> None:
    for number, string in enumerate(strings):
        person, chat = chats[number % len(chats)]
        chat.say(person, string)
    for number, (_, chat) in enumerate(chats):
        assert len(chat.wait(len(strings[number :: len(chats)]))) == len(strings[number :: len(chats)])
    print(f"{len(strings)} strings can be sent as messages: each had one reply")


def _as_names(strings: list[str], chats: list[tuple[User, Chat]], footnote: Footnote) -> None:
    """The reply shows the title as it is; so does the list of documents, on buttons, too."""
    before = [len(chat.received) for _, chat in chats]
    for number, string in enumerate(strings):
        person, chat = chats[number % CHATS]
        chat.attach(person, string, f"The ferry number {number} sank in a storm.".encode(), mime="text/plain")
    read = 0
    for number, (person, chat) in enumerate(chats):
        replies = chat.wait(before[number] + len(strings[number::CHATS]))
        chat.say(person, "/documents")
        listed = chat.wait(len(replies) + 1)[-1]
        for entry in footnote.library.entries([f"chat:{chat.id}"]):
            shown = visible(entry.title)[:30]
            assert any(shown in visible(reply.text) for reply in replies[before[number] :]), entry.title
            assert shown in visible(listed.text)
            assert any(shown in visible(label) for label in listed.labels)
            read += 1
    print(f"{len(strings)} names: each had one reply, {read} documents are kept and shown under them")


def _as_text(strings: list[str], chats: list[tuple[User, Chat]], footnote: Footnote) -> None:
    """Asked about, each is answered with quotes shown as they are, and a button shows the paragraph as it is."""
    whole = answered = refused = 0
    for begin in range(0, len(strings), CHATS):
        told: list[tuple[str, User, Chat, int]] = []
        for string, (person, chat) in zip(strings[begin : begin + CHATS], chats, strict=False):
            told.append((string, person, chat, len(chat.received)))
            text = f"The sign on the harbour wall of Lund says: {string}\n".encode("utf-8", "replace")
            chat.attach(person, f"sign {begin}.txt", text, mime="text/plain", caption=SIGN)
        for string, person, chat, count in told:
            if not chat.wait(count + 1)[count].buttons:
                refused += 1  # what is no text for its control characters: one line says so
                continue
            answer = chat.wait(count + 2)[count + 1]
            (*_, turn) = footnote.conversations.recall(f"chat:{chat.id}", "0.1", None)
            assert all(visible(said(citation.quote)) in visible(answer.text) for citation in turn.citations), string
            for citation in turn.citations:
                chat.press(person, answer, str(citation.id))
            paragraphs = chat.wait(count + 2 + len(turn.citations))[count + 2 :]
            shown = [answer, *paragraphs]
            answered += bool(turn.citations)
            sent = string.encode("utf-8", "replace").decode()
            whole += any(visible(sent) in visible(message.text) for message in shown)
    print(f"{len(strings)} texts: {answered} answered with quotes, {whole} shown whole, {refused} not read")
    short = [string for string in strings if len(string) < SHOWN]
    assert whole >= 0.9 * len(short) - refused
    assert refused <= 0.2 * len(strings)
