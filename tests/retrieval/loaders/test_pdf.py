"""PDF: known words on known pages, columns, hyphens, running heads; what cannot be read is said in one line.

The files are made here with reportlab.
"""

from __future__ import annotations

import io
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import pytest
import reportlab
from hypothesis import given, settings
from hypothesis import strategies as st
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from sample_files import quotes

from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.loaders.pdf.characters import Line, PageWord
from retrieval.loaders.pdf.page_tables import rows_of
from retrieval.loaders.pdf.pdf import read_pdf
from retrieval.loaders.sandbox import Extracted, ExtractionError
from retrieval.types import Document

WIDE, HIGH = A4
FONT, SIZE, PITCH = "Helvetica", 10, 12
Place = tuple[float, float, float, str]
"""Left edge, distance from the top, size and words."""

LIGHTHOUSE = (
    "The lighthouse on the northern coast was finished in 1811 by the harbour board. Its keeper wrote a log of every "
    "storm. In March the lamp failed twice, and three ships were lost on the rocks below the tower."
)
TIDES = (
    "Tides in the bay rise by eleven metres. Fishermen plan their days by printed tables. A wrong entry in the table "
    "of 1902 left nine boats dry for a week, which the board regretted in public."
)
OIL = (
    "Oil for the lamp came from Norway until the war. Later the tower burned gas. Every barrel was weighed at the "
    "quay, and the clerk signed for it in red ink because black ink had been forbidden there."
)


def made(
    pages: Sequence[Sequence[Place]], prepare: Callable[[Canvas], None] = lambda canvas: None, **options: object
) -> bytes:
    """A PDF with these words at these places."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=True, **options)
    for page in pages:
        prepare(canvas)
        for left, down, size, words in page:
            canvas.setFont(FONT, size)
            canvas.drawString(left, HIGH - down, words)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def wrapped(words: str, width: float) -> list[str]:
    """The words in lines of at most that width."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if pdfmetrics.stringWidth(longer, FONT, SIZE) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def stacked(lines: Sequence[str], left: float = 72, top: float = 100) -> list[Place]:
    """The lines one below the other."""
    return [(left, top + index * PITCH, SIZE, line) for index, line in enumerate(lines)]


def column(words: str, left: float, top: float, width: float = 220) -> list[Place]:
    """The words as a paragraph in a column."""
    return stacked(wrapped(words, width), left, top)


def loaded(data: bytes, name: str | None = "a.pdf") -> Document:
    return load_bytes(data, source="stdin/1", name=name)


def on_page(reading: Extracted | Document, number: int) -> str:
    """What the text holds of a page, counted from 1."""
    ends = [*reading.pages[1:], len(reading.text)]
    return reading.text[reading.pages[number - 1] : ends[number - 1]]


def boilerplate(reading: Extracted | Document) -> list[str]:
    return [span.of(reading.text) for span in reading.boilerplate]


def parts(words: str) -> list[str]:
    """The sentences of a text without abbreviations."""
    return re.findall(r"[^.]+\.", words)


# ---- Extracted order


def test_known_words_are_on_known_pages() -> None:
    """Each page's stretch of the text holds that page's words and no other's."""
    document = loaded(made([column(words, 72, 100, 400) for words in (LIGHTHOUSE, TIDES, OIL)]))
    assert [on_page(document, number).strip() for number in (1, 2, 3)] == [LIGHTHOUSE, TIDES, OIL]
    assert document.text == f"{LIGHTHOUSE}\n\n{TIDES}\n\n{OIL}"
    assert document.url is None and document.boilerplate == ()


def test_two_columns_are_read_one_after_the_other() -> None:
    """The title across both columns comes first, then the left column, then the right one, drawn in any order."""
    title = [(72.0, 80.0, 18.0, "A Report on the Lighthouse and on the Tides of the Bay")]
    left, right = column(LIGHTHOUSE + " " + OIL, 60, 120), column(TIDES + " " + OIL, 300, 126)
    expected = f"{title[0][3]}\n\n{LIGHTHOUSE} {OIL}\n\n{TIDES} {OIL}"
    rows = sorted([*title, *left, *right], key=lambda place: place[1])
    for drawn in ([*title, *left, *right], [*right, *left, *title], rows):
        assert read_pdf(made([drawn])).text == expected


def justified(words: str, left: float, top: float, width: float) -> list[Place]:
    """The words as a paragraph whose lines, save the last, are stretched to the width."""
    lines = wrapped(words, width)
    places: list[Place] = []
    for index, line in enumerate(lines):
        at, each = left, line.split()
        letters = sum(pdfmetrics.stringWidth(word, FONT, SIZE) for word in each)
        gap = (width - letters) / max(len(each) - 1, 1) if index < len(lines) - 1 else 3.0
        for word in each:
            places.append((at, top + index * PITCH, SIZE, word))
            at += pdfmetrics.stringWidth(word, FONT, SIZE) + gap
    return places


def test_blocks_beside_each_other_are_no_sentence() -> None:
    """An address and a total that stands lower are lines, a large label and its text cells; on one line: a sentence."""
    page = [*stacked(["Bill to: "], 72, 100), (320.0, 105.0, SIZE, "Total due 4.11"), *stacked(["Ann Lee"], 72, 130)]
    assert read_pdf(made([page])).text.startswith("Bill to:\n\nTotal due 4.11\n\nAnn Lee")
    page = [(72.0, 100.0, 14, "Purpose"), *stacked(["To keep the lamp burning."], 320, 100)]
    assert read_pdf(made([page])).text == "Purpose | To keep the lamp burning."
    page = [*stacked(["Subtotal"], 72, 100), *stacked(["4.11"], 320, 100), *stacked(["Thank you."], 72, 160)]
    assert read_pdf(made([page])).text.startswith("Subtotal 4.11")


@pytest.mark.parametrize("width", [110, 160, 220])
def test_stretched_columns_are_told_from_tables(width: float) -> None:
    """Lines stretched to the width of a narrow column, with wide gaps between words, are still prose in columns."""
    left = justified(f"{LIGHTHOUSE} {OIL}", 60, 100, width)
    right = justified(f"{TIDES} {OIL}", 60 + width + 14, 100, width)
    assert read_pdf(made([[*left, *right]])).text == f"{LIGHTHOUSE} {OIL}\n\n{TIDES} {OIL}"


def test_a_title_of_two_lines_stands_above_the_columns() -> None:
    """Its short second line is part of the title and not of the left column."""
    title = [(60.0, 50.0, 18.0, "A Report on the Lighthouse, on the Tides"), (60.0, 72.0, 18.0, "and on Oil")]
    page = [*title, *column(f"{LIGHTHOUSE} {OIL}", 60, 120), *column(f"{TIDES} {OIL}", 300, 120)]
    assert read_pdf(made([page])).text.split("\n\n")[0] == "A Report on the Lighthouse, on the Tides and on Oil"


def test_what_crosses_three_columns_parts_them() -> None:
    """Three columns, a line across all of them, and two columns below it are read from top to bottom."""
    above = [column(words, 50 + 170 * index, 100, 150) for index, words in enumerate((LIGHTHOUSE, TIDES, OIL))]
    words = "The second part of the report speaks of all that came after the great war had ended at last."
    across = [(50.0, 300.0, 10.0, words)]
    below = [column(TIDES, 50, 330), column(OIL, 310, 330)]
    text = read_pdf(made([list(chain(*above, across, *below))])).text
    assert text.split("\n\n") == [LIGHTHOUSE, TIDES, OIL, across[0][3], TIDES, OIL]


def test_a_paragraph_runs_over_columns_and_pages() -> None:
    """A sentence cut by the end of a column and of a page is whole, and on the page of its first word."""
    lines = wrapped(f"{LIGHTHOUSE} {TIDES} {OIL}", 220)
    cut, third = len(lines) // 3, 2 * len(lines) // 3
    chunks = [lines[:cut], lines[cut:third], lines[third:]]
    first, second, last = (stacked(chunk, left) for left, chunk in zip((60, 300, 60), chunks, strict=True))
    reading = read_pdf(made([[*first, *second], last]))
    assert reading.text == f"{LIGHTHOUSE} {TIDES} {OIL}"
    assert on_page(reading, 2) == " ".join(chunks[2])


def test_an_abbreviation_at_the_end_of_a_column_ends_nothing() -> None:
    """Where first lines are set in, a line that is not goes on, whatever mark the column before it ends with."""
    left = [
        "Inspectors came by sea in the spring of 1811.",
        "They were led by the secretary of the harbour",
        "board and by the keeper’s old friend, Dr.",
    ]
    right = [
        "Brown, who wrote a log of every storm in red",
        "ink. He was heard with great patience by all of",
        "those who were there.",
    ]
    page = [*stacked(left[:1]), *stacked(left[1:], 60, 100 + PITCH), *stacked(right, 300)]
    assert read_pdf(made([page])).text == " ".join([*left, *right])


def test_paragraphs_and_headings_stand_on_their_own() -> None:
    """A gap, a first line set in, larger letters and a bullet each begin a new paragraph."""
    first, *oil = column(OIL, 72, 170 + PITCH * len(wrapped(TIDES, 400)), 400)
    page = [
        (72.0, 80.0, 16.0, "The Northern Coast"),
        *column(LIGHTHOUSE, 72, 110, 400),
        *column(TIDES, 72, 170, 400),
        *[(90.0, *first[1:]), *oil],
        *stacked(["• A rope of hemp", "• A sail of flax"], 72, 300),
    ]
    expected = ["The Northern Coast", LIGHTHOUSE, TIDES, OIL, "• A rope of hemp\n• A sail of flax"]
    assert read_pdf(made([page])).text.split("\n\n") == expected


def test_a_plain_table_is_read_by_rows() -> None:
    """Cells stand between bars, row by row, and the prose around them does not."""
    rows = [("Year", "Storms", "Litres of oil"), ("1811", "40", "1,200"), ("1812", "7", "950")]
    cells = [(72.0 + 110 * i, 200.0 + 14 * j, 10.0, words) for j, row in enumerate(rows) for i, words in enumerate(row)]
    text = read_pdf(made([[*column(LIGHTHOUSE, 72, 100, 400), *cells, *column(TIDES, 72, 270, 400)]])).text
    assert text == f"{LIGHTHOUSE}\n\nYear | Storms | Litres of oil\n1811 | 40 | 1,200\n1812 | 7 | 950\n\n{TIDES}"


def figures(names: Sequence[Sequence[tuple[float, str]]], rows: Sequence[Sequence[str]]) -> list[Place]:
    """A table of figures at 105, 155, 205 and 250, under lines with the names of its columns."""
    above = [(left, 200.0 + 9 * line, 8.0, words) for line, some in enumerate(names) for left, words in some]
    lefts = (20.0, 105.0, 155.0, 205.0, 250.0)
    top = 200.0 + 9 * len(names)
    return above + [
        (left, top + 12 * number, 8.0, words)
        for number, row in enumerate(rows)
        for left, words in zip(lefts, row, strict=True)
        if words
    ]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # Names side by side, with little more than a space between them, of two lines each.
        (
            [
                [(20, "Port"), (95, "Small ships"), (144, "Ships of the"), (195, "All boats"), (235, "Gross weight")],
                [(100, "and boats"), (150, "line"), (205, "of two"), (245, "in tons")],
            ],
            "Port | Small ships and boats | Ships of the line | All boats of two | Gross weight in tons",
        ),
        # Names of groups.
        (
            [
                [(112, "Out and back"), (218, "One way")],
                [(20, "Port"), (105, "2009"), (155, "2010"), (205, "2009"), (250, "2010")],
            ],
            "Port | Out and back 2009 | Out and back 2010 | One way 2009 | One way 2010",
        ),
    ],
    ids=["wrapped", "groups"],
)
def test_the_names_of_columns_are_a_row(names: list[list[tuple[float, str]]], expected: str) -> None:
    """However they stand above it, each name is in the cell over its column, so that a figure can be told by it."""
    rows = [("Oban", "12", "360", "7", "91"), ("Mallaig", "40", "1,200", "8", "92"), ("Tarbert", "3", "95", "6", "93")]
    text = read_pdf(made([[*column(LIGHTHOUSE, 20, 100, 500), *figures(names, rows)]])).text
    assert text == "\n".join([f"{LIGHTHOUSE}\n", expected, *(" | ".join(row) for row in rows)])


def test_a_column_without_figures_has_its_name_and_empty_cells() -> None:
    """So that the cells after it are not taken for those of the column before."""
    names = [(20, "Port"), (105, "Boats"), (155, "Rafts"), (205, "Tons"), (250, "Crew")]
    rows = [("Oban", "12", "", "360", "7"), ("Mallaig", "40", "", "1,200", "8"), ("Tarbert", "3", "", "", "6")]
    text = read_pdf(made([figures([names], rows)])).text
    assert text.split("\n") == [
        "Port | Boats | Rafts | Tons | Crew",
        "Oban | 12 | | 360 | 7",
        "Mallaig | 40 | | 1,200 | 8",
        "Tarbert | 3 | | | 6",
    ]


def test_prose_above_a_table_is_no_row() -> None:
    """Its words stand over the columns by chance, with spaces between them."""
    rows = [("Oban", "12", "360", "7", "91"), ("Mallaig", "40", "1,200", "8", "92"), ("Tarbert", "3", "95", "6", "93")]
    prose = [
        (20.0, "Ships and boats of all the ports of the coast that the board has counted in May and June, in tons")
    ]
    lines = read_pdf(made([figures([prose], rows)])).text.split("\n")
    assert lines[0] == prose[0][1]
    assert lines[-3:] == [" | ".join(row) for row in rows]


def table(
    rows: Sequence[Sequence[str]], lefts: Sequence[float], widths: Sequence[float], drop: float = 0
) -> list[Place]:
    """A table whose cells wrap at these widths; cells of one line in the first column stand `drop` lower."""
    places: list[Place] = []
    top = 200.0
    for row in rows:
        cells = [wrapped(words, width) for words, width in zip(row, widths, strict=True)]
        for left, cell in zip(lefts, cells, strict=True):
            low = drop if cell is cells[0] and len(cell) == 1 < max(map(len, cells)) else 0
            places += [(left, top + low + PITCH * line, SIZE, words) for line, words in enumerate(cell)]
        top += PITCH * max(map(len, cells))
    return places


def test_a_line_of_words_below_a_row_belongs_to_it() -> None:
    """Where each row has a first cell, the row below, which begins with its own, does not take the line for itself."""
    page: list[Place] = []
    for number, (fare, cost) in enumerate([("Air fare Bergen to Oslo and back", "618"), ("Train fare to Voss", "553")]):
        top = 200 + 2 * PITCH * number
        cells = [(72.0, f"D{number}"), (130.0, "05/03/2019"), (220.0, "Transportation"), (420.0, cost)]
        page += [(left, top, SIZE, words) for left, words in cells]
        page.append((220.0, top + PITCH, SIZE, fare))
    assert read_pdf(made([page])).text.split("\n") == [
        "D0 | 05/03/2019 | Transportation Air fare Bergen to Oslo and back | 618",
        "D1 | 05/03/2019 | Transportation Train fare to Voss | 553",
    ]


@pytest.mark.parametrize("drawn", [list, lambda places: sorted(places, key=lambda place: place[1])])
@pytest.mark.parametrize(
    ("rows", "widths", "drop"),
    [
        (
            [
                ("Unclear", "Clear"),
                ("Applications must be handed in at the office", "Apply at the office in good time"),
            ],
            (110, 110),
            0,
        ),
        ([("745.225", LIGHTHOUSE), ("745.226", TIDES), ("745.227", OIL)], (60, 250), 6),
        ([("Ship", "Cargo", "Fate"), ("Anna", LIGHTHOUSE, "lost"), ("Bertha", TIDES, "sold")], (60, 200, 80), 0),
        ([("Instead of", "Say"), ("a number of", "several, a few"), ("at this point in time", "now")], (120, 120), 0),
        (
            [("Crime", "All", "Men"), ("Theft of boats and oars", "467.9", "69.1"), ("Arson", "9.8", "4.3")],
            (80, 50, 50),
            0,
        ),
    ],
    ids=["two columns", "labels set lower", "three columns", "phrases", "figures"],
)
def test_a_table_with_wrapped_cells_is_read_cell_by_cell(
    rows: list[tuple[str, ...]], widths: tuple[float, ...], drop: float, drawn: Callable[[list[Place]], list[Place]]
) -> None:
    """A cell's lines stay together, each row of cells is a line of its own, and what stands below is not drawn in."""
    lefts = [72.0 + sum(widths[:index]) + 20 * index for index in range(len(widths))]
    page = [*drawn(table(rows, lefts, widths, drop)), *column(LIGHTHOUSE, 72, 600, 440)]
    expected = "\n".join(" | ".join(row) for row in rows)
    assert read_pdf(made([page])).text == f"{expected}\n\n{LIGHTHOUSE}"


def test_a_numbered_formula_is_no_table() -> None:
    """The number of a formula and a wide gap in the line below it make no columns, so that sentences go on."""
    page = stacked(["e = m + c"], 150) + stacked(["(23)", "The"], 500)
    page += stacked(["where c is the weight of the oil in barrels, as the clerk has it."], 72, 112)
    page += column("weight of the lamp is left aside, since it does not change.", 72, 124, 440)
    assert "as the clerk has it. The weight of the lamp is left aside" in read_pdf(made([page])).text


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_that_is_shown_turned_is_read_as_shown(turn: int) -> None:
    """Words that stand upright on a turned sheet are read in their order, whatever the turn."""

    def turned(canvas: Canvas) -> None:
        canvas.setPageRotation(turn)
        # The sheet itself lies on its side when it is turned by one quarter or three.
        canvas.translate(*((WIDE / 2, HIGH / 2) if turn % 180 == 0 else (HIGH / 2, WIDE / 2)))
        canvas.rotate(turn)
        canvas.translate(-WIDE / 2, -HIGH / 2)

    assert read_pdf(made([column(LIGHTHOUSE, 72, 72, 300)], turned)).text == LIGHTHOUSE


# ---- Spelling


def test_words_cut_at_the_end_of_a_line_are_whole() -> None:
    """A word that the line's end cut is joined; a compound keeps its hyphen, as do numbers and names."""
    lines = [
        "It was a well-known harbour, and its adminis-",
        "tration was strict. The keeper was well-",
        "known for state-of-the-",
        "art lamps of the years 1902-",
        "1904 and for the Anglo-",
        "American treaty. The self-",
        "taught clerk was self-taught indeed.",
    ]
    assert read_pdf(made([stacked(lines)])).text == (
        "It was a well-known harbour, and its administration was strict. The keeper was well-known for "
        "state-of-the-art lamps of the years 1902-1904 and for the Anglo-American treaty. "
        "The self-taught clerk was self-taught indeed."
    )


def test_ligatures_spaces_and_soft_hyphens_read_as_letters() -> None:
    """Ligatures become letters, no-break spaces spaces, and soft hyphens within a line nothing."""
    fonts = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont("Vera", fonts / "Vera.ttf"))

    def write(canvas: Canvas) -> None:
        canvas.setFont("Vera", 10)
        canvas.drawString(72, 700, "The \ufb01rst \ufb02ood rose\u00a0high, co\u00adoperation failed.")

    assert read_pdf(made([[]], write)).text == "The first flood rose high, cooperation failed."


def test_raised_figures_do_not_hide_the_end_of_a_sentence() -> None:
    """The mark of a note is a raised figure, so that the sentence before it ends."""

    def write(canvas: Canvas) -> None:
        line = canvas.beginText(72, 700)
        for rise, size, words in ((0, 10, "The lamp failed."), (4, 6, "12"), (0, 10, " Three ships were lost.")):
            line.setRise(rise)
            line.setFont(FONT, size)
            line.textOut(words)
        canvas.drawText(line)

    assert quotes(read_pdf(made([[]], write))) == ["The lamp failed.¹²", "Three ships were lost."]


# ---- Boilerplate


def with_margins(chunks: list[list[str]], note: str = "") -> bytes:
    """Pages of these lines, each with a running head, a page number and a note at the foot of the first."""
    pages = []
    for number, chunk in enumerate(chunks, 1):
        page = [(72.0, 40.0, 8.0, f"The Harbour Board    Report {number}"), (290.0, 810.0, 9.0, f"- {number} -")]
        page += stacked(chunk)
        page += [(72.0, 700.0, 7.0, note)] if note and number == 1 else []
        pages.append(page)
    return made(pages)


def test_running_heads_and_page_numbers_are_boilerplate_and_part_no_sentence() -> None:
    """Heads and numbers are boilerplate on their page; a sentence over the page's end is one, and so is a cut word."""
    lines = wrapped(f"{LIGHTHOUSE} {TIDES} {OIL} {LIGHTHOUSE} {TIDES} {OIL}", 300)
    chunks = [lines[:10], [*lines[10:], "", *wrapped(OIL, 300)[:3]], [*wrapped(OIL, 300)[3:], "", *wrapped(TIDES, 300)]]
    reading = read_pdf(with_margins(chunks, "A note about the harbour that stands at the foot of the page."))
    assert boilerplate(reading) == [f"The Harbour Board Report {number}\n- {number} -" for number in (1, 2, 3)]
    assert set(parts(f"{LIGHTHOUSE} {TIDES} {OIL}")) <= {f" {each}" for each in quotes(reading)} | {*quotes(reading)}
    assert "A note about the harbour that stands at the foot of the page." in quotes(reading)
    for number, chunk in enumerate(chunks, 1):
        assert set(" ".join(chunk).split()) <= set(on_page(reading, number).split())
        assert f"- {number} -" in on_page(reading, number)
        assert on_page(reading, number).startswith(chunk[0]) or number == 1


def test_a_word_cut_by_the_end_of_a_page_is_on_the_page_where_it_begins() -> None:
    """The next page begins with the word after it."""
    first = stacked([LIGHTHOUSE[:60], "which was told by the harbour adminis-"])
    reading = read_pdf(made([first, stacked(["tration in its printed report of that year."])]))
    assert "the harbour administration in its" in reading.text
    assert on_page(reading, 2) == "in its printed report of that year."


def test_heads_that_alternate_and_change_by_chapter_are_boilerplate() -> None:
    """Left and right pages have heads of their own, one of a chapter's only page is known by its place."""
    heads = ["Lamps", "The Coast", "Lamps", "The Coast", "Oil", "The Coast", "Lamps", "The Coast"]
    body = (LIGHTHOUSE, TIDES, OIL, f"{TIDES} {OIL}")
    pages = [
        [(200.0, 40.0, 8.0, head), *column(words, 72, 100, 400), (72.0, 600.0, 9.0, f"{number} storms came.")]
        for number, (head, words) in enumerate(zip(heads, body * 2, strict=True))
    ]
    reading = read_pdf(made(pages))
    assert boilerplate(reading) == heads
    assert reading.text.count("storms came.") == 8


def test_a_paragraph_goes_on_below_a_table_at_the_head_of_the_page() -> None:
    """What floats at the head of a page does not part the sentence that goes on below it."""
    lines = wrapped(f"{LIGHTHOUSE} {TIDES}", 220)
    rows = [(72.0 + 80 * i, 100.0 + 14 * j, 10.0, f"{i * j + 7} kg") for j in range(3) for i in range(3)]
    reading = read_pdf(made([stacked(lines[:2], 72, 700), [*rows, *stacked(lines[2:], 72, 200)]]))
    assert reading.text == f"{LIGHTHOUSE} {TIDES}\n\n7 kg | 7 kg | 7 kg\n7 kg | 8 kg | 9 kg\n7 kg | 9 kg | 11 kg"
    assert on_page(reading, 2).startswith(lines[2])


def test_words_that_repeat_within_the_text_are_no_boilerplate() -> None:
    """Lines that stand at the same place on each page but within the text stay text, or where nothing else stands."""
    both = [*stacked(["The board agreed."], 72, 300), *column(TIDES, 72, 400, 400)]
    pages = [
        [*column(f"Chapter {number}. {words}", 72, 100, 400), *both]
        for number, words in enumerate((LIGHTHOUSE, OIL, TIDES, f"{OIL} {TIDES}"), 1)
    ]
    reading = read_pdf(made(pages))
    assert reading.boilerplate == () and reading.text.count("The board agreed.") == 4
    reading = read_pdf(made([[(72.0, 40.0, 10.0, "Top secret words")]] * 3))
    assert reading.text.count("Top secret words") == 3 and reading.boilerplate == ()


# ---- Titles


@pytest.mark.parametrize(
    "given", ["Light on the Coast", "Microsoft Word - report.doc", "untitled", "", "report_final.docx"]
)
def test_a_pdf_is_called_by_a_sensible_title(given: str) -> None:
    """The title in the file when it is one, as the first is, else the largest letters on the first page."""
    page = [(72.0, 80.0, 18.0, "The Northern Coast"), *column(LIGHTHOUSE, 72, 120, 400)]
    title = given if given == "Light on the Coast" else "The Northern Coast"
    assert loaded(made([page], lambda canvas: canvas.setTitle(given))).title == title


# ---- What cannot be read


def test_a_password_is_asked_for_only_where_one_is_needed() -> None:
    """A PDF that needs a password is refused with advice; one that only restricts printing opens."""
    page = [column(LIGHTHOUSE, 72, 100, 400)]
    with pytest.raises(LoadingError, match="protected with a password: save a copy without it") as refused:
        loaded(made(page, encrypt=StandardEncryption("secret", ownerPassword="owner", strength=128)))
    assert str(refused.value).isprintable() and "a.pdf" in str(refused.value)
    assert loaded(made(page, encrypt=StandardEncryption("", ownerPassword="owner", strength=128))).text == LIGHTHOUSE


def scan(canvas: Canvas) -> None:
    """A picture instead of words."""
    canvas.rect(100, 100, 200, 200, fill=1)


def test_scanned_pages_are_named_as_such() -> None:
    """A PDF without any words says how many pages it has and what to do; with some words it is read."""
    with pytest.raises(LoadingError, match=r"pictures of pages and no text \(3 pages\): run text recognition"):
        loaded(made([[], [], []], scan))
    document = loaded(made([[], column(LIGHTHOUSE, 72, 100, 400), []], scan))
    assert document.text == LIGHTHOUSE
    assert document.pages == (0, 0, len(LIGHTHOUSE))


def test_more_pages_than_can_be_read_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PDF of just as many pages as are read is read, one of a page more is refused."""
    monkeypatch.setattr("retrieval.loaders.pdf.pdf.MOST_PAGES", 3)
    page = column(OIL, 72, 100, 400)
    assert read_pdf(made([page] * 3)).text
    with pytest.raises(ExtractionError, match="has 4 pages, more than 3: split it"):
        read_pdf(made([page] * 4))


def drawn(operators: str) -> bytes:
    """A page with a line of a usual size, and what these operators of PDF draw."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=True)
    canvas.setFont(FONT, SIZE)
    canvas.drawString(72, 700, "The ferry sails at nine.")
    canvas._code.append(f"q {operators} Q")
    canvas.save()
    return file.getvalue()


@pytest.mark.parametrize("size", ["0", "0.01", "0.04", "-10", "1e38"])
def test_letters_of_no_sensible_size_harm_no_others(size: str) -> None:
    """As some programs write them, hidden or turned about: the rest of the page is read."""
    words = f"BT /F1 {size} Tf 72 500 Td (The harbour) Tj 0 -20 Td (is deep.) Tj ET"
    assert "The ferry sails at nine." in read_pdf(drawn(words)).text


def test_letters_of_a_negative_size_are_read_as_they_stand() -> None:
    """In a space that is turned round, they stand upright, one line below the other."""
    words = "BT /F1 -10 Tf -1 0 0 -1 72 500 Tm (The harbour is deep,) Tj 1 0 0 1 0 0 Tm ET"
    below = "BT /F1 -10 Tf -1 0 0 -1 72 488 Tm (and the quay is old.) Tj ET"
    assert read_pdf(drawn(f"{words} {below}")).text == (
        "The ferry sails at nine.\n\nThe harbour is deep, and the quay is old."
    )


def test_a_row_of_very_many_pieces_takes_its_time_once() -> None:
    """As a broken file may have it: thousands of pieces in one cell of a table take no time by their square."""
    count = 4000

    def piece(left: float, right: float, base: float) -> Line:
        return Line([PageWord("word", left, right, base, SIZE)])

    rows = [piece(left, left + 90, base) for base in (10, 30) for left in (0, 200)]
    broken = [piece(0, 90, 50), *(piece(200 + index / count, 201 + index / count, 50) for index in range(count))]
    before = time.process_time()
    found = rows_of(rows + broken)
    assert time.process_time() - before < 2
    assert [len(line.cells) for line in found] == [2, 2, 2]
    assert len(found[-1].words) == count + 1


def test_a_damaged_pdf_is_refused_or_read_but_never_fails_otherwise() -> None:
    """Cut off at any place, a PDF gives its words or one line."""
    data = made([column(words, 72, 100, 400) for words in (LIGHTHOUSE, TIDES, OIL)])
    lines: list[str] = []
    for end in (5, 8, 20, 100, len(data) // 3, len(data) // 2, len(data) - 200, len(data) - 7):
        try:
            assert loaded(data[:end]).text.strip()
        except LoadingError as error:
            lines.append(str(error))
    assert len(lines) >= 4 and all(line.isprintable() for line in lines)
    with pytest.raises(LoadingError, match="damaged"):
        loaded(b"%PDF-1.7 words")


PROTOTYPE = made([column(LIGHTHOUSE, 72, 100, 220) + column(TIDES, 320, 100, 220)] * 2, pageCompression=0)


@settings(max_examples=60)
@given(st.data())
def test_a_pdf_changed_anyhow_gives_a_sound_reading_or_a_line(data: st.DataObject) -> None:
    """Whatever bytes are changed, places lie within the text, boilerplate is apart, only ExtractionError is raised."""
    changed = bytearray(PROTOTYPE)
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    try:
        reading = read_pdf(bytes(changed))
    except ExtractionError:
        return
    assert list(reading.pages) == sorted(reading.pages) and reading.pages[0] == 0
    assert 0 <= reading.pages[-1] <= len(reading.text)
    ends = [0, *(edge for span in reading.boilerplate for edge in (span.start, span.end)), len(reading.text)]
    assert ends == sorted(ends)


# Words are short enough not to overlap: PDFium takes a letter on top of the same letter for one.
places = st.tuples(
    st.integers(0, 6).map(lambda step: 30.0 + 50 * step),
    st.integers(0, 30).map(lambda step: 40.0 + 25 * step),
    st.floats(4, 14),
    st.text("abc .-|1é", min_size=1, max_size=5),
)


@settings(max_examples=60)
@given(st.lists(st.lists(places, max_size=12, unique_by=lambda place: place[:2]), min_size=1, max_size=3))
def test_words_anywhere_are_all_in_the_text_and_twice_the_same(pages: list[list[Place]]) -> None:
    """However words are strewn over pages, their letters are in the text, and reading is deterministic."""
    data = made(pages)
    if not any(words.strip() for page in pages for *_, words in page):
        return
    reading = read_pdf(data)
    assert reading == read_pdf(data)
    drawn = Counter(mark for page in pages for *_, words in page for mark in words if mark.isalnum())
    assert Counter(mark for mark in reading.text if mark.isalnum()) == drawn
    ends = [*reading.pages[1:], len(reading.text)]
    assert all(start <= end for start, end in zip(reading.pages, ends, strict=True))


def test_the_ending_does_not_decide_what_a_pdf_is() -> None:
    """A PDF is told by its content, without a name, with a wrong one, and with junk before it."""
    data = made([column(LIGHTHOUSE, 72, 100, 400)])
    for name in (None, "a.txt", "a.html", "a"):
        assert loaded(data, name).text == LIGHTHOUSE
    assert loaded(b"junk\r\n" + data).text == LIGHTHOUSE
    words = "Each file begins with %PDF-1.7, then"
    assert load_bytes(words.encode(), source="s").text == words
