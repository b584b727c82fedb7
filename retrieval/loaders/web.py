"""A web address to a document: of which type the file is that came back, and how its text is encoded.

This module knows no sockets: what fetches is given to it. Which bytes make which document is told by
`retrieval.loaders.loading`.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from retrieval.loaders.encoding import DECLARED, named
from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.loaders.registry import HTML, MEDIA_TYPES, READABLE, SUFFIXES, TEXT, FileType, by_content
from retrieval.loaders.sandbox import nothing_to_check
from retrieval.net.client import Response
from retrieval.net.url import OutboundError, WebAddress, read_address
from retrieval.types import Document

Fetch = Callable[[str], Response]
"""Gives what an address holds, or raises OutboundError: `Outbound.get`."""

# What servers say of files that they know nothing of, or only that they are packed, or which program opens them.
_VAGUE = frozenset(
    "application/octet-stream binary/octet-stream application/download application/force-download "
    "application/x-download application/zip application/x-zip-compressed application/msword "
    "application/vnd.ms-excel application/vnd.ms-powerpoint".split()
)
_TYPE = re.compile(r"\s*([\w.+-]{1,100}/[\w.+-]{1,100})\s*(?:;|,|$)", re.A)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.A | re.I)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def load_web(
    address: str, fetch: Fetch, title: str | None = None, check: Callable[[], None] = nothing_to_check
) -> Document:
    """The document at `address`; its source is that address, normalised and without a fragment.

    Its `url` is the canonical link of a page, when it lies on the host that answered in the end, else the source.
    `check` is as that of `load_bytes`. Raises LoadingError when the address may not or cannot be fetched, or what it
    holds cannot be read.
    """
    try:
        asked = read_address(address)
        response = fetch(asked.url)
    except OutboundError as error:
        failure = LoadingError(str(error), "not_public" if error.inside else "unreadable")
        failure.inside = error.inside
        raise failure from error
    kind = _type_of(response, asked)
    data = _as_utf8(response, page=kind is HTML) if kind and kind.textual else response.body
    name = _name(response.address, kind)
    # A page that a redirect led to has its canonical link on the host that it led to.
    final = response.address.url
    check()
    document = load_bytes(data, source=final, name=name, title=title, called=asked.shown, check=check)
    url = asked.url if document.url in (final, None) else document.url
    return replace(document, source=asked.url, url=url)


def _type_of(response: Response, asked: WebAddress) -> FileType | None:
    """The type of `response`, None when its content is to decide. Raises LoadingError."""
    header = response.headers.get("content-type", "")
    given = _TYPE.match(header)
    media_type = given[1].lower() if given else ""
    by_path = SUFFIXES.get(PurePosixPath(unquote(response.address.path)).suffix.lower())
    if media_type == "text/plain":
        # Servers of raw files call every text plain.
        return TEXT if by_path is None or by_path.begins or by_path.entries else by_path
    if media_type in MEDIA_TYPES:
        return MEDIA_TYPES[media_type]
    if media_type and media_type not in _VAGUE:
        raise LoadingError(f"{asked.shown} is of the kind {media_type}: only {READABLE}.")
    return by_path or by_content(response.body)


def _name(address: WebAddress, kind: FileType | None) -> str:
    """A file name for what `address` holds: the end of its path with a suffix of its type."""
    last = unquote(PurePosixPath(address.path).name) or address.host
    stem = "".join(c if c.isprintable() else "_" for c in last)[:80]
    return stem if kind is None or PurePosixPath(stem).suffix.lower() in kind.suffixes else stem + kind.suffixes[0]


def _as_utf8(response: Response, *, page: bool) -> bytes:
    """The body of a text in UTF-8 with a byte order mark when the header names another encoding that holds for it.

    A mark of the text itself comes first, then sound UTF-8 with more than ASCII in it, whatever was said; a page that
    declares an encoding is believed before a header with the Latin encoding that servers add of themselves.
    """
    data = response.body
    charset = _CHARSET.search(response.headers.get("content-type", ""))
    encoding = named(charset[1]) if charset else None
    if encoding is None or encoding.startswith("utf-8") or data.startswith(_MARKS):
        return data
    if page and encoding == "cp1252" and DECLARED.search(data[:4096]):
        return data
    with contextlib.suppress(UnicodeDecodeError):
        if not encoding.startswith("utf-") and not data.isascii() and data.decode("utf-8"):
            return data
    with contextlib.suppress(LookupError, ValueError):
        return codecs.BOM_UTF8 + data.decode(encoding).encode("utf-8")
    return data
