"""Kills of `footnote serve` with questions by webhook in flight: each is answered once, and no event is lost."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import httpx
import sqlalchemy as sa
from facts import DOCUMENT, FACTS
from patience import CEILING
from receiver import SECRET, Arrival, Asker, Receiver

from bot.bootstrap import Footnote
from retrieval.store.database import reading
from retrieval.store.tables import webhook_questions
from tests.kills.armed import ArmedServer
from tests.kills.log import Log
from tests.kills.place import LibraryPlace
from tests.kills.schedule import STARTING, Kill, Unit
from tests.kills.victims import BrokenError, why_not

_ROUND = 5  # questions in flight when a server is killed; the last of them waits for its answer
_CONVERSATIONS = 3
_KILLS_OF_ONE = 4  # processes that die over one event, at most: in their starts, too
_LONGEST = 0.6  # seconds that these questions take, about
_STILL = 120.0  # seconds without an answer after which none will come
_START = 2.5  # seconds that a start takes, about
_SETTINGS = {
    "FOOTNOTE_WEBHOOK_SECRETS": f"shop:{SECRET}",
    "FOOTNOTE_OUTBOUND_ALLOWED": "127.0.0.1",
    "FOOTNOTE_REQUESTS_A_MINUTE": "100000",
}


@dataclass
class Asked:
    """A question that was sent, again and again until it was taken."""

    number: int
    data: dict[str, Any]
    taken: list[bytes] = field(default_factory=list)
    """What came back whenever it was taken: the answer itself, where there is no reply URL."""

    @property
    def id(self) -> str:
        """Its webhook-id."""
        return f"msg_{self.number}"

    @property
    def waits(self) -> bool:
        """Whether it has its answer as the response."""
        return "reply_url" not in self.data


class WebhookKills:
    """The kills of the servers on one library."""

    def __init__(self, place: LibraryPlace, log: Log, chance: random.Random) -> None:
        self._place, self._log, self._chance = place, log, chance
        self._asked: list[Asked] = []
        self._faults: list[str] = []
        self._died: list[tuple[Kill, dict[str, Any]]] = []  # what nobody has looked at yet
        self._events: list[tuple[Arrival, dict[str, Any]]] = []  # verified while their signatures are good
        self._repeated = 0

    def run(self, units: list[Unit]) -> None:
        """Make these kills, and look at what the last one leaves. Raises BrokenError."""
        settings = {"FOOTNOTE_READER": "off", **_SETTINGS, **self._place.settings}
        with closing(Footnote(self._place.opened())) as footnote, closing(Receiver()) as receiver:
            footnote.library.add(DOCUMENT)
            kills = [kill for unit in units for kill in unit]
            server = ArmedServer(self._place.folder / "data", self._order(kills[0]), **settings)
            with ThreadPoolExecutor(_ROUND) as pool:
                try:
                    for kill, following in zip(kills, [*kills[1:], None], strict=True):
                        self._kill(kill, server, pool, footnote, receiver)
                        server.restart_with(None if following is None else self._order(following))
                    self._look(server, footnote, receiver)
                finally:
                    server.stop()

    def _order(self, kill: Kill) -> tuple[str, int] | None:
        return (kill.instant, self._chance.randint(1, 3)) if kill.named else None

    def _kill(
        self, kill: Kill, server: ArmedServer, pool: ThreadPoolExecutor, footnote: Footnote, receiver: Receiver
    ) -> None:
        if kill.instant == STARTING:
            self._ask(pool, server, receiver)
            time.sleep(self._chance.uniform(0, _START))
            server.kill()
            self._died.append((kill, {}))
            return
        self._look(server, footnote, receiver)
        server.arm()
        self._ask(pool, server, receiver)
        if kill.named:
            server.dies()
        else:
            time.sleep(self._chance.uniform(0, _LONGEST))
            server.kill()
        if why := why_not(kill, server.process.returncode, server.note):
            self._log.missed(kill, why)
            raise BrokenError(why)
        self._died.append((kill, {"nth": server.nth} if kill.named else {}))

    def _ask(self, pool: ThreadPoolExecutor, server: ArmedServer, receiver: Receiver) -> None:
        for place in range(_ROUND):
            number = len(self._asked)
            data: dict[str, Any] = {
                "question": list(FACTS)[number % len(FACTS)],
                "conversation": f"c{number % _CONVERSATIONS}",
                "metadata": {"number": number},
            }
            if place < _ROUND - 1:
                data["reply_url"] = f"{receiver.url}/answers"
            asked = Asked(number, data)
            self._asked.append(asked)
            pool.submit(self._until_taken, asked, server)

    def _until_taken(self, asked: Asked, server: ArmedServer) -> None:
        asker = Asker(server.url)
        with closing(asker._client):
            end = time.monotonic() + CEILING
            while not asked.taken and not server.given_up and time.monotonic() < end:
                self._try(asker, asked)
                time.sleep(0.05)

    def _try(self, asker: Asker, asked: Asked) -> None:
        try:
            response = asker.ask(asked.id, asked.data)
        except httpx.TransportError:
            return
        if response.status_code == (200 if asked.waits else 202):
            asked.taken.append(response.content)
        else:
            self._faults.append(f"{asked.id} was refused: {response.status_code} {response.text[:200]}")

    def _look(self, server: ArmedServer, footnote: Footnote, receiver: Receiver) -> None:
        """Wait until a server has made good what the one before it left, and tell what is wrong then."""
        server.ready()

        def settled() -> bool:
            if not all(one.taken for one in self._asked):
                return False
            there = {_number(event) for _, event in self._arrived(receiver)}
            waiting = any(one.state == "waiting" for one in footnote.deliveries.entries())
            return not waiting and all(one.waits or one.number in there for one in self._asked)

        moved, before = time.monotonic(), 0
        while not settled():
            if (there := len(receiver.arrivals) + sum(len(one.taken) for one in self._asked)) != before:
                moved, before = time.monotonic(), there
            if time.monotonic() - moved > _STILL:
                self._faults.append(f"what was asked is not all answered, and nothing has come for {_STILL:g} seconds")
                break
            time.sleep(0.05)
        again = Asker(server.url)
        with closing(again._client):
            for one in self._asked:
                if one.waits and one.taken:
                    one.taken.append(again.ask(one.id, one.data).content)
        faults = [*self._faults, *self._in_events(footnote, receiver), *self._in_turns(footnote, receiver)]
        times = Counter(_number(event) for _, event in self._arrived(receiver))
        repeated = times.total() - len(times)
        dead = max(1, len(self._died))
        new, self._repeated = repeated - self._repeated, repeated
        if new > (_ROUND - 1) * dead or max(times.values(), default=0) > _KILLS_OF_ONE + 1:
            faults.append(f"events came more often than anybody died over them: {times}")
        for kill, facts in self._died:
            self._log.kill(kill, questions=len(self._asked), repeated=new, faults=faults, **facts)
        self._died = []
        if faults:
            raise BrokenError("; ".join(faults))

    def _arrived(self, receiver: Receiver) -> list[tuple[Arrival, dict[str, Any]]]:
        """The events that have come, verified."""
        for one in list(receiver.arrivals)[len(self._events) :]:
            self._events.append((one, one.event()))
        return self._events

    def _in_events(self, footnote: Footnote, receiver: Receiver) -> list[str]:
        """Each question has one delivery, under one id and in the same words each time."""
        sent = [one for one in self._asked if not one.waits]
        found = []
        by_number: dict[int, set[tuple[str, bytes]]] = {}
        for arrival, event in self._arrived(receiver):
            by_number.setdefault(_number(event), set()).add((arrival.id, arrival.body))
        found += [f"question {number} has {len(those)} events" for number, those in by_number.items() if len(those) > 1]
        found += [f"question {one.number} has no event" for one in sent if one.number not in by_number]
        entries = Counter(one.question for one in footnote.deliveries.entries())
        if entries != Counter(one.id for one in sent):
            found.append(f"the deliveries are {entries}")
        if undelivered := [one for one in footnote.deliveries.entries() if one.state != "delivered"]:
            found.append(f"not delivered: {undelivered}")
        found += [f"{one.id} was answered in two ways" for one in self._asked if one.waits and len(set(one.taken)) > 1]
        with reading(footnote.engine) as connection:
            kept = connection.execute(sa.select(webhook_questions.c.message_id, webhook_questions.c.state)).all()
        if Counter(tuple(row) for row in kept) != Counter((one.id, "answered") for one in self._asked):
            found.append(f"the questions that are kept are {kept}")
        return found

    def _in_turns(self, footnote: Footnote, receiver: Receiver) -> list[str]:
        """Each question is one turn of its conversation, with the very answer that was sent."""
        found: list[str] = []
        events = {_number(event): event for _, event in self._arrived(receiver)}
        events |= {one.number: json.loads(one.taken[0]) for one in self._asked if one.waits and one.taken}
        for name in range(_CONVERSATIONS):
            said = footnote.conversations.recall("webhook:shop", f"c{name}", None)
            asked = [one for one in self._asked if one.number % _CONVERSATIONS == name]
            if Counter(turn.question for turn in said) != Counter(one.data["question"] for one in asked):
                found.append(f"conversation {name} has {len(said)} turns for {len(asked)} questions")
            if [turn.turn for turn in said] != list(range(1, len(said) + 1)):
                found.append(f"conversation {name} has the turns {[turn.turn for turn in said]}")
            texts = {turn.turn: turn.text for turn in said}
            for one in asked:
                answer = events.get(one.number, {}).get("data", {}).get("answer", {})
                if texts.get(answer.get("turn")) != answer.get("text") or not answer:
                    found.append(f"the answer to question {one.number} is not that of its turn")
        return found


def _number(event: dict[str, Any]) -> int:
    """Which question an event answers."""
    return int(event["data"]["metadata"]["number"])
