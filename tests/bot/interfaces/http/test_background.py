"""What the server does between requests: real threads, database and receivers, on a schedule of tenths of a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest
from loopback import Names
from patience import wait_until
from receiver import HANG, OTHER_SECRET, QUESTION, SECRET, Receiver
from servers import free_port

from bot.answers import answer_from_json
from bot.bootstrap import Footnote
from bot.interfaces.http.delivery_worker import DeliveryWorker
from bot.interfaces.http.routes.question_webhook import turn_of
from bot.interfaces.http.service import Service
from bot.storage.deliveries import Deliveries, Delivery
from retrieval.net.guard import Outbound
from retrieval.net.ssrf import AllowedHosts
from retrieval.types import Document
from tests.conftest import Opener

pytestmark = pytest.mark.usefixtures("without_reader")

HERE = AllowedHosts.parse("127.0.0.1")
TENTH = 0.1
HANGS = 1.0  # seconds after which a receiver counts as one that hangs


class Running:
    """The delivery worker of a server, and who asks."""

    def __init__(self, footnote: Footnote) -> None:
        footnote.deliveries = Deliveries(footnote.engine, footnote.worker, schedule=[0, *[TENTH] * 9])
        footnote.reply_urls = Outbound(HERE, seconds=HANGS)
        self.footnote = footnote
        self.service = Service(footnote)
        self.deliveries = DeliveryWorker(self.service)
        self._asked = 0

    def ask(self, url: str, asker: str = "webhook:default", **data: object) -> None:
        """Have a question stored, as the webhook does."""
        self._asked += 1
        asking = {"question": QUESTION, "conversation": None, "documents": None, "metadata": None, **data}
        self.footnote.webhook_questions.store(asker, f"msg_{self._asked}", "", asking, url)
        self.deliveries.notify()

    def counted(self, outcome: str) -> int:
        """How many attempts the metrics have with this outcome."""
        name = f'footnote_deliveries_total{{outcome="{outcome}"}} '
        lines = self.service.metrics.text().decode().splitlines()
        return sum(int(float(line.removeprefix(name))) for line in lines if line.startswith(name))

    def ended(self, number: int = 1) -> list[Delivery]:
        """The deliveries, once so many have ended."""

        def over() -> list[Delivery]:
            return [one for one in self.footnote.deliveries.entries() if one.state != "waiting"]

        wait_until(lambda: len(over()) >= number, says=lambda: str(self.footnote.deliveries.entries()))
        return over()


Runner = Callable[..., Running]


@pytest.fixture
def running(open_footnote: Opener, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runner]:
    """Starts the delivery worker on the test's library, unless it is told not to; ended with the test."""
    monkeypatch.setenv("FOOTNOTE_WEBHOOK_SECRETS", f"{SECRET},crm:{OTHER_SECRET}")
    with ExitStack() as started:

        def runner(start: bool = True) -> Running:
            footnote = open_footnote()
            footnote.seed()
            one = Running(footnote)
            if start:
                one.deliveries.start()
            started.callback(one.deliveries.stop)
            return one

        yield runner


@pytest.mark.both_topologies(servers="long")
def test_what_becomes_of_deliveries(running: Runner, receiver: Receiver) -> None:
    """A receiver that fails is sent the same event under the same id, signed anew, until it takes it; redirects are not
    followed. One that never takes it, or is not there, is given up after ten attempts, and so is an asker whose secret
    was taken away: nothing is sent unsigned. The reason is kept, without the path.
    """
    running = running()
    running.ask(receiver.answers("/a", 500, 503, 404, (302, {"Location": f"{receiver.url}/b"}), 400, 200))
    running.ask(receiver.answers("/hidden", 500))
    running.ask(f"http://127.0.0.1:{free_port()}/hidden")
    running.ask(f"{receiver.url}/unsigned", "webhook:gone")
    taken, refused, absent, unsigned = sorted(running.ended(4), key=lambda entry: entry.question)
    assert (taken.state, taken.attempts, taken.last_status) == ("delivered", 6, 200)
    assert (refused.state, refused.attempts, refused.last_status) == ("failed", 10, 500)
    assert refused.last_error == "answers 500 (Internal Server Error)"
    assert (absent.state, absent.attempts, absent.last_status) == ("failed", 10, None)
    assert absent.last_error == "cannot be reached (connection refused)"
    assert (unsigned.state, unsigned.attempts) == ("failed", 10)
    assert unsigned.last_error == "no secret is set for gone: FOOTNOTE_WEBHOOK_SECRETS"
    arrivals = receiver.at("/a")
    assert len(arrivals) == 6 and len(receiver.at("/hidden")) == 10
    assert receiver.at("/b") == receiver.at("/unsigned") == []
    assert {one.id for one in arrivals} == {taken.id}
    assert len({one.body for one in arrivals}) == 1
    assert all(one.event()["type"] == "question.answered" for one in arrivals)
    wait_until(lambda: (running.counted("delivered"), running.counted("failed")) == (1, 3))
    assert running.counted("retried") == 5 + 3 * 9


def test_receivers_that_hang_hold_up_nobody_else(running: Runner, receiver: Receiver) -> None:
    """While every URL of one asker hangs, the events of another one arrive; in the end the hanging ones are retried."""
    running = running(start=False)
    for number in range(12):
        running.ask(receiver.answers(f"/hangs-{number}", HANG, 204))
    running.deliveries.start()
    wait_until(lambda: len(receiver.arrivals) >= 4)
    running.ask(receiver.answers("/fine", 204), "webhook:crm")
    receiver.wait("/fine", 1)
    assert receiver.at("/fine")[0].event(OTHER_SECRET)
    hanging = [one for one in running.footnote.deliveries.entries() if one.asker == "webhook:default"]
    assert not all(one.state == "delivered" for one in hanging)
    ended = running.ended(13)
    assert {(one.state, one.attempts) for one in ended if one.asker == "webhook:default"} == {("delivered", 2)}
    assert max(len(receiver.at(f"/hangs-{number}")) for number in range(12)) == 2


def test_a_name_that_leads_inside_is_refused_when_it_is_sent(running: Runner, receiver: Receiver) -> None:
    """The guard judges the address found at each attempt: a name that has come to lead inside is never connected to."""
    running = running(start=False)
    port = receiver.url.rpartition(":")[2]
    running.footnote.reply_urls = Outbound(resolve=Names(hooks_example=["127.0.0.1"]), seconds=HANGS)
    running.footnote.reply_urls.judge(f"http://hooks.example:{port}/a")
    running.deliveries.start()
    running.ask(f"http://hooks.example:{port}/a")
    (entry,) = running.ended()
    assert (entry.state, entry.attempts) == ("failed", 1)
    assert entry.last_error is not None and "It leads to 127.0.0.1" in entry.last_error
    assert receiver.arrivals == []


@pytest.mark.both_topologies(servers="long")
def test_answering_that_fails_is_tried_again(
    running: Runner, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the database is away while a question is answered, it is answered later, as one turn and one event."""
    running = running(start=False)
    ask, failures = running.footnote.conversations.remember, iter([OSError("away"), OSError("away")])

    def failing(*arguments: object, **more: object) -> object:
        for failure in failures:
            raise failure
        return ask(*arguments, **more)

    monkeypatch.setattr(running.footnote.conversations, "remember", failing)
    running.deliveries.start()
    running.ask(f"{receiver.url}/a", conversation="c")
    running.ended()
    assert len(receiver.at("/a")) == 1
    assert [one.turn for one in running.footnote.conversations.recall("webhook:default", "c", None)] == [1]


def test_a_death_between_answer_and_event_adds_no_turn(running: Runner, receiver: Receiver) -> None:
    """A question whose turn is remembered, but not its event, is not answered anew: the event has the turn's answer."""
    running = running(start=False)
    questions = running.footnote.webhook_questions
    running.ask(f"{receiver.url}/a", conversation="c")
    question = questions.claim()
    assert question is not None
    said = running.footnote.assistant.answer(turn_of(question))
    questions.let_go(question)  # as a death does once the lease is over
    running.deliveries.start()
    running.ended()
    (arrival,) = receiver.at("/a")
    sent = answer_from_json(arrival.event()["data"]["answer"])
    assert replace(sent, timings_ms={}) == replace(said, timings_ms={})
    assert len(running.footnote.conversations.recall("webhook:default", "c", None)) == 1


def test_a_document_that_is_gone_meanwhile(running: Runner, receiver: Receiver) -> None:
    """A question that was accepted is answered, also when the document it is about was removed: it does not say."""
    running = running(start=False)
    added = running.footnote.library.add(Document("a", "Bridges", "The bridge opened in spring."), "webhook:default")
    running.ask(f"{receiver.url}/a", question="When did the bridge open?", documents=[added.id])
    running.footnote.library.remove(added.id, ["webhook:default"])
    running.deliveries.start()
    running.ended()
    answer = receiver.at("/a")[0].event()["data"]["answer"]
    assert answer["status"] == "not_in_documents"


def test_what_is_running_is_finished_and_nothing_is_begun(running: Runner, receiver: Receiver) -> None:
    """Told to end in the middle of an attempt, it waits for the receiver, keeps what it said, and leaves the rest."""
    running = running(start=False)
    for number in range(8):
        running.ask(receiver.answers(f"/{number}", HANG, 204))
    running.deliveries.start()
    wait_until(lambda: len(receiver.arrivals) >= 4)
    running.deliveries.stop()
    entries = running.footnote.deliveries.entries()
    tried = [one for one in entries if one.attempts]
    assert sum(one.attempts for one in tried) == len(receiver.arrivals) >= 4
    assert {one.last_error for one in tried if one.state == "waiting"} <= {"did not answer in full within 1 seconds"}
    assert not running.footnote.worker.busy
    count = len(receiver.arrivals)
    time.sleep(5 * TENTH)
    assert len(receiver.arrivals) == count
