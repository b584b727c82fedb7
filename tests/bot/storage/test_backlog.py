"""What waits and what failed is counted: of webhooks and of chats, each in its own state."""

from __future__ import annotations

import pytest

from bot.bootstrap import Footnote
from bot.storage.backlog import ChatBacklog, WebhookBacklog, chat_backlog, webhook_backlog
from bot.storage.outbox import OutgoingMessage

pytestmark = pytest.mark.both_topologies


def test_of_webhooks(footnote: Footnote) -> None:
    """A question waits until it is answered, if its answer is to be sent; a delivery until it arrives or is given up,
    which is counted.
    """
    assert webhook_backlog(footnote.engine) == WebhookBacklog(questions=0, deliveries=0, failed=0)
    questions, deliveries = footnote.webhook_questions, footnote.deliveries
    questions.store("webhook:a", "waited for", "", {}, None)
    for number in range(3):
        questions.store("webhook:a", f"msg_{number}", "", {}, "https://hooks.example.org/")
    assert webhook_backlog(footnote.engine) == WebhookBacklog(questions=3, deliveries=0, failed=0)
    for _ in range(3):
        question = questions.claim()
        assert question is not None
        questions.answered(question, "{}")
        questions.let_go(question)
    assert webhook_backlog(footnote.engine) == WebhookBacklog(questions=0, deliveries=3, failed=0)
    for outcome in ("delivered", "later", "given up"):
        sending = deliveries.claim()
        assert sending is not None
        if outcome == "delivered":
            deliveries.delivered(sending, 200)
        else:
            deliveries.not_delivered(sending, "answers 500", status=500, final=outcome == "given up")
        deliveries.let_go(sending)
    assert webhook_backlog(footnote.engine) == WebhookBacklog(questions=0, deliveries=1, failed=1)


def test_of_chats(footnote: Footnote) -> None:
    """An update waits until it is handled, a message until it is sent or refused."""
    assert chat_backlog(footnote.engine) == ChatBacklog(updates=0, messages=0)
    footnote.inbox.receive([(1, 5, {}), (2, 5, {}), (3, 6, {})])
    assert chat_backlog(footnote.engine) == ChatBacklog(updates=3, messages=0)
    first, _ = footnote.inbox.waiting(5)
    footnote.inbox.finish(first, [OutgoingMessage({"text": words}) for words in ("one", "two", "three")])
    assert chat_backlog(footnote.engine) == ChatBacklog(updates=2, messages=3)
    for settle in (lambda one: footnote.outbox.sent(one, 1), lambda one: footnote.outbox.refused(one, "too long")):
        message = footnote.outbox.next(5)
        assert message is not None
        settle(message)
    assert chat_backlog(footnote.engine) == ChatBacklog(updates=2, messages=1)
