"""What is sent to be added: the file of a form, a text, or a web address. Reads the request; knows no library.

Names that clients give are data: they tell documents of one owner apart, and are never a path.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.datastructures import UploadFile

from bot.bootstrap import Footnote
from bot.interfaces.http.faults import WORDED
from bot.interfaces.http.problems import Problem, invalid
from retrieval.loaders.encoding import storable
from retrieval.loaders.loading import MAX_BYTES, MAX_QUICK, is_quick, load_bytes
from retrieval.loaders.registry import SHORT_LIST
from retrieval.loaders.titles import LONGEST_TITLE
from retrieval.types import Document


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent.

    `load` reads it, as long as the function that it is given does not raise; it raises LoadingError, and Problem when
    it is too large. `digest` tells what was sent from anything else, `is_quick` whether it is read at once.
    """

    load: Callable[[Footnote, Callable[[], None]], Document]
    digest: Callable[[], str]
    is_quick: Callable[[], bool] = lambda: False


LONGEST_NAME = 255
"""Characters of a file name, as file systems have it."""
_LONGEST_SOURCE = 500
_PIECE = 1 << 20  # bytes
_JOINERS = "\u200c\u200d"  # they shape words in Persian and Hindi


class TextUpload(BaseModel):
    """A text, read as a file without an ending is: plain text, Markdown, or a whole page of HTML."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TITLE, pattern=WORDED)]
    text: Annotated[str, StringConstraints(min_length=1, pattern=WORDED)]
    source: Annotated[str, StringConstraints(min_length=1, max_length=_LONGEST_SOURCE, pattern=WORDED)] | None = Field(
        None, description="Where it came from; the same source again replaces it. Without one it is `text/TITLE`."
    )


class PageUpload(BaseModel):
    """The address of a page or file on the public web."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, StringConstraints(min_length=1)]


_FORM = {
    "type": "object",
    "description": f"A file ({SHORT_LIST}) of at most 20 MiB; the same name again replaces it.",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
    "additionalProperties": False,
}
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"oneOf": [TextUpload.model_json_schema(), PageUpload.model_json_schema()]},
            "examples": {
                "text": {"value": {"title": "Opening hours", "text": "The library opens at nine.", "source": "hours"}},
                "page": {"value": {"url": "https://news.example/brussels"}},
            },
        },
        "multipart/form-data": {"schema": _FORM},
    },
}
"""The `requestBody` of the OpenAPI document."""


@asynccontextmanager
async def incoming(request: Request) -> AsyncIterator[Upload]:
    """What loads the document that was sent, until the request ends. Raises Problem when nothing such was sent."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        try:
            form = await request.form(max_files=2, max_fields=2)
        except UnicodeError as error:  # of the charset that the form names
            raise Problem(400, "malformed", "The form cannot be read. Send it in UTF-8.") from error
        try:
            yield _file(form.multi_items())
        finally:
            await form.close()
    elif kind == "application/json":
        yield _json(await request.body())
    else:
        cure = "Send application/json, or a file as multipart/form-data."
        raise Problem(415, "unsupported", f"A document cannot be sent like this. {cure}")


def _file(items: list[tuple[str, UploadFile | str]]) -> Upload:
    """The one part of the form, a file called "file"; it is read when it is its turn, not before."""
    if len(items) != 1 or items[0][0] != "file" or not isinstance(items[0][1], UploadFile):
        raise Problem(422, "invalid", "file: send one file, in a part with this name, and nothing else.")
    file = items[0][1]
    name = _line(re.split(r"[/\\]", file.filename or "")[-1])
    if len(name) > LONGEST_NAME:
        raise Problem(422, "invalid", f"file: its name has more than {LONGEST_NAME} characters. Give it a shorter one.")

    # Without a name each text stands beside the others.
    named = "" if name in (".", "..") else name

    def load(_bot: Footnote, check: Callable[[], None]) -> Document:
        data = file.file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            size = f"{MAX_BYTES // 1024 // 1024} MiB"
            raise Problem(413, "too-large", f"The file is larger than {size}. Split it into smaller files.")
        source = f"upload/{named or hashlib.sha256(data).hexdigest()[:12]}"
        return load_bytes(data, source=source, name=named or None, check=check)

    def quick() -> bool:
        data = file.file.read(MAX_QUICK + 1)
        file.file.seek(0)
        return is_quick(data, named or None)

    def digest() -> str:
        found = hashlib.sha256(named.encode("utf-8", "surrogatepass") + b"\0")
        while part := file.file.read(_PIECE):
            found.update(part)
        file.file.seek(0)
        return found.hexdigest()

    return Upload(load, digest, quick)


def _json(body: bytes) -> Upload:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "not-json", "The body is no JSON. Send a JSON object.") from error
    if not isinstance(sent, dict):
        raise Problem(422, "invalid", "body: send a JSON object, with title and text, or with url.")
    form = PageUpload if "url" in sent else TextUpload
    try:
        upload = form.model_validate(sent)
    except ValidationError as error:
        raise invalid(error.errors(), form) from error
    digest = hashlib.sha256(body).hexdigest()
    return _page(upload, digest) if isinstance(upload, PageUpload) else _text(upload, digest)


def _page(page: PageUpload, digest: str) -> Upload:
    return Upload(lambda bot, check: bot.load_web(page.url, check=check), lambda: digest)


def _text(text: TextUpload, digest: str) -> Upload:
    source = _line(text.source or "") or f"text/{_line(text.title)}"
    # With the mark it is taken for text in UTF-8, whatever it begins with.
    data = codecs.BOM_UTF8 + storable(text.text).encode()
    return Upload(
        lambda _bot, check: load_bytes(data, source=source, title=text.title, check=check),
        lambda: digest,
        lambda: is_quick(data),
    )


def _line(words: str) -> str:
    """`words` in one line, what cannot be seen replaced by U+FFFD one for one."""
    shown = (" " if c.isspace() else c if c.isprintable() or c in _JOINERS else "\ufffd" for c in storable(words))
    return "".join(shown).strip()
