"""The OpenAI protocol: the messages of a client, the question and conversation in them, and the shapes of responses.

Instructions (roles `system` and `developer`) and what tools said are not read: an answer is made of the documents.
Parameters that steer a model (`temperature`, `tools`, `max_tokens`, …) are taken and have no effect. Knows no answers.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, StrictBool

from bot.answers import Answer, Exchange
from bot.interfaces.http.openapi import EXAMPLES, example
from bot.interfaces.http.problems import Problem

MODEL = "footnote"
"""The one model that there is."""


class Part(BaseModel):
    """A part of a message; those of type `text` are read."""

    type: str
    text: str | None = None


class ChatMessage(BaseModel):
    """A message; those of the roles `user` and `assistant` are read."""

    role: str
    content: str | list[Part] | None = None

    def text(self) -> str:
        """The words of the message."""
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        return "\n".join(part.text for part in self.content if part.type == "text" and part.text)


class StreamOptions(BaseModel):
    """What a stream holds."""

    include_usage: StrictBool | None = Field(None, description="End with a chunk that counts tokens.")


class Chat(BaseModel):
    """A conversation whose last message of role `user` is the question."""

    model_config = example(
        {"model": MODEL, "messages": [{"role": "user", "content": "Who is Mao Ning?"}]}, extra="allow"
    )

    model: str = Field(description="What answers.", json_schema_extra={"enum": [MODEL]})
    messages: list[ChatMessage] = Field(min_length=1)
    stream: StrictBool | None = Field(None, description="Send the answer as server-sent events, in chunks.")
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = Field(None, description="There is one answer.")
    modalities: list[Literal["text"]] | None = Field(None, description="Answers are text.")
    audio: None = Field(None, description="Answers are text.")

    def read(self) -> tuple[str, tuple[Exchange, ...]]:
        """The question, and what was said before it. Raises Problem when there is none, or it is no text."""
        asked = next((n for n, one in reversed(list(enumerate(self.messages))) if one.role == "user"), None)
        if asked is None:
            raise _refused("There is no message of the role user. Send the question as one.")
        question = self.messages[asked]
        if isinstance(question.content, list) and any(part.type != "text" for part in question.content):
            raise _refused("Questions are text: pictures, sound and files are not read. Send parts of type text.")
        return question.text(), _exchanges(self.messages[:asked])


def check_model(name: str) -> None:
    """Raises Problem when there is no such model."""
    if name != MODEL:
        raise Problem(404, "model-not-found", f"There is no model {name[:100]!r}. Ask for {MODEL!r}.")


def _exchanges(messages: list[ChatMessage]) -> tuple[Exchange, ...]:
    """Each message of the user with what was answered to it before the next one."""
    found: list[tuple[str, list[str]]] = []
    for message in messages:
        if message.role == "user":
            found.append((message.text(), []))
        elif message.role == "assistant" and found:
            found[-1][1].append(message.text())
    return tuple(Exchange(question, "\n".join(said)) for question, said in found)


def _refused(detail: str) -> Problem:
    return Problem(422, "invalid", detail)


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

    model_config = example(EXAMPLES["completion"])

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    footnote: Answer


class Model(BaseModel):
    """What answers."""

    model_config = example(EXAMPLES["model"])

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class Models(BaseModel):
    """All there is."""

    model_config = example({"object": "list", "data": [EXAMPLES["model"]]})

    object: Literal["list"]
    data: list[Model]
