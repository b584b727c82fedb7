"""Presentations, OpenDocument and RTF texts, and e-mail messages: what is read of each, and what is not."""

from __future__ import annotations

import contextlib
from email.message import EmailMessage

import pytest
from pptx import Presentation
from pptx.util import Inches
from sample_files import NAMESPACES, SAMPLES, WORDS, archive, changed, entry, odt, saved

from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.types import Document


def loaded(data: bytes, name: str | None) -> Document:
    return load_bytes(data, source="s", name=name)


def test_a_presentation_is_read_slide_by_slide() -> None:
    """Titles, points, tables, grouped shapes and notes are text; the foot is not; each slide is a page."""
    presentation = Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[1])
    slide.shapes.title.text, slide.placeholders[1].text = "Pier", "Opens in May.\nCosts 12 million."
    slide.shapes.add_group_shape().shapes.add_textbox(0, 0, 9, 9).text_frame.text = "Grouped."
    slide.notes_slide.notes_text_frame.text = "Thank the board."
    presentation.slides.add_slide(presentation.slide_layouts[6])
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Budget"
    table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for index, words in enumerate(("Item", "Euros", "Cranes", "5 million")):
        table.cell(index // 2, index % 2).text = words
    document = loaded(saved(presentation.save), "a.pptx")
    first = "# Pier\n\n- Opens in May.\n- Costs 12 million.\n\nGrouped.\n\nThank the board."
    assert document.text == f"{first}\n\n# Budget\n\n| Item: Cranes | Euros: 5 million |"
    assert document.pages == (0, len(first), len(first) + 2)
    assert document.title == "Pier"


def test_a_title_that_is_a_picture_is_passed_over() -> None:
    """The other words of the slide are read."""
    name = "ppt/slides/slide1.xml"
    mark = '<p:ph type="title"/>'
    about = f'<p:cNvPr id="9" name="Title"/><p:cNvPicPr/><p:nvPr>{mark}</p:nvPr>'
    picture = f"<p:pic><p:nvPicPr>{about}</p:nvPicPr><p:blipFill/><p:spPr/></p:pic>"
    slide = entry(SAMPLES[".pptx"], name).replace(mark, "").replace("<p:sp>", f"{picture}<p:sp>")
    assert loaded(changed(SAMPLES[".pptx"], {name: slide}), "a.pptx").text == WORDS


def test_the_structure_of_an_opendocument_text_shows() -> None:
    """Headings, lists, tables and notes are written as those of a page; deleted words and comments are not read."""
    numbered = '<text:list-style style:name="L1"><text:list-level-style-number text:level="1"/></text:list-style>'
    styles = f'<office:automatic-styles><style:style style:name="P1" style:parent-style-name="Title"/>{numbered}'
    cells = "".join(f"<table:table-cell><text:p>{words}</text:p></table:table-cell>" for words in ("Year", "Storms"))
    item = "<text:list-item><text:p>{}</text:p></text:list-item>"
    body = (
        "<text:tracked-changes><text:p>DELETED</text:p></text:tracked-changes>"
        '<text:p text:style-name="P1">The Harbour</text:p><text:h text:outline-level="2">Beginnings</text:h>'
        "<text:p>The keeper<text:note><text:note-citation>i</text:note-citation><text:note-body><text:p>Jon Vik."
        '</text:p></text:note-body></text:note> lit<text:s text:c="999999999"/>the <text:span>lamp</text:span>.'
        "<office:annotation><text:p>REMARK</text:p></office:annotation><text:line-break/>It burned.</text:p>"
        f"<text:list>{item.format('Rope')}</text:list>"
        f'<text:list text:style-name="L1">{item.format("First")}</text:list>'
        f"<table:table><table:table-row>{cells}</table:table-row></table:table>"
    )
    document = loaded(odt(body, styles=f"{styles}</office:automatic-styles>"), "a.odt")
    assert document.text == (
        "# The Harbour\n\n## Beginnings\n\nThe keeper[1] lit the lamp.\nIt burned.\n\n- Rope\n\n1. First\n\n"
        "Year | Storms\n\n1. Jon Vik."
    )
    assert document.title == "The Harbour"


@pytest.mark.parametrize(
    ("entries", "line"),
    [
        ({"META-INF/manifest.xml": "<m><encryption-data/></m>"}, "is protected with a password"),
        ({}, "is another kind of OpenDocument file: save a spreadsheet as .xlsx, a presentation as .pptx"),
    ],
)
def test_locked_and_other_opendocument_files_are_refused(entries: dict[str, str], line: str) -> None:
    """One line says what to do with a file with a password, and with a spreadsheet or presentation."""
    sheet = f"<office:document-content {NAMESPACES}><office:body><office:spreadsheet/></office:body>"
    with pytest.raises(LoadingError, match=line):
        loaded(archive({"content.xml": f"{sheet}</office:document-content>", **entries}), "a.ods")


RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}}{\info{\title To the mayor}}{\*\generator X;}\f0 The caf\'e9 "
    rb"closes.\par It \u8220?rains\u8221?.\par\trowd Item\cell Price\cell\row\trowd Tea\cell 2 euros\cell\row\pard End}"
)


@pytest.mark.parametrize("name", ["a.rtf", "a.doc", "a.txt", None])
def test_rtf_is_read_under_any_name(name: str | None) -> None:
    """Paragraphs, escaped letters, the rows of a table with their columns' names, and the title."""
    document = loaded(RTF, name)
    assert document.text == "The café closes.\n\nIt “rains”.\n\n| Item: Tea | Price: 2 euros |\n\nEnd"
    assert document.title == "To the mayor"


@pytest.mark.parametrize(
    "data", [rb"{\rtf1", RTF[:100], rb"{\rtf1 \u99999999999 x}", rb"{\rtf1\uc x}", b"{\\rtf1" + b"{" * 9999]
)
def test_broken_rtf_is_read_or_refused(data: bytes) -> None:
    """Whatever breaks off or is out of range is a text or one line."""
    with contextlib.suppress(LoadingError):
        assert loaded(data, "a.rtf").text.strip()


def message(**parts: str) -> EmailMessage:
    """A message with a body of each of these kinds."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "José Ñúñez <jose@example.org>", "ana@example.org", "Lamp öil"
    made["Date"], made["Message-ID"] = "Tue, 05 Mar 2030 10:00:00 +0100", "<1@example.org>"
    for kind, words in parts.items():
        (made.add_alternative if made.get_payload() else made.set_content)(words, subtype=kind)
    return made


HEAD = """Subject: Lamp öil
From: José Ñúñez <jose@example.org>
To: ana@example.org
Date: Tue, 05 Mar 2030 10:00:00 +0100

"""


@pytest.mark.parametrize("name", ["a.eml", None])
@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"plain": "The öil arrives.\n"}, "The öil arrives."),
        ({"html": "<p>The <b>öil</b> arrives.<p>Soon."}, "The öil arrives.\n\nSoon."),
        ({"plain": "As text.\n", "html": "<p>As page."}, "As text."),
    ],
)
def test_a_message_is_its_headers_and_its_text(parts: dict[str, str], text: str, name: str | None) -> None:
    """Encoded headers are decoded, the text comes before the page, attachments are named and not read."""
    made = message(**parts)
    made.add_attachment(b"SECRET", maintype="application", subtype="pdf", filename="plän.pdf")
    document = loaded(made.as_bytes(), name)
    assert document.text == f"{HEAD}{text}\n\nAttachments: plän.pdf"
    assert document.title == "Lamp öil"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Subject: A\nContent-Type: text/plain; charset=no-such\n\nCaf\xe9 words.", "Subject: A\n\nCafé words."),
        (b"Subject: =?utf-8?q?=ZZ?=\nTo: <<<;@\nDate: never\n\nWords.", None),
        (
            b'Subject: A\nFrom: Ann <\nTo: bob@\nCc: =?utf-8?q?B=C3=B6?= <,\n "\n\nWords.',
            'Subject: A\nFrom: Ann <\nTo: bob@\nCc: Bö <, "\n\nWords.',
        ),
        (
            b"Subject: A\nDate: Fri, 01 Mar 99999999999 10:00:00 +0100\n\nWords.",
            "Subject: A\nDate: Fri, 01 Mar 99999999999 10:00:00 +0100\n\nWords.",
        ),
        (b"Subject: A\nContent-Type: multipart/mixed; boundary=x\n\n--x\n", "Subject: A"),
    ],
)
def test_a_broken_message_is_read_as_far_as_it_goes(data: bytes, text: str | None) -> None:
    """Unknown encodings, false headers, addresses cut short, dates beyond all years and missing parts cost no more."""
    found = loaded(data, "a.eml").text
    assert found == text if text else "Words." in found


def test_words_are_no_message() -> None:
    """A file without headers is refused under the suffix, and a text that begins with one is a text."""
    with pytest.raises(LoadingError, match="is no e-mail, whatever its name"):
        loaded(b"Plain words.", "a.eml")
    assert loaded(b"From: all of us\n\nPlain words.", None).text == "From: all of us\n\nPlain words."
