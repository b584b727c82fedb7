"""What one asker added and said never reaches another: at every endpoint that the OpenAPI document names."""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from phrases import phrases
from server import Server, Starter
from standardwebhooks import Webhook

from retrieval.store.database import reading
from retrieval.store.tables import feedback
from tests.conftest import Opener

Send = Callable[[httpx.Request], httpx.Response]
SECRETS = {
    "webhook:ann": "whsec_YW5uYW5uYW5uYW5uYW5uYW5uYW5uYW5uYW5uYW5u",
    "webhook:bob": "whsec_Ym9iYm9iYm9iYm9iYm9iYm9iYm9iYm9iYm9iYm9i",
}
KEYS = {"key:ann": "ann-open-sesame-sesame", "key:bob": "bob-open-sesame-sesame"}
TOKEN = "4711:opensesame"
SETTINGS = {
    "FOOTNOTE_API_KEYS": ",".join(f"{name[4:]}:{secret}" for name, secret in KEYS.items()),
    "FOOTNOTE_WEBHOOK_SECRETS": ",".join(f"{name[8:]}:{secret}" for name, secret in SECRETS.items()),
    "FOOTNOTE_TELEGRAM_TOKEN": TOKEN,
    "FOOTNOTE_REQUESTS_A_MINUTE": "100000",
}

TEXT = "The harbour of Skerry was built by Zyxquill in 1911. A lighthouse stands beside the harbour."
PRIVATE = ("Zyxquill", "Vorbellum", "kestrowyn", "Qualmberg", "Drimwald", "Ombrelith")
"""Of what Ann alone knows: her document's text, title and source, a question, feedback, a question by webhook."""
QUESTION = "Who built the harbour?"
MESSAGE_ID = "message-1"
AT = "2026-11-25T10:45:20Z"
NOBODYS = "0123456789ab"


@dataclass(frozen=True)
class Named:
    """What a request may name: a document and a conversation."""

    document: str
    conversation: str


def case(method: str, path: str, body: object = None, accept: str = "application/json") -> httpx.Request:
    """A request, not yet said by whom."""
    content = None if body is None else json.dumps(body)
    headers = {"Accept": accept, **({} if content is None else {"Content-Type": "application/json"})}
    return httpx.Request(method, f"http://server{path}", content=content, headers=headers)


def asked(question: str, **more: object) -> dict[str, object]:
    """An event that asks by webhook."""
    return {"type": "question.asked", "timestamp": AT, "data": {"question": question, **more}}


CASES: Mapping[str, Callable[[Named], Sequence[httpx.Request]]] = {
    "POST /v1/ask": lambda named: [
        case("POST", "/v1/ask", {"question": QUESTION}),
        case("POST", "/v1/ask", {"question": QUESTION, "documents": [named.document]}),
        case("POST", "/v1/ask", {"question": "Summarise it.", "documents": [named.document]}),
        case("POST", "/v1/ask", {"question": "What can you do?"}),
        case("POST", "/v1/ask", {"question": "Summarise the document."}),
        case("POST", "/v1/ask", {"question": QUESTION}, "text/event-stream"),
        case("POST", "/v1/ask", {"question": QUESTION, "documents": [named.document]}, "text/event-stream"),
    ],
    "POST /v1/search": lambda named: [
        case("POST", "/v1/search", {"question": QUESTION, "limit": 100}),
        case("POST", "/v1/search", {"question": QUESTION, "documents": [named.document]}),
    ],
    "GET /v1/documents": lambda _: [case("GET", "/v1/documents")],
    "POST /v1/documents": lambda _: [case("POST", "/v1/documents", {"title": " ", "text": "Nothing."})],
    "GET /v1/documents/{id}": lambda named: [case("GET", f"/v1/documents/{named.document}")],
    "GET /v1/documents/{id}/text": lambda named: [
        case("GET", f"/v1/documents/{named.document}/text"),
        case("GET", f"/v1/documents/{named.document}/text?start=0&end=20"),
        case("GET", f"/v1/documents/{named.document}/text?start=100000"),
        *(case("GET", f"/v1/documents/{named.document}/text?revision={number}") for number in (1, 2, 3)),
    ],
    "DELETE /v1/documents/{id}": lambda named: [case("DELETE", f"/v1/documents/{named.document}")],
    "GET /v1/conversations/{name}": lambda named: [case("GET", f"/v1/conversations/{named.conversation}")],
    "GET /v1/conversations": lambda _: [case("GET", "/v1/conversations?limit=1000")],
    "GET /v1/feedback": lambda _: [case("GET", "/v1/feedback?limit=1000")],
    "POST /v1/feedback": lambda named: [
        case("POST", "/v1/feedback", {"conversation": named.conversation, "turn": 1, "helpful": False}),
        case("POST", "/v1/feedback", {"conversation": named.conversation, "turn": 2, "helpful": False}),
    ],
    "PATCH /v1/conversations/{name}": lambda named: [
        case("PATCH", f"/v1/conversations/{named.conversation}", {"name": "saturday"})
    ],
    "DELETE /v1/conversations/{name}": lambda named: [case("DELETE", f"/v1/conversations/{named.conversation}")],
    "POST /v1/chat/completions": lambda _: [
        case("POST", "/v1/chat/completions", {"model": "footnote", "messages": [MESSAGE], "stream": stream})
        for stream in (False, True)
    ],
    "GET /v1/models": lambda _: [case("GET", "/v1/models")],
    "GET /v1/models/{model}": lambda named: [case("GET", f"/v1/models/{named.document}")],
    "POST /webhooks/questions": lambda named: [
        case("POST", "/webhooks/questions", asked(QUESTION)),
        case("POST", "/webhooks/questions", asked(QUESTION, documents=[named.document])),
    ],
    "POST /webhooks/telegram": lambda _: [case("POST", "/webhooks/telegram", {"update_id": 1})],
    "GET /healthz": lambda _: [case("GET", "/healthz")],
    "GET /readyz": lambda _: [case("GET", "/readyz")],
    "GET /metrics": lambda _: [case("GET", "/metrics")],
}
"""What a stranger may try at each endpoint. A new endpoint needs its case."""
MESSAGE = {"role": "user", "content": QUESTION}
SHOWING = phrases(
    "POST /v1/ask | POST /v1/search | GET /v1/documents | GET /v1/documents/{id} | GET /v1/documents/{id}/text | "
    "GET /v1/conversations/{name} | GET /v1/feedback | POST /v1/chat/completions"
)
"""The endpoints at which Ann reads what is hers: there a stranger's silence says something."""


def sender(server: Server, asker: str, message: str = "") -> Send:
    """Sends requests as `asker`: with its key, or signed as its webhook, the first under the id `message`."""
    identifiers = itertools.chain([message] if message else [], (f"own-{uuid.uuid4()}" for _ in itertools.count()))

    def send(request: httpx.Request) -> httpx.Response:
        headers = dict(request.headers)
        if asker in KEYS:
            headers["Authorization"] = f"Bearer {KEYS[asker]}"
        elif request.url.path == "/webhooks/questions":
            identifier, now = next(identifiers), datetime.now(UTC)
            signature = Webhook(SECRETS[asker]).sign(identifier, now, request.content.decode())
            headers |= {"webhook-id": identifier, "webhook-timestamp": str(int(now.timestamp()))}
            headers["webhook-signature"] = signature
        with server.client() as client:
            target = request.url.raw_path.decode()
            return client.request(request.method, target, content=request.content or None, headers=headers)

    return send


def endpoints(server: Server) -> set[str]:
    """Those that the OpenAPI document names."""
    with server.client() as client:
        document = client.get("/openapi.json").json()
    return {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}


def settle(server: Server) -> Named:
    """Ann adds a document, asks about it in a conversation, rates the answer, and asks by webhook."""
    send = sender(server, "key:ann")
    with server.client(KEYS["key:ann"]) as ann:
        file = {"file": ("kestrowyn.html", f"<html><title>Vorbellum</title><body><p>{TEXT}</p></body></html>")}
        document = ann.post("/v1/documents", files=file).json()["id"]
        question = f"Qualmberg asks: {QUESTION}"
        answered = send(case("POST", "/v1/ask", {"question": question, "conversation": "friday"})).json()
        assert "Zyxquill" in answered["text"]
        rated = {"conversation": "friday", "turn": 1, "helpful": True, "comment": "Drimwald says so."}
        assert send(case("POST", "/v1/feedback", rated)).status_code == 204
    named = Named(document, "friday")
    body = asked("Where did Blinken speak about China? Ombrelith asks.", conversation="friday")
    response = sender(server, "webhook:ann", MESSAGE_ID)(case("POST", "/webhooks/questions", body))
    assert response.status_code == 200 and "Ombrelith" in response.text
    return named


@pytest.mark.both_topologies
def test_no_endpoint_tells_a_stranger_of_what_is_private(serve: Starter, open_footnote: Opener, tmp_path: Path) -> None:
    """At each one, Bob's key, Ann's own webhook and Bob's get the same words for what is Ann's as for what is not
    there, and none of hers; Ann gets hers. What the strangers tried changed nothing, and neither log, metrics, OpenAPI
    document nor the headers tell of it.
    """
    server = serve(**SETTINGS)
    named = settle(server)
    assert endpoints(server) == set(CASES)
    nothing = Named(NOBODYS, "monday")
    for stranger in ("key:bob", "webhook:ann", "webhook:bob"):
        for endpoint, requests in CASES.items():
            message = MESSAGE_ID if stranger == "webhook:bob" else ""
            real = [*map(sender(server, stranger, message), requests(named))]
            unreal = [*map(sender(server, stranger), requests(nothing))]
            for request, response, other in zip(requests(named), real, unreal, strict=True):
                where = f"{stranger} at {endpoint}: {response.text[:500]}"
                assert response.status_code == other.status_code, where
                assert response.status_code < 500, where
                assert (response.status_code == 401) == (_kind_at(endpoint) not in (_kind(stranger), "anyone")), where
                assert not [word for word in PRIVATE if word.encode() in _all(response)], where
                if {named.document, named.conversation} & set(re.findall(r"\w+", f"{request.url} {request.content!r}")):
                    assert response.status_code in (401, 404), where
                if response.status_code >= 400:
                    words = response.text.replace(named.document, NOBODYS).replace("friday", "monday")
                    assert words == other.text, where
                else:
                    assert named.document.encode() not in response.content, where
    before = _feedback(open_footnote(tmp_path / "data").engine)
    assert before == [(True, "Drimwald says so.")]
    for endpoint in SHOWING:
        hers = b"".join(_all(one) for one in map(sender(server, "key:ann"), CASES[endpoint](named)))
        assert any(word.encode() in hers for word in PRIVATE), endpoint
    with server.client() as client:
        public = client.get("/metrics").content + client.get("/openapi.json").content + client.get("/docs").content
    told = public + server.log.read_bytes()
    secrets = [TOKEN, *KEYS.values(), *SECRETS.values(), *(one[6:] for one in SECRETS.values())]
    assert not [word for word in (*PRIVATE, *secrets) if word.encode() in told]


@pytest.mark.both_topologies
def test_answers_are_the_same_whether_others_have_documents_or_not(serve: Starter) -> None:
    """What Ann adds changes no passage, no score and no word of what Bob is answered."""
    server = serve(**SETTINGS)
    bob = sender(server, "key:bob")
    questions = [QUESTION, "Who is Mao Ning?", "Where did Blinken speak about China?", "What happened in 1911?"]

    def told() -> list[object]:
        found: list[object] = []
        for question in questions:
            answer = bob(case("POST", "/v1/ask", {"question": question})).json()
            del answer["timings_ms"]
            found += [answer, bob(case("POST", "/v1/search", {"question": question, "limit": 100})).json()]
        return found

    before = told()
    settle(server)
    assert told() == before


@pytest.mark.both_topologies
def test_one_name_under_two_askers_is_two_conversations(serve: Starter) -> None:
    """Each reads, continues, rates and forgets its own; the webhook of a name is another asker than its key."""
    server = serve(**SETTINGS)
    settle(server)
    bob, ann = sender(server, "key:bob"), sender(server, "key:ann")
    first = bob(case("POST", "/v1/ask", {"question": "Who is Mao Ning?", "conversation": "friday"})).json()
    assert (first["turn"], first["conversation"]) == (1, "friday")
    follow_up = bob(case("POST", "/v1/ask", {"question": "And when was it built?", "conversation": "friday"}))
    assert not [word for word in PRIVATE if word in follow_up.text]
    his = bob(case("GET", "/v1/conversations/friday")).json()
    assert [one["question"] for one in his["turns"]] == ["Who is Mao Ning?", "And when was it built?"]
    hers = ann(case("GET", "/v1/conversations/friday")).json()
    assert [one["turn"] for one in hers["turns"]] == [1]
    assert "Qualmberg" in hers["turns"][0]["question"]
    assert bob(case("DELETE", "/v1/conversations/friday")).status_code == 204
    assert bob(case("GET", "/v1/conversations/friday")).status_code == 404
    assert ann(case("GET", "/v1/conversations/friday")).json() == hers


def _kind(asker: str) -> str:
    return asker.partition(":")[0]


def _kind_at(endpoint: str) -> str:
    """Who may ask at an endpoint."""
    kinds = {" /v1/": "key", " /webhooks/questions": "webhook", " /webhooks/telegram": "chat"}
    return next((kind for path, kind in kinds.items() if path in endpoint), "anyone")


def _all(response: httpx.Response) -> bytes:
    return response.content + repr(response.headers.raw).encode()


def _feedback(engine: sa.Engine) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(sa.select(feedback.c.helpful, feedback.c.comment))]
