"""POST /webhooks/questions: questions of other systems, signed as Standard Webhooks has it.

A question is an event that is read and checked; its answer is an event that is written once.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from bot.answers import Answer, Turn
from bot.auth import SignatureError
from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.http.callers import within_rate
from bot.interfaces.http.openapi import EXAMPLES, example
from bot.interfaces.http.problems import Problem, documented, invalid
from bot.interfaces.http.routes.ask import ConversationName, DocumentIds, Words, answer_of, check_documents, chosen
from bot.interfaces.http.service import Service, Serving
from bot.storage.webhook_questions import Stored
from retrieval.net.url import LONGEST_ADDRESS, OutboundError
from retrieval.store.tables import now

router = APIRouter(tags=["webhooks"])

_DEEPEST = 64  # objects and lists within each other
_AGAIN = 0.05  # seconds between two looks at what another request is answering
_log = structlog.get_logger("footnote.webhook")
_signature = APIKeyHeader(
    name="webhook-signature",
    scheme_name="StandardWebhooks",
    description="`v1,BASE64` of the HMAC-SHA256 of `webhook-id.webhook-timestamp.body` with a secret of "
    "FOOTNOTE_WEBHOOK_SECRETS, as Standard Webhooks 1.0 has it.",
    auto_error=False,
)
_HEADERS = {
    "webhook-id": "The sender's id of this question: sent again under it, the question has the same answer.",
    "webhook-timestamp": "When it was sent, in seconds of Unix time.",
}


def _written(time: object) -> object:
    if not isinstance(time, str):
        raise ValueError("A time is written as in 2026-11-25T10:45:20Z")
    return time


class AskedQuestion(BaseModel):
    """A question, and what is to become of its answer."""

    model_config = ConfigDict(extra="forbid")

    question: Words
    conversation: ConversationName | None = Field(None, description="Remember what is said under this name.")
    documents: DocumentIds | None = Field(None, description="Search only the documents with these ids.")
    reply_url: Annotated[str, Field(max_length=LONGEST_ADDRESS)] | None = Field(
        None, description="Where the answer is sent to; without it, the answer is the response."
    )
    metadata: dict[Any, Any] | None = Field(None, description="Anything that is to come back with the answer.")


class QuestionAsked(BaseModel):
    """The event that asks a question."""

    model_config = example(EXAMPLES["asked"])

    type: Literal["question.asked"]
    timestamp: Annotated[datetime, BeforeValidator(_written)]
    data: AskedQuestion


class Answering(BaseModel):
    """The answer, and the metadata of the question as it came."""

    answer: Answer
    metadata: dict[str, Any] | None


class QuestionAnswered(BaseModel):
    """The event that answers a question."""

    model_config = example(EXAMPLES["answered"])

    type: Literal["question.answered"]
    timestamp: datetime
    data: Answering


class Accepting(BaseModel):
    """Which question was accepted."""

    id: str = Field(description="The webhook-id of the question.")


class QuestionAccepted(BaseModel):
    """The event that says that the answer will be sent to the reply URL."""

    model_config = example(EXAMPLES["accepted"])

    type: Literal["question.accepted"]
    timestamp: datetime
    data: Accepting


_replies = APIRouter()
outgoing = APIRouter()
"""The events that are sent, as the OpenAPI document has them."""


@outgoing.post("question.answered", status_code=204)
@_replies.post(
    "{$request.body#/data/reply_url}",
    status_code=204,
    responses={
        204: {"description": "Any 2xx: the event has arrived."},
        410: {"description": "No event is to be sent there any more: it is given up."},
        "default": {"description": "The event is sent again later; not before a Retry-After."},
    },
)
def question_answered(event: QuestionAnswered) -> None:
    """The answer, with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`."""


def _body_schema() -> dict[str, Any]:
    schema = QuestionAsked.model_json_schema()
    schema["properties"]["data"] = schema.pop("$defs")["AskedQuestion"]
    return schema


@router.post(
    "/webhooks/questions",
    callbacks=_replies.routes,
    responses={
        **documented(400, 401, 404, 408, 409, 413, 422, 429, 503),
        200: {"model": QuestionAnswered, "description": "The answer to a question without a `reply_url`."},
        202: {"model": QuestionAccepted, "description": "The answer will be sent to the `reply_url`."},
    },
    openapi_extra={
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
            for name, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _body_schema()}}},
    },
)
async def question_webhook(
    request: Request, service: Serving, _signed: Annotated[str | None, Depends(_signature)]
) -> Response:
    """Ask a question from another system.

    Without `reply_url` the response is the answer. With it the question is kept, and the answer is POSTed there as the
    event `question.answered`, signed with the same secret, until it is taken: at once, after 5 s, 5 min, 30 min, 2 h,
    5 h, 10 h, 14 h, 20 h and 24 h. The same `webhook-id` again has the same result.
    """
    headers = _signed_headers(service, request)
    body = await service.unsigned_bodies.read(request)
    asker = _sender(service, headers, body)
    request.state.asker = asker
    within_rate(service, asker)
    question = await run_in_threadpool(_kept, service, asker, headers[0], body, read_question(body))
    if question.reply_url is not None:
        request.app.state.deliveries.notify()
        accepted = _event("question.accepted", question.asked_at, {"id": question.message_id})
        return Response(accepted, 202, media_type="application/json")
    while (event := question.event) is None:
        event = await service.turns.run(request, partial(_answered, service, question))
        if event is not None:
            break
        await asyncio.sleep(_AGAIN)
    return Response(event, media_type="application/json")


def _signed_headers(service: Service, request: Request) -> tuple[str, str, str]:
    """The three headers of a signed request, refused before its body is read where they tell enough. Raises Problem."""
    if not service.secrets:
        raise _unsigned("no-secret", "No questions are taken by webhook. Set FOOTNOTE_WEBHOOK_SECRETS on the server.")
    message_id, timestamp, signatures = (
        request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    try:
        service.secrets.signatures_of(message_id, timestamp, signatures, now())
    except SignatureError as error:
        raise _unsigned(error.fault, str(error)) from None
    return message_id, timestamp, signatures


def _sender(service: Service, headers: tuple[str, str, str], body: bytes) -> str:
    """The asker that signed a request. Raises Problem."""
    try:
        return service.secrets.verify(*headers, body, now())
    except SignatureError as error:
        raise _unsigned(error.fault, str(error)) from None


def _unsigned(kind: str, detail: str) -> Problem:
    return Problem(401, kind, detail, headers={"WWW-Authenticate": "StandardWebhooks"})


def _kept(service: Service, asker: str, message_id: str, body: bytes, asking: AskedQuestion) -> Stored:
    """The question as it is kept, now or since it came first. Raises Problem for what is not to be kept."""
    questions, digest = service.bot.webhook_questions, sha256(body).hexdigest()
    question = questions.find(asker, message_id)
    if question is None:
        check_documents(service, asker, chosen(asking.documents))
        reply_url = None
        if asking.reply_url is not None:
            try:
                reply_url = service.bot.reply_urls.judge(asking.reply_url).url
            except OutboundError as error:
                raise Problem(422, "reply-url-refused", str(error)) from None
        question = questions.store(asker, message_id, digest, asking.model_dump(exclude={"reply_url"}), reply_url)
        _log.info("accepted", message=message_id, asker=asker)
    if question.body_hash != digest:
        detail = "This webhook-id came with another body before. Send another question under an id of its own."
        raise Problem(409, "other-body", detail)
    return question


def _answered(service: Service, question: Stored, stop: CancellationToken) -> str | None:
    """The event that answers a question, written now or before; None while someone else is writing it.

    Raises as `answer_of` does, and then the question may be asked again.
    """
    questions = service.bot.webhook_questions
    claimed = questions.claim(question.id)
    if claimed is None:
        known = questions.find(question.asker, question.message_id)
        return known and known.event
    return write_answer(service, claimed, turn_of, stop)[0]


def write_answer(
    service: Service, claimed: Stored, turn: Callable[[Stored], Turn], stop: CancellationToken
) -> tuple[str | None, str | None]:
    """Answer a question that is claimed, and let go of it: the event, and the id of its delivery.

    Both are None when another process has taken the question over. Raises as `answer_of` does: it is tried again then.
    """
    questions = service.bot.webhook_questions
    try:
        answer = answer_of(service, turn(claimed), "webhook", stop)
        data = {"answer": answer.to_json(), "metadata": claimed.data["metadata"]}
        event = _event("question.answered", now(), data)
        counts, delivery = questions.answered(claimed, event)
    except BaseException:
        questions.not_answered(claimed)
        raise
    finally:
        questions.let_go(claimed)
    if not counts:
        return None, None
    sent = {} if delivery is None else {"delivery": delivery}
    _log.info("answered", message=claimed.message_id, asker=claimed.asker, status=answer.status, **sent)
    return event, delivery


def read_question(body: bytes) -> AskedQuestion:
    """The question of an event. Raises Problem for what is none."""
    try:
        content = json.loads(body, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        raise Problem(400, "not-json", "The body is no JSON that can be given back. Send a JSON object.") from None
    if _deeper(content, _DEEPEST):
        raise Problem(422, "invalid", f"The body has more than {_DEEPEST} objects and lists within each other.")
    try:
        return QuestionAsked.model_validate(content).data
    except ValidationError as error:
        raise invalid(error.errors(), QuestionAsked) from None


def turn_of(question: Stored) -> Turn:
    """The turn that a question is."""
    data = question.data
    documents = chosen(data["documents"])
    return Turn(data["question"], question.asker, data["conversation"], documents, once=question.message_id)


def _event(kind: str, at: float, data: dict[str, Any]) -> str:
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # In ASCII, since metadata may hold what no encoding has: half a surrogate pair.
    return json.dumps({"type": kind, "timestamp": time, "data": data}, separators=(",", ":"))


def _finite(number: str) -> float:
    """A number that can be written as JSON again. Raises ValueError for others: 1e999, NaN."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError
    return value


def _deeper(value: Any, than: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(than == 0 or _deeper(one, than - 1) for one in inner)
