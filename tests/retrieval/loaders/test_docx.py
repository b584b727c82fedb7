"""Word documents: headings, lists, tables, notes and changes; what cannot be read is said in one line.

The files are made here with python-docx.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import docx
import pytest
from docx.document import Document as Writer
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from hypothesis import given, settings
from hypothesis import strategies as st

from retrieval.chunking.chunker import split
from retrieval.loaders import zip_archive
from retrieval.loaders.formats.docx import read_docx
from retrieval.loaders.registry import LoadingError, load_bytes
from retrieval.loaders.sandbox import ExtractionError
from retrieval.types import Document, Span

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
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def changed(data: bytes, change: Callable[[str, bytes], bytes], **added: str) -> bytes:
    """The archive with its entries changed and others added ("a__b" is "a/b")."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, words in added.items():
            new.writestr(name.replace("__", "/") + ".xml", words)
    return file.getvalue()


def loaded(data: bytes, name: str | None = "a.docx") -> Document:
    """The document of a Word file, read as the program reads it."""
    return load_bytes(data, source="https://example.org/a.docx", name=name)


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


PROTOTYPE = made(report)
MAIN = "word/document.xml"


def test_the_structure_shows_in_the_text() -> None:
    """Headings, lists and tables are written as those of a page; running heads are not; nothing is boilerplate."""
    document = loaded(made(report))
    assert document.text == (
        "# The Harbour Report\n\n# Beginnings\n\nThe harbour opened in 1811. Its keeper was strict.\n\n"
        "- Ropes\n- Sails\n\n1. First\n2. Second\n\nYear | Storms | Litres\n1811 | 3 | 40\n\n"
        "## Later years\n\nShare.\n\nAll rights reserved"
    )
    assert (document.title, document.boilerplate, document.pages, document.url) == ("The Harbour Report", (), (), None)
    found = split(document.text, document.boilerplate, lambda texts: [len(text.split()) for text in texts], 200)
    quotes = [Span(each.start, each.end).of(document.text) for passage in found for each in passage.sentences]
    assert {"The harbour opened in 1811.", "Its keeper was strict.", "# Beginnings"} <= set(quotes)


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

    def change(name: str, content: bytes) -> bytes:
        if name == "[Content_Types].xml":
            part = f'<Override PartName="/word/footnotes.xml" ContentType="{WORD}.footnotes+xml"/></Types>'
            return content.replace(b"</Types>", part.encode())
        if name == "word/_rels/document.xml.rels":
            kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
            part = f'<Relationship Id="rId99" Type="{kind}" Target="footnotes.xml"/></Relationships>'
            return content.replace(b"</Relationships>", part.encode())
        return content

    text = read_docx(changed(made(write), change, word__footnotes=FOOTNOTES)).text
    assert text.startswith("The keeper wrote a log.[1]\n\nIt says a+b=c\n\n")
    assert "Words in a box." in text
    assert text.endswith("1. The log is in the archive.")


# ---- What cannot be read

ENTITIES = (
    '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY f SYSTEM "file:///etc/passwd">]>'
)


def with_main(words: str) -> bytes:
    """A Word document with this as its main part."""
    return changed(PROTOTYPE, lambda name, old: words.encode() if name == MAIN else old)


def body(words: str) -> str:
    """The main part of a document of one paragraph."""
    return f"<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:body></w:document>"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"words", "is no .docx file"),
        (b"PK\x03\x04 and no more", "is damaged"),
        (PROTOTYPE[:-100], "is damaged"),
        (PROTOTYPE[:3000], "is damaged"),
        (with_main(""), "is damaged"),
        (with_main("<w:document"), "is damaged"),
        (with_main("<other/>"), "is damaged|holds no text"),
        (with_main(ENTITIES + body("&c;")), "is damaged"),
        (with_main(ENTITIES + body("&f;")), "is damaged"),
        (made(lambda document: None), "holds no text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old Office file: open it, save it as .docx"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "protected with a password",
        ),
    ],
)
def test_what_is_no_sound_document_is_refused_in_one_line(data: bytes, line: str) -> None:
    """Other kinds under the name, broken and hostile ones, empty and encrypted ones: one line that says what to do."""
    with pytest.raises(LoadingError, match=line) as refused:
        loaded(data)
    assert str(refused.value).startswith("a.docx ") and str(refused.value).isprintable()


def test_other_archives_are_not_taken_for_documents() -> None:
    """A spreadsheet's or any other archive, with or without a name that lies, is refused."""
    sheet = changed(made(report), lambda name, old: old)
    sheet = sheet.replace(b"word/", b"xl__/")
    with pytest.raises(LoadingError, match="no Word document"):
        loaded(sheet)
    with pytest.raises(LoadingError, match=r"is a ZIP archive.*\.docx"):
        loaded(sheet, None)


def test_a_bomb_is_refused_whatever_its_header_says() -> None:
    """What unpacks to too much is refused while it is read, even when the archive states a small size."""
    bomb = changed(made(report), lambda name, old: old, word__more="<a>" + " " * (zip_archive.MOST_BYTES + 10) + "</a>")
    with pytest.raises(LoadingError, match="unpacks to more than 100 MiB"):
        loaded(bomb)
    lying = bomb.replace((zip_archive.MOST_BYTES + 17).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    assert lying != bomb
    with pytest.raises(LoadingError, match="is damaged"):
        loaded(lying)
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as file:
        for number in range(zip_archive.MOST_ENTRIES + 1):
            file.writestr(f"word/document{number}.xml", "")
    with pytest.raises(LoadingError, match="holds more than 10,000 files"):
        loaded(many.getvalue())


def test_markup_nested_without_end_is_refused() -> None:
    """A document nested beyond reason is one line, not a crash."""
    deep = "<w:smartTag>" * 20_000 + "<w:r><w:t>x</w:t></w:r>" + "</w:smartTag>" * 20_000
    with pytest.raises(LoadingError, match=r"nested too deeply|is damaged"):
        loaded(with_main(f"<w:document {nsdecls('w')}><w:body><w:p>{deep}</w:p></w:body></w:document>"))


def test_the_ending_does_not_decide_what_a_document_is() -> None:
    """A Word document is told by its content, without a name and with a wrong one."""
    for name in (None, "a.txt", "a.pdf"):
        assert loaded(made(report), name).text.startswith("# The Harbour Report")


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_document_changed_anyhow_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever bytes are changed, there is a text or a ExtractionError."""
    whole = bytearray(PROTOTYPE)
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try:
        assert read_docx(bytes(whole)).text.strip()
    except ExtractionError:
        return


# Without the many styles of the library's own template.
PLAIN = changed(
    PROTOTYPE, lambda name, old: f"<w:styles {nsdecls('w')}/>".encode() if name == "word/styles.xml" else old
)

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


@settings(max_examples=30, deadline=None)
@given(trees)
def test_any_elements_in_any_order_are_read_or_refused(tree: str) -> None:
    """Sound XML that is no sound document gives a text or a ExtractionError."""
    main = f"<w:document {nsdecls('w')}><w:body><w:p><w:r><w:t>x</w:t></w:r></w:p>{tree}</w:body></w:document>"
    try:
        assert "x" in read_docx(changed(PLAIN, lambda name, old: main.encode() if name == MAIN else old)).text
    except ExtractionError:
        return
