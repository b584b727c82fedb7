"""Conversations with the real bot, from the first word to the last: README.md shows what happens here."""

from __future__ import annotations

import re
from pathlib import Path

from bot_api import BotApi
from pdfs import pdf
from telegram_process import Starter
from transcript import Transcript

README = (Path(__file__).parents[4] / "README.md").read_text("utf-8")
TIMETABLE = [
    "The ferry to Tiree leaves Oban at seven in the morning on Mondays and Fridays. The crossing takes four hours.",
    "Bicycles travel free of charge. Dogs must be kept on a lead, and may not enter the restaurant.",
    "In a storm the ferry stays in the harbour. Whoever has a ticket may then use it on another day.",
]


def shown(name: str) -> str:
    """The transcript under this heading of the README."""
    found = re.search(rf"<summary>{name}</summary>\n\n((?:    .*\n|\n)+)", README)
    assert found, f"README.md shows no transcript “{name}”"
    return re.sub(r"(?m)^    ", "", found[1]).strip("\n")


def test_a_private_conversation(telegram: Starter, api: BotApi) -> None:
    """Questions and follow-ups, sources opened, a PDF added and asked about, a refusal, and all of it forgotten."""
    telegram()
    anna, chat = api.meet("Anna")
    talk = Transcript(api, chat)
    (hello,) = talk.says(anna, "/start")
    talk.presses(anna, hello, hello.buttons[0][0]["text"], replies=2)
    talk.says(anna, "Who is China's foreign ministry spokesperson?")
    (more,) = talk.says(anna, "What else did she say?")
    talk.presses(anna, more, "1")
    talk.presses(anna, more, "👍", replies=0)
    talk.says(anna, "Where did Blinken speak about China?")
    talk.says(anna, "And what did Yellen warn of?")
    (none,) = talk.says(anna, "When was the Eiffel Tower built?")
    assert none.text.startswith("The text does not say.")
    read, _answer = talk.sends(anna, "timetable.pdf", pdf(*TIMETABLE), "When does the ferry to Tiree leave?", replies=2)
    assert "(3 pages)" in read.text
    (dogs,) = talk.says(anna, "Are dogs allowed on the ferry?")
    assert "page 2" in dogs.text
    talk.says(anna, "/sources")
    talk.says(anna, "/documents")
    talk.says(anna, "Thank you!")
    (sure,) = talk.says(anna, "/forget")
    talk.presses(anna, sure, "Delete everything", replies=0)
    (left,) = talk.says(anna, "/documents")
    assert "timetable" not in left.text
    print(talk.text)
    assert talk.text == shown("A private conversation")


def test_a_group_in_which_three_people_talk(telegram: Starter, api: BotApi) -> None:
    """The bot speaks only when it is spoken to: by its name, by a reply to it, or by a command."""
    telegram()
    anna, ben, carla = api.user("Anna"), api.user("Ben"), api.user("Carla")
    group = api.supergroup("Newsroom", anna, ben, carla)
    talk = Transcript(api, group)
    talk.says(anna, "Has anyone read the piece on China and Russia?", replies=0)
    talk.says(ben, "Only half of it. Where did Blinken speak?", replies=0)
    (where,) = talk.says(carla, "@footnote_bot Where did Blinken speak about China?")
    talk.says(ben, "Brussels, then.", replies=0)
    talk.says(ben, "And what did Yellen warn of?", reply_to=where)
    talk.says(anna, "/ask Who is Mao Ning?")
    talk.says(carla, "Good, that will do for the caption.", replies=0)
    print(talk.text)
    assert len(group.received) == 3
    assert [message.reply_to.sender.name for message in group.received if message.reply_to] == ["Carla", "Ben", "Anna"]
    assert talk.text == shown("A group")
