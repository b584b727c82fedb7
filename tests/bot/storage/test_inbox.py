"""Updates of a chat service and what is said to them: kept, handled once, in order, and sent in order."""

from __future__ import annotations

import pytest

from bot.bootstrap import Footnote
from bot.storage.inbox import RETENTION, Inbox
from bot.storage.outbox import Outbox, OutgoingMessage, ShownTurn
from bot.storage.topics import Topic, Topics
from retrieval.types import SHARED, Document
from tests.conftest import Clock

pytestmark = pytest.mark.both_topologies


@pytest.fixture
def outbox(footnote: Footnote, clock: Clock) -> Outbox:
    return Outbox(footnote.engine, clock=clock)


@pytest.fixture
def inbox(footnote: Footnote, outbox: Outbox, clock: Clock) -> Inbox:
    return Inbox(footnote.engine, outbox, clock=clock)


def said(words: str) -> OutgoingMessage:
    return OutgoingMessage({"text": words})


def test_an_update_is_kept_once(inbox: Inbox) -> None:
    """The same update again, in the same batch or later, is one; the first words for it stay."""
    assert inbox.receive([(7, 1, {"text": "a"}), (8, 1, {"text": "b"}), (7, 1, {"text": "c"})]) == 2
    assert inbox.receive([(7, 1, {"text": "d"})]) == 0
    assert [update.id for update in inbox.waiting(1)] == [7, 8]
    assert inbox.receive([]) == 0


def test_updates_of_a_chat_are_given_in_their_order(inbox: Inbox) -> None:
    """However they came in, and whatever other chats hold; large ids of chats and updates, and negative ones, fit."""
    group, person = -1001234567890123, 7_000_000_000
    inbox.receive([(2**40 + 2, group, {"n": 2}), (2**40 + 1, person, {"n": 1}), (2**40, group, {"n": 0})])
    assert [update.data["n"] for update in inbox.waiting(group)] == [0, 2]
    assert inbox.chats() == {group, person}


def test_what_is_handled_is_handled_once(inbox: Inbox, outbox: Outbox) -> None:
    """A second end of the same update, as of a replayed one, puts nothing more into the outbox."""
    inbox.receive([(1, 5, {})])
    (update,) = inbox.waiting(5)
    inbox.finish(update, [said("one"), said("two")])
    inbox.finish(update, [said("three")])
    inbox.receive([(1, 5, {})])
    assert inbox.waiting(5) == []
    assert inbox.chats() == {5}
    sent = []
    while (message := outbox.next(5)) is not None:
        sent.append(message.request["text"])
        outbox.sent(message, len(sent))
    assert sent == ["one", "two"]
    assert inbox.chats() == set()


def test_messages_are_sent_in_the_order_of_their_updates(inbox: Inbox, outbox: Outbox) -> None:
    """Those of an earlier update go first, those of another chat do not matter, and a refused one is passed over."""
    inbox.receive([(1, 5, {}), (2, 5, {}), (3, 6, {})])
    first, second = inbox.waiting(5)
    inbox.finish(second, [said("c")])
    inbox.finish(first, [said("a"), said("b")])
    sent = []
    while (message := outbox.next(5)) is not None:
        sent.append(message.request["text"])
        if message.request["text"] == "b":
            outbox.refused(message, "Bad Request: no\n" * 100)
        else:
            outbox.sent(message, None)
    assert sent == ["a", "b", "c"]


def test_others_may_be_done_with_at_once(inbox: Inbox) -> None:
    """What a call to stop takes off is waiting no longer; what is of another chat stays."""
    inbox.receive([(1, 5, {}), (2, 5, {}), (3, 6, {})])
    inbox.finish(inbox.waiting(5)[1], [], also=[1, 3])
    assert inbox.waiting(5) == []
    assert [update.id for update in inbox.waiting(6)] == [3]


def test_an_answer_is_found_by_the_message_that_shows_it(inbox: Inbox, outbox: Outbox) -> None:
    """In its own chat alone; a message that shows none has none."""
    inbox.receive([(1, 5, {}), (2, 6, {})])
    inbox.finish(inbox.waiting(5)[0], [OutgoingMessage({"text": "a"}, ShownTurn("1", 3)), said("b")])
    for number in (101, 102):
        message = outbox.next(5)
        assert message is not None
        outbox.sent(message, number)
    assert outbox.shown(5, 101) == ShownTurn("1", 3)
    assert outbox.shown(5, 102) is None
    assert outbox.shown(6, 101) is None


def test_the_update_before_is_found(inbox: Inbox) -> None:
    """The last one of the same chat, handled or not."""
    inbox.receive([(1, 5, {"n": 1}), (2, 6, {}), (3, 5, {"n": 3})])
    first, third = inbox.waiting(5)
    inbox.finish(first, [])
    found = inbox.before(third)
    assert found is not None
    assert found.data == {"n": 1}
    assert inbox.before(first) is None


def test_a_chat_is_forgotten(inbox: Inbox, outbox: Outbox) -> None:
    """Nothing that was written or sent there is kept; that an update was handled still is; others stay."""
    inbox.receive([(1, 5, {"text": "secret"}), (2, 6, {"text": "other"})])
    inbox.finish(inbox.waiting(5)[0], [OutgoingMessage({"text": "secret"}, ShownTurn("1", 1))])
    message = outbox.next(5)
    assert message is not None
    outbox.sent(message, 11)
    inbox.forget(5)
    assert outbox.shown(5, 11) is None
    assert inbox.receive([(1, 5, {"text": "secret"})]) == 0
    assert inbox.waiting(5) == []
    assert inbox.waiting(6)[0].data == {"text": "other"}
    inbox.receive([(9, 5, {})])
    before = inbox.before(inbox.waiting(5)[0])
    assert before is not None
    assert before.data == {}


def test_what_is_long_over_is_deleted(inbox: Inbox, outbox: Outbox, clock: Clock) -> None:
    """A handled update goes after its time with its messages; one that has a message to be sent, or waits, stays."""
    inbox.receive([(1, 5, {}), (2, 5, {}), (3, 5, {})])
    first, second, _third = inbox.waiting(5)
    inbox.finish(first, [])
    inbox.finish(second, [said("to be sent")])
    clock.at += RETENTION + 1
    assert inbox.prune() == 1
    assert [update.id for update in inbox.waiting(5)] == [3]
    assert outbox.next(5) is not None


def test_topics_are_kept_apart(footnote: Footnote) -> None:
    """Each topic of a chat has its own conversation and document."""
    topics = Topics(footnote.engine)
    assert topics.at(5, 0) == Topic(1, None)
    topics.set(5, 0, Topic(2, "abc"))
    topics.set(5, 9, Topic(1, "def"))
    topics.set(5, 0, Topic(3, None))
    assert (topics.at(5, 0), topics.at(5, 9), topics.at(6, 0)) == (Topic(3, None), Topic(1, "def"), Topic())


def test_who_brought_a_document_is_known_as_long_as_it_is_there(footnote: Footnote) -> None:
    """Brought again by another, it is theirs; removed, nobody's."""
    topics = Topics(footnote.engine)
    footnote.library.add(Document("a", "Bridges", "The bridge opened in spring."))
    (entry,) = footnote.library.entries([SHARED])
    assert topics.sender(entry.id) is None
    topics.brought(entry.id, 7_000_000_000)
    topics.brought(entry.id, 8)
    assert topics.sender(entry.id) == 8
    footnote.library.remove(entry.id, [SHARED])
    assert topics.sender(entry.id) is None
