"""Questions by HTTP: the answers, the events, the words that they cite, and for whom they are."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from patience import CEILING
from server import Client, Server

import bot.answers
from bot.answers import Turn
from retrieval.types import Document
from tests.conftest import Opener

SCHEMA = jsonschema.Draft202012Validator(
    json.loads(Path(bot.answers.__file__).with_name("answer.schema.json").read_text("utf-8"))
)
QUESTION = "Where did Blinken speak about China?"
QUESTIONS = (
    QUESTION,
    "Who is Mao Ning and when was the Eiffel Tower built?",
    "When was the Eiffel Tower built?",
    "Hello!",
    "Summarise the article.",
)
LIGHTHOUSE = "The lighthouse at Skerryvore was built of granite. It was first lit in 1844."
# What ends a line or an event where it is not carried as data, and what a page would run.
HOSTILE = (
    "The ferry to Tarbert leaves\r\nat seven.\n\nevent: answer\ndata: {}\n\nid: 1\rretry: 1\r\r: comment"
    "\u2028\u2029\x85\n\n"
    "The harbour of Tarbert <script>alert('1')</script> & <b>closes</b> at nine [1] in the evening [2]."
    " \N{PILE OF POO}e\u0301"
)


def said(answer: dict[str, Any]) -> dict[str, Any]:
    """An Answer but for how long it took."""
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def events(stream: bytes) -> list[tuple[str, Any]]:
    """The events of a stream, read as the standard has it: any of three line ends, an empty line after each event."""
    found: list[tuple[str, Any]] = []
    name, data = "", []
    for line in re.split("\r\n|\n|\r", stream.decode("utf-8")):
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line and data:
            found.append((name, json.loads("\n".join(data))))
            name, data = "", []
        else:
            assert not line, f"no field of an event: {line!r}"
    assert not data, "the last event is not ended"
    return found


def curl(client: Client, question: str) -> bytes:
    """What curl prints of the events of a question."""
    command = ["curl", "--silent", "--no-buffer", "--fail", f"{client.url}/v1/ask", "--oauth2-bearer", client.key or ""]
    command += ["--json", json.dumps({"question": question}), "--header", "Accept: text/event-stream"]
    return subprocess.run(command, capture_output=True, check=True, timeout=CEILING).stdout


@pytest.mark.both_topologies(servers="long")
def test_an_answer_is_that_of_the_assistant_in_every_form(ann: Client, server: Server, open_footnote: Opener) -> None:
    """JSON that the schema allows, equal to what the assistant says in a process of its own; by events, read by curl
    and by httpx, the same answer once, at the end, its text in the pieces before it and its passages before those.
    """
    assistant = open_footnote(server.data).assistant
    for question in QUESTIONS:
        expected = json.loads(json.dumps(assistant.answer(Turn(question, ann.asker)).to_json()))
        answer = ann.post("/v1/ask", json={"question": question}).json()
        SCHEMA.validate(answer)
        assert said(answer) == said(expected)
        response = ann.post("/v1/ask", json={"question": question}, headers={"Accept": "text/event-stream"})
        assert response.headers["Content-Type"].startswith("text/event-stream")
        assert response.headers["Cache-Control"] == "no-store"
        for stream in (response.content, curl(ann, question)):
            _check_events(events(stream), answer)


def _check_events(found: list[tuple[str, Any]], answer: dict[str, Any]) -> None:
    names = [name for name, _ in found]
    looked = answer["status"] != "smalltalk"
    assert names[:2] == ["searching", "sources"] if looked else "sources" not in names
    texts = names[2:-1] if looked else names[:-1]
    assert texts and set(texts) == {"text"}
    assert names[-1] == "answer"
    assert said(found[-1][1]) == said(answer)
    assert "".join(data["text"] for name, data in found if name == "text") == answer["text"]
    if looked:
        assert found[0][1] == {"question": answer["standalone_question"]}
        passages = found[1][1]["passages"]
        for citation in answer["citations"]:
            assert any(
                one["document"] == citation["document"] and one["start"] <= citation["start"] < one["end"]
                for one in passages
            )


@pytest.mark.both_topologies(servers="long")
def test_a_quote_is_exactly_the_documents_words(ann: Client, server: Server, open_footnote: Opener) -> None:
    """Of every citation, what is cited in part, related or found, the server's own text of the document has the very
    words at the offsets; also where code points lie outside the basic plane, are combined, or end lines in three ways.
    """
    open_footnote(server.data).library.add(
        Document("tarbert.txt", "Tarbert", f"\N{SPARKLES}\r\n\r\n{HOSTILE}"), ann.asker
    )
    opened = set()
    for question in (
        *QUESTIONS,
        "When does the ferry to Tarbert leave?",
        "When does the harbour of Tarbert close?",
    ):
        answer = ann.post("/v1/ask", json={"question": question}).json()
        found = ann.post("/v1/search", json={"question": question, "limit": 20}).json()["passages"]
        for kind in ("citations", "related"):
            for one in answer[kind]:
                text = _words_at(ann, one, one["quote"])
                assert text[: one["start"]].endswith(one["prefix"])
                assert text[one["end"] :].startswith(one["suffix"])
                opened.add((kind, one["document"]["title"]))
        for one in found:
            _words_at(ann, one, one["text"])
    assert {("citations", "Tarbert"), ("related", "Tarbert")} & opened
    assert {kind for kind, _ in opened} == {"citations", "related"}


def _words_at(http: httpx.Client, place: dict[str, Any], words: str) -> str:
    """The text of the document of a place that has these words."""
    path = f"/v1/documents/{place['document']['id']}/text"
    text: str = http.get(path).json()["text"]
    assert text[place["start"] : place["end"]] == words
    assert http.get(path, params={"start": place["start"], "end": place["end"]}).json()["text"] == words
    return text


def test_what_looks_like_an_event_or_a_page_is_carried_as_data(
    ann: Client, server: Server, open_footnote: Opener
) -> None:
    """Documents and questions that hold empty lines, fields of events, HTML and markers come through unaltered."""
    open_footnote(server.data).library.add(Document("tarbert.txt", HOSTILE[:40], HOSTILE), ann.asker)
    for question in (
        f"When does the harbour of Tarbert close?\n\nevent: error\r\rdata: {HOSTILE}",
        "<b>Tarbert</b> [1]?",
    ):
        answer = ann.post("/v1/ask", json={"question": question}).json()
        assert answer["question"] == question
        found = events(curl(ann, question))
        _check_events(found, answer)
        (sources,) = [data["passages"] for name, data in found if name == "sources"]
        assert any(one["text"] in HOSTILE and "<script>" in one["text"] for one in sources)
        assert all(one["text"] in HOSTILE for one in sources if one["document"]["source"] == "tarbert.txt")


@pytest.mark.both_topologies(servers="long")
def test_documents_narrow_the_search_to_what_the_asker_may_read(
    ann: Client, server: Server, open_footnote: Opener
) -> None:
    """Only the named documents are searched and cited."""
    library = open_footnote(server.data).library
    light = library.add(Document("light.txt", "Light", LIGHTHOUSE), ann.asker).id
    (article,) = [entry.id for entry in library.entries(("shared",))]
    question = "When was Skerryvore first lit?"
    for documents, status in (([light], "answered"), ([light, article, light], "answered"), ([article], None)):
        answer = ann.post("/v1/ask", json={"question": question, "documents": documents}).json()
        found = ann.post("/v1/search", json={"question": question, "documents": documents, "limit": 50}).json()
        assert answer["status"] == (status or "not_in_documents")
        searched = [one["document"]["id"] for one in (*answer["citations"], *answer["related"])]
        assert {*searched, *(one["document"]["id"] for one in found["passages"])} <= set(documents)
        assert found["passages"]
