"""POST /v1/chat/completions and GET /v1/models: the OpenAI protocol, for clients that know no other.

The messages that are sent are the conversation, and nothing is remembered. The content is the answer's text; the whole
Answer stands beside it as `footnote`. Each citation is an annotation, too, of the one type that the protocol knows,
`url_citation`: strict clients refuse a whole response for any other. Its span is the marker, `[1]`, in the content, in
code points, end exclusive; its address is that of the page which was cited, or else the address at this server where
the exact words are read, with the key that asked. No language model reads or writes, so no tokens are counted.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event

from bot.answers import Answered, Citation, Event, Text, Turn
from bot.interfaces.cancellation import AbortedError
from bot.interfaces.http.callers import Caller
from bot.interfaces.http.problems import documented, failed
from bot.interfaces.http.routes.ask import UNBUFFERED, answer_of, events_of
from bot.interfaces.http.routes.openai_schemas import MODEL, Chat, Completion, Model, Models, check_model
from bot.interfaces.http.service import Serving

router = APIRouter(tags=["OpenAI protocol"])

_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
_MODEL = {"id": MODEL, "object": "model", "created": int(time.time()), "owned_by": "footnote"}
_CHUNKS = "Objects `chat.completion.chunk`; the last with a choice holds the annotations and `footnote`. Then `[DONE]`."


@router.post(
    "/v1/chat/completions",
    response_model=Completion,
    responses={
        **documented(400, 401, 403, 404, 413, 415, 422, 429, 503),
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
    address = service.bot.settings.public_url or str(request.base_url).rstrip("/")
    head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": MODEL}

    if chat.stream:
        events = service.turns.stream(request, lambda: events_of(service, turn, "openai"))
        first = await anext(events)  # what is refused at once has a status of its own
        usage = bool(chat.stream_options and chat.stream_options.include_usage)
        chunks = _chunks({**head, "object": "chat.completion.chunk"}, first, events, address, usage)
        return StreamingResponse(chunks, media_type="text/event-stream", headers=UNBUFFERED)

    answer = await service.turns.run(request, lambda stop: answer_of(service, turn, "openai", stop))
    notes = [_annotation(answer.text, one, address) for one in answer.citations]
    message = {"role": "assistant", "content": answer.text, "refusal": None, "annotations": notes}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return JSONResponse(
        {**head, "object": "chat.completion", "choices": [choice], "usage": _USAGE, "footnote": answer.to_json()}
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


def _annotation(text: str, citation: Citation, address: str) -> dict[str, Any]:
    marker = f"[{citation.id}]"
    start = text.index(marker, citation.answer_end)
    words = f"{address}/v1/documents/{citation.document.id}/text?start={citation.start}&end={citation.end}"
    return {
        "type": "url_citation",
        "url_citation": {
            "start_index": start,
            "end_index": start + len(marker),
            "title": citation.document.title,
            "url": citation.url or words,
        },
    }


async def _chunks(
    head: dict[str, Any], first: Event, rest: AsyncIterator[Event], address: str, usage: bool
) -> AsyncIterator[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return _data({**head, "choices": [choice], **({"usage": None} if usage else {}), **more})

    def said(event: Event) -> bytes | None:
        match event:
            case Text():
                return chunk({"content": event.text})
            case Answered():
                delta = {
                    "annotations": [_annotation(event.answer.text, one, address) for one in event.answer.citations]
                }
                return chunk(delta, "stop", footnote=event.answer.to_json())
        return None

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    try:
        if (data := said(first)) is not None:
            yield data
        async for event in rest:
            if (data := said(event)) is not None:
                yield data
        if usage:
            yield _data({**head, "choices": [], "usage": _USAGE})
        yield format_sse_event(data_str="[DONE]")
    except AbortedError:
        return
    except Exception as error:  # noqa: BLE001  # the status has been sent: what fails now is told as an event
        problem = failed(error)
        yield _data({**problem.content(), "error": problem.for_openai()})


def _data(data: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False))
