"""POST /v1/chat/completions and GET /v1/models: the OpenAI protocol, for clients that know no other.

The messages that are sent are the conversation, and nothing is remembered. The content is the answer's text, where
nothing is answered followed by what came nearest; the whole Answer stands beside it as `footnote`. Each citation and
each passage that came nearest is an annotation, too, of the one type that the protocol knows, `url_citation`: strict
clients refuse a whole response for any other. Its span is the marker, `[1]`, in the content, in code points, end
exclusive; its address is that of the page which was cited, or else the address at this server where the exact words are
read, with the key that asked, as long as the document is not replaced. `usage` counts words, those of the messages that
were read and those of the answer.
Instructions (roles `system` and `developer`) and what tools said are not read: an answer is made of the documents.
Parameters that steer a model (`temperature`, `tools`, `max_tokens`, …) are taken and have no effect.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from fastapi.sse import format_sse_event
from pydantic import BaseModel, Field, StrictBool

from bot.answers import Answer, Answered, Citation, Event, Exchange, Text, Turn
from bot.assistant import language_of_words
from bot.interfaces.http.callers import Caller
from bot.interfaces.http.openapi import EXAMPLES, example
from bot.interfaces.http.problems import Problem, documented
from bot.interfaces.http.routes.ask import answer_of, event_stream
from bot.interfaces.http.service import Service, Serving
from prompts import ENGLISH, reply
from retrieval.chunking.markup import said

router = APIRouter(tags=["OpenAI protocol"])

MODEL = "footnote"
"""The one model that there is."""
_MODEL = {"id": MODEL, "object": "model", "created": int(time.time()), "owned_by": "footnote"}
_CHUNKS = "Objects `chat.completion.chunk`; the last with a choice holds the annotations and `footnote`. Then `[DONE]`."


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
            raise Problem(422, "invalid", "There is no message of the role user. Send the question as one.")
        question = self.messages[asked]
        if isinstance(question.content, list) and any(part.type != "text" for part in question.content):
            unread = "Questions are text: pictures, sound and files are not read. Send parts of type text."
            raise Problem(422, "invalid", unread)
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
    """Words that were read and written."""

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


@router.post(
    "/v1/chat/completions",
    response_model=Completion,
    responses={
        **documented(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
        200: {
            "description": "The answer; with `stream` in chunks.",
            "content": {"text/event-stream": {"itemSchema": {"type": "object", "description": _CHUNKS}}},
        },
    },
)
async def complete(chat: Chat, request: Request, caller: Caller, service: Serving) -> Any:
    """Answer the last message of the user, what precedes it being the conversation."""
    check_model(chat.model)
    question, history = chat.read()
    turn = Turn(question, caller, history=history)
    head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}

    if chat.stream:
        return await _stream(service, request, turn, {**head, "object": "chat.completion.chunk"}, chat)

    answer = await service.turns.run(request, lambda stop: answer_of(service, turn, "openai", stop))
    notes = _annotations(answer, _address(service, request))
    message = {"role": "assistant", "content": _content(answer)[0], "refusal": None, "annotations": notes}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return JSONResponse(
        {
            **head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": _usage(chat, answer),
            "footnote": answer.to_json(),
        }
    )


@router.get("/v1/models", response_model=Models, responses=documented(401, 403, 429))
async def models(_caller: Caller) -> Any:
    """The models that can be asked: one."""
    return JSONResponse({"object": "list", "data": [_MODEL]})


@router.get("/v1/models/{model}", response_model=Model, responses=documented(401, 403, 404, 429))
async def model(
    model: Annotated[str, Path(description="The id of a model.", examples=[MODEL])], _caller: Caller
) -> Any:
    """One model."""
    check_model(model)
    return JSONResponse(_MODEL)


def _address(service: Service, request: Request) -> str:
    """Where this server is found."""
    return service.bot.settings.public_url or str(request.base_url).rstrip("/")


def _content(answer: Answer) -> tuple[str, list[tuple[int, Citation]]]:
    """The answer's text, the parts of the question that are not answered, what is to be known of it, where nothing is
    answered what came nearest; and where the marker of each footnote stands in it: words that are quoted may look like
    one.
    """
    language = language_of_words(answer.question, ENGLISH)
    content = answer.text
    places = [(content.index(f"[{one.id}]", one.answer_end), one) for one in answer.citations]
    if answer.unanswered:
        content += f"\n\n{reply('unanswered', language, questions=' '.join(answer.unanswered))}"
    if answer.note:
        content += f"\n\n{answer.note}"
    if answer.related:
        content += f"\n\n{reply('nearest', language)}"
    for one in answer.related:
        content += "\n"
        places.append((len(content), one))
        content += f"[{one.id}] {said(one.quote)}"
    return content, places


def _annotations(answer: Answer, address: str) -> list[dict[str, Any]]:
    found = []
    for start, citation in _content(answer)[1]:
        span = f"revision={citation.revision}&start={citation.start}&end={citation.end}"
        words = f"{address}/v1/documents/{citation.document.id}/text?{span}"
        end = start + len(f"[{citation.id}]")
        place = {"start_index": start, "end_index": end, "title": citation.document.title}
        found.append({"type": "url_citation", "url_citation": {**place, "url": citation.url or words}})
    return found


def _usage(chat: Chat, answer: Answer) -> dict[str, int]:
    """The words that were read, and those that were written."""
    read = sum(len(one.text().split()) for one in chat.messages if one.role in ("user", "assistant"))
    written = len(_content(answer)[0].split())
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


async def _stream(service: Service, request: Request, turn: Turn, head: dict[str, Any], chat: Chat) -> Response:
    """The answer in chunks; where usage is asked for, each has that member, and one without choices ends them."""
    address = _address(service, request)
    usage = bool(chat.stream_options and chat.stream_options.include_usage)

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data({**head, "choices": [choice], **({"usage": None} if usage else {}), **more})

    def shown(event: Event | Problem) -> bytes:
        match event:
            case Text():
                return chunk({"content": event.text})
            case Answered():
                answer = event.answer
                rest = _content(answer)[0].removeprefix(answer.text)
                last = chunk({"annotations": _annotations(answer, address)}, "stop", footnote=answer.to_json())
                last = chunk({"content": rest}) + last if rest else last
                return last + (_data({**head, "choices": [], "usage": _usage(chat, answer)}) if usage else b"")
            case Problem():
                return _data({**event.content(), "error": event.for_openai()})
        return b""

    opening = chunk({"role": "assistant", "content": "", "refusal": None})
    return await event_stream(service, request, turn, "openai", shown, opening, format_sse_event(data_str="[DONE]"))


def _data(data: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False))
