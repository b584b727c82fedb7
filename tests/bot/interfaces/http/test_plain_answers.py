"""What people are told who get something wrong: in plain words, with the right name beside the wrong one."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from patience import CEILING
from receiver import SECRET, Asker, body_of
from server import Client, Server, Starter, problem

ASKED = {"question": "Who is Mao Ning?"}
CHAT: dict[str, Any] = {"model": "footnote", "messages": [{"role": "user", "content": "Who?"}]}
PYDANTIC = ("Input", "pattern", "String should", "List should", "permitted", "Field required", "valid ", "\\")


@pytest.mark.parametrize(
    ("path", "body", "detail"),
    [
        ("/v1/ask", {"question": " \n"}, "question is empty. Write something in it."),
        ("/v1/ask", {"question": ""}, "question is empty. Write something in it."),
        ("/v1/ask", {"question": "x" * 4001}, "question has more than 4,000 characters. Shorten it."),
        ("/v1/ask", {"question": 1}, "question must be text."),
        ("/v1/ask", {}, "question is missing. Send it."),
        ("/v1/ask", [], "The body must be a JSON object."),
        ("/v1/ask", ASKED | {"conversaton": "x"}, "There is no field conversaton. Perhaps you mean conversation."),
        ("/v1/ask", {"questoin": "Who?"}, "There is no field questoin. Perhaps you mean question."),
        ("/v1/ask", ASKED | {"q": 1}, "There is no field q. Those there are: question, conversation, documents."),
        ("/v1/ask", ASKED | {"documents": []}, "documents is empty. Put something in it."),
        ("/v1/ask", ASKED | {"documents": "a"}, "documents must be a list."),
        ("/v1/ask", ASKED | {"documents": ["a"] * 101}, "documents has more than 100 entries. Send fewer."),
        ("/v1/ask", ASKED | {"documents": ["a", 2]}, "documents.1 must be text."),
        ("/v1/search", ASKED | {"limit": 0}, "limit must be at least 1."),
        ("/v1/search", ASKED | {"limit": 101}, "limit must be at most 100."),
        ("/v1/search", ASKED | {"limit": 1.5}, "limit must be a whole number."),
        ("/v1/search", ASKED | {"limit": "5"}, "limit: Send a whole number, such as 3."),
        ("/v1/feedback", {"conversation": "a", "turn": 1, "helpful": "yes"}, "helpful must be true or false."),
        ("/v1/documents", {"title": "a", "txt": "b"}, "There is no field txt. Perhaps you mean text."),
        ("/v1/documents", {"url": "https://a.example", "title": "a"}, "There is no field title. Those there are: url."),
        ("/v1/chat/completions", CHAT | {"n": 2}, "n must be 1."),
        ("/v1/chat/completions", CHAT | {"audio": {}}, "audio must be null."),
        (
            "/v1/chat/completions",
            CHAT | {"messages": [{"role": "user", "content": 5}]},
            "messages.0.content must be text.",
        ),
    ],
)
def test_a_fault_is_told_in_plain_words(ann: Client, path: str, body: Any, detail: str) -> None:
    """What is wrong, by its name in the body, and what to do; also in the list of all faults."""
    found = problem(ann.post(path, json=body), 422, "invalid")
    assert found["detail"] == detail
    assert found["errors"][0]["fault"] == detail
    assert not [word for word in PYDANTIC if word in str(found)]


def test_a_webhook_s_fault_is_told_in_plain_words(serve: Starter) -> None:
    """The same in an event, whose parts lie deeper."""
    asker = Asker(serve(FOOTNOTE_WEBHOOK_SECRETS=SECRET).url)
    for data, detail in (
        ({**ASKED, "reply-url": "https://a.example"}, "There is no field data.reply-url. Perhaps you mean reply_url."),
        ({**ASKED, "documents": []}, "data.documents is empty. Put something in it."),
        ([], "data must be a JSON object."),
    ):
        assert problem(asker.send("m", body_of(data)), 422)["detail"] == detail
    for body, detail in (
        (b'{"type":"question.ask","timestamp":"2026-11-25T10:45:20Z","data":{"question":"a"}}', "type must be"),
        (b'{"type":"question.asked","timestamp":"soon","data":{"question":"a"}}', "timestamp must be a time as in"),
    ):
        assert problem(asker.send("m", body), 422)["detail"].startswith(detail)


def test_whoever_watches_the_server_may_ask_for_heads(server: Server) -> None:
    """HEAD is answered as GET is, without a body."""
    for path in ("/healthz", "/readyz"):
        response = httpx.head(f"{server.url}{path}", timeout=CEILING)
        assert (response.status_code, response.content) == (200, b"")


def test_the_start_page_is_for_people(server: Server) -> None:
    """The address alone, as a browser opens it, shows a page, whose addresses stay below a path that a proxy adds."""
    response = httpx.get(server.url, timeout=CEILING)
    assert (response.status_code, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert not [
        one for one in re.findall(r'(?:src|href|action)="([^"]+)"', response.text) if one.startswith(("/", "http"))
    ]


def test_a_slash_too_many_is_told(ann: Client) -> None:
    """Where a path without its slash is served, that is said; elsewhere it is not."""
    for path in ("/v1/ask/", "/healthz/", "/v1/documents/", "/docs/", "/v1/documents/000000000000/text//"):
        assert "Leave out the slash at the end." in problem(ann.get(path), 404, "not-found")["detail"], path
    for path in ("/v1/nothing/", "/v1/nothing"):
        assert "slash" not in problem(ann.get(path), 404, "not-found")["detail"], path
