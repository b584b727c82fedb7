"""The question webhook: the real server, and the package of Standard Webhooks as the one who asks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from evasions import MALFORMED, NAMED, NUMERIC
from patience import wait_until
from receiver import OTHER_SECRET, QUESTION, SECRET, Asker, Receiver, body_of, headers_of
from server import Server, Starter, problem
from sqlalchemy import func, select

import bot.answers
from bot.bootstrap import Footnote
from retrieval.store.database import reading
from retrieval.store.tables import webhook_questions
from tests.conftest import Opener

SCHEMA = json.loads(Path(bot.answers.__file__).with_name("answer.schema.json").read_text("utf-8"))
SECRETS = f"shop:{SECRET},crm:{OTHER_SECRET}"
MINUTE = 60
SETTINGS = {"FOOTNOTE_WEBHOOK_SECRETS": SECRETS, "FOOTNOTE_OUTBOUND_ALLOWED": "127.0.0.1"}
"""Of a server that knows two askers, and lets the receiver through."""


@pytest.fixture
def server(serve: Starter) -> Server:
    return serve(**SETTINGS)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests that leave it as it is: each has ids and conversations of its own."""
    server = Server(tmp_path_factory.mktemp("shared") / "data", **SETTINGS)
    yield server.ready()
    server.stop()


@pytest.fixture
def asker(request: pytest.FixtureRequest, topology: str) -> Asker:
    """Who asks a server that knows it: on files the shared one, else one of the test's own."""
    found: Server = request.getfixturevalue("shared" if topology == "files" else "server")
    asker = Asker(found.url)
    asker.data = found.data
    return asker


def said(footnote: Footnote, name: str, asker: str = "webhook:shop") -> list[str]:
    """The questions of a conversation."""
    return [answer.question for answer in footnote.conversations.recall(asker, name, None)]


@pytest.mark.both_topologies(servers="long")
def test_a_question_is_answered_in_the_response(asker: Asker) -> None:
    """Without a reply URL the response is the event with a whole Answer, and metadata as they were sent."""
    metadata = {"a": [1, 2**80, 0.1, 1e300, True, None, {}], "": {"ü": "\u0000 \ud800 谁"}, "\ud800": {"b": [[]]}}
    response = asker.ask("answered_1", {"question": QUESTION, "metadata": metadata})
    assert response.status_code == 200 and response.headers["content-type"] == "application/json"
    event = response.json()
    assert event["type"] == "question.answered" and event["timestamp"].endswith("Z")
    jsonschema.Draft202012Validator(SCHEMA).validate(event["data"]["answer"])
    assert event["data"]["answer"]["status"] == "answered"
    assert event["data"]["answer"]["question"] == QUESTION
    assert event["data"]["metadata"] == metadata
    assert list(event["data"]["metadata"]) == list(metadata)
    assert asker.ask("answered_2").json()["data"]["metadata"] is None


@pytest.mark.both_topologies(servers="long")
def test_the_same_id_has_the_same_answer(server: Server, open_footnote: Opener) -> None:
    """Sent again, at once or after a restart, signed anew or replayed as it was, a question has its answer byte for
    byte and is no second turn.
    """
    asker, body = Asker(server.url), body_of({"question": QUESTION, "conversation": "c"})
    signed = headers_of("msg_1", body)
    first = httpx.post(asker.url, content=body, headers=signed)
    assert first.status_code == 200
    again = [httpx.post(asker.url, content=body, headers=signed), asker.send("msg_1", body, at=time.time() - 60)]
    server.stop()
    server.restart().ready()
    again.append(Asker(server.url).send("msg_1", body))
    assert [one.content for one in again] == [first.content] * 3
    assert said(open_footnote(), "c") == [QUESTION]


@pytest.mark.both_topologies(servers="long")
def test_the_same_id_with_another_body_is_a_conflict(asker: Asker, open_footnote: Opener) -> None:
    """Another body under a known id is refused, be it a space longer, and nothing is answered for it."""
    asker.ask("conflict_1", {"question": QUESTION, "conversation": "conflict"})
    asker.ask("conflict_2", {"question": QUESTION, "conversation": "d", "reply_url": "https://example.org/"})
    for identifier in ("conflict_1", "conflict_2"):
        for data in ({"question": "Who is Mao Ning?", "conversation": "conflict"}, {"question": QUESTION}):
            problem(asker.ask(identifier, data), 409, "other-body")
    problem(
        asker.send("conflict_1", body_of({"question": QUESTION, "conversation": "conflict"}) + b" "), 409, "other-body"
    )
    assert said(open_footnote(asker.data), "conflict") == [QUESTION]


@pytest.mark.both_topologies(servers="long")
def test_asked_twice_at_once(serve: Starter, open_footnote: Opener) -> None:
    """Twelve requests at once under one id, to two servers, have one answer, the same bytes, and are one turn."""
    servers = [serve(FOOTNOTE_WEBHOOK_SECRETS=SECRETS) for _ in range(2)]
    askers = [Asker(server.url) for server in servers]
    data = {"question": QUESTION, "conversation": "c"}
    with ThreadPoolExecutor(12) as pool:
        responses = list(pool.map(lambda number: askers[number % 2].ask("msg_1", data), range(12)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1
    assert said(open_footnote(), "c") == [QUESTION]


def test_a_conversation_goes_on(shared: Server) -> None:
    """A question of a conversation is understood from those before it."""
    asker = Asker(shared.url)
    first = asker.ask("first", {"question": "Who is Mao Ning?", "conversation": "on"}).json()["data"]["answer"]
    second = asker.ask("second", {"question": "What did she say?", "conversation": "on"}).json()["data"]["answer"]
    assert (first["turn"], second["turn"], second["conversation"]) == (1, 2, "on")
    assert "Mao Ning" in second["standalone_question"]


def test_documents(shared: Server) -> None:
    """A question may be about chosen documents; one that is not there is 404, and the id is free to be used anew."""
    asker = Asker(shared.url)
    with shared.client() as client:
        identifier = client.get("/v1/documents").json()["documents"][0]["id"]
    answered = asker.ask("documents_1", {"question": QUESTION, "documents": [identifier]})
    assert answered.json()["data"]["answer"]["status"] == "answered"
    refused = asker.ask("documents_2", {"question": QUESTION, "documents": ["nothing-here"]})
    assert "nothing-here" in problem(refused, 404, "not-found")["detail"]
    assert asker.ask("documents_2").status_code == 200


@pytest.mark.both_topologies(servers="long")
def test_what_is_not_signed_right_is_not_answered(asker: Asker, open_footnote: Opener) -> None:
    """Each fault of a signature is 401 and says which it is; nothing of it is stored, and the id is free."""
    data = {"question": QUESTION, "conversation": "faults"}
    body, now = body_of(data), time.time()
    faults: dict[str, tuple[dict[str, Any], str]] = {
        "tampered": ({"sent": body.replace(b"Blinken", b"Yellen")}, "wrong-signature"),
        "another id": ({"headers": {"webhook-id": "fault_2"}}, "wrong-signature"),
        "replayed anew": ({"at": now - 3600, "headers": {"webhook-timestamp": str(int(now))}}, "wrong-signature"),
        "no signature": ({"headers": {"webhook-signature": None}}, "missing-signature"),
        "time in words": ({"headers": {"webhook-timestamp": "now"}}, "malformed-signature"),
        "replayed as it was": ({"at": now - 24 * 60 * MINUTE}, "too-old"),
        "future": ({"at": now + 5 * MINUTE + 30}, "too-new"),
    }
    for name, (changes, fault) in faults.items():
        response = asker.send("fault_1", body, **changes)
        assert response.headers["www-authenticate"], name
        problem(response, 401, fault)
    assert said(open_footnote(asker.data), "faults") == []
    assert asker.send("fault_1", body).status_code == 200
    assert said(open_footnote(asker.data), "faults") == [QUESTION]


def test_what_is_not_signed_is_not_read(shared: Server) -> None:
    """Whatever the body is, without a signature it is 401, so that strangers learn nothing of it."""
    asker = Asker(shared.url)
    for body in (b"", b"{", b"[]", b"\xff", b"{}", b'{"a":' * 5000):
        assert httpx.post(asker.url, content=body).status_code == 401
    assert httpx.post(asker.url, content=b"x" * 1_100_000).status_code == 413


def test_without_secrets_nobody_is_answered(serve: Starter) -> None:
    """Where no secret is set, no question is taken, and the answer says what to set."""
    found = problem(Asker(serve().url).ask("msg_1"), 401, "no-secret")
    assert "FOOTNOTE_WEBHOOK_SECRETS" in found["detail"]


MALFORMED_BODIES = [
    *((body, 400, "JSON") for body in (b"", b"{", b"\xff\xfe", b'{"a":NaN}', b'{"a":1e999}')),
    *((body, 400, "JSON") for body in (b"[" * 100_000, b"1" * 5000)),
    (b'{"a":' * 80 + b"1" + b"}" * 80, 422, "64"),
    (b"[]", 422, "body"),
    (b"null", 422, "body"),
    (b"{}", 422, "type"),
    (b'{"type":"question.answered","timestamp":"2026-11-25T10:45:20Z","data":{"question":"a"}}', 422, "type"),
    (b'{"type":"question.asked","data":{"question":"a"}}', 422, "timestamp"),
    (b'{"type":"question.asked","timestamp":"soon","data":{"question":"a"}}', 422, "timestamp"),
    (b'{"type":"question.asked","timestamp":"2026-11-25T10:45:20Z"}', 422, "data"),
    (body_of({}), 422, "question"),
    *((body_of({"question": one}), 422, "question") for one in ("", " \x1c\n", "\ud800", "x" * 4001, ["a"])),
    (body_of({"question": "a", "conversation": ""}), 422, "conversation"),
    (body_of({"question": "a", "documents": []}), 422, "documents"),
    (body_of({"question": "a", "metadata": "x"}), 422, "metadata"),
    (body_of({"question": "a", "reply-url": "https://example.org/"}), 422, "reply-url"),
    (body_of({"question": "a", "\ud800": 1}), 422, "data"),
    (body_of({"question": "a", "reply_url": 5}), 422, "reply_url"),
]
"""What is signed, but asks nothing, with the status and a word of the problem."""


def test_what_asks_nothing_is_told_so(shared: Server) -> None:
    """Signed, but no question: a problem names the fault, nothing is kept, and the id is free to be used anew."""
    asker = Asker(shared.url)
    for number, (body, status, word) in enumerate(MALFORMED_BODIES):
        identifier = f"nothing_{number}"
        response = asker.send(identifier, body) if body.isascii() else _signed_bytes(asker, identifier, body)
        found = problem(response, status, "not-json" if status == 400 else "invalid")
        assert word in found["detail"], body
        assert asker.ask(identifier, {"question": "Hello"}).status_code == 200


def _signed_bytes(asker: Asker, identifier: str, body: bytes) -> httpx.Response:
    """Sends what is no text, which the package does not sign."""
    from bot.auth import Secrets

    headers = Secrets.parse(SECRET).sign("webhook:default", identifier, time.time(), body)
    return httpx.post(asker.url, content=body, headers=headers)


def test_evasions_are_refused(serve: Starter, open_footnote: Opener) -> None:
    """A reply URL that the guard refuses is 422 at once, says why, and is not kept, so that nothing is sent to it.

    All evasions are tried in tests/retrieval/net.
    """
    server = serve(FOOTNOTE_WEBHOOK_SECRETS=SECRETS, FOOTNOTE_REQUESTS_A_MINUTE="10000")
    asker = Asker(server.url)
    for number, address in enumerate([*NUMERIC[::5], *NAMED, *MALFORMED]):
        response = asker.ask(f"msg_{number}", {"question": QUESTION, "reply_url": address})
        assert response.status_code == 422, (address, response.text)
        assert response.headers["content-type"] == "application/problem+json"
        assert "secret" not in response.json()["detail"] and "FOOTNOTE_" not in response.json()["detail"]
    assert server.stop() == 0
    assert {line["event"] for line in server.logged() if line["logger"] == "footnote.webhook"} == set()
    with reading(open_footnote().engine) as connection:
        assert connection.execute(select(func.count()).select_from(webhook_questions)).scalar() == 0


def test_rate(serve: Starter) -> None:
    """An asker that sends more than its share is told when to come again; another one is not held up by that."""
    server = serve(FOOTNOTE_WEBHOOK_SECRETS=SECRETS, FOOTNOTE_REQUESTS_A_MINUTE="3")
    asker, other = Asker(server.url), Asker(server.url, OTHER_SECRET)
    statuses = [asker.ask("msg_1") for _ in range(5)]
    assert [one.status_code for one in statuses] == [200, 200, 200, 429, 429]
    assert 0 < int(statuses[-1].headers["retry-after"]) <= 60
    problem(statuses[-1], 429, "too-many-requests")
    assert other.ask("msg_1").status_code == 200
    assert asker.ask("msg_1", secret="whsec_" + "c3RyYW5n" * 4).status_code == 401


def test_the_answer_is_sent(server: Server, receiver: Receiver) -> None:
    """With a reply URL the question is accepted at once, and the signed event comes there with the metadata; again and
    again under its id it is accepted in the same words, and sent no second time.
    """
    asker = Asker(server.url)
    data = {"question": QUESTION, "reply_url": f"{receiver.url}/answers?token=abc", "metadata": {"ticket": 4711}}
    first = asker.ask("msg_1", data)
    assert first.status_code == 202 and first.headers["content-type"] == "application/json"
    assert first.json()["type"] == "question.accepted" and first.json()["data"] == {"id": "msg_1"}
    (arrival,) = receiver.wait("/answers", 1)
    event = arrival.event()
    assert event["type"] == "question.answered"
    assert event["data"]["metadata"] == {"ticket": 4711}
    assert event["data"]["answer"]["status"] == "answered"
    jsonschema.Draft202012Validator(SCHEMA).validate(event["data"]["answer"])
    assert arrival.path == "/answers?token=abc" and arrival.headers["content-type"] == "application/json"
    assert arrival.headers["user-agent"].startswith("Footnote/")
    for _ in range(3):
        assert asker.ask("msg_1", data).content == first.content
    problem(asker.ask("msg_1", {**data, "metadata": {}}), 409, "other-body")
    with server.client() as client:
        wait_until(lambda: 'footnote_deliveries_total{outcome="delivered"} 1.0' in client.get("/metrics").text)
        assert 'footnote_answers_total{interface="webhook",status="answered"} 1.0' in client.get("/metrics").text
    assert server.stop() == 0
    assert len(receiver.arrivals) == 1


def test_the_log_says_what_happened_and_no_secret(server: Server, receiver: Receiver) -> None:
    """Accepted, answered, delivered and refused are lines with ids, host and status; words, paths, secrets are not."""
    asker = Asker(server.url)
    receiver.answers("/refused", 500)
    for number, path in enumerate(("/hidden-path", "/refused")):
        asker.ask(f"msg_{number}", {"question": QUESTION, "reply_url": f"{receiver.url}{path}?token=hidden-token"})
        receiver.wait(path, 1)
    assert server.stop() == 0
    lines = [line for line in server.logged() if line["logger"] == "footnote.webhook"]
    told = [(line["event"], line.get("message"), line.get("status")) for line in lines]
    for number in range(2):
        assert ("accepted", f"msg_{number}", None) in told and ("answered", f"msg_{number}", "answered") in told
    (delivered,) = [line for line in lines if line["event"] == "delivered"]
    (failed,) = [line for line in lines if line["event"] == "not delivered"]
    host = receiver.url.removeprefix("http://")
    assert (delivered["host"], delivered["status"], delivered["asker"]) == (host, 204, "webhook:shop")
    assert (failed["host"], failed["status"], failed["attempt"]) == (host, 500, 1)
    assert failed["delivery"] in {line.get("delivery") for line in lines if line["event"] == "answered"}
    text = server.log.read_text("utf-8")
    for hidden in ("hidden", "Blinken", "refused?", "/refused", SECRET.removeprefix("whsec_"), "v1,"):
        assert hidden not in text


def test_a_client_that_goes_away_can_come_again(shared: Server) -> None:
    """A question whose asker did not wait is answered when it comes again, once."""
    asker, body = Asker(shared.url), body_of({"question": QUESTION, "conversation": "again"})
    for _ in range(5):
        with pytest.raises(httpx.TimeoutException):
            httpx.post(asker.url, content=body, headers=headers_of("again", body), timeout=0.01)
    assert asker.send("again", body).json()["data"]["answer"]["turn"] == 1
    assert asker.ask("again_2", {"question": QUESTION, "conversation": "again"}).json()["data"]["answer"]["turn"] == 2


def test_nothing_failed(shared: Server) -> None:
    """Whatever the tests above sent, the server met it without a failure."""
    assert shared.stop() == 0
    assert "Traceback" not in shared.log.read_text("utf-8")
