"""The log of the server: a line for every request, what failed in full, and nothing of what people write."""

from __future__ import annotations

import os
import pty
import re
import secrets
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from patience import CEILING, wait_until
from receiver import Asker
from server import Server, Starter, is_ready, sent
from servers import free_port

from tests.conftest import Opener

QUESTION = "Where did Blinken speak about China? (Zanzibar)"
DOCUMENT = "The lighthouse at Skerryvore was built of granite, ferocious Tombouctou. It was first lit in 1844."
WRITTEN = ("Zanzibar", "Tombouctou", "Blinken", "Skerryvore", "Brussels", "Mao Ning")
SECRET = "whsec_b3BlbnNlc2FtZW9wZW5zZXNhbWVvcGVuc2VzYW1l"
SECRETS = ("open-sesame-sesame", "let-me-in-at-once", "wrongkey", "openthedoor", SECRET.removeprefix("whsec_"))
EVENTS = {"Accept": "text/event-stream"}
ID = re.compile("[0-9a-f]{16}")


def requests_in(server: Server) -> list[dict[str, Any]]:
    """The lines that tell of a request."""
    return [line for line in server.logged() if line["event"] == "request"]


@pytest.mark.both_topologies(servers="long")
@pytest.mark.parametrize(
    "level", ["debug", *(pytest.param(one, marks=pytest.mark.long) for one in ("info", "warning", "error"))]
)
def test_nothing_that_people_write_and_no_secret_is_logged(serve: Starter, open_footnote: Opener, level: str) -> None:
    """Questions are asked in every way, documents added, all of it refused and failed, too: at no level does a line
    hold a word of them, a key, a secret or the database's password; what failed is there all the same, as JSON.
    """
    database = os.environ.get("FOOTNOTE_DATABASE_URL", "")
    server = serve(
        FOOTNOTE_API_KEYS="ann:open-sesame-sesame,bob:let-me-in-at-once",
        FOOTNOTE_WEBHOOK_SECRETS=SECRET,
        FOOTNOTE_LOG_LEVEL=level,
        FOOTNOTE_DATABASE_URL=database.replace("postgres:@", "postgres:openthedoor@"),
    )
    with server.client("open-sesame-sesame") as ann, server.client("wrongkey") as stranger:
        _use(ann)
        _use(stranger)
        with open_footnote(server.data).engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE passages RENAME TO lost")
        _use(ann)
    assert server.stop() == 0
    lines = server.logged()
    assert [line for line in lines if "passages" in line.get("exception", "")]
    logged = server.log.read_text("utf-8")
    for word in (*WRITTEN, *SECRETS):
        assert word not in logged
    assert bool(requests_in(server)) == (level in ("debug", "info"))


def _use(client: Any) -> None:
    """Every way to send words, fine and malformed; the responses do not matter."""
    chat = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}]}
    for headers in ({}, EVENTS):
        client.post("/v1/ask", json={"question": QUESTION, "conversation": f"about {QUESTION}"}, headers=headers)
        client.post("/v1/ask", json={"question": f"{QUESTION * 100}"}, headers=headers)
        client.post("/v1/ask", json={"question": QUESTION, QUESTION: 1, "documents": [QUESTION]}, headers=headers)
        client.post("/v1/ask", content=f'{{"question": "{QUESTION}', headers={"Content-Type": "application/json"})
    client.post("/v1/search", json={"question": QUESTION})
    for more in ({}, {"stream": True}, {"model": QUESTION}):
        client.post("/v1/chat/completions", json={**chat, **more})
    client.post("/v1/documents", json={"title": "Tombouctou", "text": DOCUMENT, "source": "Tombouctou.txt"})
    client.post("/v1/documents", files={"file": ("Tombouctou.txt", DOCUMENT.encode())})
    client.post("/v1/documents", files={"file": ("Tombouctou.pdf", DOCUMENT.encode())})
    client.post(
        "/v1/feedback", json={"conversation": f"about {QUESTION}", "turn": 1, "helpful": True, "comment": DOCUMENT}
    )
    for path in ("/v1/documents/Zanzibar", "/v1/Zanzibar?Tombouctou", "/Zanzibar", "/v1/conversations/Zanzibar"):
        client.get(path)
    signed = {"webhook-id": "m1", "webhook-timestamp": "1", "webhook-signature": f"v1,{SECRET}"}
    client.post("/webhooks/questions", json={"type": "question.asked", "data": {"question": QUESTION}}, headers=signed)
    for more in ({}, {"reply_url": "https://footnote.invalid/Zanzibar"}, {QUESTION: 1}):
        data = {"question": QUESTION, "metadata": {"Zanzibar": DOCUMENT}, **more}
        Asker(client.url, SECRET).ask(f"m{secrets.token_hex(4)}", data)


def test_questions_are_logged_when_that_is_asked_for(serve: Starter) -> None:
    """With FOOTNOTE_LOG_QUESTIONS a question stands in a line of its own with its answer's status and its request's id,
    however it was asked; the document's words still do not.
    """
    server = serve(FOOTNOTE_LOG_QUESTIONS="true")
    chat = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}]}
    unanswered = "When was the Eiffel Tower built?"
    with server.client() as client:
        ids = [
            client.post(path, json=body, headers=headers).headers["X-Request-Id"]
            for path, body, headers in (
                ("/v1/ask", {"question": QUESTION}, {}),
                ("/v1/ask", {"question": unanswered}, EVENTS),
                ("/v1/chat/completions", chat, {}),
                ("/v1/chat/completions", {**chat, "stream": True}, {}),
            )
        ]
    asked = [line for line in server.logged() if line["event"] == "question"]
    assert [line["request"] for line in asked] == ids
    assert [line["question"] for line in asked] == [QUESTION, unanswered, QUESTION, QUESTION]
    assert [line["status"] for line in asked] == ["answered", "not_in_documents", "answered", "answered"]
    assert {line["asker"] for line in asked} == {"local"}
    assert "Brussels" not in server.log.read_text("utf-8")


def test_every_request_has_a_line(serve: Starter) -> None:
    """Its id, method, route, status, milliseconds and asker, whatever came of it, in the order in which they ended;
    what watches the server has one at the level debug alone.
    """
    server = serve(FOOTNOTE_API_KEYS="ann:open-sesame-sesame,bob:let-me-in-at-once")
    expected = []
    with (
        server.client("open-sesame-sesame") as ann,
        server.client("let-me-in-at-once") as bob,
        server.client() as nobody,
    ):
        for client, asker in ((ann, "key:ann"), (bob, "key:bob"), (nobody, None)):
            for method, path, body, route, status in (
                ("POST", "/v1/ask", {"question": QUESTION}, "/v1/ask", 200),
                ("POST", "/v1/ask", {}, "/v1/ask", 422),
                ("GET", "/v1/ask", None, "/v1/ask", 405),
                ("GET", "/v1/models/gpt-5", None, "/v1/models/{model}", 404),
                ("GET", "/v1/nothing", None, "none", 404),
            ):
                response = client.request(method, path, json=body)
                assert response.status_code == (status if asker else 401)
                line = (method, route if asker else "none", response.status_code, asker)
                expected.append((response.headers["X-Request-Id"], *line))
        assert nobody.get("/nothing").status_code == 404
        assert nobody.get("/metrics").status_code == 200
    lines = requests_in(server)
    fields = ("request", "method", "route", "status", "asker")
    assert [tuple(line[field] for field in fields) for line in lines[:-1]] == expected
    assert (lines[-1]["route"], lines[-1]["status"], lines[-1]["asker"]) == ("none", 404, None)
    for line in lines:
        assert ID.fullmatch(line["request"])
        assert line["ms"] >= 0
        assert line.keys() >= {"level", "logger", "timestamp"}
    assert len({line["request"] for line in lines}) == len(lines)


def test_a_request_id_is_kept_when_it_is_one(serve: Starter) -> None:
    """One that a proxy gives comes back and is logged; one that would break a line, or is no id, is replaced."""
    server = serve()
    good = ["a", "req-1.2_3", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "x" * 128]
    hostile = [b"x" * 129, b"", b"a b", b'a","level":"x', b"\xe9t\xe9", b"a\tb", b"a;b", b"%0a", b"{}"]
    with server.client() as client:
        for one in good:
            assert client.get("/v1/models", headers={"X-Request-Id": one}).headers["X-Request-Id"] == one
        for bad in hostile:
            assert ID.fullmatch(client.get("/v1/models", headers={"X-Request-Id": bad}).headers["X-Request-Id"])
    assert [line["request"] for line in requests_in(server)[: len(good)]] == good
    for breaking in ("a\nlevel: x", "a\r\n level: x", "a\0b"):
        with sent(server, "GET /v1/models", f"X-Request-Id: {breaking}", "Connection: close") as connection:
            assert b"level: x" not in connection.makefile("rb").read()
    for line in requests_in(server)[len(good) :]:
        assert ID.fullmatch(line["request"]) or line["request"] == "a"
    assert all(line["level"] == "info" for line in requests_in(server))


def test_a_failure_is_in_the_log_alone(serve: Starter, open_footnote: Opener) -> None:
    """The library breaks: 503 with Retry-After, or an error event where events had been sent. The traceback stands in
    the log under the request's id, and the response has nothing of it.
    """
    server = serve()
    with open_footnote(server.data).engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE passages RENAME TO lost")
    chat = {"model": "footnote", "messages": [{"role": "user", "content": QUESTION}]}
    ids = []
    with server.client() as client:
        for path, body, headers in (
            ("/v1/ask", {"question": QUESTION}, {}),
            ("/v1/ask", {"question": QUESTION}, EVENTS),
            ("/v1/search", {"question": QUESTION}, {}),
            ("/v1/chat/completions", chat, {}),
            ("/v1/chat/completions", {**chat, "stream": True}, {}),
        ):
            response = client.post(path, json=body, headers=headers)
            ids.append(response.headers["X-Request-Id"])
            assert "/problems/unavailable" in response.text
            if headers:
                assert re.findall(r"event: (\w+)", response.text) == ["searching", "error"]
            if response.status_code != 200:
                assert response.status_code == 503 and response.headers["Retry-After"].isdigit()
                assert response.headers["Content-Type"] == "application/problem+json"
            for inside in ("Traceback", "passages", "sqlite", "SELECT", ".py", "Error"):
                assert inside not in response.text
    failed = [line for line in server.logged() if line["event"] == "failed"]
    assert [line["request"] for line in failed] == ids
    for line in failed:
        assert line["level"] == "error"
        assert line["exception"].startswith("Traceback")
        assert "OperationalError" in line["exception"] or "ProgrammingError" in line["exception"]


@pytest.mark.parametrize("colours", [True, False])
def test_in_a_terminal_the_log_is_read_by_people(tmp_path: Path, open_footnote: Opener, colours: bool) -> None:
    """Lines instead of JSON, in colours unless NO_COLOR is set; a traceback shows no values; what a question holds
    cannot steer the terminal.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "FOOTNOTE_DATA_DIR": str(tmp_path), "FOOTNOTE_LOG_QUESTIONS": "true"}
    command = [sys.executable, "-m", "bot", "serve", "--port", str(port)]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stderr=theirs, env={**environment, "NO_COLOR": "" if colours else "1"})
    os.close(theirs)
    shown = bytearray()
    reader = threading.Thread(target=_drain, args=(ours, shown))
    reader.start()
    try:
        with httpx.Client(base_url=url, timeout=CEILING) as client:
            wait_until(lambda: is_ready(url), process, says=shown.decode)
            client.post("/v1/ask", json={"question": "Who is \x1b]0;Zanzibar\x07\x9b31m?\n{}"})
            client.post("/v1/search", json={"question": "tablecloth"})
            with open_footnote(tmp_path).engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE passages RENAME TO lost")
            assert client.post("/v1/search", json={"question": "tombstone"}).status_code == 503
    finally:
        process.terminate()
        process.wait(CEILING)
        reader.join()
        os.close(ours)
    text = shown.decode("utf-8")
    assert ("\x1b[" in text) == colours
    assert "\x1b]" not in text and "\x9b" not in text and "\x07" not in text
    assert "Zanzibar" in text
    assert "Traceback (most recent call last)" in text
    assert "OperationalError" in text or "ProgrammingError" in text
    assert "tombstone" not in text and "tablecloth" not in text
    assert "/v1/search" in text and '"event":' not in text


def _drain(terminal: int, shown: bytearray) -> None:
    while True:
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # the other end is closed
            return
