"""A web address to a document: which kind of file came back, and how its text is encoded.

This module knows no sockets: what fetches is given to it. Which bytes make which document is told by
`retrieval.loaders.registry`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote

from retrieval.loaders.registry import LoadingError, load_bytes
from retrieval.net.client import Response
from retrieval.net.guard import OutboundError
from retrieval.net.url import AddressError, WebAddress, read_address
from retrieval.types import Document

Fetch = Callable[[str], Response]
"""Gives what an address holds, or raises OutboundError: `Outbound.get`."""

_HTML, _TEXT, _MARKDOWN, _PDF, _DOCX, _EPUB = ".html", ".txt", ".md", ".pdf", ".docx", ".epub"
_ENDINGS = {
    "text/html": _HTML,
    "application/xhtml+xml": _HTML,
    "text/plain": _TEXT,
    "text/markdown": _MARKDOWN,
    "text/x-markdown": _MARKDOWN,
    "application/pdf": _PDF,
    "application/x-pdf": _PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _DOCX,
    "application/epub+zip": _EPUB,
}
# What servers say of files that they know nothing of, or only that they are packed.
_VAGUE = frozenset(
    "application/octet-stream binary/octet-stream application/download application/force-download "
    "application/x-download application/zip application/x-zip-compressed".split()
)
_TEXTUAL = {_HTML: _HTML, ".htm": _HTML, ".xhtml": _HTML, _TEXT: _TEXT, ".text": _TEXT}
_TEXTUAL |= {_MARKDOWN: _MARKDOWN, ".markdown": _MARKDOWN}
_KNOWN = _TEXTUAL | {_PDF: _PDF, _DOCX: _DOCX, _EPUB: _EPUB}
_TYPE = re.compile(r"\s*([\w.+-]{1,100}/[\w.+-]{1,100})\s*(?:;|,|$)", re.A)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]{1,40})""", re.A | re.I)
_DECLARES = re.compile(rb"<meta\b[^>]{0,300}?charset\s{0,9}=|<\?xml[^>]{0,100}encoding=", re.I)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# As browsers read them: the names of smaller encodings stand for larger ones.
_WIDER = {"iso8859-1": "cp1252", "ascii": "cp1252", "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932"}
_WIDER |= {"euc_kr": "cp949", "iso8859-9": "cp1254", "iso8859-11": "cp874", "utf-16": "utf-16-le"}
_NO_ENCODINGS = frozenset("idna punycode unicode_escape raw_unicode_escape utf-7 undefined mbcs oem".split())


def load_web(address: str, fetch: Fetch, title: str | None = None) -> Document:
    """The document at `address`; its source is that address, normalised and without a fragment.

    Its `url` is the canonical link of a page, when it lies on the host that answered in the end, else the source.
    Raises LoadingError when the address may not or cannot be fetched, or what it holds cannot be read.
    """
    try:
        asked = read_address(address)
        response = fetch(asked.url)
    except (AddressError, OutboundError) as error:
        raise LoadingError(str(error)) from error
    ending = _ending(response, asked)
    data = _as_utf8(response, ending) if ending in _TEXTUAL else response.body
    name = _name(response.address, ending)
    # A page that a redirect led to has its canonical link on the host that it led to.
    final = response.address.url
    document = load_bytes(data, source=final, name=name, title=title, called=asked.shown)
    url = asked.url if document.url in (final, None) else document.url
    return replace(document, source=asked.url, url=url)


def _ending(response: Response, asked: WebAddress) -> str:
    """The file ending that says what kind `response` is, "" when its content is to decide. Raises LoadingError."""
    header = response.headers.get("content-type", "")
    given = _TYPE.match(header)
    kind = given[1].lower() if given else ""
    by_path = PurePosixPath(unquote(response.address.path)).suffix.lower()
    if kind == "text/plain":
        # Servers of raw files call every text plain.
        return _TEXTUAL.get(by_path, _TEXT)
    if kind in _ENDINGS:
        return _ENDINGS[kind]
    if kind and kind not in _VAGUE:
        raise LoadingError(
            f"{asked.shown} is of the kind {kind}: only text, markdown, HTML, PDF, docx and EPUB can be read."
        )
    return _KNOWN.get(by_path) or _by_content(response.body)


def _by_content(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return _PDF
    if data.startswith(b"PK\x03\x04"):
        return _EPUB if b"application/epub+zip" in data[:200] else _DOCX if b"word/" in data else ""
    return ""


def _name(address: WebAddress, ending: str) -> str:
    """A file name for what `address` holds: the end of its path with the ending of its kind."""
    last = unquote(PurePosixPath(address.path).name) or address.host
    stem = "".join(c if c.isprintable() else "_" for c in last)[:80]
    return stem if not ending or PurePosixPath(stem).suffix.lower() == ending else stem + ending


def _as_utf8(response: Response, ending: str) -> bytes:
    """The body of a text in UTF-8 with a byte order mark when the header names another encoding that holds for it.

    A mark of the text itself comes first, then sound UTF-8 with more than ASCII in it, whatever was said; a page that
    declares an encoding is believed before a header with the Latin encoding that servers add of themselves.
    """
    data = response.body
    charset = _CHARSET.search(response.headers.get("content-type", ""))
    if charset is None or data.startswith(_MARKS):
        return data
    try:
        encoding = codecs.lookup(charset[1]).name
        encoding = _WIDER.get(encoding, encoding)
        if encoding in _NO_ENCODINGS or encoding.startswith("utf-8"):
            return data
        if ending == _HTML and encoding == "cp1252" and _DECLARES.search(data[:4096]):
            return data
        if not encoding.startswith("utf-") and not data.isascii() and _is_utf8(data):
            return data
        return codecs.BOM_UTF8 + data.decode(encoding).encode("utf-8")
    except (LookupError, ValueError):
        return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
