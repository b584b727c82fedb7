"""`kill -9` at any instant: every question that comes in is answered once, and no event is lost."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from patience import wait_until
from receiver import QUESTION, SECRET, Asker, Receiver
from server import Server

from tests.conftest import Opener

pytestmark = pytest.mark.usefixtures("without_reader")

CONVERSATIONS = 10
SETTINGS = {
    "FOOTNOTE_WEBHOOK_SECRETS": f"shop:{SECRET}",
    "FOOTNOTE_OUTBOUND_ALLOWED": "127.0.0.1",
    "FOOTNOTE_REQUESTS_A_MINUTE": "100000",
}


class Client:
    """Another system that sends each question until it has been accepted, always under the same id."""

    def __init__(self, servers: list[Server], receiver: Receiver) -> None:
        self._askers = [Asker(server.url) for server in servers]
        self._receiver = receiver
        self._pool = ThreadPoolExecutor(4)
        self.accepted: Counter[int] = Counter()
        self.broken = 0
        self.refused: list[str] = []
        self._ending = threading.Event()

    def send(self, numbers: range) -> None:
        """Have these questions sent."""
        for number in numbers:
            self._pool.submit(self._until_accepted, number)

    def _until_accepted(self, number: int) -> None:
        while number not in self.accepted and not self._ending.is_set():
            self._try(number)

    def _try(self, number: int) -> None:
        data = {
            "question": f"{QUESTION} Number {number}.",
            "conversation": f"c{number % CONVERSATIONS}",
            "reply_url": f"{self._receiver.url}/answers",
            "metadata": {"number": number},
        }
        try:
            response = random.choice(self._askers).ask(f"msg_{number}", data)
        except httpx.TransportError:
            self.broken += 1
            time.sleep(0.05)
            return
        if response.status_code == 202:
            self.accepted[number] += 1
        else:
            self.refused.append(response.text)
            time.sleep(0.05)

    def end(self) -> None:
        """Send nothing more."""
        self._ending.set()
        self._pool.shutdown(cancel_futures=True)


@pytest.mark.both_topologies(servers="long")
@pytest.mark.parametrize(("questions", "kills"), [(80, 4), pytest.param(200, 50, marks=pytest.mark.long)])
def test_killed_at_random_instants(
    questions: int, kills: int, tmp_path: Path, topology: str, receiver: Receiver, open_footnote: Opener
) -> None:
    """Questions come in while servers are killed: each is answered as one turn, and its event arrives, under one id
    and in the same words each time. On PostgreSQL two servers share the work, on a file one has it.
    """
    number_of_servers = 2 if topology == "servers" else 1
    folders = [tmp_path / "data", tmp_path / "other"][:number_of_servers]
    servers = [Server(folder, **SETTINGS).ready() for folder in folders]
    client = Client(servers, receiver)
    each = questions // kills
    try:
        for kill in range(kills):
            client.send(range(kill * each, (kill + 1) * each))
            victim = random.choice(servers)
            time.sleep(random.uniform(0, each * 0.04))
            victim.kill()
            victim.restart()
            if random.random() < 0.8:  # else it may be killed once more while it starts
                victim.ready()
        for server in servers:
            server.ready()
        wait_until(
            lambda: len(client.accepted) == questions, says=lambda: f"{len(client.accepted)} {client.refused[:3]}"
        )

        def arrived() -> set[int]:
            return {one.event()["data"]["metadata"]["number"] for one in list(receiver.arrivals)}

        wait_until(lambda: len(arrived()) == questions, says=lambda: f"{len(arrived())} arrived")
        footnote = open_footnote()
        wait_until(lambda: {one.state for one in footnote.deliveries.entries()} == {"delivered"})
    finally:
        client.end()
        for server in servers:
            server.stop()

    assert client.refused == []
    ids: dict[int, set[str]] = {}
    bodies: dict[int, set[bytes]] = {}
    for one in receiver.arrivals:
        number = one.event()["data"]["metadata"]["number"]
        ids.setdefault(number, set()).add(one.id)
        bodies.setdefault(number, set()).add(one.body)
    assert all(len(found) == 1 for found in (*ids.values(), *bodies.values()))
    assert len({identifier for (identifier,) in ids.values()}) == questions
    assert len(footnote.deliveries.entries()) == questions

    answers = {
        number: next(one for one in receiver.arrivals if one.id in found).event() for number, found in ids.items()
    }
    for conversation in range(CONVERSATIONS):
        said = footnote.conversations.recall("webhook:shop", f"c{conversation}", None)
        expected = {f"{QUESTION} Number {number}.": number for number in range(conversation, questions, CONVERSATIONS)}
        assert Counter(turn.question for turn in said) == Counter(expected.keys())
        assert [turn.turn for turn in said] == list(range(1, len(expected) + 1))
        for turn in said:
            answer = answers[expected[turn.question]]["data"]["answer"]
            assert (answer["turn"], answer["text"]) == (turn.turn, turn.text)
    again = len(receiver.arrivals) - questions
    print(f"{kills} kills: {client.broken} connections broken, {again} events arrived more than once")
