"""The file types that can be read: each an entry of file_types.toml, with everything that names it in the program.

This module imports no loader.
"""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_HEAD = 1024
ZIP = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How the files of Office before 2007 begin, and those of any Office with a password."""
MOST_ENTRIES = 10_000
"""Bound on the entries of a ZIP archive whose names are looked at."""
_ENTRY = b"PK\x01\x02"  # each has one in the archive's list; a small file may list hundreds of thousands


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of file.

    `loader` is the "module:function" of an Extractor, which runs in the sandbox; it is empty for text and pages, which
    `retrieval.loaders.loading` reads. A file is of the type by its content when it begins with `begins`, or is a ZIP
    archive with an entry whose name begins with one of `entries`; else by its suffix; without a known suffix, when it
    matches `opening`. `textual` tells that the charset of a web server's header applies, `named` that the file's name
    is its title.
    """

    label: str
    suffixes: tuple[str, ...]
    media_types: tuple[str, ...]
    loader: str = ""
    begins: bytes = b""
    entries: tuple[str, ...] = ()
    opening: re.Pattern[str] | None = None
    textual: bool = False
    named: bool = False


def _file_type(fields: dict[str, Any]) -> FileType:
    opening = fields.pop("opening", None)
    lists: dict[str, Any] = {name: tuple(fields.pop(name, ())) for name in ("suffixes", "media_types", "entries")}
    begins = fields.pop("begins", "").encode("ascii")
    return FileType(**fields, **lists, begins=begins, opening=re.compile(opening, re.I) if opening else None)


_ENTRIES = tomllib.loads(Path(__file__).with_name("file_types.toml").read_text("utf-8"))["type"]
FILE_TYPES = tuple(map(_file_type, _ENTRIES))
"""Every type, in the order in which people are told of them."""

TEXT, MARKDOWN, HTML, _PDF = FILE_TYPES[:4]
SAVE_AS = {".doc": ".docx", ".ppt": ".pptx", ".xls": ".xlsx", ".msg": ".eml"}
"""Suffixes of old Office files, and what their programs can save them as."""

UNREADABLE = frozenset((*SAVE_AS, *".zip .gz .png .jpg .jpeg .gif .webp .mp3 .mp4".split()))
"""Suffixes of files that are no text, whatever their content."""

SUFFIXES = {suffix: kind for kind in FILE_TYPES for suffix in kind.suffixes}
MEDIA_TYPES = {media_type: kind for kind in FILE_TYPES for media_type in kind.media_types}


SHORT_LIST = ", ".join(kind.suffixes[0].removeprefix(".") for kind in FILE_TYPES)
"""The types for a help text: "txt, md, html, …"."""

_TOLD = [f"{kind.label} ({', '.join(kind.suffixes)})" for kind in FILE_TYPES]
READABLE = f"{', '.join(_TOLD[:-1])} and {_TOLD[-1]} can be read"
"""The types for an error message: "text (.txt, .text), … and e-mail (.eml) can be read"."""


def by_content(data: bytes, suffix: str = "") -> FileType | None:
    """The type that the content of `data` tells, whatever the suffix says; None for text and for other content.

    A damaged ZIP archive, or one of very many entries, is of the type that its suffix says.
    """
    if data.startswith(ZIP):
        named = SUFFIXES.get(suffix)
        named = named if named and named.entries else None
        if data.count(_ENTRY) > MOST_ENTRIES:
            return named
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError, EOFError, OverflowError, NotImplementedError, OSError):
            return named
        return next((kind for kind in FILE_TYPES if any(name.startswith(kind.entries) for name in names)), None)
    # A text may speak of the mark; where it does not come first, only what is no text is a PDF.
    if (at := data.find(_PDF.begins, 0, _HEAD)) >= 0 and (at == 0 or suffix == ".pdf" or b"\0" in data[: _HEAD * 64]):
        return _PDF
    return next((kind for kind in FILE_TYPES if kind.begins and data.startswith(kind.begins)), None)


def by_opening(text: str) -> FileType | None:
    """The type that the first words of a file without a known suffix tell, None for plain text."""
    text = text.lstrip("\ufeff")
    return next((kind for kind in FILE_TYPES if kind.opening and kind.opening.match(text)), None)
