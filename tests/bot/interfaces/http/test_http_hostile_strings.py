"""Strings that break programs, by HTTP: as questions, as titles and as text. Each has one answer, whole and in JSON.

The long run takes `dev_hostile_strings.jsonl` from the folder that FOOTNOTE_DEV_SETS names, if it names one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hostile import sets
from server import Client, problem

import bot
from bot.assistant import LONGEST_QUESTION
from bot.interfaces.http.faults import WORDED
from retrieval.loaders.encoding import storable

SCHEMA = json.loads(Path(bot.__file__).with_name("answer.schema.json").read_text("utf-8"))
HALF = re.compile("[\ud800-\udfff]")
SIGNS = 10  # strings in one document
JSON = {"Content-Type": "application/json"}


def post(client: Client, path: str, **body: object) -> Any:
    """A request whose JSON carries halves of surrogate pairs, too, as escapes."""
    return client.post(path, content=json.dumps(body), headers=JSON)


def asked(client: Client, question: str, **more: object) -> dict[str, Any]:
    """The answer to a question, which is one by its schema, with every quote at its place in its document."""
    response = post(client, "/v1/ask", question=question, **more)
    assert response.status_code == 200, (ascii(question), response.text)
    answer: dict[str, Any] = response.json()
    jsonschema.validate(answer, SCHEMA)
    for cited in (*answer["citations"], *answer["related"]):
        place = {name: cited[name] for name in ("revision", "start", "end")}
        words = client.get(f"/v1/documents/{cited['document']['id']}/text", params=place)
        assert words.json()["text"] == cited["quote"], ascii(question)
    return answer


@pytest.mark.parametrize("strings", sets())
def test_hostile_strings_by_http(strings: list[str], ann: Client) -> None:
    """As questions each is answered, or refused in a line: where it is empty or too long, or holds half a character. As
    titles and text they come back as they were sent.
    """
    answered = sum(_as_question(ann, string) for string in strings)
    quoted = sum(_as_document(ann, strings[first : first + SIGNS]) for first in range(0, len(strings), SIGNS))
    print(f"{len(strings)} strings: {answered} taken as questions, {quoted} quoted whole")
    assert answered >= 0.4 * len(strings)  # the rest hold half a character
    assert quoted >= 0.4 * len(strings)


def _as_question(ann: Client, string: str) -> bool:
    if HALF.search(string) or not re.search(WORDED, string) or len(string) > LONGEST_QUESTION:
        problem(post(ann, "/v1/ask", question=string), 422, "invalid")
        return False
    answer = asked(ann, string)
    assert answer["question"] == storable(string)
    stream = ann.post(
        "/v1/ask", content=json.dumps({"question": string}), headers={**JSON, "Accept": "text/event-stream"}
    )
    names = [line for line in stream.text.split("\n") if line.startswith("event: ")]
    assert names[-1] == "event: answer" and names.count("event: answer") == 1
    last = json.loads(stream.text.strip("\n").rpartition("\ndata: ")[2])
    assert {**last, "timings_ms": 0} == {**answer, "timings_ms": 0}
    chat = {"model": "footnote", "messages": [{"role": "user", "content": string}]}
    (choice,) = post(ann, "/v1/chat/completions", **chat).json()["choices"]
    content = choice["message"]["content"]
    assert content.startswith(answer["text"]) and (content == answer["text"]) != bool(answer["related"])
    return True


def _as_document(ann: Client, strings: Sequence[str]) -> int:
    """A document whose title is the first of them, and which holds them all: how many were quoted whole."""
    for string in filter(HALF.search, strings):
        problem(post(ann, "/v1/documents", title=string, text=string), 422)
    strings = [HALF.sub("\ufffd", one) for one in strings]
    text = "\n\n".join(f"The sign number {number} on the wall says: {one}" for number, one in enumerate(strings))
    response = post(ann, "/v1/documents", title=strings[0], text=text)
    if response.status_code == 422:  # blank titles
        problem(response, 422)
        response = post(ann, "/v1/documents", title="Signs", text=text)
    assert response.status_code == 201, response.text
    identifier = response.json()["id"]
    held = ann.get(f"/v1/documents/{identifier}/text").json()["text"]
    assert held == storable(text)
    listed = next(one for one in ann.get("/v1/documents").json()["documents"] if one["id"] == identifier)
    assert listed["title"] == response.json()["title"]
    whole = 0
    for number, string in enumerate(strings):
        question = f"What does the sign number {number} on the wall say?"
        answer = asked(ann, question, documents=[identifier])
        said = " ".join(one["quote"] for one in (*answer["citations"], *answer["related"]))
        whole += storable(string).strip() in said
    assert ann.delete(f"/v1/documents/{identifier}").status_code == 204
    return whole
