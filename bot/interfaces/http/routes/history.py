"""GET, PATCH and DELETE /v1/conversations, POST /v1/feedback: what was said to a caller, and what it thinks of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field, StrictBool, StringConstraints
from starlette.convertors import PathConvertor, register_url_convertor

from bot.answers import Answer
from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.http.callers import Caller
from bot.interfaces.http.faults import WORDED
from bot.interfaces.http.openapi import EXAMPLES, example
from bot.interfaces.http.paging import After, AfterTurn, Limit, Next
from bot.interfaces.http.problems import Problem, documented, not_found
from bot.interfaces.http.routes.ask import ConversationName, Whole
from bot.interfaces.http.service import Serving
from bot.storage.feedback import cursor
from retrieval.loaders.encoding import storable

router = APIRouter(tags=["conversations"])

Name = Annotated[str, Path(description="The name under which it is remembered.", examples=["friday"])]

_MOST_TURNS = 2**31 - 1
_SHOWN = 200  # characters of a name, in problems


_AT = "2026-11-25T10:45:20Z"


class _Anything(PathConvertor):
    """A part of a path that may hold slashes and line ends, as a name may."""

    regex = "(?s:.*)"


register_url_convertor("anything", _Anything())


class Conversation(BaseModel):
    """What was said under a name, oldest first."""

    model_config = example({"conversation": "friday", "turns": [EXAMPLES["answer"]]})

    conversation: str
    turns: list[Answer]


class ListedConversation(BaseModel):
    """A conversation: how many turns it has, when it began and when it was last asked in."""

    conversation: str
    turns: int
    began_at: datetime
    asked_at: datetime


class ConversationList(BaseModel):
    """Conversations; `next` is null on the last page."""

    model_config = example(
        {"conversations": [{"conversation": "friday", "turns": 2, "began_at": _AT, "asked_at": _AT}], "next": None}
    )

    conversations: list[ListedConversation]
    next: Next


class Rename(BaseModel):
    """The name that a conversation is to have."""

    model_config = example({"name": "export controls"}, extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=WORDED)]


class GivenFeedback(BaseModel):
    """What was thought of an answer to `question`."""

    conversation: str
    turn: int
    helpful: bool
    comment: str | None
    given_at: datetime
    question: str


class FeedbackList(BaseModel):
    """Feedback; `next` is null on the last page."""

    model_config = example(
        {
            "feedback": [
                {
                    "conversation": "friday",
                    "turn": 1,
                    "helpful": False,
                    "comment": "It asked for a date.",
                    "given_at": _AT,
                    "question": "When did Blinken speak about China?",
                }
            ],
            "next": None,
        }
    )

    feedback: list[GivenFeedback]
    next: Next


class Feedback(BaseModel):
    """What is thought of one answer, which its `conversation` and `turn` name."""

    model_config = example(
        {"conversation": "friday", "turn": 1, "helpful": False, "comment": "It asked for a date."}, extra="forbid"
    )

    conversation: ConversationName
    turn: Whole = Field(ge=1, le=_MOST_TURNS)
    helpful: StrictBool
    comment: Annotated[str, StringConstraints(max_length=4000)] | None = None


@router.get("/v1/conversations", response_model=ConversationList, responses=documented(401, 403, 422, 429, 503))
async def list_conversations(
    request: Request, caller: Caller, service: Serving, limit: Limit = 100, after: After = None
) -> Any:
    """Your conversations, by their names."""

    def listed(_stop: CancellationToken) -> JSONResponse:
        found = service.bot.conversations.listed(caller, after and storable(after), limit + 1)
        more, found = len(found) > limit, found[:limit]
        shown = [
            {
                "conversation": one.name,
                "turns": one.turns,
                "began_at": _time(one.began_at),
                "asked_at": _time(one.asked_at),
            }
            for one in found
        ]
        return JSONResponse({"conversations": shown, "next": found[-1].name if more else None})

    return await service.turns.run(request, listed)


@router.get(
    "/v1/conversations/{name:anything}", response_model=Conversation, responses=documented(401, 403, 404, 429, 503)
)
async def get_conversation(name: Name, request: Request, caller: Caller, service: Serving) -> Any:
    """What was said in one of your conversations."""

    def said(_stop: CancellationToken) -> JSONResponse:
        turns = service.bot.conversations.recall(caller, storable(name), last=None)
        if not turns:
            raise _no_conversation(name)
        return JSONResponse({"conversation": name, "turns": [answer.to_json() for answer in turns]})

    return await service.turns.run(request, said)


@router.patch(
    "/v1/conversations/{name:anything}",
    status_code=204,
    response_class=Response,
    responses=documented(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
)
async def rename_conversation(
    name: Name, renamed: Rename, request: Request, caller: Caller, service: Serving
) -> Response:
    """Give one of your conversations another name, under which it goes on."""

    def rename(_stop: CancellationToken) -> Response:
        match service.bot.conversations.rename(caller, storable(name), storable(renamed.name)):
            case "missing":
                raise _no_conversation(name)
            case "taken":
                raise Problem(409, "taken", f"You have a conversation {renamed.name!r} already. Choose another name.")
        return Response(status_code=204)

    return await service.turns.run(request, rename)


@router.delete(
    "/v1/conversations/{name:anything}",
    status_code=204,
    response_class=Response,
    responses=documented(401, 403, 404, 429, 503),
)
async def forget_conversation(name: Name, request: Request, caller: Caller, service: Serving) -> Response:
    """Forget one of your conversations, with all that was said and rated in it."""

    def forget(_stop: CancellationToken) -> Response:
        if not service.bot.conversations.forget(caller, storable(name)):
            raise _no_conversation(name)
        return Response(status_code=204)

    return await service.turns.run(request, forget)


@router.get("/v1/feedback", response_model=FeedbackList, responses=documented(401, 403, 422, 429, 503))
async def list_feedback(
    request: Request, caller: Caller, service: Serving, limit: Limit = 100, after: AfterTurn = None
) -> Any:
    """What you thought of answers, by conversation and turn."""

    def listed(_stop: CancellationToken) -> JSONResponse:
        found = service.bot.feedback.given(caller, after and storable(after), limit + 1)
        more, found = len(found) > limit, found[:limit]
        shown = [
            {
                "conversation": one.conversation,
                "turn": one.turn,
                "helpful": one.helpful,
                "comment": one.comment,
                "given_at": _time(one.given_at),
                "question": one.answer.question,
            }
            for one in found
        ]
        return JSONResponse({"feedback": shown, "next": cursor(found[-1]) if more else None})

    return await service.turns.run(request, listed)


@router.post(
    "/v1/feedback",
    status_code=204,
    response_class=Response,
    responses=documented(400, 401, 403, 404, 408, 413, 415, 422, 429, 503),
)
async def give_feedback(feedback: Feedback, request: Request, caller: Caller, service: Serving) -> Response:
    """Say whether an answer was helpful; said again, it stands in the place of what was said before."""

    def rate(_stop: CancellationToken) -> Response:
        name = storable(feedback.conversation)
        comment = None if feedback.comment is None else storable(feedback.comment)
        if not service.bot.conversations.rate(caller, name, feedback.turn, feedback.helpful, comment):
            raise not_found(
                f"turn {feedback.turn} in a conversation {feedback.conversation[:_SHOWN]!r}",
                "GET /v1/conversations/NAME lists what was said.",
            )
        return Response(status_code=204)

    return await service.turns.run(request, rate)


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _no_conversation(name: str) -> Problem:
    cure = "A question with a `conversation` begins one."
    return not_found(f"conversation {name[:_SHOWN]!r}", cure)
