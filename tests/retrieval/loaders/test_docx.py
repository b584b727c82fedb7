"""Word documents: headings, lists, tables, notes and changes.

The files are made here with python-docx.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import docx
import pytest
from docx.document import Document as Writer
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_files import MAIN, SAMPLES, changed, entry, quotes, saved, with_main

from retrieval.loaders.formats.docx import read_docx
from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.loaders.sandbox import Extracted
from retrieval.types import Document

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
FOOTNOTES = f"""<w:footnotes {nsdecls("w")}>
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:id="2"><w:p><w:r><w:footnoteRef/></w:r><w:r><w:t> The log is in the archive.</w:t></w:r>
</w:p></w:footnote></w:footnotes>"""


def made(write: Callable[[Writer], object], title: str = "") -> bytes:
    """A Word document that holds what is written into it."""
    document = docx.Document()
    document.core_properties.title = title
    write(document)
    return saved(document.save)


def loaded(data: bytes) -> Document:
    return load_bytes(data, source="https://example.org/a.docx", name="a.docx")


def report(document: Writer) -> None:
    """Headings, lists and a table."""
    document.add_heading("The Harbour Report", 0)
    document.add_heading("Beginnings", 1)
    document.add_paragraph("The harbour opened in 1811. Its keeper was strict.")
    document.add_paragraph("Ropes", style="List Bullet")
    document.add_paragraph("Sails", style="List Bullet")
    document.add_paragraph("First", style="List Number")
    document.add_paragraph("Second", style="List Number")
    table = document.add_table(2, 3)
    for index, words in enumerate(("Year", "Storms", "Litres", "1811", "3", "40")):
        table.cell(index // 3, index % 3).text = words
    document.add_heading("Later years", 2)
    document.add_paragraph("Share.")
    document.add_paragraph("All rights reserved")
    document.sections[0].header.paragraphs[0].text = "RUNNING HEAD"


def test_the_structure_shows_in_the_text() -> None:
    """Headings, lists and tables are written as those of a page; running heads are not; nothing is boilerplate."""
    document = loaded(made(report))
    assert document.text == (
        "# The Harbour Report\n\n# Beginnings\n\nThe harbour opened in 1811. Its keeper was strict.\n\n"
        "- Ropes\n- Sails\n\n1. First\n2. Second\n\nYear | Storms | Litres\n1811 | 3 | 40\n\n"
        "## Later years\n\nShare.\n\nAll rights reserved"
    )
    assert (document.title, document.boilerplate, document.pages, document.url) == ("The Harbour Report", (), (), None)
    assert {"The harbour opened in 1811.", "Its keeper was strict.", "# Beginnings"} <= set(quotes(document))


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("On Lamps", "On Lamps"),
        ("", "The Harbour Report"),
        ("Word Document", "The Harbour Report"),
        ("a.doc", "The Harbour Report"),
    ],
)
def test_a_document_is_called_by_a_sensible_title(title: str, found: str) -> None:
    """The title in its properties, unless that is a file's or program's name, else its own heading."""
    assert loaded(made(report, title)).title == found


def test_changes_are_read_as_accepted() -> None:
    """Deleted and moved words are not in the text, inserted ones are, and comments are not."""

    def write(document: Writer) -> None:
        paragraph = document.add_paragraph("Kept ")
        for tag, words in (
            ("del", "DELETED"),
            ("ins", "and inserted "),
            ("moveFrom", "MOVED"),
            ("moveTo", "and moved words."),
        ):
            text = "delText" if tag == "del" else "t"
            run = f'<w:r><w:{text} xml:space="preserve">{words}</w:{text}></w:r>'
            paragraph._p.append(parse_xml(f'<w:{tag} {nsdecls("w")} w:id="1" w:author="a">{run}</w:{tag}>'))
        document.add_comment(paragraph.runs, "REMARK")

    assert read_docx(made(write)).text == "Kept and inserted and moved words."


def test_notes_text_boxes_and_formulas_are_read() -> None:
    """A note follows the text, numbered as its mark; the words of a text box and a formula are there."""

    def write(document: Writer) -> None:
        paragraph = document.add_paragraph("The keeper wrote a log.")
        paragraph._p.append(parse_xml(f'<w:r {nsdecls("w")}><w:footnoteReference w:id="2"/></w:r>'))
        math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
        formula = f'<m:oMath xmlns:m="{math}"><m:r><m:t>a+b</m:t></m:r><m:r><m:t>=c</m:t></m:r></m:oMath>'
        document.add_paragraph("It says ")._p.append(parse_xml(formula))
        box = "<w:txbxContent><w:p><w:r><w:t>Words in a box.</w:t></w:r></w:p></w:txbxContent>"
        shape = f"<w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict>"
        shape = f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml">{shape}</w:r>'
        document.add_paragraph("A box: ")._p.append(parse_xml(shape))

    data = made(write)
    notes = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    types = entry(data, "[Content_Types].xml").replace(
        "</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{WORD}.footnotes+xml"/></Types>'
    )
    links = entry(data, "word/_rels/document.xml.rels").replace(
        "</Relationships>", f'<Relationship Id="rId99" Type="{notes}" Target="footnotes.xml"/></Relationships>'
    )
    parts = {"[Content_Types].xml": types, "word/_rels/document.xml.rels": links, "word/footnotes.xml": FOOTNOTES}
    text = read_docx(changed(data, parts)).text
    assert text.startswith("The keeper wrote a log.[1]\n\nIt says a+b=c\n\n")
    assert "Words in a box." in text
    assert text.endswith("1. The log is in the archive.")


@pytest.mark.parametrize("data", [made(lambda document: None), with_main(".docx", "<other/>")])
def test_a_document_without_a_word_is_refused(data: bytes) -> None:
    """An empty document, and one whose main part is of another kind, are one line."""
    with pytest.raises(LoadingError, match=r"holds no text|is damaged"):
        loaded(data)


# Without the many styles of the library's own template.
PLAIN = changed(SAMPLES[".docx"], {"word/styles.xml": f"<w:styles {nsdecls('w')}/>"})

tags = st.sampled_from(
    "p r t tbl tr tc pPr numPr ilvl hyperlink sdt sdtContent fldChar instrText br tab ins del sym drawing pict".split()
)
trees = st.recursive(
    st.text("ab &<", max_size=5).map(lambda words: words.replace("&", "&amp;").replace("<", "&lt;")),
    lambda inner: st.tuples(tags, st.lists(inner, max_size=4)).map(
        lambda made: f"<w:{made[0]}>{''.join(made[1])}</w:{made[0]}>"
    ),
    max_leaves=15,
)


@settings(max_examples=30)
@given(trees)
def test_any_elements_in_any_order_are_read_or_refused(tree: str) -> None:
    """Sound XML that is no sound document gives a text or an error, which the sandbox makes one line."""
    main = f"<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>x</w:t></w:r></w:p>{tree}</w:body></w:document>"
    found = Extracted("x")
    with contextlib.suppress(Exception):
        found = read_docx(changed(PLAIN, {MAIN[".docx"]: main}))
    assert "x" in found.text
