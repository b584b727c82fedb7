"""GET /read/{id}: a document's text in a browser, the cited words marked and in view.

For whoever has signed in, or for anyone who has a signed link, which opens that document alone until it ends.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
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

if TYPE_CHECKING:
    from retrieval.loaders.pdf.picture import Picture

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
_MOST = 2**31 - 1
_MOST_PAGES = 2  # that are drawn at once: a sentence may go on overleaf
_VIEW = "footnote_view"  # the cookie that says which view the reader chose last
_VIEW_LASTS = 365 * 24 * 3600  # seconds


@router.get("/read/{id}")
async def read(request: Request, service: Serving) -> Response:
    """The text around the words from `start` to `end` of a revision, or from `at` on; of a PDF the page as it looks.

    `view` is "text" or "picture", else what the reader chose last.
    """
    document = storable(request.path_params["id"])
    allowed, owners = await _owners(service, request, document)
    if not allowed:
        if "signature" in request.query_params:
            return _message("This link has ended", "Ask for a new one where you found it.", 403)
        return _message("Please sign in", "Sign in to read this document.", 401, "../", "Sign in")
    view = request.query_params.get("view") or request.cookies.get(_VIEW)
    if view == "text" or not await service.turns.run(request, lambda _: service.bot.library.has_original(document)):
        response = await service.turns.run(request, lambda _: _read(service, request, document, owners))
    else:
        within_rate(service, f"picture:{'' if request.client is None else request.client.host}")
        owner = owners[-1] if owners else "nobody"
        response = await service.documents.run(
            request, lambda _: _read(service, request, document, owners, True), owner
        )
    if request.query_params.get("view") in ("text", "picture"):
        response.set_cookie(
            _VIEW, request.query_params["view"], max_age=_VIEW_LASTS, httponly=True, samesite="strict", path="/"
        )
    return response


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


def _read(service: Service, request: Request, document: str, owners: Sequence[str], drawn: bool = False) -> Response:
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
    original = library.original(document, owners) if drawn and entry.pages else None
    pages = [] if original is None else _pages(entry, text, original, cited, at)
    around = (part.before, part.after) if not pages else _beside(entry, pages[0].number)

    def address(**changed: object) -> str:
        return f"?{urlencode({**dict(asked), **changed})}#words"

    earlier, later = ("" if place is None else address(at=place) for place in around)
    html = rendered(
        "read.html",
        root="../",
        entry=entry,
        text=part,
        pages=pages,
        undrawn=original is not None and not pages,
        other=address(view="text" if pages else "picture") if pages or library.has_original(document) else "",
        first=next((number for number, one in enumerate(part.parts, 1) if one.cited), 0),
        earlier=earlier,
        later=later,
    )
    return Response(html, media_type="text/html", headers=_HEADERS)


class _Page(NamedTuple):
    """A page that is shown as it looks, `data` being the address of its picture."""

    number: int
    data: str
    picture: Picture


def _pages(entry: Entry, text: str, original: bytes, cited: Span | None, at: int | None) -> list[_Page]:
    """The pages of the words that are cited, or of what stands at a place; none where they cannot be drawn."""
    from retrieval.loaders.pdf.picture import page_picture

    ends = [*entry.pages[1:], len(text)]
    start, end = (at, at + 1) if at is not None else (cited.start, cited.end) if cited is not None else (0, 1)
    first, last = (page_at(entry.pages, place) or 1 for place in (start, end - 1))
    found = []
    for number in range(first, min(last, first + _MOST_PAGES - 1) + 1):
        begin, stop = entry.pages[number - 1], ends[number - 1]
        quote = None
        if cited is not None and cited.start < stop and begin < cited.end:
            quote = Span(max(cited.start, begin) - begin, min(cited.end, stop) - begin)
        key = (entry.id, entry.revision, number)
        if key in _UNDRAWN:  # it would take as long again
            return []
        try:
            drawn = page_picture(original, number, text[begin:stop], quote)
        except ExtractionError:
            _UNDRAWN[key] = None
            while len(_UNDRAWN) > _REMEMBERED:
                _UNDRAWN.pop(next(iter(_UNDRAWN)))
            return []
        found.append(_Page(number, f"data:image/png;base64,{b64encode(drawn.png).decode('ascii')}", drawn))
    return found


def _beside(entry: Entry, number: int) -> tuple[int | None, int | None]:
    """Where the pages before and after a page begin."""
    before = entry.pages[number - 2] if number > 1 else None
    return before, entry.pages[number] if number < len(entry.pages) else None


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
