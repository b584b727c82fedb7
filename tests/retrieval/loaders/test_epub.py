"""Books: chapters in reading order, contents as boilerplate; what cannot be read is said in one line."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking.chunker import split
from retrieval.loaders import zip_archive
from retrieval.loaders.formats.epub import read_epub
from retrieval.loaders.registry import LoadingError, load_bytes
from retrieval.loaders.sandbox import ExtractionError
from retrieval.types import Document, Span

CONTAINER = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<?xml version="1.0"?><!DOCTYPE package PUBLIC "+//ISBN 0-9673008-1-9//DTD OEB 1.2 Package//EN" "x.dtd">
<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>  The Lamp
on the Coast </dc:title></metadata><manifest>
<item id="c2" href="text/two%20b.xhtml#top" media-type="application/xhtml+xml"/>
<item id="c1" href="text/../text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/>
<item id="c3" href="../three.html" media-type="application/xhtml+xml"/>
<item id="pic" href="a.png" media-type="image/png"/></manifest>
<spine><itemref idref="cover"/><itemref idref="nav"/><itemref idref="c1"/><itemref idref="c2"/><itemref idref="c3"/>
<itemref idref="c1"/><itemref idref="gone"/></spine></package>"""
XHTML = """<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head>{head}</head><body>{body}</body></html>"""


def chapter(body: str, head: str = "<title/><script src='a.js'/>") -> str:
    """A chapter's file."""
    return XHTML.format(head=head, body=body)


BOOK: dict[str, str | bytes] = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": PACKAGE,
    "OEBPS/cover.xhtml": chapter("<img src='a.png' alt='Cover'/>"),
    "OEBPS/nav.xhtml": chapter("<nav epub:type='toc'><ol><li><a href='one.xhtml'>One</a></li></ol></nav>"),
    "OEBPS/text/one.xhtml": chapter("<h1>One</h1><a id='p1'/><p>The lamp was lit in 1811. It burned oil.</p>"),
    "OEBPS/text/two b.xhtml": chapter("<h1>Two</h1><div class='share'/><p>Storms came<br/>in March.</p><p>Share.</p>"),
    "three.html": chapter("<h1>Drei</h1><p>Die Küste lag still.</p>").encode("utf-16"),
}


def made(**changes: str | bytes | None) -> bytes:
    """The book with its entries changed or left out; names are written with "__" for "/" and "_" for "."."""
    entries = dict(BOOK)
    for name, content in changes.items():
        path = name.replace("__", "/").replace("_", ".")
        if content is None:
            del entries[path]
        else:
            entries[path] = content
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        for path, content in entries.items():
            book.writestr(path, content, zipfile.ZIP_STORED if path == "mimetype" else zipfile.ZIP_DEFLATED)
    return file.getvalue()


def loaded(data: bytes, name: str | None = "a.epub") -> Document:
    """The document of a book, read as the program reads it."""
    return load_bytes(data, source="https://example.org/a.epub", name=name)


TEXT = (
    "1. One\n\n# One\n\nThe lamp was lit in 1811. It burned oil.\n\n# Two\n\nStorms came\nin March.\n\nShare.\n\n"
    "# Drei\n\nDie Küste lag still."
)


def test_chapters_are_read_in_the_order_of_the_book() -> None:
    """The spine's order counts, each chapter once; contents are boilerplate, a cover without words is nothing."""
    document = loaded(made())
    assert document.text == TEXT
    assert [span.of(document.text) for span in document.boilerplate] == ["1. One"]
    assert (document.title, document.pages, document.url) == ("The Lamp on the Coast", (), None)
    passages = split(document.text, document.boilerplate, lambda texts: [len(text.split()) for text in texts], 200)
    quotes = [Span(each.start, each.end).of(document.text) for passage in passages for each in passage.sentences]
    assert quotes[:3] == ["# One", "The lamp was lit in 1811.", "It burned oil."]


def test_contents_of_older_books_are_boilerplate() -> None:
    """The guide of a book of version 2 names its contents; a book of nothing but contents is text."""
    guide = '<guide><reference type="toc" href="nav.xhtml"/></guide></package>'
    package = PACKAGE.replace(' properties="nav"', "").replace("</package>", guide)
    assert loaded(made(OEBPS__book_opf=package)).boilerplate == (Span(0, 6),)
    alone = package.replace('<itemref idref="c1"/>', "").replace('<itemref idref="c2"/>', "").replace('idref="c3"', "")
    document = loaded(made(OEBPS__book_opf=alone))
    assert (document.text, document.boilerplate) == ("1. One", ())


def test_a_book_without_a_title_is_called_by_its_first_chapter() -> None:
    """The heading of the first chapter stands in for a title."""
    assert loaded(made(OEBPS__book_opf=PACKAGE.replace("The Lamp\non the Coast", " "))).title == "One"


def encryption(method: str, entry: str) -> str:
    """What says that an entry is encrypted by a method."""
    return f"""<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="{method}"/>
<enc:CipherData><enc:CipherReference URI="{entry}"/></enc:CipherData></enc:EncryptedData></encryption>"""


LOCK = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/text/two%20b.xhtml")


def test_only_a_locked_text_is_locked() -> None:
    """A book whose chapters are encrypted is named as such; disguised fonts and locked pictures do not matter."""
    with pytest.raises(LoadingError, match=r"locked by its seller \(DRM\)"):
        loaded(made(**{"META-INF__encryption_xml": LOCK}))
    for method, entry in (("http://www.idpf.org/2008/embedding", "OEBPS/text/one.xhtml"), ("aes", "OEBPS/a.png")):
        assert loaded(made(**{"META-INF__encryption_xml": encryption(method, entry)})).text == TEXT


LAUGHS = '<!DOCTYPE p [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><package><metadata>&b;</metadata></package>'


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"words", "is no .epub file"),
        (b"PK\x03\x04 and no more", "is damaged"),
        (made()[:-50], "is damaged"),
        (made()[:700], "is damaged"),
        (made(**{"META-INF__container_xml": None}), "is no EPUB book"),
        (made(**{"META-INF__container_xml": "<container/>"}), "is damaged"),
        (made(OEBPS__book_opf=None), "is damaged"),
        (made(OEBPS__book_opf="<package>"), "is damaged"),
        (made(OEBPS__book_opf=LAUGHS), "is damaged"),
        (made(OEBPS__book_opf="<package/>"), "holds no text, only pictures"),
    ],
)
def test_what_is_no_sound_book_is_refused_in_one_line(data: bytes, line: str) -> None:
    """Other kinds under the name, broken, hostile and empty books: one line that says what to do."""
    with pytest.raises(LoadingError, match=line) as refused:
        loaded(data)
    assert str(refused.value).startswith("a.epub ") and str(refused.value).isprintable()


def test_a_bomb_is_refused() -> None:
    """A chapter, or chapters together, that unpack to too much are refused while they are read."""
    blank = " " * (zip_archive.MOST_BYTES // 2)
    with pytest.raises(LoadingError, match="unpacks to more than 100 MiB"):
        loaded(made(OEBPS__text__one_xhtml=blank + blank + "x"))
    with pytest.raises(LoadingError, match="unpacks to more than 100 MiB"):
        loaded(made(OEBPS__text__one_xhtml=blank, OEBPS__cover_xhtml=blank))


def test_an_encrypted_or_exotic_archive_is_refused() -> None:
    """An entry with a password is named as such; ways of packing that no book uses are damage."""
    data = made()
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(b"book.opf"))
    locked = bytearray(data)
    locked[at + 8] |= 1
    with pytest.raises(LoadingError, match="protected with a password"):
        loaded(bytes(locked))
    packed = bytearray(data)
    packed[at + 10] = zipfile.ZIP_LZMA
    with pytest.raises(LoadingError, match="is damaged"):
        loaded(bytes(packed))


def test_the_ending_does_not_decide_what_a_book_is() -> None:
    """A book is told by its content, without a name and with a wrong one."""
    for name in (None, "a.txt", "a.docx", "a.zip"):
        assert loaded(made(), name).text == TEXT


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_book_changed_anyhow_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever bytes are changed, boilerplate lies within the text or there is a ExtractionError."""
    whole = bytearray(made())
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        reading = read_epub(bytes(whole))
    except ExtractionError:
        return
    assert reading.text.strip() and all(0 <= span.start < span.end <= len(reading.text) for span in reading.boilerplate)


scraps = st.sampled_from(
    ["<p>", "</p>", "<br/>", "<title/>", "<a b='/>'/>", "<i", "/>", "'", '"', "<script/>", "x ", "/", "<![CDATA[y]]>"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(scraps, max_size=30).map("".join))
def test_any_chapter_is_read_beside_the_others(body: str) -> None:
    """Broken markup in one chapter harms no other."""
    assert read_epub(made(OEBPS__text__one_xhtml=chapter(body))).text.endswith("# Drei\n\nDie Küste lag still.")
