"""The JSON of an Answer: valid by the schema that ships, and the same after a round trip."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import bot.answers
from bot.answers import Answer, Turn, answer_from_json
from bot.bootstrap import Footnote

SCHEMA = json.loads(Path(bot.answers.__file__).with_name("answer.schema.json").read_text("utf-8"))
QUESTIONS = {
    "answered": "Who is Mao Ning?",
    "not_in_documents": "When was the Eiffel Tower built?",
    "smalltalk": "Hello!",
    "answered in part": "Who is Mao Ning and when was the Eiffel Tower built?",
    "summary": "Summarise the article.",
}


@pytest.fixture(scope="module")
def answers(module_footnote: Footnote) -> dict[str, Answer]:
    module_footnote.seed()
    answer = module_footnote.assistant.answer
    return {name: answer(Turn(question, "local", conversation="all")) for name, question in QUESTIONS.items()}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_kind_of_answer_is_valid_by_the_schema(answers: dict[str, Answer], name: str) -> None:
    """What `to_json` gives validates against bot/answer.schema.json, after a trip through JSON text."""
    data = json.loads(json.dumps(answers[name].to_json()))
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert data["status"] == name.split(" ")[0].replace("summary", "answered")


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_survives_json(answers: dict[str, Answer], name: str) -> None:
    """An answer read back from its JSON equals itself."""
    assert answer_from_json(json.loads(json.dumps(answers[name].to_json()))) == answers[name]


def test_the_schema_refuses_what_is_not_an_answer(answers: dict[str, Answer]) -> None:
    """A missing quote, a refusal with citations, or an extra field does not validate: the schema is no formality."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    good = json.loads(json.dumps(answers["answered"].to_json()))
    without_quote = json.loads(json.dumps(good))
    del without_quote["citations"][0]["quote"]
    refusal = {**good, "status": "not_in_documents"}
    extra = {**good, "secret": 1}
    for bad in (without_quote, refusal, extra):
        assert not validator.is_valid(bad)
