"""The value of a spreadsheet's cell as a person sees it, by the cell's number format.

Of the language of formats, it knows digits, separators, percents, fractions of a second, dates, times and literal
words; colours, widths and conditions are passed over, and fractions are shown as decimals. Knows no file.
"""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache

_TOKENS = re.compile(
    r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|(\[[hms]+\])|\[[^\]]*\]|(AM/PM|A/P)|([a-z]+)|(.)', re.I
)
_DIGITS = re.compile(r"[#0?,]*[#0?](?:\.[#0?]*)?,*")
_NOT_DIGITS = re.compile(r"General|@|[Ee][+-]|[#?0]\s*/")
_LARGEST = 10**20
_MOST_DECIMALS = 30
# Formats that are shown as the reader's own country writes dates; they are written so that none misreads them.
_LOCAL = {"mm-dd-yy": "yyyy-mm-dd", "m/d/yy h:mm": "yyyy-mm-dd h:mm"}
_MONTHS = "January February March April May June July August September October November December".split()
_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
_Moment = datetime.datetime | datetime.date | datetime.time


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
    letter, long = name[0], len(name) > 1
    if letter in "hns":
        found = int(getattr(value, {"h": "hour", "n": "minute", "s": "second"}[letter], 0))
        found = (found % 12 or 12) if half and letter == "h" else found
        return f"{found:02}" if long else str(found)
    if isinstance(value, datetime.time) or letter not in "ymd":
        return "" if letter in "ymd" else name
    if letter == "y":
        return f"{value.year:04}" if len(name) > 2 else f"{value.year % 100:02}"
    number, words = (value.month, _MONTHS[value.month - 1]) if letter == "m" else (value.day, _DAYS[value.weekday()])
    return words if len(name) > 3 else words[:3] if len(name) == 3 else f"{number:02}" if long else str(number)
