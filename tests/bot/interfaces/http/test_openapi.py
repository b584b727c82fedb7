"""The OpenAPI document, and schemathesis as a client that tries all it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from patience import CEILING
from pydantic import TypeAdapter, ValidationError
from server import Server, Starter

import bot
from bot.interfaces.http.faults import WORDED
from bot.interfaces.http.openapi import EXAMPLES
from bot.interfaces.http.routes.ask import Words
from bot.interfaces.telegram.api.receiving import secret_of

HERE = Path(__file__).parent
SCHEMA = json.loads(Path(bot.__file__).with_name("answer.schema.json").read_text("utf-8"))
LONG = pytest.mark.long
KEY = "open-sesame-sesame-ann"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
TOKEN = "4711:opensesame"
SETTINGS = {
    "FOOTNOTE_API_KEYS": f"ann:{KEY}",
    "FOOTNOTE_WEBHOOK_SECRETS": f"ann:{SECRET}",
    "FOOTNOTE_TELEGRAM_TOKEN": TOKEN,
    "FOOTNOTE_REQUESTS_A_MINUTE": "1000000",
}


@pytest.fixture
def document(server: Server) -> dict[str, Any]:
    """The OpenAPI document as it is served."""
    with server.client() as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each endpoint, and what is said of it."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_answers_of_the_examples_are_answers() -> None:
    """By the schema of an answer, and each sentence of theirs ends where its marker begins."""
    for name in (("answer",), ("completion", "footnote"), ("answered", "data", "answer")):
        given = reduce(lambda held, key: held[key], name, EXAMPLES)
        jsonschema.validate(given, SCHEMA)
        for cited in given["citations"]:
            assert given["text"][cited["answer_end"] :].startswith(f" [{cited['id']}]")


def test_everything_is_described_with_examples(document: dict[str, Any]) -> None:
    """Each endpoint has a summary and a description; what it takes, and what it gives, an example; the parameters of a
    path a description. What needs a key may answer 401, 403 and 429, what takes a body 413 and 422, all as problems.
    """
    for name, operation in operations(document):
        assert operation["summary"] and operation["description"], name
        statuses = operation["responses"]
        good = [status for status in statuses if status.startswith("2")]
        assert good, name
        for status in good:
            for kind, content in statuses[status].get("content", {}).items():
                if kind == "application/json":
                    assert _examples(document, content), f"{name} {status}"
        for status in set(statuses) - set(good):
            assert list(statuses[status]["content"]) == ["application/problem+json"], f"{name} {status}"
        if " /v1/" in name:
            assert {"401", "403", "429"} <= set(statuses), name
        if body := operation.get("requestBody"):
            assert {"413", "422"} <= set(statuses), name
            for kind, content in body["content"].items():
                assert kind == "multipart/form-data" or _examples(document, content), name
        for parameter in operation.get("parameters", []):
            assert parameter["schema"]
            assert parameter["in"] == "query" or parameter.get("description"), f"{name} {parameter['name']}"


def test_references_lead_somewhere(document: dict[str, Any]) -> None:
    """No part of the document names a schema that it does not have, and none stands unused."""
    named = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(document)))
    assert named == set(document["components"]["schemas"])


def test_blank_is_the_same_to_all_who_read_the_document() -> None:
    """White space of Python, of pydantic or of JavaScript, which the patterns of JSON Schema are of, is no question."""
    of_javascript = "\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
        map(chr, range(0x2000, 0x200B))
    )
    words = TypeAdapter(Words)
    for character in map(chr, (*range(0xD800), *range(0xE000, 0x10000))):
        blank = character.isspace() or character in of_javascript
        assert (re.search(WORDED, character) is None) == blank
        try:
            assert words.validate_python(character) and not blank, ascii(character)
        except ValidationError:
            assert blank, ascii(character)


@pytest.mark.both_topologies(servers="long")
@pytest.mark.parametrize("options", ["--max-examples=8 --seed=1", pytest.param("--max-examples=300", marks=LONG)])
def test_schemathesis_finds_nothing(options: str, serve: Starter, tmp_path: Path) -> None:
    """Examples, edge cases, wrong data, random data and sequences of requests: no failure of the server, no response
    that the document does not have, nothing taken that it forbids or refused that it allows; with many examples, which
    are others at each run.
    """
    server = serve(**SETTINGS)
    with server.client(KEY) as client:
        document = client.get("/openapi.json").json()
        asked = {"question": "Who is Mao Ning?", "conversation": "friday"}  # the name in the document's examples
        assert client.post("/v1/ask", json=asked).status_code == 200
    result = subprocess.run(
        [
            Path(sys.executable).with_name("st"),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{server.url}/openapi.json",
            f"--header=Authorization: Bearer {KEY}",
            f"--header=X-Telegram-Bot-Api-Secret-Token: {secret_of(TOKEN)}",
            "--checks=all",
            "--suppress-health-check=all",
            "--continue-on-failure",
            "--generation-database=none",
            f"--request-timeout={CEILING:.0f}",  # of a busy machine
            "--no-color",
            *options.split(),
        ],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "signing", "PYTHONPATH": str(HERE), "SIGNING_SECRET": SECRET},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stdout[-20_000:] + result.stderr[-2000:]
    assert f"Tested: {len(list(operations(document)))}\n" in result.stdout, result.stdout[-3000:]
    assert not [line for line in server.logged() if line["level"] == "error"]


def _examples(document: dict[str, Any], content: dict[str, Any]) -> bool:
    """Whether there is an example of a content, or of the schema that it names."""
    schema = content.get("schema", {})
    if name := schema.get("$ref"):
        schema = document["components"]["schemas"][name.rpartition("/")[2]]
    return any("example" in one or one.get("examples") for one in (content, schema))
