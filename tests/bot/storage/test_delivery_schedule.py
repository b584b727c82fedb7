"""When an event is sent, and when no more: the schedule of Standard Webhooks on a clock that the tests set."""

from __future__ import annotations

import itertools

import pytest

from bot.bootstrap import Footnote
from bot.storage.deliveries import JITTER, LONGEST_WAIT, SCHEDULE, Deliveries, Sending, UnknownDeliveryError
from bot.storage.webhook_questions import KEPT, WebhookQuestions

pytestmark = pytest.mark.both_topologies

MINUTE, HOUR = 60, 3600
URL = "https://hooks.example.org/secret/path?token=secret"
DATA = {"question": "Who?", "conversation": None, "documents": None, "metadata": {"a": 1}}


class Sender:
    """Deliveries of questions on a clock that the test sets, with jitter as the test has it."""

    def __init__(self, footnote: Footnote) -> None:
        self.at = 1_800_000_000.0
        self.chance = 0.5
        self.worker = footnote.worker
        self.deliveries = Deliveries(footnote.engine, self.worker, clock=lambda: self.at, chance=lambda: self.chance)
        self.questions = WebhookQuestions(footnote.engine, self.worker, self.deliveries, clock=lambda: self.at)
        self._numbers = itertools.count()

    def answer(self, url: str | None = URL) -> str | None:
        """Ask and answer a question; the id of the delivery."""
        asked = self.questions.store("webhook:a", f"msg-{next(self._numbers)}", "hash", DATA, url)
        question = self.questions.claim(asked.id)
        assert question is not None
        counts, delivery = self.questions.answered(question, '{"answer":"x"}')
        self.questions.let_go(question)
        assert counts
        return delivery

    def claim(self) -> Sending:
        """What is due."""
        found = self.deliveries.claim()
        assert found is not None
        self.deliveries.let_go(found)
        return found

    def fail_until_the_end(self) -> list[float]:
        """Fail each attempt as soon as it is due; when they were made, in seconds from the start."""
        start, attempts = self.at, []
        while True:
            sending = self.claim()
            attempts.append(self.at - start)
            next_at = self.deliveries.not_delivered(sending, "answers 500 (Internal Server Error)", status=500)
            if next_at is None:
                return attempts
            self.at = next_at - 0.01
            assert not self.deliveries.due() and self.deliveries.claim() is None
            self.at = next_at


def test_the_schedule_is_that_of_the_standard(footnote: Footnote) -> None:
    """Without jitter the ten attempts are made at the times that the specification lists; then it is given up."""
    sender = Sender(footnote)
    sender.answer()
    attempts = sender.fail_until_the_end()
    table = "0:00:00 0:00:05 0:05:05 0:35:05 2:35:05 7:35:05 17:35:05 31:35:05 51:35:05 75:35:05".split()
    seconds = [int(h) * HOUR + int(m) * MINUTE + int(s) for h, m, s in (time.split(":") for time in table)]
    assert attempts == pytest.approx(seconds, abs=0.5)
    (entry,) = sender.deliveries.entries()
    assert (entry.state, entry.attempts, entry.last_status, entry.next_at) == ("failed", 10, 500, None)
    sender.at += 1000 * HOUR
    assert sender.deliveries.claim() is None


def test_jitter(footnote: Footnote) -> None:
    """Chance makes each pause shorter or longer by a tenth at most; the first attempt is made at once all the same. Of
    itself, two deliveries that fail together are tried again at different times.
    """
    sender = Sender(footnote)
    for sender.chance, share in ((0.0, 1 - JITTER), (1.0, 1 + JITTER)):
        sender.answer()
        attempts = sender.fail_until_the_end()
        assert attempts[0] == 0
        pauses = [later - earlier for earlier, later in itertools.pairwise(attempts)]
        assert pauses == pytest.approx([share * pause for pause in SCHEDULE[1:]], rel=0.001)
    sender.answer()
    sender.answer()
    deliveries = Deliveries(footnote.engine, sender.worker, clock=lambda: sender.at)
    found = [deliveries.claim(), deliveries.claim()]
    times = {deliveries.not_delivered(one, "answers 500", status=500) for one in found if one is not None}
    assert len(times) == 2


def test_a_receiver_may_ask_for_time(footnote: Footnote) -> None:
    """It is left alone for as long as it asks, a day at most, and never shorter than the schedule has it."""
    sender = Sender(footnote)
    for asked, given in ((2.0, 5.0), (60.0, 60.0), (LONGEST_WAIT, LONGEST_WAIT), (1e9, LONGEST_WAIT), (None, 5.0)):
        sender.answer()
        next_at = sender.deliveries.not_delivered(sender.claim(), "answers 429", status=429, wait=asked)
        assert next_at == pytest.approx(sender.at + given)


def test_a_clock_that_is_set_back_delays_nothing(footnote: Footnote) -> None:
    """What was accepted before the clock was set back a day is sent at once, whatever attempt it is; what is to wait by
    the new clock waits.
    """
    sender = Sender(footnote)
    sender.answer()
    for attempt in range(len(SCHEDULE) - 1):
        sender.at -= 24 * HOUR
        assert sender.deliveries.due(), attempt
        sender.deliveries.not_delivered(sender.claim(), "answers 500", status=500)
        assert not sender.deliveries.due()
    sender.at -= 24 * HOUR
    sender.deliveries.delivered(sender.claim(), 200)
    assert not sender.deliveries.due()


def test_who_asked_for_a_day_has_it(footnote: Footnote) -> None:
    """A long time that a busy receiver asked for is not taken for a clock that was set back; only it may ask."""
    sender = Sender(footnote)
    for status, wait in ((503, LONGEST_WAIT), (500, SCHEDULE[1])):
        sender.answer()
        next_at = sender.deliveries.not_delivered(sender.claim(), "fails", status=status, wait=LONGEST_WAIT)
        assert next_at == sender.at + wait and not sender.deliveries.due()


def test_what_is_of_no_use_is_not_tried_again(footnote: Footnote) -> None:
    """A final failure is the end at the first attempt."""
    sender = Sender(footnote)
    sender.answer()
    assert sender.deliveries.not_delivered(sender.claim(), "answers 410 (Gone)", status=410, final=True) is None
    (entry,) = sender.deliveries.entries()
    assert (entry.state, entry.attempts, entry.last_error) == ("failed", 1, "answers 410 (Gone)")
    sender.at += 1000 * HOUR
    assert not sender.deliveries.due()


def test_delivered_is_delivered(footnote: Footnote) -> None:
    """What the receiver has taken is not sent again; until then id and words are the same at each attempt."""
    sender = Sender(footnote)
    identifier = sender.answer()
    first = sender.claim()
    assert first.id == identifier and "." not in first.id
    sender.deliveries.not_delivered(first, "cannot be reached")
    sender.at += 10
    second = sender.claim()
    assert second == first._replace(attempts=1)
    sender.deliveries.delivered(second, 204)
    sender.at += 1000 * HOUR
    assert not sender.deliveries.due()
    (entry,) = sender.deliveries.entries()
    assert (entry.state, entry.attempts, entry.last_status, entry.last_error) == ("delivered", 2, 204, None)


def test_replayed(footnote: Footnote) -> None:
    """Whatever became of it, a delivery can be sent again at once, under its id, and on the whole schedule."""
    sender = Sender(footnote)
    for end in (
        sender.fail_until_the_end,
        lambda: sender.deliveries.delivered(sender.claim(), 200),
        lambda: sender.deliveries.not_delivered(sender.claim(), "answers 503", status=503, wait=HOUR),
    ):
        identifier = sender.answer()
        end()
        assert identifier is not None and not sender.deliveries.due()
        assert sender.deliveries.retry(identifier[:12]) == identifier
        assert len(sender.fail_until_the_end()) == len(SCHEDULE)


def test_what_is_replayed_is_named_by_its_beginning(footnote: Footnote) -> None:
    """A beginning that fits none or several, the empty one too, is refused; signs of patterns are but letters."""
    sender = Sender(footnote)
    identifiers = [sender.answer(), sender.answer()]
    for reference in ("", "msg_", "nothing", "%", "msg%", "m_g_", f"{identifiers[0]}x"):
        with pytest.raises(UnknownDeliveryError, match="footnote deliveries list"):
            sender.deliveries.retry(reference)


def test_the_listing_is_in_order_and_has_no_secret(footnote: Footnote) -> None:
    """Deliveries come as they were made, and of a URL the listing holds the host alone."""
    sender = Sender(footnote)
    identifiers = []
    for _ in range(3):
        identifiers.append(sender.answer())
        sender.at += 1
    entries = sender.deliveries.entries()
    assert [entry.id for entry in entries] == identifiers
    assert [entry.question for entry in entries] == ["msg-0", "msg-1", "msg-2"]
    assert {entry.host for entry in entries} == {"hooks.example.org"}
    assert "secret" not in repr(entries)


def test_what_is_over_is_kept_for_thirty_days(footnote: Footnote) -> None:
    """Questions go 30 days after their answer, with deliveries that ended 30 days ago; what waits is never deleted."""
    sender = Sender(footnote)
    sender.answer(None)
    sender.answer()
    sender.deliveries.delivered(sender.claim(), 200)
    sender.answer()
    late = sender.claim()
    sender.at += KEPT / 2
    sender.deliveries.not_delivered(late, "answers 410", final=True)
    waiting = sender.answer()
    unanswered = sender.questions.store("webhook:a", "to be answered", "hash", DATA, URL)
    sender.questions.store("webhook:a", "nobody waits for it", "hash", DATA, None)
    assert sender.questions.prune() == 0
    sender.at += KEPT / 2 + 1
    assert sender.questions.prune() == 2
    assert [entry.id for entry in sender.deliveries.entries()] == [late.id, waiting]
    sender.at += KEPT / 2
    assert sender.questions.prune() == 2
    assert [entry.id for entry in sender.deliveries.entries()] == [waiting]
    assert sender.questions.find("webhook:a", "to be answered") == unanswered
    assert sender.questions.find("webhook:a", "nobody waits for it") is None
