"""Groups and their topics: when the bot speaks, what it takes a message to be about, and who decides what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from telegram_process import TelegramProcess

FERRY = b"The ferry to Tiree leaves Oban at seven in the morning."


@pytest.fixture
def hears_all(shared: TelegramProcess) -> Iterator[TelegramProcess]:
    """The bot without privacy mode."""
    shared.api.privacy = False
    yield shared
    shared.api.privacy = True


def test_it_speaks_only_when_it_is_spoken_to(hears_all: TelegramProcess) -> None:
    """Also where it hears all: commands for others, talk about it, pictures and files that are not for it pass by."""
    api = hears_all.api
    anna, ben = api.user("Anna"), api.user("Ben")
    group = api.supergroup("Newsroom", anna, ben)
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
    group.say(anna, "/documents")
    assert "ferry" not in group.wait(3)[2].text


def test_a_reply_is_about_what_it_replies_to(shared: TelegramProcess) -> None:
    """To an older answer: that answer; to somebody's message: that message, which is the question if there is none."""
    api = shared.api
    anna, ben = api.user("Anna"), api.user("Ben")
    group = api.supergroup("Newsroom", anna, ben)
    group.say(anna, "@footnote_bot Who is Mao Ning?")
    (mao,) = group.wait(1)
    group.say(anna, "@footnote_bot Where did Blinken speak about China?")
    group.wait(2)
    group.say(ben, "What else did she say?", reply_to=mao)
    assert "paragraph 3" in group.wait(3)[2].text  # where Mao is quoted, and nobody else
    asked = group.say(ben, "Where did Blinken speak about China?")
    group.say(anna, "@footnote_bot", reply_to=asked)
    assert "Brussels" in group.wait(4)[3].text
    named = group.say(ben, "I have met Janet Yellen once.")
    group.say(anna, "@footnote_bot What did she warn of?", reply_to=named)
    assert "Yellen" in group.wait(5)[4].text


def test_topics_are_conversations_of_their_own(shared: TelegramProcess) -> None:
    """What is asked in a topic is answered there, and a follow-up there leans on nothing said in another."""
    api = shared.api
    anna = api.user("Anna")
    forum = api.supergroup("Newsroom", anna)
    china, travel = forum.topic(anna, "China"), forum.topic(anna, "Travel")
    for number, (topic, text, said) in enumerate(
        (
            (china, "@footnote_bot Who is Mao Ning?", "Mao"),
            (travel, "@footnote_bot Where did Blinken speak about China?", "Brussels"),
            (china, "@footnote_bot What else did she say?", "paragraph 3"),  # where Mao is quoted
            (china, "/new@footnote_bot", ""),
            (china, "/sources@footnote_bot", "no answer with footnotes"),
            (travel, "/sources@footnote_bot", "Brussels"),
        )
    ):
        forum.say(anna, text, topic=topic)
        answer = forum.wait(number + 1)[-1]
        assert said in answer.text
        assert answer.thread == topic


def test_who_decides_in_a_group(shared: TelegramProcess) -> None:
    """A document is taken out by who sent it or an administrator, and only an administrator has all forgotten."""
    api = shared.api
    owner, sender, member = api.user("Olga"), api.user("Sven"), api.user("Mia", language="de")
    group = api.supergroup("Newsroom", owner, sender, member)
    group.attach(sender, "ferry.txt", FERRY, mime="text/plain", caption="@footnote_bot")
    (read,) = group.wait(1)
    refused = group.press(member, read, "✕ Remove")
    assert "Nur wer" in api.until(lambda: refused.answer)
    group.say(member, "/forget@footnote_bot")
    assert "Administrator" in group.wait(2)[1].text
    group.press(sender, read, "✕ Remove")
    assert "is removed" in group.wait(3)[2].text
    again = group.press(owner, read, "✕ Remove")
    assert "no longer here" in api.until(lambda: again.answer)
    group.say(owner, "/forget@footnote_bot")
    sure = group.wait(4)[3]
    kept = group.press(member, sure, "Delete everything")
    assert "Administrator" in api.until(lambda: kept.answer)
    group.press(owner, sure, "Delete everything")
    api.until(lambda: sure.text.startswith("Everything that was said"))
