"""E-mail messages (.eml) to text: who wrote to whom, when and about what, then what was written.

Knows no files. Attachments are named, not read. A message in HTML alone is read as a web page is.
"""

from __future__ import annotations

import email
import email.policy
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

from retrieval.loaders.about import about
from retrieval.loaders.encoding import DecodingError, decoded
from retrieval.loaders.formats.html import read_page
from retrieval.loaders.sandbox import Extracted, ExtractionError

_HEADERS = ("Subject", "From", "To", "Cc", "Date")


def read_eml(data: bytes) -> Extracted:
    """The text of a message, its subject as the title. Raises ExtractionError when the data are no message."""
    message = email.message_from_bytes(data, _class=EmailMessage, policy=email.policy.default)
    headers = {name: " ".join(_header(message, name).split()) for name in _HEADERS}
    if not headers["From"] and not headers["Subject"]:
        raise ExtractionError("is no e-mail, whatever its name: save it as .txt and add that", "not_a_document")
    body = _body(message)
    attached = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    lines = [f"{name}: {value}" for name, value in headers.items() if value]
    named = [f"Attachments: {', '.join(' '.join(name.split()) for name in attached)}"] if attached else []
    text = "\n\n".join(["\n".join(lines), *([body] if body else []), *named])
    return Extracted(text, headers["Subject"], about=about([parseaddr(headers["From"])[0]], _sent(headers["Date"])))


def _sent(day: str) -> datetime | None:
    try:
        return parsedate_to_datetime(day)
    except (ArithmeticError, ValueError):
        return None


def _header(message: EmailMessage, name: str) -> str:
    """A header in words, as it stands where it is too broken for the library; empty where it is missing."""
    try:
        return str(message[name] or "")
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, MessageError):
        written = next(value for one, value in message.raw_items() if one.lower() == name.lower())
        return str(email.policy.default.header_factory("Subject", " ".join(written.split())))


def _body(message: EmailMessage) -> str:
    """The text as it was written, else that of the page; empty where there is neither."""
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        content = part.get_payload(decode=True) if part is not None else None
        if part is None or not isinstance(content, bytes):
            continue
        try:
            text = content.decode(part.get_content_charset("utf-8"))
        except (LookupError, ValueError):
            try:
                text = decoded(content, page=kind == "html")
            except DecodingError:
                continue
        if kind == "html":
            text = read_page(text).text
        if text.strip():
            return text.replace("\r\n", "\n").strip()
    return ""
