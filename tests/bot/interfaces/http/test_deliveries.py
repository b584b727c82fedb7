"""Deliveries as their receivers see them: the real server, its schedule, and `footnote deliveries` beside it."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import forked
import pytest
from patience import wait_until
from receiver import HANG, QUESTION, SECRET, Asker, Receiver
from server import Server, Starter

from tests.conftest import Opener

if TYPE_CHECKING:
    from servers import Postgres

pytestmark = pytest.mark.usefixtures("without_reader")

ALLOWED = {"FOOTNOTE_WEBHOOK_SECRETS": SECRET, "FOOTNOTE_OUTBOUND_ALLOWED": "127.0.0.1"}
FIRST_PAUSE = 5 * 0.9  # seconds of the schedule, with jitter


def command(data: Path, *arguments: str, well: bool = True) -> subprocess.CompletedProcess[str]:
    result = forked.run(["deliveries", *arguments], env={**os.environ, "FOOTNOTE_DATA_DIR": str(data)})
    assert (result.returncode == 0) is well, result.stderr
    return result


def listed(server: Server) -> dict[str, dict[str, Any]]:
    """The deliveries by the webhook-ids of their questions."""
    found = json.loads(command(server.data, "list", "--json").stdout)
    assert len({one["id"] for one in found}) == len(found)
    return {one["question"]: one for one in found}


@pytest.mark.both_topologies(servers="long")
def test_how_receivers_answer(serve: Starter, receiver: Receiver, open_footnote: Opener) -> None:
    """Each kind of answer has its consequence: tried again after 5 s, later when asked to be left alone, not at all
    after 410; redirects are not followed; every attempt is the same event under the same id, signed anew.
    """
    server = serve(**ALLOWED)
    asker = Asker(server.url)
    behaviours: dict[str, tuple[Any, ...]] = {
        "fine": (200,),
        "fails": (503, 204),
        "gone": (410,),
        "busy": ((429, {"Retry-After": "7"}), 204),
        "moved": ((307, {"Location": f"{receiver.url}/elsewhere"}), (301, {"Location": "/elsewhere"})),
    }
    for name, answers in behaviours.items():
        url = receiver.answers(f"/{name}", *answers)
        response = asker.ask(name, {"question": QUESTION, "reply_url": f"{url}?token=secret", "metadata": {"n": name}})
        assert response.status_code == 202
    for name, attempts in {"fine": 1, "fails": 2, "gone": 1, "busy": 2, "moved": 2}.items():
        arrivals = receiver.wait(f"/{name}", attempts)
        assert len(arrivals) == attempts
        assert len({one.id for one in arrivals}) == len({one.body for one in arrivals}) == 1
        assert all(one.event()["data"]["metadata"] == {"n": name} for one in arrivals)
        if attempts == 2:
            first, second = arrivals
            assert second.at - first.at >= (7 if name == "busy" else FIRST_PAUSE)
            assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    deliveries = open_footnote().deliveries
    wait_until(lambda: {one.question: one.state for one in deliveries.entries()}["busy"] == "delivered")
    found = listed(server)
    assert receiver.at("/elsewhere") == []
    told = {name: (one["state"], one["attempts"], one["last_status"]) for name, one in found.items()}
    assert told == {
        "fine": ("delivered", 1, 200),
        "fails": ("delivered", 2, 204),
        "gone": ("failed", 1, 410),
        "busy": ("delivered", 2, 204),
        "moved": ("waiting", 2, 301),
    }
    assert {one["host"] for one in found.values()} == {receiver.url.removeprefix("http://")}

    receiver.answers("/gone", 200)
    again = command(server.data, "retry", found["gone"]["id"])
    assert again.stdout == "" and found["gone"]["id"] in again.stderr
    command(server.data, "retry", found["fine"]["id"][:20])
    for name in ("gone", "fine"):
        first, second = receiver.wait(f"/{name}", 2)
        assert (first.id, first.body) == (second.id, second.body) and second.id == found[name]["id"]
    wait_until(lambda: {one.question: one.state for one in deliveries.entries()}["gone"] == "delivered")

    assert server.stop() == 0
    told_people = command(server.data, "list").stdout
    assert "secret" not in told_people and "secret" not in command(server.data, "list", "--json").stdout
    assert [line.split()[0] for line in told_people.splitlines()] == [one["id"] for one in found.values()]


@pytest.mark.long
def test_a_receiver_that_hangs(serve: Starter, receiver: Receiver) -> None:
    """It is given 15 s, and then it counts as one that failed."""
    asker = Asker(serve(**ALLOWED).url)
    asker.ask("hangs", {"question": QUESTION, "reply_url": receiver.answers("/hangs", HANG, 204)})
    first, second = receiver.wait("/hangs", 2)
    assert second.at - first.at >= 15 + FIRST_PAUSE
    assert first.id == second.id


@pytest.mark.both_topologies(servers="long")
def test_two_servers_share_the_work(serve: Starter, receiver: Receiver, open_footnote: Opener) -> None:
    """40 questions to two servers on one database: each is answered once, and its event arrives exactly once."""
    servers = [serve(**ALLOWED) for _ in range(2)]
    askers = [Asker(server.url) for server in servers]

    def ask(number: int) -> int:
        data = {"question": QUESTION, "conversation": "c", "reply_url": f"{receiver.url}/a", "metadata": {"n": number}}
        return askers[number % 2].ask(f"msg_{number}", data).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(40))) == {202}
    receiver.wait("/a", 40)
    deliveries = open_footnote().deliveries
    wait_until(lambda: Counter(one.state for one in deliveries.entries()) == {"delivered": 40})
    for server in servers:
        assert server.stop() == 0
    events = [one.event() for one in receiver.at("/a")]
    assert sorted(event["data"]["metadata"]["n"] for event in events) == list(range(40))
    assert sorted(event["data"]["answer"]["turn"] for event in events) == list(range(1, 41))
    assert len({one.id for one in receiver.arrivals}) == 40
    logged = [line for server in servers for line in server.logged() if line["logger"] == "footnote.webhook"]
    assert Counter(line["event"] for line in logged) == {"accepted": 40, "answered": 40, "delivered": 40}


@pytest.mark.parametrize("topology", ["servers"], indirect=True)
def test_the_database_goes_away_and_comes_again(
    serve: Starter, receiver: Receiver, postgres: Postgres, open_footnote: Opener
) -> None:
    """Questions that were accepted before PostgreSQL went away are answered, once, and their events arrive after it."""
    server = serve(**ALLOWED)
    asker = Asker(server.url)
    for number in range(30):
        data = {"question": QUESTION, "conversation": "c", "reply_url": f"{receiver.url}/a", "metadata": {"n": number}}
        assert asker.ask(f"msg_{number}", data).status_code == 202
    postgres.halt()
    try:
        wait_until(lambda: "OperationalError" in server.log.read_text("utf-8"))
        assert asker.ask("msg_30").status_code == 503
    finally:
        postgres.resume()
    wait_until(lambda: len({one.id for one in list(receiver.arrivals)}) >= 30)
    deliveries = open_footnote().deliveries
    wait_until(lambda: {one.state for one in deliveries.entries()} == {"delivered"})
    turns = {one.id: one.event()["data"]["answer"]["turn"] for one in receiver.arrivals}
    assert sorted(turns.values()) == list(range(1, 31))
    assert asker.ask("msg_30").status_code == 200


def test_what_was_left_is_sent_by_the_next_server(serve: Starter, receiver: Receiver, open_footnote: Opener) -> None:
    """A server that was told to end leaves what it could not deliver, and what is replayed meanwhile, to the next."""
    server = serve(**ALLOWED)
    receiver.answers("/a", 500, 500, 200)
    Asker(server.url).ask("msg_1", {"question": QUESTION, "reply_url": f"{receiver.url}/a"})
    deliveries = open_footnote().deliveries
    wait_until(lambda: [one.attempts for one in deliveries.entries()] == [2])
    assert server.stop() == 0
    (left,) = deliveries.entries()
    assert left.state == "waiting"
    assert json.loads(command(server.data, "retry", "--json", "msg_").stdout) == {"id": left.id}
    assert len(receiver.arrivals) == 2
    server.restart().ready()
    assert len({one.id for one in receiver.wait("/a", 3)}) == 1


def test_the_command_without_deliveries(tmp_path: Path) -> None:
    """An empty list says how deliveries come about; an unknown id is one line and 1; help names both commands."""
    empty = command(tmp_path, "list")
    assert empty.stdout == "" and "reply_url" in empty.stderr
    assert command(tmp_path, "list", "--quiet").stderr == ""
    assert json.loads(command(tmp_path, "list", "--json").stdout) == []
    for reference in ("msg_1", "", "%", "\x1b[2J"):
        unknown = command(tmp_path, "retry", reference, well=False)
        assert unknown.returncode == 1 and unknown.stdout == ""
        (line,) = unknown.stderr.splitlines()
        assert line.startswith("footnote: There is no delivery") and "footnote deliveries list" in line
        assert line.isprintable()
    assert command(tmp_path, "retry", well=False).returncode == 2
    shown = command(tmp_path, "--help").stdout
    assert "list" in shown and "retry" in shown
