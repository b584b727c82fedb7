"""A small file of each type that is an archive, made with the libraries that make such files, and ways to spoil one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping

import docx
import openpyxl
from pptx import Presentation

from retrieval.chunking.chunker import split
from retrieval.loaders.sandbox import Extracted
from retrieval.types import Document

WORDS = "The lamp of Skerry was lit in 1811."

NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "style")
)
CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<package><manifest><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="a"/></spine></package>"""


def archive(entries: Mapping[str, str | bytes]) -> bytes:
    """A ZIP archive of these entries; "mimetype" is stored, as books and OpenDocument files have it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in entries.items():
            made.writestr(name, content, zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED)
    return file.getvalue()


def changed(data: bytes, changes: Mapping[str, str | bytes | None]) -> bytes:
    """The archive with entries changed, added or (None) left out."""
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        entries: dict[str, str | bytes | None] = {name: old.read(name) for name in old.namelist()}
    return archive({name: content for name, content in (entries | dict(changes)).items() if content is not None})


def entry(data: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return file.read(name).decode()


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def odt(body: str, **more: str) -> bytes:
    """An OpenDocument text with this body; `more` are further parts of its content."""
    styles = more.get("styles", "")
    root = f"<office:document-content {NAMESPACES}>{styles}<office:body><office:text>{body}</office:text></office:body>"
    content = f"{more.get('doctype', '')}{root}</office:document-content>"
    meta = {"meta.xml": more["meta"]} if "meta" in more else {}
    return archive({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": content} | meta)


def _samples() -> dict[str, bytes]:
    document = docx.Document()
    document.add_paragraph(WORDS)
    presentation = Presentation()
    presentation.slides.add_slide(presentation.slide_layouts[5]).shapes.title.text = WORDS
    book = openpyxl.Workbook()
    book.active.append([WORDS])
    chapter = f"<html><body><p>{WORDS}</p></body></html>"
    return {
        ".docx": saved(document.save),
        ".pptx": saved(presentation.save),
        ".xlsx": saved(book.save),
        ".odt": odt(f"<text:p>{WORDS}</text:p>"),
        ".epub": archive({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": PACKAGE, "OEBPS/a.xhtml": chapter}),
    }


SAMPLES = _samples()
"""A file of each type by its suffix; its text is WORDS."""

MAIN = {
    ".docx": "word/document.xml",
    ".pptx": "ppt/presentation.xml",
    ".xlsx": "xl/worksheets/sheet1.xml",
    ".odt": "content.xml",
    ".epub": "OEBPS/book.opf",
}
"""The entry of each that holds its words or the order of its parts."""


def with_main(suffix: str, content: str | bytes | None) -> bytes:
    """The file of that type with this as its main entry, or without one."""
    return changed(SAMPLES[suffix], {MAIN[suffix]: content})


def quotes(found: Document | Extracted) -> list[str]:
    """The sentences of a text that can be quoted."""
    passages = split(found.text, found.boilerplate, lambda texts: [len(text.split()) for text in texts], 200)
    return [each.span.of(found.text) for passage in passages for each in passage.sentences]
