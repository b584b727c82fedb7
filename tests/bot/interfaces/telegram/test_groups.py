"""Groups and their topics: when the bot speaks, what it takes a message to be about, and who decides what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from bot_api import BotApi

FERRY = b"The ferry to Tiree leaves Oban at seven in the morning."


@pytest.fixture
def hears_all(shared: BotApi) -> Iterator[BotApi]:
    """The bot without privacy mode."""
    shared.privacy = False
    yield shared
    shared.privacy = True


def test_it_speaks_only_when_it_is_spoken_to(hears_all: BotApi) -> None:
    """Also where it hears all: commands for others, talk about it, pictures and files that are not for it pass by."""
    anna, ben = hears_all.user("Anna"), hears_all.user("Ben")
    group = hears_all.supergroup("Newsroom", anna, ben)
    for text in ("Who is Mao Ning?", "/ask@another_bot Who is Mao Ning?", "/dance", "@another_bot Who is Mao Ning?"):
        group.say(anna, text)
    for text in ("Ask the footnote bot, not me.", "https://example.org/page", "x" * 2000):
        group.say(ben, text)
    for caption in ("", "Who wants it?"):
        group.attach(ben, "ferry.txt", FERRY, mime="text/plain", caption=caption)
    for text in ("/ask@footnote_bot Who is Mao Ning?", "Tell me, @footnote_bot, who is Mao Ning?"):
        group.say(anna, text)
    first, second = group.wait(2)
    assert "spokesperson Mao Ning" in first.text
    assert "spokesperson Mao Ning" in second.text
    assert [message.reply_to.text[:5] for message in (first, second) if message.reply_to] == ["/ask@", "Tell "]
    assert "ferry" not in group.ask(anna, "/documents").text


def test_a_reply_is_about_what_it_replies_to(shared: BotApi) -> None:
    """To an older answer: that answer; to somebody's message: that message, which is the question if there is none."""
    anna, ben = shared.user("Anna"), shared.user("Ben")
    group = shared.supergroup("Newsroom", anna, ben)
    mao = group.ask(anna, "@footnote_bot Who is Mao Ning?")
    group.ask(anna, "@footnote_bot Where did Blinken speak about China?")
    more = group.ask(ben, "What else did she say?", reply_to=mao)
    assert "paragraph 3" in more.text  # where Mao is quoted, and nobody else
    asked = group.say(ben, "Where did Blinken speak about China?")
    assert "Brussels" in group.ask(anna, "@footnote_bot", reply_to=asked).text
    named = group.say(ben, "I have met Janet Yellen once.")
    assert "Yellen" in group.ask(anna, "@footnote_bot What did she warn of?", reply_to=named).text


def test_topics_are_conversations_of_their_own(shared: BotApi) -> None:
    """What is asked in a topic is answered there, and a follow-up there leans on nothing said in another."""
    anna = shared.user("Anna")
    forum = shared.supergroup("Newsroom", anna)
    china, travel = forum.topic(anna, "China"), forum.topic(anna, "Travel")
    for topic, text, said in (
        (china, "@footnote_bot Who is Mao Ning?", "Mao"),
        (travel, "@footnote_bot Where did Blinken speak about China?", "Brussels"),
        (china, "@footnote_bot What else did she say?", "paragraph 3"),  # where Mao is quoted
        (china, "/new@footnote_bot", ""),
        (china, "/sources@footnote_bot", "no answer with footnotes"),
        (travel, "/sources@footnote_bot", "Brussels"),
    ):
        answer = forum.ask(anna, text, topic=topic)
        assert said in answer.text
        assert answer.thread == topic


def test_who_decides_in_a_group(shared: BotApi) -> None:
    """A document is taken out by who sent it or an administrator, and only an administrator has all forgotten."""
    owner, sender, member = shared.user("Olga"), shared.user("Sven"), shared.user("Mia", language="de")
    group = shared.supergroup("Newsroom", owner, sender, member)
    group.attach(sender, "ferry.txt", FERRY, mime="text/plain", caption="@footnote_bot")
    (read,) = group.wait(1)
    refused = group.press(member, read, "✕ Remove")
    assert "Nur wer" in shared.until(lambda: refused.answer)
    assert "Administrator" in group.ask(member, "/forget@footnote_bot").text
    group.press(sender, read, "✕ Remove")
    assert "is removed" in group.wait(3)[2].text
    again = group.press(owner, read, "✕ Remove")
    assert "no longer here" in shared.until(lambda: again.answer)
    sure = group.ask(owner, "/forget@footnote_bot")
    kept = group.press(member, sure, "Delete everything")
    assert "Administrator" in shared.until(lambda: kept.answer)
    group.press(owner, sure, "Delete everything")
    shared.until(lambda: sure.text.startswith("Everything that was said"))
