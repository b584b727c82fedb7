"""Books (.epub) to text: the chapters in reading order, each read as a web page is.

Knows no files. Tables of contents made for navigation are boilerplate; all else is text, for what a web page has beside
its text no book has. A book has no pages until it is shown, so it has none here.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from retrieval.loaders.about import about
from retrieval.loaders.encoding import DecodingError, decoded
from retrieval.loaders.formats.html import read_page
from retrieval.loaders.sandbox import Extracted, ExtractionError
from retrieval.loaders.zip_archive import Archive, parsed
from retrieval.types import Span

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
# Fonts that are only disguised lock nobody out.
_DISGUISES = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGES = ("application/xhtml+xml", "text/html", "application/xml", "text/x-oeb1-document")
_EMPTY = frozenset("area base br col embed hr img input link meta param source track wbr".split())
# The white space, names and values of XML's own grammar, each repetition without a second try.
_CLOSED = re.compile(r"""<([a-zA-Z][^\s/<>"']*+)((?:[^<>"'/]++|"[^"]*+"|'[^']*+'|/(?!>))*+)/>""")


def read_epub(data: bytes) -> Extracted:
    """The text, boilerplate, title, authors and date of a book.

    Raises ExtractionError when it is locked by rights management or holds no text.
    """
    archive = Archive(data)
    package = _package_name(archive)
    root = parsed(archive.read(package))
    chapters, contents = _spine(root, posixpath.dirname(package))
    locked = _locked(archive)
    if locked.intersection(chapters):
        raise ExtractionError("is locked by its seller (DRM) and cannot be read: add a copy without it")
    pieces: list[str] = []
    boilerplate: list[Span] = []
    length, heading = 0, ""
    for name in chapters:
        if name not in archive.names:
            continue
        try:
            page = read_page(_CLOSED.sub(_opened, decoded(archive.read(name), page=True)))
        except DecodingError:
            continue
        text = page.text.strip()
        # A cover is a picture without a word.
        if not text:
            continue
        start = length + 2 if pieces else 0
        pieces.append(text)
        length = start + len(text)
        if name in contents:
            boilerplate.append(Span(start, length))
        else:
            heading = heading or page.title
    if not pieces:
        raise ExtractionError("holds no text, only pictures: there is nothing to read in it", "no_text")
    text = "\n\n".join(pieces)
    if len(boilerplate) == len(pieces):
        boilerplate = []
    titles = (" ".join((element.text or "").split()) for element in root.iterfind(".//{*}title"))
    told = about((element.text for element in root.iterfind(".//{*}creator")), root.findtext(".//{*}date"))
    return Extracted(text, next(filter(None, titles), heading), boilerplate=tuple(boilerplate), about=told)


def _package_name(archive: Archive) -> str:
    """The name of the file that lists the book's parts."""
    files = parsed(archive.read(_CONTAINER)).iterfind(".//{*}rootfile")
    return next(filter(None, (file.get("full-path") for file in files)))


def _spine(root: Element, folder: str) -> tuple[list[str], set[str]]:
    """The names of the chapters in reading order, and of those that are tables of contents."""
    items: dict[str, str] = {}
    contents: set[str] = set()
    for item in root.iterfind(".//{*}item[@href]"):
        if item.get("media-type", _PAGES[0]) in _PAGES:
            items[item.get("id", "")] = name = _target(folder, item.get("href", ""))
            if "nav" in item.get("properties", "").split():
                contents.add(name)
    for reference in root.iterfind(".//{*}reference[@href]"):
        if reference.get("type", "").lower() == "toc":
            contents.add(_target(folder, reference.get("href", "")))
    order = (reference.get("idref", "") for reference in root.iterfind(".//{*}itemref"))
    chapters = [items[identity] for identity in order if identity in items]
    # A chapter named twice is read once.
    return list(dict.fromkeys(chapters or items.values())), contents


def _target(folder: str, link: str) -> str:
    """The name of the entry that a link within the package means."""
    try:
        path = unquote(urlsplit(link).path)
    except ValueError:
        path = link
    return posixpath.normpath(posixpath.join(folder, path))


def _locked(archive: Archive) -> set[str]:
    """The names of the entries that only the seller's program can open."""
    if _ENCRYPTION not in archive.names:
        return set()
    found: set[str] = set()
    for element in parsed(archive.read(_ENCRYPTION)).iterfind(".//{*}EncryptedData"):
        methods = element.iterfind(".//{*}EncryptionMethod")
        if not any(method.get("Algorithm") in _DISGUISES for method in methods):
            found.update(_target("", part.get("URI", "")) for part in element.iterfind(".//{*}CipherReference"))
    return found


def _opened(tag: re.Match[str]) -> str:
    """An element that XML lets close itself, as HTML writes it: `<title/>` would take the rest of the page with it."""
    return tag[0] if tag[1].lower() in _EMPTY else f"<{tag[1]}{tag[2]}></{tag[1]}>"
