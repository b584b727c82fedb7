"""POST, GET and DELETE /v1/documents: what a caller may read, and what it adds and removes itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, nullcontext
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.sse import format_sse_event
from pydantic import BaseModel

from bot.interfaces.cancellation import AbortedError, CancellationToken
from bot.interfaces.http.callers import Caller
from bot.interfaces.http.openapi import EXAMPLES, example
from bot.interfaces.http.paging import MOST, AfterDocument, Limit, Next
from bot.interfaces.http.problems import Problem, documented, failed
from bot.interfaces.http.routes.ask import UNBUFFERED, no_document
from bot.interfaces.http.routes.uploads import BODY, Upload, incoming
from bot.interfaces.http.service import Service, Serving
from bot.interfaces.shared_documents import LOCAL, add_shared
from retrieval.library.catalogue import Entry, LibraryError, readable_by
from retrieval.loaders.encoding import storable
from retrieval.types import SHARED

router = APIRouter(tags=["documents"])

Done = list[tuple[int, int]]
"""How many passages of how many are embedded, the latest last."""
_TELL = 0.3  # seconds after which it is looked how far an adding is

Identifier = Annotated[
    str, Path(alias="id", description="The id of a document.", examples=[EXAMPLES["document"]["id"]])
]

IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=255, description="A name of your own for this request, new for each one."),
]

_REVISION = (
    "That of the citation: once the document has been replaced, the answer is 410. Else the present text is read."
)
_REPLACED = (
    "Revision {} of this document is gone: its text was replaced, or indexed anew. Ask again for a citation of the "
    "present text; without `revision` that one is read."
)


class ListedDocument(BaseModel):
    """A document: `owner` tells whether everyone reads it or you alone; `pages` is null where a text has none.

    `authors` and `dated` are what the file says of itself, `language` is that of its text (ISO 639-1).
    """

    model_config = example(EXAMPLES["document"])

    id: str
    title: str
    source: str
    url: str | None
    owner: Literal["shared", "you"]
    passages: int
    characters: int
    pages: int | None
    language: str | None
    authors: list[str]
    dated: str | None
    added_at: datetime


class Documents(BaseModel):
    """The documents, in the order in which they were first added; `next` is null on the last page."""

    model_config = example({"documents": [EXAMPLES["document"]], "next": None})

    documents: list[ListedDocument]
    next: Next


class AddedDocument(BaseModel):
    """What was added; `replaced` when it stands in the place of an earlier text of the same source."""

    model_config = example({"id": "9d40c1a2e77b", "title": "Opening hours", "passages": 1, "replaced": False})

    id: str
    title: str
    passages: int
    replaced: bool


class Words(BaseModel):
    """The words of a document from code point `start` to `end`, end exclusive."""

    model_config = example(EXAMPLES["words"])

    id: str
    start: int
    end: int
    text: str


@router.post(
    "/v1/documents",
    status_code=201,
    response_model=AddedDocument,
    responses={
        201: {"headers": {"Location": {"description": "Where the document is.", "schema": {"type": "string"}}}},
        **documented(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
    },
    openapi_extra={"requestBody": BODY},
)
async def add_document(
    request: Request, caller: Caller, service: Serving, idempotency_key: IdempotencyKey = None
) -> Any:
    """Add a document, or replace your own of the same source: a file, a text, or a page of the web.

    What a key adds, that key alone reads. With `Accept: text/event-stream` it is told how far the work is: `progress`
    {"done", "total"} in passages, then `added`, or `error` (a problem). With an `Idempotency-Key`, the same request
    sent again within a day has the same answer, and adds nothing.
    """
    async with AsyncExitStack() as held:
        counted = await held.enter_async_context(service.uploads.counted(request, caller))
        upload = await held.enter_async_context(incoming(counted))
        done: list[tuple[int, int]] = []
        work = service.documents.run(
            request, lambda stop: _add_once(service, caller, upload, stop, idempotency_key, done), caller
        )
        if "text/event-stream" not in request.headers.get("accept", ""):
            return await work
        events = _events(work, done, held.pop_all())
        await anext(events)  # once it has begun, it lets go of what it holds, also where nobody reads on
        return StreamingResponse(events, media_type="text/event-stream", headers=UNBUFFERED)


@router.get("/v1/documents", response_model=Documents, responses=documented(401, 403, 422, 429, 503))
async def list_documents(
    request: Request, caller: Caller, service: Serving, limit: Limit = MOST, after: AfterDocument = None
) -> Any:
    """The documents that you can ask about: those shared with everyone, and your own."""

    def listed(_stop: CancellationToken) -> JSONResponse:
        entries, following = service.bot.library.page(readable_by(caller), after, limit)
        return JSONResponse({"documents": [_shown(entry) for entry in entries], "next": following})

    return await service.turns.run(request, listed)


@router.get("/v1/documents/{id}", response_model=ListedDocument, responses=documented(401, 403, 404, 429, 503))
async def get_document(identifier: Identifier, request: Request, caller: Caller, service: Serving) -> Any:
    """One document."""
    return await service.turns.run(request, lambda _: JSONResponse(_shown(_entry(service, caller, identifier))))


@router.get("/v1/documents/{id}/text", response_model=Words, responses=documented(401, 403, 404, 410, 422, 429, 503))
async def get_words(
    identifier: Identifier,
    request: Request,
    caller: Caller,
    service: Serving,
    start: Annotated[int, Query(ge=0, description="The first code point.")] = 0,
    end: Annotated[int | None, Query(ge=0, description="The code point after the last; else that of the text.")] = None,
    revision: Annotated[int | None, Query(ge=1, le=2**31 - 1, description=_REVISION)] = None,
) -> Any:
    """The text of a document, or the words from `start` to `end`: those of a citation, for example.

    Offsets are Unicode code points, end exclusive. With the `revision` of the citation, words of another text are
    never given in their place.
    """

    def words(_stop: CancellationToken) -> JSONResponse:
        try:
            text = service.bot.library.words(storable(identifier), readable_by(caller), revision=revision)
        except LibraryError as error:
            _entry(service, caller, identifier)
            if revision is None:  # it was replaced between two looks
                raise no_document(identifier) from error
            raise Problem(410, "replaced", _REPLACED.format(revision)) from error
        last = len(text) if end is None else end
        if not start <= last <= len(text):
            has = f"The document has {len(text):,} characters"
            raise Problem(422, "out-of-range", f"{has}; {start}–{last} are none of them. Send 0 ≤ start ≤ end ≤ that.")
        return JSONResponse({"id": identifier, "start": start, "end": last, "text": text[start:last]})

    return await service.turns.run(request, words)


@router.delete(
    "/v1/documents/{id}", status_code=204, response_class=Response, responses=documented(401, 403, 404, 429, 503)
)
async def delete_document(identifier: Identifier, request: Request, caller: Caller, service: Serving) -> Response:
    """Remove a document that is yours; it is no longer searched from then on."""

    def remove(_stop: CancellationToken) -> Response:
        owners = readable_by(caller) if caller == LOCAL else (caller,)
        if _entry(service, caller, identifier).owner not in owners:
            raise Problem(403, "not-yours", "The document is shared with everyone. `footnote remove` removes it.")
        try:
            service.bot.library.remove(identifier, owners)
        except LibraryError as error:  # meanwhile
            raise no_document(identifier) from error
        return Response(status_code=204)

    return await service.turns.run(request, remove)


async def _events(work: Coroutine[Any, Any, JSONResponse], done: Done, held: AsyncExitStack) -> AsyncIterator[bytes]:
    """The events of an adding, while it goes on; what was sent is `held` until then."""
    adding, told = asyncio.ensure_future(work), 0
    async with held:
        try:
            yield b""
            while not adding.done():
                await asyncio.wait([adding], timeout=_TELL)
                if len(done) > told:
                    told = len(done)
                    share, total = done[-1]
                    yield format_sse_event(event="progress", data_str=json.dumps({"done": share, "total": total}))
            added = bytes(adding.result().body)
            yield format_sse_event(event="added", data_str=added.decode())
        except AbortedError:
            return
        except Exception as error:  # noqa: BLE001  # the status has been sent: what fails now is told as an event
            yield format_sse_event(event="error", data_str=json.dumps(failed(error).content(), ensure_ascii=False))
        finally:
            adding.cancel()


def _add_once(
    service: Service, caller: str, upload: Upload, stop: CancellationToken, key: str | None, done: Done
) -> JSONResponse:
    """Add what was sent, unless it was sent before under the same `key`. Raises as `_add` does, and Problem."""
    if key is None:
        return _answered(_add(service, caller, upload, stop, done))
    requests = service.bot.named_requests
    match requests.begin(caller, key, upload.digest()):
        case "running":
            detail = "A request with this Idempotency-Key is being answered. Wait, and send it again."
            raise Problem(409, "in-progress", detail, headers={"Retry-After": "1"})
        case "other":
            raise Problem(422, "other-body", "This Idempotency-Key came with something else before. Take a new one.")
        case dict() as before:
            return _answered(before, {"Idempotent-Replayed": "true"})
    told: dict[str, Any] | None = None
    try:
        told = _add(service, caller, upload, stop, done)
    finally:
        requests.end(caller, key, told)
    return _answered(told)


def _answered(told: dict[str, Any], more: Mapping[str, str] = MappingProxyType({})) -> JSONResponse:
    return JSONResponse(told, 201, {"Location": f"/v1/documents/{told['id']}", **more})


def _add(service: Service, caller: str, upload: Upload, stop: CancellationToken, done: Done) -> dict[str, Any]:
    """Load and add what was sent, in a turn of the caller's unless that is quick; `done` grows with each batch.

    Raises Problem, LoadingError and LibraryError, and AbortedError as long as nothing has been added.
    """
    library = service.bot.library

    def progress(step: str, share: int, total: int) -> None:
        if step == "embedded":
            done.append((share, total))

    with nullcontext() if upload.is_quick() else service.heavy.turn(caller, stop):
        document = upload.load(service.bot, stop.check)
        if caller == LOCAL:  # as on the command line
            added = add_shared(library, document, progress, stop.check)
        else:
            added = library.add(document, caller, progress, stop.check, quota=service.bot.quota)
    return {"id": added.id, "title": added.title, "passages": added.passages, "replaced": added.replaced}


def _entry(service: Service, caller: str, identifier: str) -> Entry:
    """The document, where the caller may read it. Raises Problem."""
    for entry in service.bot.library.entries(readable_by(caller), [storable(identifier)]):
        return entry
    raise no_document(identifier)


def _shown(entry: Entry) -> dict[str, Any]:
    shown = {name: getattr(entry, name) for name in ListedDocument.model_fields}
    at = datetime.fromtimestamp(entry.added_at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    owner = "shared" if entry.owner == SHARED else "you"
    return {**shown, "owner": owner, "pages": len(entry.pages) or None, "added_at": at}
