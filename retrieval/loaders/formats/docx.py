"""Word documents (.docx) to text: paragraphs, headings, lists, tables and notes as they are read from a web page.

Knows no files. What was deleted with tracked changes, comments, pictures and what stands at the head and foot of each
sheet is not read; what was inserted is. A Word document is all text: nothing in it is boilerplate. Its pages are made
only when it is printed, so it has none here.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from retrieval.loaders.about import about
from retrieval.loaders.formats.html import read_page
from retrieval.loaders.sandbox import Extracted
from retrieval.loaders.zip_archive import Archive, parsed
from retrieval.types import About

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CORE = "docProps/core.xml"
_TITLE, _CREATOR = ("{http://purl.org/dc/elements/1.1/}" + name for name in ("title", "creator"))
_CREATED = "{http://purl.org/dc/terms/}created"
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
"""
# The arrows that lead back from a note to its place are for clicking, not for reading.
_BACK = re.compile(r'<a href="#[^"<>]*(?:footnote|endnote)-ref-[^"<>]*">↑</a>')
# What the library has no use for, and what stands at the head and foot of each sheet.
_NEEDLESS = re.compile(r"customXml/|word/(?:theme/|header|footer|settings|webSettings|fontTable|stylesWithEffects)")
_NO_TITLE = re.compile(r"(?:Microsoft )?Word(?: - .*| Document)?|.*\.docx?", re.I)


def read_docx(data: bytes) -> Extracted:
    """The text and title of a Word document."""
    from mammoth import convert_to_html
    from mammoth.images import img_element

    clean, title, told = _cleaned(Archive(data))
    markup = convert_to_html(clean, style_map=_STYLES, convert_image=img_element(lambda _: {})).value
    page = read_page(f"<body>{_BACK.sub('', markup)}")
    return Extracted(page.text, "" if _NO_TITLE.fullmatch(title) else title or page.title, about=told)


def _cleaned(archive: Archive) -> tuple[io.BytesIO, str, About]:
    """The archive anew, of nothing but sound and harmless XML, the title that the document gives itself, and what else
    it says of itself.
    """
    from defusedxml.ElementTree import tostring

    title, told = "", About()

    def part(name: str, content: bytes) -> bytes:
        nonlocal title, told
        root = parsed(content)
        if name == _CORE:
            title = " ".join((root.findtext(_TITLE) or "").split())
            told = about([root.findtext(_CREATOR)], root.findtext(_CREATED))
        elif name.startswith("word/"):
            _spell_out(root)
        written: bytes = tostring(root, "utf-8")
        return written

    clean = archive.repacked([name for name in archive.names if not _NEEDLESS.match(name)], part)
    return clean, title, told


def _spell_out(root: Element) -> None:
    """Makes the letters of formulas runs of text, which the library passes over."""
    for formula in root.iter(f"{_MATH}oMath"):
        letters = "".join(part.text or "" for part in formula.iter(f"{_MATH}t"))
        formula.clear()
        formula.tag = f"{_WORD}r"
        text = formula.makeelement(f"{_WORD}t", {})
        text.text = letters
        formula.append(text)
