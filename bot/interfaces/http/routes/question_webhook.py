"""POST /webhooks/questions: questions of other systems, signed as Standard Webhooks has it."""

from __future__ import annotations

import asyncio
from functools import partial
from hashlib import sha256
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from fastapi.security import APIKeyHeader
from starlette.concurrency import run_in_threadpool

from bot.auth import SignatureError
from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.http.callers import within_rate
from bot.interfaces.http.problems import Problem, documented
from bot.interfaces.http.routes.ask import answer_of, check_documents, chosen
from bot.interfaces.http.routes.question_events import (
    AskedQuestion,
    QuestionAccepted,
    QuestionAnswered,
    QuestionAsked,
    accepted_event,
    answered_event,
    read_question,
    turn_of,
)
from bot.interfaces.http.service import Service, Serving
from bot.storage.webhook_questions import Stored
from retrieval.net.guard import OutboundError
from retrieval.store.tables import now

router = APIRouter(tags=["webhooks"])

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


_replies = APIRouter()


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
        **documented(400, 401, 404, 409, 413, 422, 429, 503),
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
    body = await request.body()
    asker = _sender(service, request, body)
    request.state.asker = asker
    within_rate(service, asker)
    question = await run_in_threadpool(_kept, service, asker, request.headers["webhook-id"], body, read_question(body))
    if question.reply_url is not None:
        request.app.state.deliveries.notify()
        return Response(accepted_event(question), 202, media_type="application/json")
    while (event := question.event) is None:
        event = await service.turns.run(request, partial(_answered, service, question))
        if event is not None:
            break
        await asyncio.sleep(_AGAIN)
    return Response(event.encode("ascii"), media_type="application/json")


def _sender(service: Service, request: Request, body: bytes) -> str:
    """The asker that signed a request. Raises Problem."""
    if not service.secrets:
        raise _unsigned("no-secret", "No questions are taken by webhook. Set FOOTNOTE_WEBHOOK_SECRETS on the server.")
    message_id, timestamp, signatures = (
        request.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature")
    )
    try:
        return service.secrets.verify(message_id, timestamp, signatures, body, now())
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
    try:
        try:
            answer = answer_of(service, turn_of(claimed), "webhook", stop)
            event = answered_event(claimed, answer, now())
            counts, _ = questions.answered(claimed, event)
        except BaseException:
            questions.not_answered(claimed)
            raise
        _log.info("answered", message=claimed.message_id, asker=claimed.asker, status=answer.status)
        return event if counts else None
    finally:
        questions.let_go(claimed)
