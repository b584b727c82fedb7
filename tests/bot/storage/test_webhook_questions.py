"""Questions by webhook as they are kept: stored once, answered once, their answers on their way in the same instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from bot.bootstrap import Footnote
from bot.storage.deliveries import Deliveries
from bot.storage.webhook_questions import Stored, WebhookQuestions
from tests.conftest import Opener

pytestmark = pytest.mark.both_topologies

URL = "https://hooks.example.org/answers"
DATA = {"question": "Who?\0", "conversation": None, "documents": ["x"], "metadata": {"n": 2**70, "half": "\ud800"}}


class Process:
    """A process on the database, and the time that it has."""

    def __init__(self, footnote: Footnote) -> None:
        self.at = 1_800_000_000.0
        self.worker = footnote.worker
        self.deliveries = Deliveries(footnote.engine, self.worker, clock=lambda: self.at)
        self.questions = WebhookQuestions(footnote.engine, self.worker, self.deliveries, clock=lambda: self.at)

    def claim(self, one: int | None = None) -> Stored:
        """The next question."""
        found = self.questions.claim(one)
        assert found is not None
        return found


def test_stored_as_it_was_sent(footnote: Footnote) -> None:
    """What is kept of a question is what the sender wrote, whatever it is; another asker may use the same id."""
    questions = Process(footnote).questions
    kept = questions.store("webhook:a", "msg-1", "hash", DATA, URL)
    assert kept.data == DATA and kept.event is None
    assert questions.find("webhook:a", "msg-1") == kept
    assert questions.find("webhook:b", "msg-1") is questions.find("webhook:a", "msg-2") is None
    assert questions.store("webhook:b", "msg-1", "another", DATA, None).body_hash == "another"
    assert questions.find("webhook:a", "msg-1") == kept


def test_stored_once(open_footnote: Opener) -> None:
    """Of eight that store different questions under one id at once the first is kept, and all are told which one."""
    footnotes = [open_footnote(), open_footnote()]

    def store(number: int) -> Stored:
        questions = footnotes[number % 2].webhook_questions
        return questions.store("webhook:a", "msg-1", str(number), {**DATA, "question": str(number)}, None)

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(store, range(8)))
    assert len({(one.id, one.body_hash, one.data["question"]) for one in kept}) == 1


def test_an_answer_and_its_delivery_are_one(footnote: Footnote) -> None:
    """A question with a reply URL is answered and its delivery there, or neither: also when the last step fails."""
    process = Process(footnote)
    process.questions.store("webhook:a", "msg-1", "hash", DATA, URL)
    question = process.claim()
    with pytest.raises(sa.exc.SQLAlchemyError):
        process.questions.answered(question._replace(asker=None), "event")
    again = process.questions.find("webhook:a", "msg-1")
    assert again is not None and again.event is None and process.deliveries.entries() == []
    counts, delivery = process.questions.answered(question, "event")
    assert counts and [entry.id for entry in process.deliveries.entries()] == [delivery]
    kept = process.questions.find("webhook:a", "msg-1")
    assert kept is not None and kept.event == "event"


def test_a_clock_that_is_set_back_delays_no_answer(footnote: Footnote) -> None:
    """A question that was accepted before the clock was set back a day is answered at once, also at its next tries."""
    process = Process(footnote)
    process.questions.store("webhook:a", "msg-1", "hash", DATA, URL)
    for _ in range(15):
        process.at -= 24 * 3600
        assert process.questions.due()
        question = process.claim()
        pause = process.questions.not_answered(question)
        process.questions.let_go(question)
        process.at += pause - 0.01
        assert not process.questions.due()


def test_without_a_reply_url_nothing_is_sent(footnote: Footnote) -> None:
    """Such a question is answered for whoever waits for it: the background never takes it, and it has no delivery."""
    process = Process(footnote)
    kept = process.questions.store("webhook:a", "msg-1", "hash", DATA, None)
    assert not process.questions.due() and process.questions.claim() is None
    assert process.questions.answered(process.claim(kept.id), "event") == (True, None)
    assert process.deliveries.entries() == []
    assert process.questions.claim(kept.id) is None


def test_answered_once(open_footnote: Opener) -> None:
    """A question whose process was taken for dead is answered by another one; the late answer does not count."""
    slow, other = Process(open_footnote()), Process(open_footnote())
    kept = slow.questions.store("webhook:a", "msg-1", "hash", DATA, URL)
    question = slow.claim()
    assert other.questions.claim(kept.id) is None and not other.questions.due()
    slow.worker.close()
    assert other.questions.answered(other.claim(), "other")[0]
    assert slow.questions.answered(question, "slow") == (False, None)
    answered = slow.questions.find("webhook:a", "msg-1")
    assert answered is not None and answered.event == "other"
    assert len(slow.deliveries.entries()) == 1


def test_what_fails_is_tried_again_ever_later(footnote: Footnote) -> None:
    """Pauses grow twofold to an hour, and there is no end to them; who waits for the answer does not wait for them."""
    process = Process(footnote)
    kept = process.questions.store("webhook:a", "msg-1", "hash", DATA, URL)
    pauses = []
    for _ in range(15):
        question = process.claim()
        pauses.append(process.questions.not_answered(question))
        process.questions.let_go(question)
        process.at += pauses[-1] - 0.01
        assert process.questions.claim() is None
        process.at += 0.02
    assert pauses == [2.0**n for n in range(12)] + [3600.0] * 3
    question = process.claim()
    process.questions.not_answered(question)
    process.questions.let_go(question)
    assert process.claim(kept.id).tries == 16
