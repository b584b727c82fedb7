"""Sound files of every kind that is read: those of a folder, and small ones made here with the words of those."""

from __future__ import annotations

import datetime
import email.policy
import io
from collections.abc import Callable
from email.message import EmailMessage
from html import escape
from pathlib import Path

import docx
import openpyxl
from pptx import Presentation
from pptx.util import Inches
from reportlab import rl_config
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from retrieval.loaders.registry import OLD_OFFICE, SUFFIXES
from tests.retrieval.loaders.sample_files import archive

Samples = dict[str, list[bytes]]
"""Files by the suffix of their kind."""

WORDS = """# Harbour rules

The lamp of Skerry was lit in 1811, and the harbour board paid 1,250.50 pounds for it. Its keeper, Dr. A. Quiñones,
wrote a log of every storm.

- Маяк зажгли в марте.
- 灯塔于一八一一年建成。港务局支付了费用。
- המגדלור הודלק בשנת 1811.

| Year | Ships |
| --- | --- |
| 1811 | 27 |
| 1812 | 1,204 |

How was the tower paid for? “By a tax on every ton,” said the clerk; “never by the Crown.”[^1]

[^1]: Minutes of the board, page 12.
"""
_ENCODINGS = "utf-8 utf-8-sig utf-16 utf-16-be utf-32 cp1252 koi8-r gb18030 shift_jis cp1255 mac-roman".split()
_STYLE = "<style>p{color:red}</style><script>var a = '<p>not text</p>';</script>"
_OPEN = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table", "style")
)


def samples(folder: Path | None) -> Samples:
    """The files of the folder by kind, and made ones beside them, so that each kind has some."""
    found: Samples = {}
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []
    for file in files:
        if kind := SUFFIXES.get(file.suffix.lower()):
            found.setdefault(kind.suffixes[0], []).append(file.read_bytes())
    words = WORDS + "\n" + "\n".join(data.decode("utf-8", "replace")[:3000] for data in found.get(".md", [])[:3])
    for suffix, made in _made(words).items():
        found.setdefault(suffix, []).extend(made)
    return found


def _made(words: str) -> Samples:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return {
        ".txt": [words.encode(encoding, "replace") for encoding in _ENCODINGS],
        ".md": [f"---\ntitle: Rules\ndate: 1811-03-01\n---\n{words}".encode()],
        ".html": [_page(lines).encode(), _page(lines, "windows-1251").encode("cp1251", "replace")],
        ".pdf": [_pdf(lines), _pdf(lines, packed=False), _pdf(lines[:9], password="")],
        ".docx": [_docx(lines)],
        ".pptx": [_pptx(lines)],
        ".xlsx": [_xlsx(lines)],
        ".odt": [_odt(lines)],
        ".epub": [_epub(lines)],
        ".rtf": [_rtf(lines)],
        ".csv": [_csv(",").encode(), _csv(";").encode("cp1252"), _csv("\t").encode("utf-16")],
        ".eml": [_eml(lines, page=False), _eml(lines, page=True)],
        ".zip": [archive({"a.txt": words, "b/c.bin": bytes(range(256))}), _old_office(words)],
    }


def _old_office(words: str) -> bytes:
    return OLD_OFFICE + bytes(2000) + words.encode("utf-16-le")


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


def _page(lines: list[str], charset: str = "utf-8") -> str:
    body = "".join(f"<p>{escape(line)} <a href='/more?id=1'>More</a></p>" for line in lines)
    table = "<table><thead><tr><th>Year<th>Ships</thead><tr><td>1811<td rowspan=2>27<tr><td colspan='3'>1812</table>"
    head = f"<meta charset={charset}><title>Rules</title><link rel=canonical href='https://example.org/a'>{_STYLE}"
    menu = "<nav><ul><li><a href=/>Home</a><li>Contact</ul></nav>"
    return (
        f"<!doctype html><html lang=en><head>{head}</head><body>{menu}<main><h1>Rules</h1>{body}{table}</main></body>"
    )


def _pdf(lines: list[str], *, packed: bool = True, password: str | None = None) -> bytes:
    rl_config.useA85 = 0
    file = io.BytesIO()
    locked = StandardEncryption(password, ownerPassword="owner", strength=128) if password is not None else None
    canvas = Canvas(file, pageCompression=int(packed), invariant=True, encrypt=locked)
    canvas.setTitle("Rules")
    for start in range(0, len(lines), 30):
        canvas.setFont("Helvetica-Bold", 16)
        canvas.drawString(72, 800, "Harbour rules")
        canvas.setFont("Times-Roman", 10)
        for down, line in enumerate(lines[start : start + 30]):
            left = 72 + 240 * (down % 2)
            canvas.drawString(left, 770 - 12 * (down // 2), line[:50].encode("latin-1", "replace").decode("latin-1"))
        canvas.grid([72, 172, 272], [100, 120, 140])
        canvas.rotate(90)
        canvas.drawString(72, -30, f"page {start}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _docx(lines: list[str]) -> bytes:
    document = docx.Document()
    document.core_properties.title = "Rules"
    document.add_heading("Harbour rules", 1)
    for number, line in enumerate(lines[:40]):
        document.add_paragraph(line, style=("List Bullet", "List Number", "Quote", None)[number % 4])
    table = document.add_table(3, 3)
    for number, cell in enumerate(table._cells):
        cell.text = f"cell {number}"
    table.cell(0, 0).merge(table.cell(1, 1))
    return _saved(document.save)


def _pptx(lines: list[str]) -> bytes:
    made = Presentation()
    for line in lines[:5]:
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = line[:60]
        slide.placeholders[1].text = "\n".join(lines[:4])
        table = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(3), Inches(1)).table
        table.cell(0, 0).text, table.cell(1, 1).text = "Year", "1811"
        slide.notes_slide.notes_text_frame.text = "Say it slowly."
    return _saved(made.save)


def _xlsx(lines: list[str]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Year", "Ships", "Tax", "Lit", "Remarks"])
    for number, line in enumerate(lines[:30]):
        sheet.append([1811 + number, number / 7, number * 1e9, datetime.datetime(1999, 1, 1 + number % 28, 9), line])
    for number, form in enumerate(("0.00%", "#,##0.00;[Red](#,##0)", "yyyy-mm-dd hh:mm", '"£"0', "0.0E+00", "[h]:mm")):
        sheet.cell(number + 2, number % 4 + 1).number_format = form
    sheet.merge_cells("A10:C10")
    other = book.create_sheet("Sums")
    other["A1"] = "=SUM(Sheet!B2:B9)"
    other.sheet_state = "hidden"
    book.create_sheet("Third").append(["a", True, None, datetime.time(3, 4)])
    return _saved(book.save)


def _odt(lines: list[str]) -> bytes:
    cell = "<table:table-cell table:number-columns-repeated='3'><text:p>27</text:p></table:table-cell>"
    note = "<text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body>"
    spaced = f"<text:s text:c='3'/><text:note text:note-class='footnote'>{note}</text:note>"
    parts = [
        "<text:h text:outline-level='1'>Rules</text:h>",
        "<text:table-of-content><text:p>Rules 1</text:p></text:table-of-content>",
        *(f"<text:p>{escape(line)}{spaced}</text:p>" for line in lines[:30]),
        "<text:list>",
        *(f"<text:list-item><text:p>{escape(line)}</text:p></text:list-item>" for line in lines[:4]),
        f"</text:list><table:table><table:table-row>{cell}</table:table-row></table:table>",
    ]
    body = f"<office:body><office:text>{''.join(parts)}</office:text></office:body>"
    title = "<dc:title>Rules</dc:title></office:document-meta>"
    return archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content {_OPEN}>{body}</office:document-content>",
            "meta.xml": f"<office:document-meta {_OPEN} xmlns:dc='http://purl.org/dc/elements/1.1/'>{title}",
        }
    )


def _epub(lines: list[str]) -> bytes:
    kind = "media-type='application/xhtml+xml'"
    items = "".join(f"<item id='c{number}' href='c%20{number}.xhtml' {kind}/>" for number in range(4))
    order = "".join(f"<itemref idref='c{number}'/>" for number in range(4))
    package = [
        "<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title>Rules</dc:title></metadata>",
        f"<manifest>{items}<item id='n' href='n.xhtml' properties='nav' {kind}/></manifest>",
        f"<spine>{order}<itemref idref='n'/></spine></package>",
    ]
    container = "<container xmlns='urn:oasis:names:tc:opendocument:xmlns:container'><rootfiles>"
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": f"{container}<rootfile full-path='o/b.opf'/></rootfiles></container>",
        "o/b.opf": "".join(package),
        "o/n.xhtml": "<html><body><nav><ol><li><a href='c%200.xhtml'>One</a></li></ol></nav></body></html>",
    }
    for number in range(4):
        page = "".join(f"<p>{escape(line)}<br/></p>" for line in lines[number * 5 :][:20])
        parts[f"o/c {number}.xhtml"] = f"<html><head><title/></head><body><h2>Chapter {number}</h2>{page}</body></html>"
    return archive(parts)


def _rtf(lines: list[str]) -> bytes:
    written = ("".join(c if " " <= c < "\x7f" else rf"\u{ord(c) & 0x7FFF}?" for c in line) for line in lines)
    parts = [
        r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}{\f1\fcharset204 Times;}}",
        r"{\info{\title Rules}}{\*\generator X;}\f0 ",
        r"\par ".join(written),
        r"\trowd\cellx1000\cellx2000\intbl 1811\cell 27\cell\row",
        r"{\pict\pngblip 89504e47}\bin4 abcd\'e9\uc2\u1084 ab }",
    ]
    return "".join(parts).encode("ascii")


def _csv(separator: str) -> str:
    rows = [["Year", "Ships", "Place"], *([str(1800 + n), f'"{n},5"', f'"Skärgården ""{n}"""'] for n in range(60))]
    return "Ships of the harbour\r\n\r\n" + "\r\n".join(map(separator.join, rows))


def _eml(lines: list[str], *, page: bool) -> bytes:
    message = EmailMessage(email.policy.SMTP)
    message["Subject"], message["From"], message["To"] = "Réglement du port", "Ann <ann@example.org>", "bob@example.org"
    message["Date"], message["Message-ID"] = "Fri, 01 Mar 2024 10:00:00 +0100", "<1@example.org>"
    if page:
        message.set_content(_page(lines), subtype="html", cte="base64")
    else:
        message.set_content("\n".join(lines), cte="quoted-printable")
        message.add_alternative(_page(lines[:5]), subtype="html")
    message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="tafel ä.csv")
    return message.as_bytes()
