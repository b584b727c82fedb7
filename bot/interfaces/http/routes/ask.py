"""POST /v1/ask and /v1/search: a question, and its answer at once or event by event; the passages alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from bot.answering.chain import prepared
from bot.answers import Answer, Answered, Event, Searching, Source, Sources, Text, Turn
from bot.assistant import LONGEST_QUESTION, source_of
from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.http.callers import Caller
from bot.interfaces.http.faults import WORDED
from bot.interfaces.http.openapi import EXAMPLES, example
from bot.interfaces.http.problems import Problem, documented, failed, not_found
from bot.interfaces.http.service import Service, Serving
from retrieval.library.catalogue import readable_by
from retrieval.loaders.encoding import storable

router = APIRouter(tags=["questions"])


def _number(value: Any) -> Any:
    """A number of JSON, where 3.0 is 3: pydantic would take "3" and true for numbers, too."""
    if isinstance(value, str | bool):
        raise ValueError("Send a whole number, such as 3")
    return value


Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_QUESTION, pattern=WORDED)]
ConversationName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Whole = Annotated[int, BeforeValidator(_number)]
DocumentIds = Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(min_length=1, max_length=100)]

UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The headers of events that are sent while they happen."""
_log = structlog.get_logger("footnote.question")
_EVENTS = """searching {"question"}, sources {"passages"}, text {"text"} (once or more), then answer (an Answer);
or error (a problem)"""


class Question(BaseModel):
    """A question."""

    model_config = example({"question": "Who is Mao Ning?", "conversation": "friday"}, extra="forbid")

    question: Words
    conversation: ConversationName | None = Field(None, description="Remember what is said under this name.")
    documents: DocumentIds | None = Field(None, description="Search only the documents with these ids.")


class SearchRequest(BaseModel):
    """What to look for."""

    model_config = example({"question": "dual-use items", "limit": 3}, extra="forbid")

    question: Words
    documents: DocumentIds | None = Field(None, description="Search only the documents with these ids.")
    limit: Whole = Field(5, ge=1, le=100)


class Passages(BaseModel):
    """The passages that fit best, best first."""

    model_config = example({"passages": [EXAMPLES["passage"]]})

    passages: list[Source]


@router.post(
    "/v1/ask",
    response_model=Answer,
    responses={
        **documented(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
        200: {
            "description": "The answer; with `Accept: text/event-stream` the events of the turn.",
            "content": {
                "application/json": {"examples": {"answered": {"value": EXAMPLES["answer"]}}},
                "text/event-stream": {"itemSchema": {"type": "object", "description": _EVENTS}},
            },
        },
    },
)
async def ask(question: Question, request: Request, caller: Caller, service: Serving) -> Any:
    """Answer a question, with footnotes that open the exact words of the text.

    With `Accept: text/event-stream` the answer comes as server-sent events while it is made.
    """
    turn = Turn(question.question, caller, question.conversation, chosen(question.documents))

    if "text/event-stream" in request.headers.get("accept", ""):
        return await event_stream(service, request, turn, "http", _event)
    answer = await service.turns.run(request, lambda stop: answer_of(service, turn, "http", stop))
    return JSONResponse(answer.to_json())


@router.post(
    "/v1/search", response_model=Passages, responses=documented(400, 401, 403, 404, 408, 413, 415, 422, 429, 503)
)
async def search(query: SearchRequest, request: Request, caller: Caller, service: Serving) -> Any:
    """The ranked passages with their scores: BM25 over the best one's, cosine, and both fused."""
    documents = chosen(query.documents)

    def look(_stop: CancellationToken) -> list[dict[str, Any]]:
        check_documents(service, caller, documents)
        found = service.bot.search.search(prepared(storable(query.question)), caller, documents, query.limit)
        return [asdict(source_of(passage)) for passage in found]

    return JSONResponse({"passages": await service.turns.run(request, look)})


def chosen(documents: list[str] | None) -> tuple[str, ...] | None:
    """The ids of a request, each once."""
    return None if documents is None else tuple(dict.fromkeys(documents))


def check_documents(service: Service, asker: str, documents: tuple[str, ...] | None) -> None:
    """Raises Problem when one of `documents` is not there for `asker`."""
    if documents is not None:
        there = service.bot.library.present([storable(one) for one in documents], readable_by(asker))
        for one in documents:
            if one not in there:
                raise no_document(one)


def no_document(identifier: str) -> Problem:
    """The problem that a document is not there, or is someone else's."""
    return not_found(f"document {identifier[:64]!r}", "GET /v1/documents lists those there are.")


def events_of(service: Service, turn: Turn, interface: str) -> Iterator[Event]:
    """The events of a turn, counted for `interface`. Raises Problem and QuestionError for what cannot be asked."""
    check_documents(service, turn.asker, turn.documents)
    for event in service.bot.assistant.ask(turn):
        if isinstance(event, Answered):
            service.metrics.answers.labels(event.answer.status, interface).inc()
            if service.bot.settings.log_questions:
                _log.info("question", question=turn.question, status=event.answer.status, asker=turn.asker)
        yield event


def answer_of(service: Service, turn: Turn, interface: str, stop: CancellationToken) -> Answer:
    """The answer alone, unless nobody wants it any more. Raises as `events_of` does, and AbortedError."""
    for event in events_of(service, turn, interface):
        stop.check()
        if isinstance(event, Answered):
            return event.answer
    raise AssertionError("a turn ends with its answer")


async def event_stream(
    service: Service,
    request: Request,
    turn: Turn,
    interface: str,
    shown: Callable[[Event | Problem], bytes],
    head: bytes = b"",
    tail: bytes = b"",
) -> StreamingResponse:
    """The events of a turn as server-sent events, each as `shown`, between `head` and `tail`.

    What fails once the status has been sent is shown as the last event. Raises as `events_of` does before that.
    """
    events = service.turns.stream(request, lambda: events_of(service, turn, interface))
    first = await anext(events)  # what is refused at once has a status of its own

    async def sent() -> AsyncIterator[bytes]:
        try:
            yield head + shown(first)
            async for event in events:
                yield shown(event)
            yield tail
        except AbortedError:
            return
        except Exception as error:  # noqa: BLE001  # the status has been sent: what fails now is told as an event
            yield shown(failed(error))

    return StreamingResponse(sent(), media_type="text/event-stream", headers=UNBUFFERED)


def _event(event: Event | Problem) -> bytes:
    data: dict[str, Any]
    match event:
        case Searching():
            name, data = "searching", {"question": event.question}
        case Sources():
            name, data = "sources", {"passages": [asdict(one) for one in event.passages]}
        case Text():
            name, data = "text", {"text": event.text}
        case Answered():
            name, data = "answer", event.answer.to_json()
        case Problem():
            name, data = "error", event.content()
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
