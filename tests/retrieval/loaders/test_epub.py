"""Books: chapters in reading order, contents as boilerplate; what cannot be read is said in one line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_files import CONTAINER, archive, changed, quotes

from retrieval.loaders.formats.epub import read_epub
from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.loaders.zip_archive import MOST_BYTES
from retrieval.types import Document, Span

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


WHOLE = archive(BOOK)


def loaded(data: bytes) -> Document:
    return load_bytes(data, source="https://example.org/a.epub", name="a.epub")


def packed(package: str) -> bytes:
    """The book with another list of its parts."""
    return changed(WHOLE, {"OEBPS/book.opf": package})


TEXT = (
    "1. One\n\n# One\n\nThe lamp was lit in 1811. It burned oil.\n\n# Two\n\nStorms came\nin March.\n\nShare.\n\n"
    "# Drei\n\nDie Küste lag still."
)


def test_chapters_are_read_in_the_order_of_the_book() -> None:
    """The spine's order counts, each chapter once; contents are boilerplate, a cover without words is nothing."""
    document = loaded(WHOLE)
    assert document.text == TEXT
    assert [span.of(document.text) for span in document.boilerplate] == ["1. One"]
    assert (document.title, document.pages, document.url) == ("The Lamp on the Coast", (), None)
    assert quotes(document)[:3] == ["# One", "The lamp was lit in 1811.", "It burned oil."]


def test_contents_of_older_books_are_boilerplate() -> None:
    """The guide of a book of version 2 names its contents; a book of nothing but contents is text."""
    guide = '<guide><reference type="toc" href="nav.xhtml"/></guide></package>'
    package = PACKAGE.replace(' properties="nav"', "").replace("</package>", guide)
    assert loaded(packed(package)).boilerplate == (Span(0, 6),)
    alone = package.replace('<itemref idref="c1"/>', "").replace('<itemref idref="c2"/>', "").replace('idref="c3"', "")
    document = loaded(packed(alone))
    assert (document.text, document.boilerplate) == ("1. One", ())


def test_a_book_without_a_title_is_called_by_its_first_chapter() -> None:
    """The heading of the first chapter stands in for a title."""
    assert loaded(packed(PACKAGE.replace("The Lamp\non the Coast", " "))).title == "One"


ENCRYPTION = "META-INF/encryption.xml"


def encryption(method: str, entry: str) -> str:
    """What says that an entry is encrypted by a method."""
    return f"""<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container"
xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData><enc:EncryptionMethod Algorithm="{method}"/>
<enc:CipherData><enc:CipherReference URI="{entry}"/></enc:CipherData></enc:EncryptedData></encryption>"""


LOCK = encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc", "OEBPS/text/two%20b.xhtml")


def test_only_a_locked_text_is_locked() -> None:
    """A book whose chapters are encrypted is named as such; disguised fonts and locked pictures do not matter."""
    with pytest.raises(LoadingError, match=r"locked by its seller \(DRM\)"):
        loaded(changed(WHOLE, {ENCRYPTION: LOCK}))
    for method, entry in (("http://www.idpf.org/2008/embedding", "OEBPS/text/one.xhtml"), ("aes", "OEBPS/a.png")):
        assert loaded(changed(WHOLE, {ENCRYPTION: encryption(method, entry)})).text == TEXT


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"META-INF/container.xml": "<container/>"}, "is damaged"),
        ({"OEBPS/book.opf": None}, "is damaged"),
        ({"OEBPS/book.opf": "<package/>"}, "holds no text, only pictures"),
        (dict.fromkeys(["OEBPS/cover.xhtml", "three.html"], " " * (MOST_BYTES // 2)), "unpacks to more than 100 MiB"),
    ],
)
def test_what_is_no_sound_book_is_refused_in_one_line(changes: dict[str, str | None], line: str) -> None:
    """Books whose parts are not there, without a word, or of chapters that together unpack to too much: one line."""
    with pytest.raises(LoadingError, match=line):
        loaded(changed(WHOLE, changes))


scraps = st.sampled_from(
    ["<p>", "</p>", "<br/>", "<title/>", "<a b='/>'/>", "<i", "/>", "'", '"', "<script/>", "x ", "/", "<![CDATA[y]]>"]
)


@settings(max_examples=100)
@given(st.lists(scraps, max_size=30).map("".join))
def test_any_chapter_is_read_beside_the_others(body: str) -> None:
    """Broken markup in one chapter harms no other."""
    assert read_epub(changed(WHOLE, {"OEBPS/text/one.xhtml": chapter(body)})).text.endswith(
        "# Drei\n\nDie Küste lag still."
    )
