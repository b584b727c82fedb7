"""GET /read/{id}: a document's text in a browser, the cited words marked and in view.

For whoever has signed in, or for anyone who has a signed link, which opens that document alone until it ends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.interfaces.cancellation import CancellationToken
from bot.interfaces.http.browsers import asker_of
from bot.interfaces.http.callers import within_rate
from bot.interfaces.http.page.view import rendered, shown
from bot.interfaces.http.routes.page import SECURITY
from bot.interfaces.http.service import Service, Serving
from bot.signing import opens
from retrieval.library.catalogue import Entry, LibraryError, readable_by
from retrieval.loaders.encoding import storable
from retrieval.loaders.sandbox import ExtractionError
from retrieval.types import Span, page_at

router = APIRouter(include_in_schema=False)

_HEADERS = {
    **SECURITY,
    "Content-Security-Policy": SECURITY["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    ),
    "X-Robots-Tag": "noindex",
}
_UNDRAWN: dict[tuple[str, int, int], None] = {}  # pages that cannot be drawn, by document, revision and number
_REMEMBERED = 1000
_PICTURE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex"}
_MOST = 2**31 - 1


@router.get("/read/{id}")
async def read(request: Request, service: Serving) -> Response:
    """The text around the words from `start` to `end` of a revision, or from `at` on."""
    document = storable(request.path_params["id"])
    allowed, owners = await _owners(service, request, document)
    if not allowed:
        if "signature" in request.query_params:
            return _message("This link has ended", "Ask for a new one where you found it.", 403)
        return _message("Please sign in", "Sign in to read this document.", 401, "../", "Sign in")
    return await service.turns.run(request, lambda _: _read(service, request, document, owners))


@router.get("/read/{id}/page-{number}.png")
async def picture(request: Request, service: Serving) -> Response:
    """A page of a PDF as it looks, the words from `start` to `end` marked."""
    document = storable(request.path_params["id"])
    allowed, owners = await _owners(service, request, document)
    if not allowed:
        return _message("Please sign in", "Sign in to read this document.", 401)
    within_rate(service, f"picture:{'' if request.client is None else request.client.host}")

    def drawn(_stop: CancellationToken) -> Response:
        from retrieval.loaders.pdf.picture import page_picture

        number = _number(request.path_params["number"])
        entries = service.bot.library.entries(owners, [document])
        data = service.bot.library.original(document, owners) if entries else None
        if data is None or number is None or not 1 <= number <= len(entries[0].pages):
            return _message("Not found", "There is no picture of this page.", 404)
        start, end = (_number(request.query_params.get(name)) for name in ("start", "end"))
        text = "" if start is None or end is None else (_text(service, entries[0]) or "")[start:end]
        page = (document, entries[0].revision, number)
        try:
            if page in _UNDRAWN:
                raise ExtractionError("was tried before")
            return Response(page_picture(data, number, text), media_type="image/png", headers=_PICTURE)
        except ExtractionError:
            # It would take as long again.
            _UNDRAWN[page] = None
            while len(_UNDRAWN) > _REMEMBERED:
                _UNDRAWN.pop(next(iter(_UNDRAWN)))
            return _message("This page cannot be drawn", "Read its text, or open the file itself.", 422)

    return await service.documents.run(request, drawn, owners[-1] if owners else "nobody")


async def _owners(service: Service, request: Request, document: str) -> tuple[bool, Sequence[str]]:
    """Whether a document may be read by whoever asks, and whose it may be."""
    asked = request.query_params

    def opened(_stop: CancellationToken) -> Sequence[str] | None:
        until, signature = asked.get("until", ""), asked.get("signature", "")
        if not opens(service.bot.signing, document, until, signature, time.time()):
            return None
        return service.bot.library.owners_of(document)

    owners = await service.turns.run(request, opened)
    if owners is not None:
        return True, owners
    asker = asker_of(service, request)
    return asker is not None, () if asker is None else readable_by(asker)


def _read(service: Service, request: Request, document: str, owners: Sequence[str]) -> Response:
    library, asked = service.bot.library, request.query_params
    entries = library.entries(owners, [document])
    if not entries:
        return _message("Not found", "There is no such document here. It may have been removed.", 404)
    entry = entries[0]
    start, end, at, revision = (_number(asked.get(name)) for name in ("start", "end", "at", "revision"))
    text = _text(service, entry)
    present = f"?{urlencode({name: asked[name] for name in ('until', 'signature') if name in asked})}"
    if text is None or (revision is not None and revision != entry.revision):
        said = "The text was replaced after this answer was given, so its words cannot be shown in their place."
        return _message("This document has changed", said, 410, present, "Read it as it is now")
    cited = Span(start, end) if start is not None and end is not None and start < end <= len(text) else None
    part = shown(text, entry, cited, at)

    def beside(place: int | None) -> str:
        return "" if place is None else f"?{urlencode({**dict(asked), 'at': place})}"

    looks = ""
    if entry.pages and library.has_original(document):
        number = page_at(entry.pages, part.start if cited is None else cited.start)
        looks = f"{document}/page-{number}.png?{urlencode(dict(asked))}"
    html = rendered(
        "read.html",
        looks=looks,
        root="../",
        entry=entry,
        text=part,
        first=next((number for number, one in enumerate(part.parts, 1) if one.cited), 0),
        earlier=beside(part.before),
        later=beside(part.after),
    )
    return Response(html, media_type="text/html", headers=_HEADERS)


def _text(service: Service, entry: Entry) -> str | None:
    try:
        return service.bot.library.words(entry.id, [entry.owner], revision=entry.revision)
    except LibraryError:  # replaced meanwhile
        return None


def _number(written: str | None) -> int | None:
    """A place in a text; None for what is none."""
    if written is None or not (written.isascii() and written.isdecimal() and len(written) <= 10):
        return None
    return min(int(written), _MOST)


def _message(heading: str, detail: str, status: int, address: str = "", offer: str = "") -> Response:
    html = rendered("message.html", root="../", heading=heading, detail=detail, address=address, offer=offer)
    return Response(html, status, media_type="text/html", headers=_HEADERS)
