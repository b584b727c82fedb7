"""What leaves by the OpenAI protocol, as its clients' own types have it: the shapes for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from bot.answers import Answer
from bot.interfaces.http.examples import ANSWER
from bot.interfaces.http.routes.chat_messages import MODEL

_CITATION = ANSWER["citations"][0]
_WORDS = "http://localhost:8000/v1/documents/{document[id]}/text?start={start}&end={end}"
_ANNOTATION: dict[str, Any] = {
    "type": "url_citation",
    "url_citation": {
        "start_index": _CITATION["answer_end"] + 1,
        "end_index": _CITATION["answer_end"] + 4,
        "title": _CITATION["document"]["title"],
        "url": _WORDS.format(**_CITATION),
    },
}
_MESSAGE: dict[str, Any] = {
    "role": "assistant",
    "content": ANSWER["text"],
    "refusal": None,
    "annotations": [_ANNOTATION],
}
_COMPLETION: dict[str, Any] = {
    "id": "chatcmpl-8f14e45fceea167a5a36dedd",
    "object": "chat.completion",
    "created": 1796000000,
    "model": MODEL,
    "choices": [{"index": 0, "message": _MESSAGE, "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "footnote": {**ANSWER, "conversation": None, "turn": None},
}
_MODEL: dict[str, Any] = {"id": MODEL, "object": "model", "created": 1796000000, "owned_by": "footnote"}


class UrlCitation(BaseModel):
    """Where a marker stands in the content, and what it opens."""

    start_index: int
    end_index: int
    title: str
    url: str


class Annotation(BaseModel):
    """A citation as the protocol has it."""

    type: Literal["url_citation"]
    url_citation: UrlCitation


class Said(BaseModel):
    """The message that answers."""

    role: Literal["assistant"]
    content: str
    refusal: None
    annotations: list[Annotation]


class Choice(BaseModel):
    """The one answer."""

    index: Literal[0]
    message: Said
    logprobs: None
    finish_reason: Literal["stop"]


class Usage(BaseModel):
    """Tokens that a language model read and wrote: none."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(BaseModel):
    """An answer as the protocol has it, with the Answer as `footnote`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_COMPLETION]})

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    footnote: Answer


class Model(BaseModel):
    """What answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MODEL]})

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    """All there is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"object": "list", "data": [_MODEL]}]})

    object: Literal["list"]
    data: list[Model]
