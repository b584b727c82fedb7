"""GET /read/{id}: a document's text in a browser, the cited words marked and in view.

For whoever has signed in, or for anyone who has a signed link, which opens that document alone until it ends.
"""

from __future__ import annotations

import time
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot.interfaces.http.browsers import asker_of
from bot.interfaces.http.page.view import rendered, shown
from bot.interfaces.http.routes.page import SECURITY
from bot.interfaces.http.service import Service, Serving
from bot.signing import opens
from retrieval.library.catalogue import Entry, LibraryError, readable_by
from retrieval.loaders.encoding import storable
from retrieval.types import Span

router = APIRouter(include_in_schema=False)

_HEADERS = {
    **SECURITY,
    "Content-Security-Policy": SECURITY["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    ),
    "X-Robots-Tag": "noindex",
}
_MOST = 2**31 - 1


@router.get("/read/{id}")
async def read(request: Request, service: Serving) -> Response:
    """The text around the words from `start` to `end` of a revision, or from `at` on."""
    asked = request.query_params
    document = storable(request.path_params["id"])
    signed = await service.turns.run(
        request,
        lambda _: opens(service.bot.signing, document, asked.get("until", ""), asked.get("signature", ""), time.time()),
    )
    asker = None if signed else asker_of(service, request)
    if not signed and asker is None:
        if "signature" in asked:
            return _message("This link has ended", "Ask for a new one where you found it.", 403)
        return _message("Please sign in", "Sign in to read this document.", 401, "../", "Sign in")
    return await service.turns.run(request, lambda _: _read(service, request, document, asker))


def _read(service: Service, request: Request, document: str, asker: str | None) -> Response:
    """The page; `asker` is None where a link opens the document, whoever has it."""
    library, asked = service.bot.library, request.query_params
    owners = library.owners_of(document) if asker is None else readable_by(asker)
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

    html = rendered(
        "read.html",
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
