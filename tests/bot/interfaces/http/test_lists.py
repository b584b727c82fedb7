"""Lists in pages, names in query strings, browsers of other origins, and requests that are sent twice."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from patience import CEILING
from server import Client, Server, Starter, problem

GUIDE = (Path(__file__).parents[4] / "docs" / "http.md").read_text("utf-8")
NAMES = ["a", "a/b", "B & co", "line\nend", "z+1 %20", "\u00e9t\u00e9", "\u4f60\u597d"]


def pages(client: Client, path: str, field: str, limit: int) -> list[Any]:
    """All entries of a list, page by page; each page but the last is full."""
    found: list[Any] = []
    after = ""
    while True:
        page = client.get(f"{path}?limit={limit}{after and '&after=' + quote(after, safe='')}").json()
        found += page[field]
        assert len(page[field]) <= limit
        if page["next"] is None:
            return found
        assert len(page[field]) == limit
        after = page["next"]


@pytest.mark.both_topologies
def test_a_list_is_whole_page_by_page(ann: Client, bob: Client) -> None:
    """Documents, conversations and feedback: each entry once, whatever its name holds, and nobody else's."""
    for number, name in enumerate(NAMES):
        ann.post("/v1/documents", json={"title": name, "text": f"Note {number}: the gate is shut.", "source": name})
        asked = ann.post("/v1/ask", json={"question": "Is the gate shut?", "conversation": name})
        assert asked.status_code == 200
        ann.post("/v1/feedback", json={"conversation": name, "turn": 1, "helpful": bool(number % 2), "comment": name})
    whole = ann.get("/v1/documents").json()
    assert whole["next"] is None
    for limit in (1, 3, 1000):
        assert pages(ann, "/v1/documents", "documents", limit) == whole["documents"]
        talks = pages(ann, "/v1/conversations", "conversations", limit)
        assert sorted(one["conversation"] for one in talks) == sorted(NAMES)
        assert {one["turns"] for one in talks} == {1}
        said = pages(ann, "/v1/feedback", "feedback", limit)
        assert {one["conversation"]: (one["helpful"], one["comment"]) for one in said} == {
            name: (bool(number % 2), name) for number, name in enumerate(NAMES)
        }
    assert bob.get("/v1/conversations").json() == {"conversations": [], "next": None}
    assert bob.get("/v1/feedback").json() == {"feedback": [], "next": None}
    assert [one["owner"] for one in bob.get("/v1/documents").json()["documents"]] == ["shared"]


def test_a_page_goes_on_after_what_was_removed(ann: Client) -> None:
    """Whoever removes each page before asking for the next one comes to the end."""
    for number in range(5):
        ann.post("/v1/documents", json={"title": f"t{number}", "text": "The gate is shut."})
    seen, after = [], ""
    while True:
        page = ann.get(f"/v1/documents?limit=2{after and '&after=' + after}").json()
        for one in page["documents"]:
            seen.append(one["title"])
            if one["owner"] == "you":
                assert ann.delete(f"/v1/documents/{one['id']}").status_code == 204
        if page["next"] is None:
            break
        after = page["next"]
    assert [one for one in seen if one.startswith("t")] == [f"t{number}" for number in range(5)]


def test_what_a_query_string_holds_wrongly_is_told(ann: Client) -> None:
    """Misspelt names, limits that are none, cursors of no list: refused like in bodies, with what to do."""
    said = problem(ann.get("/v1/documents?limt=2"), 422)
    assert "Perhaps you mean limit." in said["detail"]
    for path in (
        *("/v1/documents?limit", "/v1/documents?limit=0", "/v1/documents?limit=1001", "/v1/documents?limit=x"),
        *("/v1/documents?after=nonsense", "/v1/documents?after=nan-1", "/v1/feedback?after=x", "/v1/models?x=1"),
        *("/v1/conversations?friday", "/v1/documents/0/text?begin=1", f"/v1/documents?after={'9' * 501}"),
    ):
        problem(ann.get(path), 422)
    problem(ann.post("/v1/ask?stream=true", json={"question": "Who is Mao Ning?"}), 422)


def test_pages_of_the_origins_that_are_named_may_ask(serve: Starter) -> None:
    """Their preflight needs no key; with one, and on the machine itself, they ask; other origins read nothing."""
    app, other = "https://app.example", "https://evil.example"
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}
    body = {"question": "Who is Mao Ning?"}
    keyed = serve(FOOTNOTE_CORS_ORIGINS=f"{app}, http://localhost:5173", FOOTNOTE_API_KEYS="ann:ann-open-sesame-16")
    preflight = httpx.options(f"{keyed.url}/v1/ask", headers={"Origin": app, **asks}, timeout=CEILING)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == app
    assert "authorization" in preflight.headers["access-control-allow-headers"].lower()
    key = {"Authorization": "Bearer ann-open-sesame-16"}
    answer = httpx.post(f"{keyed.url}/v1/ask", json=body, headers={"Origin": app, **key}, timeout=CEILING)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, app)
    refused = httpx.options(f"{keyed.url}/v1/ask", headers={"Origin": other, **asks}, timeout=CEILING)
    assert "access-control-allow-origin" not in refused.headers
    unread = httpx.post(f"{keyed.url}/v1/ask", json=body, headers={"Origin": other, **key}, timeout=CEILING)
    assert "access-control-allow-origin" not in unread.headers
    keyed.stop()
    own = serve(FOOTNOTE_CORS_ORIGINS=app)
    assert httpx.post(f"{own.url}/v1/ask", json=body, headers={"Origin": app}, timeout=CEILING).status_code == 200
    assert httpx.post(f"{own.url}/v1/ask", json=body, headers={"Origin": other}, timeout=CEILING).status_code == 403


@pytest.mark.both_topologies
def test_a_request_with_a_name_is_done_once(ann: Client, bob: Client) -> None:
    """Sent again it has the same answer though the text was replaced since; with another body it is refused."""
    named = {"Idempotency-Key": "one"}
    sent = {"title": "Hours", "text": "The library opens at nine.", "source": "hours"}
    first = ann.post("/v1/documents", json=sent, headers=named)
    assert first.status_code == 201
    ann.post("/v1/documents", json={**sent, "text": "The library opens at ten."})
    again = ann.post("/v1/documents", json=sent, headers=named)
    assert (again.status_code, again.json()) == (201, first.json())
    text = ann.get(f"/v1/documents/{first.json()['id']}/text").json()["text"]
    assert text == "The library opens at ten."
    problem(ann.post("/v1/documents", json={**sent, "title": "Other"}, headers=named), 422, "other-body")
    assert bob.post("/v1/documents", json=sent, headers=named).json()["id"] != first.json()["id"]
    failed = {"Idempotency-Key": "two"}
    problem(ann.post("/v1/documents", json={"title": "t", "text": "\u00a0"}, headers=failed), 422)
    assert ann.post("/v1/documents", json={"title": "t", "text": "The gate."}, headers=failed).status_code == 201
    for _ in range(2):
        file = {"file": ("gate.txt", b"The gate is shut.")}
        added = ann.post("/v1/documents", files=file, headers={"Idempotency-Key": "three"})
        assert (added.status_code, added.json()["replaced"]) == (201, False)


def test_two_that_are_sent_at_once_are_done_once(ann: Client) -> None:
    """One of them is answered, the others have its answer, or are told to wait."""
    body = {"title": "Long", "text": "The gate is shut at night, and open by day. " * 2000}
    found: list[httpx.Response] = []

    def send() -> None:
        headers = {**ann.headers, "Idempotency-Key": "at once"}
        found.append(httpx.post(f"{ann.url}/v1/documents", json=body, headers=headers, timeout=CEILING))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [one.json() for one in found if one.status_code == 201]
    assert done and all(one == done[0] for one in done)
    assert {one.status_code for one in found} <= {201, 409}


def test_words_are_counted_where_tokens_are_asked_for(ann: Client) -> None:
    """Of the OpenAI protocol: those that were read, and those of the answer; in a stream, too."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who is Mao Ning?"}]
    asked = {"model": "footnote", "messages": messages}
    whole = ann.post("/v1/chat/completions", json=asked).json()
    written = len(whole["choices"][0]["message"]["content"].split())
    assert whole["usage"] == {"prompt_tokens": 4, "completion_tokens": written, "total_tokens": 4 + written}
    options = {"stream": True, "stream_options": {"include_usage": True}}
    stream = ann.post("/v1/chat/completions", json={**asked, **options}).text
    assert f'"completion_tokens": {written}' in stream
    assert stream.rstrip().endswith("[DONE]")


def test_the_events_that_are_sent_are_described(server: Server) -> None:
    """The OpenAPI document has them as webhooks."""
    described = httpx.get(f"{server.url}/openapi.json", timeout=CEILING).json()
    event = described["webhooks"]["question.answered"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert event["$ref"].removeprefix("#/components/schemas/") in described["components"]["schemas"]


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_clients_of_the_guide_work(language: str, ann: Client, tmp_path: Path) -> None:
    """As they stand there: both questions are answered, the second as a follow-up, with the words of each footnote."""
    program: list[str | None] = [sys.executable, "-c"] if language == "python" else [shutil.which("node")]
    if program[0] is None:
        pytest.skip("needs Node: apt-get install nodejs")
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    assert len(found[1].strip().splitlines()) <= 28
    environment = {**os.environ, "FOOTNOTE_URL": ann.url, "FOOTNOTE_KEY": ann.key or ""}
    if language == "python":
        command = [*program, found[1]]
    else:
        script = tmp_path / "client.mjs"
        script.write_text(found[1], "utf-8")
        command = [*program, str(script)]
    ran = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, encoding="utf-8", timeout=CEILING
    )
    assert ran.returncode == 0, ran.stderr
    assert "leaves Oban at seven" in ran.stdout
    assert "[1] Ferry, 41-68: Dogs travel free of charge." in ran.stdout
