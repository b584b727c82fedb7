"""GET / and what its page sends: a question, a key to sign in with. For browsers; programs use /v1.

All that the page loads comes from this server, by relative addresses, so that it also works below a path. Without
scripts a question leads to the page again, with its answer.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import FileResponse, RedirectResponse, Response
from fastapi.sse import format_sse_event
from pydantic import StringConstraints

from bot.answers import Answer, Answered, Event, Searching, Text, Turn
from bot.assistant import LONGEST_QUESTION
from bot.interfaces import http
from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.http.browsers import asker_of, check_own, sign_in, sign_out
from bot.interfaces.http.callers import within_rate
from bot.interfaces.http.page.view import rendered, turn_of
from bot.interfaces.http.problems import Problem
from bot.interfaces.http.routes.ask import answer_of, event_stream
from bot.interfaces.http.service import Service, Serving
from bot.interfaces.shared_documents import LOCAL
from bot.interfaces.text import one_line
from bot.suggestions import suggest
from prompts import ENGLISH
from retrieval.library.catalogue import Entry, readable_by
from retrieval.loaders.encoding import storable
from retrieval.types import SHARED

router = APIRouter(include_in_schema=False)

SECURITY = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The headers of every page."""

_STATIC = Path(http.__file__).with_name("page") / "static"
_FILES = {"page.css": "text/css", "page.js": "text/javascript"}
_ASSET = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_TURNS = 50  # of a conversation that are shown
_LISTED = 50  # conversations that are listed
_LONGEST_TITLE = 80  # characters of what one is called
_UNNAMED = "page-"  # the names of conversations that were given none
_NAMED = 3  # documents that the first line names

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


@router.get("/")
async def page(request: Request, service: Serving, c: str = "") -> Response:
    """The page, with what was said in the conversation `c`; to sign in, where nobody has."""
    asker = asker_of(service, request)
    if asker is None:
        return Response(rendered("sign_in.html", root="", wrong=False), media_type="text/html", headers=SECURITY)
    name = storable(c)[:200] or f"{_UNNAMED}{secrets.token_urlsafe(9)}"
    html = await service.turns.run(request, lambda _: _page(service, asker, name))
    return Response(html, media_type="text/html", headers=SECURITY)


@router.post("/ask")
async def ask(
    request: Request,
    service: Serving,
    question: Annotated[str, Form()] = "",
    conversation: Annotated[Name, Form()] = "page",
    documents: Annotated[list[Name] | None, Form(max_length=100)] = None,
) -> Response:
    """Answer a question of the page: as events with the answer's markup, or by leading back to the page."""
    asker = asker_of(service, request)
    if asker is None:
        raise _signed_out()
    within_rate(service, asker)
    if len(question) > LONGEST_QUESTION:
        most = f"{LONGEST_QUESTION:,}"
        raise Problem(422, "invalid", f"The question is too long: up to {most} characters are read. Make it shorter.")
    turn = Turn(question, asker, conversation, tuple(map(storable, documents)) if documents else None)
    if "text/event-stream" in request.headers.get("accept", ""):
        return await event_stream(service, request, turn, "page", _event)
    await service.turns.run(request, lambda stop: answer_of(service, turn, "page", stop))
    target = request.url.include_query_params(c=conversation).query
    return RedirectResponse(f"./?{target}", 303)


@router.get("/questions")
async def questions(request: Request, service: Serving, document: str = "", c: str = "") -> list[str]:
    """Up to three questions to go on with after the last answer of the conversation `c`, which a document answers; or
    to begin with, on the document that is named or was added last.
    """
    asker = asker_of(service, request)
    if asker is None:
        return []
    within_rate(service, asker)
    return await service.turns.run(
        request, lambda stop: _questions(service, asker, storable(document), storable(c), stop)
    )


@router.get("/conversations")
async def conversations(request: Request, service: Serving, c: str = "") -> Response:
    """The list of conversations, as it stands in the page; `c` is the one that is shown."""
    asker = asker_of(service, request)
    if asker is None:
        raise _signed_out()
    within_rate(service, asker)
    html = await service.turns.run(
        request, lambda _: rendered("conversations.html", talks=_talks(service, asker), conversation=storable(c))
    )
    return Response(html, media_type="text/html", headers=SECURITY)


@router.post("/session")
async def session(request: Request, service: Serving, secret: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """Sign in with a key."""
    check_own(request)
    client = "" if request.client is None else request.client.host
    within_rate(service, f"sign-in:{client}")
    response = RedirectResponse("./", 303)
    if sign_in(service, request, response, secret.strip()):
        return response
    return Response(rendered("sign_in.html", root="", wrong=True), 401, media_type="text/html", headers=SECURITY)


@router.get("/session")
async def signed_in() -> Response:
    """What a browser loads again after a key that was wrong."""
    return RedirectResponse("./", 303)


@router.post("/session/end")
async def end_session(request: Request) -> Response:
    """Sign out."""
    check_own(request)
    response = RedirectResponse("../", 303)
    sign_out(response)
    return response


@router.get("/static/page.css")
@router.get("/static/page.js")
async def static(request: Request) -> Any:
    """The style and the script."""
    name = request.url.path.rpartition("/")[2]
    return FileResponse(_STATIC / name, media_type=_FILES[name], headers=_ASSET)


def _page(service: Service, asker: str, conversation: str) -> str:
    entries = service.bot.library.entries(readable_by(asker))
    turns = service.bot.conversations.recall(asker, conversation, _TURNS)
    return rendered(
        "page.html",
        root="",
        signed_in=bool(service.keys),
        documents=[_listed(entry, asker) for entry in entries],
        turns=[turn_of(turn) for turn in turns],
        about=_about(entries),
        talks=_talks(service, asker),
        conversation=conversation,
        longest=LONGEST_QUESTION,
        writer=service.bot.writer(ENGLISH),
    )


def _questions(service: Service, asker: str, document: str, conversation: str, stop: CancellationToken) -> list[str]:
    library, owners = service.bot.library, readable_by(asker)
    before = service.bot.conversations.recall(asker, conversation, _TURNS) if conversation else []
    last = next((turn.citations[0] for turn in reversed(before) if turn.citations and not document), None)
    wanted = [document] if document else None if last is None else [last.document.id]
    entry = max(library.entries(owners, wanted), key=lambda one: one.added_at, default=None)
    if entry is None:
        return []
    # What stands after the words that were quoted goes on with them.
    start = last.start if last is not None and last.revision == entry.revision else 0

    def answer(asked: str) -> Answer:
        stop.check()
        return service.bot.assistant.answer(Turn(asked, asker, documents=(entry.id,)))

    return suggest(answer, library.words(entry.id, owners)[start:], before=before)


def _talks(service: Service, asker: str) -> list[dict[str, str]]:
    """The conversations that are listed: each with its name, and what it is called."""
    found = service.bot.conversations.recent(asker, _LISTED)
    named = {one.name: one.question if one.name.startswith(_UNNAMED) else one.name for one in found}
    return [{"name": name, "title": title[:_LONGEST_TITLE]} for name, title in named.items()]


def _signed_out() -> Problem:
    return Problem(401, "unauthorized", "You are signed out. Load the page again, and sign in.")


def _listed(entry: Entry, asker: str) -> dict[str, Any]:
    removable = entry.owner == asker or (asker == LOCAL and entry.owner == SHARED)
    return {"id": entry.id, "title": entry.title, "removable": removable}


def _about(entries: list[Entry]) -> str:
    if not 0 < len(entries) <= _NAMED:
        return "your documents"
    return ", ".join(f"“{one_line(entry.title)}”" for entry in entries)


def _event(event: Event | Problem) -> bytes:
    data: dict[str, Any]
    match event:
        case Searching():
            name, data = "searching", {}
        case Text():
            name, data = "text", {"text": event.text}
        case Answered():
            name, data = "answer", {"html": rendered("answer.html", turn=turn_of(event.answer))}
        case Problem():
            name, data = "error", event.content()
        case _:
            return b""
    return format_sse_event(event=name, data_str=json.dumps(data, ensure_ascii=False))
