"""The events of the question webhook: a question as it comes, read and checked; the answer as it goes, written once."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.answers import Answer, Turn
from bot.interfaces.http.openapi import EXAMPLES, example
from bot.interfaces.http.problems import Problem, invalid
from bot.interfaces.http.routes.ask import ConversationName, DocumentIds, Words, chosen
from bot.storage.webhook_questions import Stored
from retrieval.net.url import LONGEST_ADDRESS

_DEEPEST = 64  # objects and lists within each other


def _said(question: str) -> str:
    if not question.strip():
        raise ValueError("The question is empty. Write what you would like to know.")
    return question


def _written(time: object) -> object:
    if not isinstance(time, str):
        raise ValueError("A time is written as in 2026-11-25T10:45:20Z")
    return time


class AskedQuestion(BaseModel):
    """A question, and what is to become of its answer."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[Words, AfterValidator(_said)]
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
        raise invalid(error.errors()) from None


def turn_of(question: Stored) -> Turn:
    """The turn that a question is."""
    data = question.data
    return Turn(
        data["question"],
        question.asker,
        data["conversation"],
        chosen(data["documents"]),
        once=question.message_id,
    )


def accepted_event(question: Stored) -> bytes:
    """What says that a question will be answered; the same each time."""
    return _event("question.accepted", question.asked_at, {"id": question.message_id})


def answered_event(question: Stored, answer: Answer, at: float) -> str:
    """What gives the answer to a question."""
    data = {"answer": answer.to_json(), "metadata": question.data["metadata"]}
    return _event("question.answered", at, data).decode("ascii")


def _event(kind: str, at: float, data: dict[str, Any]) -> bytes:
    time = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    # In ASCII, since metadata may hold what no encoding has: half a surrogate pair.
    return json.dumps({"type": kind, "timestamp": time, "data": data}, separators=(",", ":")).encode("ascii")


def _finite(number: str) -> float:
    """A number that can be written as JSON again. Raises ValueError for others: 1e999, NaN."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError
    return value


def _deeper(value: Any, than: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(than == 0 or _deeper(one, than - 1) for one in inner)
