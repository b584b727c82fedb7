"""Conversations and feedback by HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from phrases import phrases
from server import Client, Server

from retrieval.store.database import reading
from retrieval.store.tables import conversations, feedback
from tests.conftest import Opener

JSON = {"Content-Type": "application/json"}
QUESTION = "Who is Mao Ning?"


def ask(client: httpx.Client, question: str, conversation: str) -> dict[str, Any]:
    response = client.post("/v1/ask", json={"question": question, "conversation": conversation})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def rate(client: httpx.Client, turn: object, helpful: object, **more: object) -> int:
    """The status of feedback on the conversation "friday"."""
    body = {"conversation": "friday", "turn": turn, "helpful": helpful, **more}
    return client.post("/v1/feedback", content=json.dumps(body), headers=JSON).status_code


@pytest.mark.both_topologies(servers="long")
def test_a_conversation_is_read_as_it_was_answered_and_then_forgotten(ann: Client) -> None:
    """All its turns, more than are read for a follow-up, each the answer that was given, event by event, too; then it
    is not there.
    """
    said = [ask(ann, f"{QUESTION} {number}", "friday") for number in range(11)]
    asked = {"question": f"{QUESTION} 12", "conversation": "friday"}
    stream = ann.post("/v1/ask", json=asked, headers={"Accept": "text/event-stream"}).text
    said.append(json.loads(stream.rstrip().rpartition("event: answer\ndata: ")[2]))
    found = ann.get("/v1/conversations/friday").json()
    assert found["conversation"] == "friday"
    assert [turn["turn"] for turn in found["turns"]] == list(range(1, 13))
    for turn, answer in zip(found["turns"], said, strict=True):
        assert {**turn, "timings_ms": None} == {**answer, "timings_ms": None}
    response = ann.delete("/v1/conversations/friday")
    assert (response.status_code, response.content) == (204, b"")
    for method in ("GET", "DELETE"):
        gone = ann.request(method, "/v1/conversations/friday")
        assert gone.status_code == 404
        assert gone.json()["type"] == "/problems/not-found"
    assert ask(ann, QUESTION, "friday")["turn"] == 1


def test_a_conversation_goes_on_under_another_name(ann: Client, bob: Client) -> None:
    """With its turns and what was thought of them; nobody else's is renamed, and no other one is overwritten."""
    ask(ann, QUESTION, "friday")
    assert rate(ann, 1, True) == 204
    ask(ann, QUESTION, "monday")
    rename = {"name": "export / controls"}
    assert bob.patch("/v1/conversations/friday", json=rename).status_code == 404
    assert ann.patch("/v1/conversations/friday", json={"name": "monday"}).json()["type"] == "/problems/taken"
    assert ann.patch("/v1/conversations/friday", json={"name": " "}).status_code == 422
    assert ann.patch("/v1/conversations/friday", json=rename).status_code == 204
    assert ann.get("/v1/conversations/friday").status_code == 404
    assert ask(ann, QUESTION, "export / controls")["turn"] == 2
    turns = ann.get(f"/v1/conversations/{quote('export / controls', safe='')}").json()["turns"]
    assert {turn["conversation"] for turn in turns} == {"export / controls"}
    assert [one["conversation"] for one in ann.get("/v1/feedback").json()["feedback"]] == ["export / controls"]


@pytest.mark.both_topologies(servers="long")
def test_a_name_is_data(ann: Client) -> None:
    """What a client wrote there, slashes and line ends included, is found under it, percent-encoded. However odd or
    long, a name that nobody used is 404, and never the server's failure.
    """
    names = phrases("a/b | / | a//b/ | é 🚢 | 100% | %2F | ?x=1#y | ..x | '; drop table turns; -- | a\nb\n")
    for name in (*names, "n" * 200):
        path = f"/v1/conversations/{quote(name, safe='')}"
        ask(ann, QUESTION, name)
        found = ann.get(path).json()
        assert found["conversation"] == name and len(found["turns"]) == 1
        assert ann.delete(path).status_code == 204
        assert ann.get(path).status_code == 404
    odd = ("monday", "%00", "%ff", "%ED%A0%80", "a%2f..%2f..%2fb", "n" * 50_000, "%20", "text", "%0d%0aX:%20y")
    for name in odd:
        for method in ("GET", "DELETE"):
            response = ann.request(method, f"/v1/conversations/{name}")
            assert response.status_code == 404, (name[:50], response.text)
            assert len(response.content) < 2000
    ask(ann, QUESTION, "nul\0")
    assert ann.get("/v1/conversations/nul%00").status_code == 200


@pytest.mark.both_topologies(servers="long")
def test_feedback_is_kept_and_replaced(server: Server, ann: Client, open_footnote: Opener) -> None:
    """It stands with its turn until other feedback replaces it, or the conversation is forgotten."""
    engine = open_footnote(server.data).engine

    def kept() -> list[tuple[Any, ...]]:
        with reading(engine) as connection:
            columns = (feedback.c.turn, feedback.c.helpful, feedback.c.comment)
            theirs = sa.select(*columns).join(conversations, conversations.c.id == feedback.c.conversation_id)
            theirs = theirs.where(conversations.c.asker == ann.asker).order_by(feedback.c.turn)
            return [tuple(row) for row in connection.execute(theirs)]

    ask(ann, QUESTION, "friday")
    ask(ann, "Where did Blinken speak about China?", "friday")
    assert rate(ann, 2, True) == 204
    assert rate(ann, 1, False, comment="It asked\0 for a date. 🚢") == 204
    assert kept() == [(1, False, "It asked\ufffd for a date. 🚢"), (2, True, None)]
    assert rate(ann, 2.0, False, comment=None) == 204
    assert kept()[1] == (2, False, None)
    assert rate(ann, 3, True) == rate(ann, 2**31 - 1, True) == 404
    for turn in (0, -1, 2**31, 10**30, 1.5, "1", True, None, [1]):
        assert rate(ann, turn, True) == 422, turn
    for helpful in ("yes", 1, None, 0.0):
        assert rate(ann, 1, helpful) == 422, helpful
    assert rate(ann, 1, True, comment="c" * 4001) == rate(ann, 1, True, mood=":-)") == 422
    assert kept() == [(1, False, "It asked\ufffd for a date. 🚢"), (2, False, None)]
    assert ann.delete("/v1/conversations/friday").status_code == 204
    assert kept() == []
    assert rate(ann, 1, True) == 404
