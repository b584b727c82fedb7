"""What files say of themselves: authors and a date, from where each kind of file keeps them."""

from __future__ import annotations

import io
from datetime import datetime

import pytest
from docx import Document as Word
from openpyxl import Workbook
from pptx import Presentation
from sample_files import CONTAINER, archive, odt

from retrieval.loaders.about import about
from retrieval.loaders.loading import load_bytes
from retrieval.types import About
from tests.retrieval.pdfs import pdf

PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>The Lamp</dc:title><dc:creator>Anna Berg</dc:creator><dc:creator>Dorn, Carl</dc:creator>
<dc:date>1931-05-04T00:00:00Z</dc:date></metadata><manifest><item id="c" href="c.xhtml"/></manifest>
<spine><itemref idref="c"/></spine></package>"""
PAGE = f"""<html><head><title>Lamp</title><meta name="author" content="Anna Berg">
<meta property="article:published_time" content="2020-01-15T01:01:01+00:00"></head><body><article><h1>Lamp</h1>
{"<p>The lighthouse was lit again in March, and the harbour board paid for it.</p>" * 12}</article></body></html>"""
MAIL = "From: Anna Berg <anna@example.com>\nSubject: Lamp\nDate: Wed, 15 Jan 2020 10:00:00 +0100\n\nIt burns."
FRONT = '---\ntitle: Lamp\nauthor: "Anna Berg"\ndate: 2020-01-15\n---\n\nIt burns.'
BOTH, ONE = About("Anna Berg; Carl Dorn", "1931-05-04"), About("Anna Berg", "2020-01-15")


def _office(kind: str) -> bytes:
    made = {"docx": Word, "pptx": Presentation, "xlsx": Workbook}[kind]()
    properties = made.properties if kind == "xlsx" else made.core_properties
    day = datetime(2020, 1, 15, 10)
    if kind == "xlsx":
        properties.creator, properties.created = "Anna Berg", day
        made.active.append(["Lamp", 4])
    else:
        properties.author, properties.created = "Anna Berg", day
    if kind == "docx":
        made.add_paragraph("It burns.")
    if kind == "pptx":
        made.slides.add_slide(made.slide_layouts[5]).shapes.title.text = "It burns"
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _epub() -> bytes:
    page = "<html xmlns='http://www.w3.org/1999/xhtml'><body><p>It burns.</p></body></html>"
    return archive({"META-INF/container.xml": CONTAINER, "OEBPS/book.opf": PACKAGE, "OEBPS/c.xhtml": page})


def _odt() -> bytes:
    meta = (
        '<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"><office:meta>'
        "<meta:initial-creator>Anna Berg</meta:initial-creator>"
        "<meta:creation-date>2020-01-15T10:00:00</meta:creation-date>"
        "</office:meta></office:document-meta>"
    )
    return odt("<text:p>It burns.</text:p>", meta=meta)


@pytest.mark.parametrize(
    ("name", "made", "told"),
    [
        ("a.epub", _epub, BOTH),
        ("a.html", lambda: PAGE.encode(), ONE),
        ("a.eml", lambda: MAIL.encode(), ONE),
        ("a.md", lambda: FRONT.encode(), ONE),
        ("a.odt", _odt, ONE),
        *((f"a.{kind}", lambda kind=kind: _office(kind), ONE) for kind in ("docx", "pptx", "xlsx")),
        ("a.txt", lambda: b"By Anna Berg\n\nIt burns.", About()),
    ],
)
def test_a_file_says_who_made_it_and_when(name: str, made: object, told: About) -> None:
    """As its kind of file keeps that; a plain text keeps nothing."""
    assert callable(made)
    assert load_bytes(made(), source=name, name=name).about == told


def test_a_pdf_says_so_too() -> None:
    """In its list of information; the test's PDF writes a fixed date into it."""
    assert load_bytes(pdf("It burns.", initFontSize=12), source="a.pdf", name="a.pdf").about.authors == ""
    found = load_bytes(
        pdf("It burns.").replace(b"/Author (anonymous)", b"/Author (Anna Berg)"), source="a.pdf", name="a.pdf"
    ).about
    assert found == About("Anna Berg", "2000-01-01")


@pytest.mark.parametrize(
    ("authors", "day", "told"),
    [
        (
            ["Anna Berg, Carl Dorn and Eva Falk"],
            "D:20070130222820+01'00'",
            ("Anna Berg; Carl Dorn; Eva Falk", "2007-01-30"),
        ),
        (["Berg, Anna"], "2007", ("Anna Berg", "2007")),
        (["Falk & Söhne"], "2007-13-40", ("Falk & Söhne", "")),
        (["administrator", "python-docx", "Unknown", "  ", None], "yesterday", ("", "")),
        (["Anna\u202e Berg\n"], None, ("Anna Berg", "")),
        (["Anna Berg", "Anna Berg"], "0001-01-01", ("Anna Berg", "")),
    ],
)
def test_names_are_told_apart_and_nobody_is_no_author(authors: list[str | None], day: str | None, told: object) -> None:
    """What a program writes where a name belongs is left out, and so are days that cannot be."""
    assert about(authors, day) == told


BOOK = """The Project Gutenberg eBook of The Lamp

This eBook is for the use of anyone anywhere.

Title: The Lamp

Author: Anna Berg

*** START OF THE PROJECT GUTENBERG EBOOK THE LAMP ***

It burns every night, and ships pass it.

*** END OF THE PROJECT GUTENBERG EBOOK THE LAMP ***

Donations to the Foundation are tax deductible.
"""


def test_a_book_of_project_gutenberg_is_without_its_licence() -> None:
    """What stands round it is boilerplate; its notice names the title and the author."""
    book = load_bytes(BOOK.encode(), source="pg308.txt", name="pg308.txt")
    assert (book.title, book.about.authors, book.text) == ("The Lamp", "Anna Berg", BOOK)
    cut = "".join(span.of(book.text) for span in book.boilerplate)
    assert "tax deductible" in cut
    assert "use of anyone" in cut
    assert "burns" not in cut
    broken = BOOK.replace("It burns every night, and ships pass it.", "")
    assert "The Lamp" in load_bytes(broken.encode(), source="a.txt", name="a.txt").text
    assert load_bytes(b"*** START the engine ***\n\nIt runs.", source="a.txt", name="a.txt").boilerplate == ()
