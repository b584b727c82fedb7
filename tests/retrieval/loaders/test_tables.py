"""Spreadsheets and CSV files: a row is one line that says what its cells are, with values as a person sees them."""

from __future__ import annotations

import datetime

import openpyxl
import pytest
from sample_files import changed, entry, quotes, saved

from retrieval.loaders.formats import rows
from retrieval.loaders.formats.xlsx import shown
from retrieval.loaders.loading import LoadingError, load_bytes
from retrieval.loaders.sandbox import ExtractionError
from retrieval.types import Document


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    return saved(book.save)


def loaded(data: bytes | str, name: str = "crime.csv") -> Document:
    return load_bytes(data.encode() if isinstance(data, str) else data, source="s", name=name)


HEAD = ["State", "Violent crime", "2010", "Remarks"]
OHIO = ["Ohio", "38,332", "1.5", "See note 3. Revised."]
TEXAS = ["Texas", "9", "", "a|b"]
ROWS = (
    "| State: Ohio | Violent crime: 38,332 | 2010: 1.5 | Remarks: See note 3. Revised. |\n"
    r"| State: Texas | Violent crime: 9 | Remarks: a\|b |"
)


def test_each_row_is_one_quote_with_the_names_of_its_columns() -> None:
    """A row of a workbook or CSV file is never split, and is called by its file; empty cells are left out."""
    csv = "\n".join(";".join(row) for row in (HEAD, OHIO, TEXAS))
    for document in (loaded(csv), loaded(workbook(Crime=[HEAD, OHIO, TEXAS]), "crime.xlsx")):
        assert document.text == ROWS
        assert document.title.startswith("crime.") and document.boilerplate == ()
        assert quotes(document) == ROWS.split("\n")


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ([["Crime 2010"], [], HEAD, OHIO, TEXAS, [], ["Source: FBI"]], f"Crime 2010\n\n{ROWS}\n\nSource: FBI"),
        ([["Crime 2010", ""], HEAD, OHIO, TEXAS], f"Crime 2010\n\n{ROWS}"),
        ([HEAD, OHIO, [], TEXAS], ROWS.replace("\n", "\n\n")),
        ([HEAD, OHIO, [], ["Year", "Rate"], ["2009", "4"]], ROWS.split("\n")[0] + "\n\n| Year: 2009 | Rate: 4 |"),
        ([["1", "2"], ["3", "4"]], "| 1 | 2 |\n| 3 | 4 |"),
        ([["a", "a"], ["b", "c"]], "| a | a |\n| b | c |"),
        (
            [["", "name", "age"], ["0", "Ana", "7"], ["1", "", "8", "x"]],
            "| 0 | name: Ana | age: 7 |\n| 1 | age: 8 | x |",
        ),
        ([["One"], ["Two"]], "One\n\nTwo"),
    ],
)
def test_the_names_of_columns_are_found(lines: list[list[str]], text: str) -> None:
    """Captions and notes are paragraphs; names go on after an empty row; a new table has its own; some have none."""
    assert rows.rows_text(lines) == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("a,b\n1,2\n3,4", "| a: 1 | b: 2 |\n| a: 3 | b: 4 |"),
        ("a\tb\n1,5\t2\n3,5\t4", "| a: 1,5 | b: 2 |\n| a: 3,5 | b: 4 |"),
        ("a;b\r\n1,5;2,5\r\n3,5;4,5\r\n", "| a: 1,5 | b: 2,5 |\n| a: 3,5 | b: 4,5 |"),
        ('a,b\n"x, y","two\nlines ""quoted"""\n', '| a: x, y | b: two lines "quoted" |'),
        ("sep=|\na|b\n1|2", "| a: 1 | b: 2 |"),
        ("Größe;Café\n1;é".encode("cp1252"), "| Größe: 1 | Café: é |"),
        ("a,b\n1,2".encode("utf-16"), "| a: 1 | b: 2 |"),
        ("a,b\n" + "x" * 200_000 + ",2", f"| a: {'x' * 200_000} | b: 2 |"),
    ],
)
def test_separators_quotes_and_encodings_of_csv_are_found(data: bytes | str, text: str) -> None:
    """Comma, semicolon, tab and a stated separator; quoted line ends; older encodings; cells of any length."""
    assert loaded(data).text == text


def test_binary_data_are_no_csv() -> None:
    """What is no text is refused in one line."""
    with pytest.raises(LoadingError, match=r"^crime\.csv holds binary data"):
        loaded(b"a,b\n" + bytes(range(256)) * 9)


def test_more_text_than_can_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that are repeated in every row cannot make a small file fill the memory."""
    monkeypatch.setattr(rows, "MOST_CHARACTERS", 1000)
    with pytest.raises(ExtractionError, match="split it into smaller files"):
        rows.rows_text([["a" * 90, "b"], *[["1", "2"]] * 20])


def test_a_workbook_is_read_as_it_is_seen() -> None:
    """Every visible sheet under its name, the saved values of formulas, numbers and dates in their formats."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Rates"
    for line in (["Year", "Rate", "Day"], [2009, 0.4712, datetime.date(2009, 3, 5)], [2010, "=1+1", None]):
        sheet.append(line)
    sheet["B2"].number_format, sheet["C2"].number_format = "0.0%", "d mmm yyyy"
    book.create_sheet("Other").append(["Words."])
    book.create_sheet("Hidden").append(["Secret."])
    book["Hidden"].sheet_state = "hidden"
    book.properties.title = "Crime rates"
    data = saved(book.save)
    name = "xl/worksheets/sheet1.xml"
    part = entry(data, name)
    part = part.replace("<f>1+1</f><v></v>", "<f>1+1</f><v>0.5</v>").replace("<f>1+1</f><v />", "<f>1+1</f><v>0.5</v>")
    part = part.replace('ref="A1:C3"', 'ref="A1:XFD1048576"')
    assert "<v>0.5</v>" in part and "XFD1048576" in part
    document = loaded(changed(data, {name: part}), "rates.xlsx")
    assert document.title == "Crime rates"
    assert document.text == (
        "# Rates\n\n| Year: 2009 | Rate: 47.1% | Day: 5 Mar 2009 |\n| Year: 2010 | Rate: 0.5 |\n\n# Other\n\nWords."
    )


MOMENT = datetime.datetime(2024, 3, 5, 14, 7, 9)


@pytest.mark.parametrize(
    ("value", "form", "seen"),
    [
        (38332, "#,##0", "38,332"),
        (0.1 + 0.2, "General", "0.3"),
        (2.0, "General", "2"),
        (1e300, "0.00", "1e+300"),
        (-1234.5, '"$"#,##0.00_);("$"#,##0.00)', "($1,234.50)"),
        (12.5, "[$€-407] #,##0.00", "€ 12.50"),
        (-3, "#,##0;[Red]-#,##0", "-3"),
        (0, r'_(* #,##0_);_(* \(#,##0\);_(* "-"_)', "-"),
        (12.0, "0.##", "12"),
        (5, '0000" kg"', "0005 kg"),
        (1234567, '#,##0,"k"', "1,235k"),
        (3.25, "# ?/?", "3.25"),
        (True, "General", "TRUE"),
        (MOMENT, "mm-dd-yy", "2024-03-05"),
        (MOMENT, "dd.mm.yyyy hh:mm", "05.03.2024 14:07"),
        (MOMENT, "[$-409]dddd, d. mmmm yyyy;@", "Tuesday, 5. March 2024"),
        (MOMENT.time(), "h:mm AM/PM", "2:07 PM"),
        (MOMENT.time(), "mm:ss", "07:09"),
        (datetime.timedelta(hours=30), "[h]:mm:ss", "30:00:00"),
    ],
)
def test_values_are_shown_in_their_formats(value: object, form: str, seen: str) -> None:
    """Thousands, decimals, percents, currencies, signs and dates stand as the workbook shows them."""
    assert shown(value, form) == seen
