"""The file types that can be read: one entry each, with everything that names the type anywhere in the program.

A further type is a module of `retrieval.loaders.formats` and an entry here. This module imports no loader.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

_FORMATS = "retrieval.loaders.formats"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_HEAD = 1024
ZIP = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How the files of Office before 2007 begin, and those of any Office with a password."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of file.

    `loader` is the "module:function" of an Extractor, which runs in the sandbox; it is empty for what is read here as
    decoded text. A file is of the type by its content when it begins with `begins`, or is a ZIP archive with an entry
    whose name begins with one of `entries`; else by its suffix; without a known suffix, when it matches `opening`.
    `textual` tells that the charset of a web server's header applies, `named` that the file's name is its title.
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


TEXT = FileType("text", (".txt", ".text"), ("text/plain",), textual=True)
MARKDOWN = FileType("Markdown", (".md", ".markdown"), ("text/markdown", "text/x-markdown"), textual=True)
HTML = FileType(
    "HTML",
    (".html", ".htm", ".xhtml"),
    ("text/html", "application/xhtml+xml"),
    opening=re.compile(
        r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
    ),
    textual=True,
)
_PDF = FileType(
    "PDF", (".pdf",), ("application/pdf", "application/x-pdf"), "retrieval.loaders.pdf.pdf:read_pdf", b"%PDF-"
)
FILE_TYPES = (
    TEXT,
    MARKDOWN,
    HTML,
    _PDF,
    FileType(
        "Word",
        (".docx",),
        (f"{_OFFICE}.wordprocessingml.document",),
        f"{_FORMATS}.docx:read_docx",
        entries=("word/document",),
    ),
    FileType(
        "PowerPoint",
        (".pptx",),
        (f"{_OFFICE}.presentationml.presentation",),
        f"{_FORMATS}.pptx:read_pptx",
        entries=("ppt/presentation",),
    ),
    FileType(
        "Excel",
        (".xlsx",),
        (f"{_OFFICE}.spreadsheetml.sheet",),
        f"{_FORMATS}.xlsx:read_xlsx",
        entries=("xl/workbook",),
        named=True,
    ),
    FileType(
        "OpenDocument",
        (".odt",),
        ("application/vnd.oasis.opendocument.text",),
        f"{_FORMATS}.odt:read_odt",
        entries=("content.xml",),
    ),
    FileType(
        "EPUB", (".epub",), ("application/epub+zip",), f"{_FORMATS}.epub:read_epub", entries=("META-INF/container.xml",)
    ),
    FileType("RTF", (".rtf",), ("application/rtf", "text/rtf"), f"{_FORMATS}.rtf:read_rtf", rb"{\rtf"),
    FileType(
        "CSV",
        (".csv", ".tsv"),
        ("text/csv", "application/csv", "text/tab-separated-values"),
        f"{_FORMATS}.csv:read_csv",
        textual=True,
        named=True,
    ),
    FileType(
        "e-mail",
        (".eml",),
        ("message/rfc822",),
        f"{_FORMATS}.eml:read_eml",
        opening=re.compile(
            r"(?:[A-Za-z][\w-]{1,60}:[^\n]*\n(?:[ \t][^\n]*\n){0,60}){0,60}?(?:MIME-Version|Message-ID):", re.I
        ),
    ),
)
"""Every type, in the order in which people are told of them."""

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

    A damaged ZIP archive is of the type that its suffix says.
    """
    if data.startswith(ZIP):
        named = SUFFIXES.get(suffix)
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError, EOFError, OverflowError, NotImplementedError, OSError):
            return named if named and named.entries else None
        return next((kind for kind in FILE_TYPES if any(name.startswith(kind.entries) for name in names)), None)
    # A text may speak of the mark; where it does not come first, only what is no text is a PDF.
    if (at := data.find(_PDF.begins, 0, _HEAD)) >= 0 and (at == 0 or suffix == ".pdf" or b"\0" in data[: _HEAD * 64]):
        return _PDF
    return next((kind for kind in FILE_TYPES if kind.begins and data.startswith(kind.begins)), None)


def by_opening(text: str) -> FileType | None:
    """The type that the first words of a file without a known suffix tell, None for plain text."""
    text = text.lstrip("\ufeff")
    return next((kind for kind in FILE_TYPES if kind.opening and kind.opening.match(text)), None)
