"""Excel workbooks (.xlsx) to text: each visible sheet under its name, each row as one line with its columns' names.

Knows no files. A formula is read as the value that was saved with it. Charts, comments and hidden sheets are not read.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import Any

from retrieval.loaders.about import about
from retrieval.loaders.formats.rows import Row, rows_text
from retrieval.loaders.sandbox import Extracted
from retrieval.loaders.zip_archive import Archive, harmless

_NEEDED = re.compile(r"\[Content_Types\]|_rels/|docProps/core|xl/(?:_rels/|workbook|styles|sharedStrings|worksheets/)")
# The library reads these, which may be large, as a stream that refuses entities.
_STREAMED = re.compile(r"xl/(?:sharedStrings|worksheets/)")
# Of the language of number formats, digits, separators, percents, dates, times and literal words are known; colours,
# widths and conditions are passed over, and fractions are shown as decimals.
_TOKENS = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|(\[[hms]+\])|\[[^\]]*\]|(AM/PM|A/P)|([a-z]+)|(.)', re.I
)
_DIGITS = re.compile(r"[#0?,]*[#0?](?:\.[#0?]*)?,*")
_NOT_DIGITS = re.compile(r"General|@|[Ee][+-]|[#?0]\s*/")
_LARGEST = 10**20
_MOST_DECIMALS = 30
# Formats that are shown as the reader's own country writes dates; they are written so that none misreads them.
_LOCAL = {"mm-dd-yy": "yyyy-mm-dd", "m/d/yy h:mm": "yyyy-mm-dd h:mm"}
# The parts of dates and times as Python writes them, "n" for minutes; short ones lose their zero.
_FIELDS = {"y": "%y", "yyy": "%Y", "yyyy": "%Y", "d": "%d", "ddd": "%a", "dddd": "%A", "m": "%m", "mmm": "%b"}
_FIELDS |= {"mmmm": "%B", "h": "%H", "n": "%M", "s": "%S"}
_Moment = datetime.datetime | datetime.date | datetime.time


def read_xlsx(data: bytes) -> Extracted:
    """The text and title of a workbook."""
    from openpyxl import load_workbook

    archive = Archive(data)
    clean = archive.repacked(
        [name for name in archive.names if _NEEDED.match(name)],
        lambda name, content: content if _STREAMED.match(name) else harmless(content),
    )
    book = load_workbook(clean, read_only=True, data_only=True, keep_links=False)
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for sheet in sheets:
        # The size that a sheet states of itself may be the largest there is, or wrong.
        sheet.reset_dimensions()
    texts = [(sheet.title, rows_text(_shown(sheet.iter_rows()))) for sheet in sheets]
    title = " ".join((book.properties.title or "").split())
    told = about([book.properties.creator], book.properties.created)
    written = [(name, text) for name, text in texts if text]
    if len(written) == 1:
        return Extracted(written[0][1], title, about=told)
    text = "\n\n".join(f"# {' '.join(name.split())}\n\n{text}" for name, text in written)
    return Extracted(text, title, about=told)


def _shown(rows: Iterable[Iterable[Any]]) -> Iterator[Row]:
    for row in rows:
        yield ["" if cell.value is None else shown(cell.value, cell.number_format) for cell in row]


def shown(value: object, form: str) -> str:
    """`value` as it is shown in a cell with this number format."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return _number(Decimal(repr(value)), form)
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return _moment(value, _LOCAL.get(form, form).split(";")[0])
    return str(value)


def _number(value: Decimal, form: str) -> str:
    parts = form.split(";")
    part = parts[0]
    if value < 0 and len(parts) > 1:
        part, value = parts[1], -value
    elif value == 0 and len(parts) > 2:
        part = parts[2]
    if not part or not abs(value) < _LARGEST or _NOT_DIGITS.search(part):
        return _general(value)
    literal = _literal(part)
    digits = _DIGITS.search(literal)
    if digits is None:
        return " ".join(literal.split())
    whole, _, decimals = digits[0].rstrip(",").partition(".")
    decimals = decimals[:_MOST_DECIMALS]
    value = value.scaleb(2 * literal.count("%") - 3 * (len(digits[0]) - len(digits[0].rstrip(","))))
    rounded = value.quantize(Decimal(1).scaleb(-len(decimals)), ROUND_HALF_UP, Context(prec=60))
    number = f"{abs(rounded):{',' if ',' in whole else ''}f}"
    for optional in reversed(decimals):
        if optional == "0" or not number.endswith("0"):
            break
        number = number[:-1]
    integer, point, fraction = number.rstrip(".").partition(".")
    number = integer.zfill(whole.count("0")) + point + fraction
    sign = "-" if rounded < 0 else ""
    return " ".join(f"{sign}{literal[: digits.start()]}{number}{literal[digits.end() :]}".split())


@lru_cache(maxsize=1000)
def _literal(part: str) -> str:
    """A format of numbers without what is not shown, its digits as they are."""
    tokens = (token.groups() for token in _TOKENS.finditer(part))
    return "".join(
        quoted or escaped or currency or letters or other or ""
        for quoted, escaped, currency, _, _, letters, other in tokens
    )


def _general(value: Decimal) -> str:
    whole = abs(value) < 10**15 and value == value.to_integral_value()
    return str(int(value)) if whole else f"{float(value):.11g}"


def _moment(value: _Moment, form: str) -> str:
    """A date or time; "m" is minutes after hours and before seconds, else the month."""
    tokens = list(_TOKENS.finditer(form))
    names = [(token[6] or "").lower() for token in tokens]
    clock = [name[:1] for name in names]
    half = any(token[5] for token in tokens)
    written = []
    for number, token in enumerate(tokens):
        name = names[number]
        if name[:1] == "m":
            before = next((one for one in reversed(clock[:number]) if one), "")
            after = next((one for one in clock[number + 1 :] if one), "")
            name = "n" * len(name) if before == "h" or after == "s" else name
        if token[5]:
            written.append("PM" if getattr(value, "hour", 0) >= 12 else "AM")
        elif name:
            written.append(_field(value, name, half))
        else:
            written.append(token[1] or token[2] or token[3] or token[7] or "")
    text = " ".join("".join(written).split())
    return text if any(name[:1] in ("y", "m", "d", "h", "s") for name in names) else str(value)


def _field(value: _Moment, name: str, half: bool) -> str:
    """A part of a date or time by its letters; empty where a time has none, the letters where they name no part."""
    if isinstance(value, datetime.time) and name[0] in "ymd":
        return ""
    form = _FIELDS.get(name[:4]) or _FIELDS.get(name[0])
    if form is None:
        return name
    words = value.strftime("%I" if half and name[0] == "h" else form)
    return (words.lstrip("0") or "0") if len(name) == 1 and name != "y" else words
