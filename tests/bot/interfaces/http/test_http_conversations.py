"""Conversations and feedback by HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa
from server import Server

from bot.bootstrap import Footnote
from retrieval.store.database import reading
from retrieval.store.tables import feedback

Starter = Callable[..., Server]
Opener = Callable[..., Footnote]
JSON = {"Content-Type": "application/json"}
QUESTION = "Who is Mao Ning?"


def ask(client: httpx.Client, question: str, conversation: str) -> dict[str, Any]:
    """The answer."""
    response = client.post("/v1/ask", json={"question": question, "conversation": conversation})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


def rate(client: httpx.Client, turn: object, helpful: object, **more: object) -> int:
    """The status of feedback on the conversation "friday"."""
    body = {"conversation": "friday", "turn": turn, "helpful": helpful, **more}
    return client.post("/v1/feedback", content=json.dumps(body), headers=JSON).status_code


@pytest.mark.both_topologies(servers="long")
def test_a_conversation_is_read_as_it_was_answered_and_then_forgotten(serve: Starter) -> None:
    """All its turns, more than are read for a follow-up, each the answer that was given; then it is not there."""
    server = serve()
    with server.client() as client:
        said = [ask(client, f"{QUESTION} {number}", "friday") for number in range(12)]
        found = client.get("/v1/conversations/friday").json()
        assert found["conversation"] == "friday"
        assert [turn["turn"] for turn in found["turns"]] == list(range(1, 13))
        for turn, answer in zip(found["turns"], said, strict=True):
            assert {**turn, "timings_ms": None} == {**answer, "timings_ms": None}
        response = client.delete("/v1/conversations/friday")
        assert (response.status_code, response.content) == (204, b"")
        for method in ("GET", "DELETE"):
            gone = client.request(method, "/v1/conversations/friday")
            assert gone.status_code == 404
            assert gone.json()["type"] == "/problems/not-found"
        assert ask(client, QUESTION, "friday")["turn"] == 1


@pytest.mark.both_topologies(servers="long")
def test_a_name_is_data(serve: Starter) -> None:
    """What a client wrote there, slashes and line ends included, is found under it, percent-encoded. However odd or
    long, a name that nobody used is 404, and never the server's failure.
    """
    server = serve()
    names = [
        "a/b",
        "/",
        "a//b/",
        "é 🚢",
        "100%",
        "%2F",
        "?x=1#y",
        "..x",
        "'; drop table turns; --",
        "a\nb\n",
        "n" * 200,
    ]
    with server.client() as client:
        for name in names:
            path = f"/v1/conversations/{quote(name, safe='')}"
            ask(client, QUESTION, name)
            found = client.get(path).json()
            assert found["conversation"] == name and len(found["turns"]) == 1
            assert client.delete(path).status_code == 204
            assert client.get(path).status_code == 404
        for name in (
            "monday",
            "%00",
            "%ff",
            "%ED%A0%80",
            "a%2f..%2f..%2fb",
            "n" * 50_000,
            "%20",
            "text",
            "%0d%0aX:%20y",
        ):
            for method in ("GET", "DELETE"):
                response = client.request(method, f"/v1/conversations/{name}")
                assert response.status_code == 404, (name[:50], response.text)
                assert len(response.content) < 2000
        ask(client, QUESTION, "nul\0")
        assert client.get("/v1/conversations/nul%00").status_code == 200
    assert "failed" not in {line["event"] for line in server.logged()}


@pytest.mark.both_topologies(servers="long")
def test_feedback_is_kept_and_replaced(serve: Starter, open_footnote: Opener, tmp_path: Path) -> None:
    """It stands with its turn until other feedback replaces it, or the conversation is forgotten."""
    server = serve()
    engine = open_footnote(tmp_path / "data").engine

    def kept() -> list[tuple[Any, ...]]:
        with reading(engine) as connection:
            columns = (feedback.c.turn, feedback.c.helpful, feedback.c.comment)
            return [tuple(row) for row in connection.execute(sa.select(*columns).order_by(feedback.c.turn))]

    with server.client() as client:
        ask(client, QUESTION, "friday")
        ask(client, "Where did Blinken speak about China?", "friday")
        assert rate(client, 2, True) == 204
        assert rate(client, 1, False, comment="It asked\0 for a date. 🚢") == 204
        assert kept() == [(1, False, "It asked\ufffd for a date. 🚢"), (2, True, None)]
        assert rate(client, 2.0, False, comment=None) == 204
        assert kept()[1] == (2, False, None)
        assert rate(client, 3, True) == rate(client, 2**31 - 1, True) == 404
        for turn in (0, -1, 2**31, 10**30, 1.5, "1", True, None, [1]):
            assert rate(client, turn, True) == 422, turn
        for helpful in ("yes", 1, None, 0.0):
            assert rate(client, 1, helpful) == 422, helpful
        assert rate(client, 1, True, comment="c" * 4001) == rate(client, 1, True, mood=":-)") == 422
        assert kept() == [(1, False, "It asked\ufffd for a date. 🚢"), (2, False, None)]
        assert client.delete("/v1/conversations/friday").status_code == 204
        assert kept() == []
        assert rate(client, 1, True) == 404
