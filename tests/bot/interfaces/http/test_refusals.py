"""What the server refuses: questions that are none, ways around the key, other methods, and pages of other sites."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from patience import CEILING
from server import Client, Server, Starter, problem, sent, status_of

from bot.interfaces.http.problems import failed
from retrieval.errors import UnavailableError
from retrieval.models.calibration import ENGLISH, calibration
from retrieval.models.reader import OnnxReader

QUESTION = "Where did Blinken speak about China?"
ANSWERS = "footnote_answers_total{"
FINE = 'footnote_requests_total{method="POST",route="/v1/ask",status="200"}'


def test_what_cannot_be_asked_is_a_problem(server: Server, ann: Client) -> None:
    """Each malformed question has its status and a problem that says what to do; none of them is answered."""
    as_json, answers = {"Content-Type": "application/json"}, server.metric(ANSWERS)
    good = json.dumps({"question": QUESTION}).encode()
    wrong: list[dict[str, Any]] = [{"asker": "key:ann"}, {"conversation": ""}, {"conversation": "c" * 201}]
    wrong += [{"documents": []}, {"documents": ["a"] * 101}]
    cases: list[tuple[bytes, int]] = [
        *((one, 400) for one in (b"{", b"{'question': 'Who?'}", b'{"question": "\xff\xfe"}', b"[" * 100_000)),
        *((one, 422) for one in (b"", b"[]", b"null", b"{}", b'{"question": "Who?", "documents": ["\\ud800"]}')),
        *((b'{"question": %b}' % one, 422) for one in (b'""', b'" \\n\\t"', b"1", b"NaN", b'["Who?"]')),
        *((b'{"question": "%b"}' % one, 422) for one in (b"\\ud800 who?", b"\\udc00\\ud800", b"a" * 4001)),
        *((json.dumps({"question": QUESTION, **more}).encode(), 422) for more in wrong),
        (json.dumps({"question": QUESTION, "documents": ["\0"]}).encode(), 404),
        (b" " * 1_100_000, 413),
    ]
    for accept in ("application/json", "text/event-stream"):
        for body, status in cases:
            response = ann.post("/v1/ask", content=body, headers={**as_json, "Accept": accept})
            problem(response, status)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp"):
        problem(ann.post("/v1/ask", content=good, headers={"Content-Type": kind}), 415)
    problem(ann.post("/v1/ask", content=good), 415)
    chunks = (b" " * 65_536 for _ in range(100))
    problem(ann.post("/v1/ask", content=chunks, headers=as_json), 413)
    for limit in (0, 101, "5", 1.5, True, None):
        problem(ann.post("/v1/search", json={"question": QUESTION, "limit": limit}), 422)
    assert server.metric(ANSWERS) == answers
    for fine in (
        ann.post("/v1/ask", content=iter([good[:9], good[9:]]), headers=as_json),
        ann.post("/v1/ask", json={"question": f"{QUESTION}{' ' * (4000 - len(QUESTION))}"}),
        ann.post("/v1/ask", content=good, headers={"Content-Type": "application/json; charset=utf-8"}),
    ):
        assert fine.json()["status"] == "answered"
    with_nul = ann.post("/v1/ask", json={"question": f"\0{QUESTION}"}).json()
    assert (with_nul["status"], with_nul["question"]) == ("answered", f"\ufffd{QUESTION}")
    paired = ann.post("/v1/ask", content=b'{"question": "Who is Mao Ning \\ud83d\\ude00?"}', headers=as_json).json()
    assert paired["question"] == "Who is Mao Ning \N{GRINNING FACE}?"


def test_answers_are_kept_by_nobody_and_faults_are_told_within_bounds(ann: Client) -> None:
    """What is for one asker is in no cache; of a body full of members that nobody knows, some are named."""
    assert ann.post("/v1/ask", json={"question": QUESTION}).headers["Cache-Control"] == "no-store"
    assert ann.get("/v1/documents").headers["Cache-Control"] == "no-store"
    found = ann.post("/v1/ask", json={"question": QUESTION} | {"x" * 1000 + str(n): 0 for n in range(500)})
    problem(found, 422)
    assert 1 < len(found.json()["errors"]) < 100
    assert len(found.content) < 50_000


def test_no_way_of_writing_a_path_is_a_way_around_the_key(server: Server, ann: Client) -> None:
    """However the path is written, without a key nothing is answered, and what is not served stays so with one."""
    answers, fine = server.metric(ANSWERS), server.metric(FINE)
    body = json.dumps({"question": QUESTION}).encode()
    paths = (
        "/v1/ask /v1/ask/ //v1/ask ///v1/ask /v1//ask /v1/../v1/ask /v1/./ask /./v1/ask /x/../v1/ask /V1/ask /v1/ASK "
        "/v1/%2e%2e/v1/ask /%2e/v1/ask /v1%2fask /v1%2Fask /%2fv1/ask /%76%31/ask /v%31/%61sk /v1/ask;x /v1/ask%00 "
        "/v1/ask%20 /v1/ask%2f /v1/ask? /v1/ask?x=/healthz /v1/ask#x /healthz/../v1/ask /healthz;/v1/ask /v1/ask%3f "
        "\\v1\\ask /v1\\ask //localhost/v1/ask http://localhost/v1/ask http://x@localhost/v1/ask /v1/ask%0d%0a"
    ).split()
    for path in paths:
        for key in ("X: x", "Authorization: Bearer wrong", f"Authorization: {ann.key}", f"X-Api-Key: {ann.key}"):
            connection = sent(server, f"POST {path}", "Content-Type: application/json", key, body=body)
            assert status_of(connection) in (400, 401, 404, 405), path
    with server.client() as nobody:
        for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            assert nobody.request(method, "/v1/ask").status_code == 401
    assert (server.metric(ANSWERS), server.metric(FINE)) == (answers, fine)


def test_other_methods_are_refused(ann: Client) -> None:
    """What is not for a path is 405 and names what is; OPTIONS lets no page of another site in."""
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
        asking = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
        response = ann.request(method, "/v1/ask", headers=asking)
        assert response.status_code == 405
        assert response.headers["Allow"] == "POST"
        assert not [name for name in response.headers if name.lower().startswith("access-control-")]
        if method != "HEAD":
            problem(response, 405)


def test_without_keys_no_page_of_another_site_is_served(serve: Starter) -> None:
    """A page that a browser shows cannot ask: by its origin, by what the browser tells of it, by a name that is made to
    mean this machine; a program of this machine can, under each of the machine's own names.
    """
    server = serve()
    port = server.port
    origins = ("https://evil.example", "null", f"https://127.0.0.1:{port}", "http://127.0.0.1:1")
    hosts = ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example", "evil example")
    refused: list[dict[str, str]] = [
        *({"Origin": one} for one in (*origins, f"http://127.0.0.1:{port}.evil.example")),
        *({"Sec-Fetch-Site": one} for one in ("cross-site", "same-site")),
        *({"Host": one} for one in hosts),
        *({"Host": one} for one in ("evil.example@127.0.0.1", "evil.example:99999", "[::1].evil.example", "")),
        {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Host": "192.168.1.5", "X-Forwarded-Host": "localhost", "X-Forwarded-For": "127.0.0.1"},
    ]
    own = f"http://127.0.0.1:{port}"
    let_in: list[dict[str, str]] = [
        {},
        *({"Host": one} for one in ("localhost", f"LOCALHOST:{port}", f"[::1]:{port}")),
        {"Origin": own, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ]
    with server.client() as http:
        for headers in refused:
            for path, body in (("/v1/ask", {"question": QUESTION}), ("/v1/search", {"question": QUESTION})):
                response = http.post(path, json=body, headers=headers)
                problem(response, 403)
            assert http.get("/v1/models", headers=headers).status_code == 403
        assert server.metric(ANSWERS) == 0
        for headers in let_in:
            assert http.post("/v1/ask", json={"question": QUESTION}, headers=headers).status_code == 200, headers


def test_a_body_that_breaks_off_harms_nobody(server: Server, ann: Client) -> None:
    """Clients that announce more than they send, or no end, and go: others are answered, and nothing failed."""
    for request in (
        b"Content-Length: 100\r\n\r\n{",
        b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"que',
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=CEILING) as connection:
            head = f"POST /v1/ask HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {ann.key}\r\n".encode()
            connection.sendall(head + b"Content-Type: application/json\r\n" + request)
            connection.shutdown(socket.SHUT_WR)
            assert b" 200 " not in connection.makefile("rb").readline()
    assert ann.post("/v1/ask", json={"question": QUESTION}).json()["status"] == "answered"
    assert server.metric('footnote_requests_total{method="POST",route="/v1/ask",status="500"}') == 0
    assert "Traceback" not in server.log.read_text("utf-8")


@pytest.mark.parametrize("opened", [OnnxReader, partial(calibration, ENGLISH)])
def test_a_damaged_reader_is_a_503(opened: Callable[[Path], object], tmp_path: Path) -> None:
    """Where the reader's files are missing a client is told when to come again, and no path."""
    with pytest.raises(UnavailableError, match="install footnote-bot") as raised:
        opened(tmp_path)
    found = failed(raised.value)
    assert found.status_code == 503 and found.headers is not None and found.headers["Retry-After"]
    assert "footnote doctor" in found.detail and str(tmp_path) not in found.detail
