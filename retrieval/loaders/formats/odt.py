"""OpenDocument texts (.odt) to text: paragraphs, headings, lists, tables and notes as they are read from a web page.

Knows no files. Deleted words, comments, pictures and what stands at the head and foot of each sheet are not read. A
table of contents is boilerplate.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from retrieval.loaders.about import about
from retrieval.loaders.formats.html import read_page
from retrieval.loaders.sandbox import Extracted, ExtractionError, locked
from retrieval.loaders.zip_archive import Archive, parsed
from retrieval.types import About

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TEXT, _OFFICE, _TABLE, _STYLE = (_NAMESPACE % name for name in ("text", "office", "table", "style"))
_TITLE, _CREATOR = ("{http://purl.org/dc/elements/1.1/}" + name for name in ("title", "creator"))
_META = _NAMESPACE % "meta"
_MANIFEST = "META-INF/manifest.xml"
_MOST_REPEATED = 1000
"""Bound on what one element says is repeated: spaces."""
_PASSED_OVER = frozenset(
    (f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_OFFICE}forms", f"{_TEXT}note-citation", f"{_TEXT}ruby-text")
)
_ELEMENTS = {
    f"{_TEXT}p": "p",
    f"{_TEXT}list-item": "li",
    f"{_TEXT}list-header": "li",
    f"{_TEXT}table-of-content": "nav",
    f"{_TABLE}table": "table",
    f"{_TABLE}table-row": "tr",
    f"{_TABLE}table-cell": "td",
    f"{_TABLE}covered-table-cell": "td",
}


def read_odt(data: bytes) -> Extracted:
    """The text, boilerplate and title of an OpenDocument text.

    Raises ExtractionError when it is protected with a password or another kind of file.
    """
    archive = Archive(data)
    if _MANIFEST in archive.names and b"encryption-data" in archive.read(_MANIFEST):
        raise locked()
    root = parsed(archive.read("content.xml"))
    written = root.find(f"{_OFFICE}body/{_OFFICE}text")
    if written is None:
        advice = "save a spreadsheet as .xlsx, a presentation as .pptx, and add that"
        raise ExtractionError(f"is another kind of OpenDocument file: {advice}", "not_a_document")
    title, told = "", About()
    if "meta.xml" in archive.names:
        meta = parsed(archive.read("meta.xml"))
        title = meta.findtext(f".//{_TITLE}") or ""
        creator = meta.findtext(f".//{_META}initial-creator") or meta.findtext(f".//{_CREATOR}")
        told = about([creator], meta.findtext(f".//{_META}creation-date"))
    writer = _Writer(root)
    markup = "".join(writer.inner(written))
    notes = "".join(f"<li>{note}</li>" for note in writer.notes)
    page = read_page(f"<body>{markup}<ol>{notes}</ol>")
    return Extracted(page.text, " ".join(title.split()) or page.title, boilerplate=page.boilerplate, about=told)


class _Writer:
    """Writes elements as HTML; `notes` are those that it met, which follow the text."""

    def __init__(self, root: Element) -> None:
        self.notes: list[str] = []
        titles = root.iterfind(f".//{_STYLE}style[@{_STYLE}parent-style-name='Title']")
        self._titles = {"Title", *(one.get(f"{_STYLE}name") for one in titles)}
        numbered = root.iterfind(f".//{_TEXT}list-style[{_TEXT}list-level-style-number]")
        self._numbered = {one.get(f"{_STYLE}name") for one in numbered}

    def inner(self, element: Element) -> Iterator[str]:
        """What an element holds."""
        yield escape(element.text or "")
        for child in element:
            yield from self._one(child)
            yield escape(child.tail or "")

    def _one(self, element: Element) -> Iterator[str]:
        tag = str(element.tag)
        if tag in _PASSED_OVER:
            return
        if tag == f"{_TEXT}s":
            yield " " * min(_number(element, f"{_TEXT}c"), _MOST_REPEATED)
        elif tag == f"{_TEXT}tab":
            yield " "
        elif tag == f"{_TEXT}line-break":
            yield "<br>"
        elif tag == f"{_TEXT}note":
            place = len(self.notes)
            self.notes.append("")
            self.notes[place] = "".join(self.inner(element))
            yield f"[{place + 1}]"
        else:
            name = self._name(element)
            yield f"<{name}>" if name else ""
            yield from self.inner(element)
            yield f"</{name}>" if name else ""

    def _name(self, element: Element) -> str:
        """The element of HTML that an element is written as; empty where only what it holds is."""
        tag, style = str(element.tag), element.get(f"{_TEXT}style-name")
        if tag == f"{_TEXT}h":
            return f"h{min(_number(element, f'{_TEXT}outline-level'), 6)}"
        if tag == f"{_TEXT}list":
            return "ol" if style in self._numbered else "ul"
        return "h1" if tag == f"{_TEXT}p" and style in self._titles else _ELEMENTS.get(tag, "")


def _number(element: Element, name: str) -> int:
    """The attribute as a number of at least 1."""
    words = element.get(name, "1")
    return max(int(words), 1) if words.isdecimal() and len(words) < 10 else 1
