"""What a file says of itself beside its text: its authors and its date, as far as that can be meant. Knows no files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from retrieval.loaders.titles import LONGEST_TITLE, one_line
from retrieval.types import About

_BETWEEN = re.compile(r"\s*(?:;|\||\band\b)\s*")
_COMMA = re.compile(r"\s*,\s*")
_DATE = re.compile(r"(?:D:)?\s*(\d{4})(?:-?(\d{2}))?(?:-?(\d{2}))?(?=\D|\d{6}\b|\d{6}\D|$)")
_FIRST, _MOST = 1400, 20  # the year of the oldest date that is taken for one, and the authors that are kept
# What programs write where a name belongs, and what people leave there.
_NOBODY = re.compile(
    r"(?:user|users?\d*|admin|administrator|author|unknown|anonymous|owner|root|guest|default|me|n/?a|none|staff"
    r"|(?:microsoft|open|libre) ?office(?: user)?|python-(?:docx|pptx)|openpyxl|.*\.(?:docx?|pdf|com)|[\W\d_]*)",
    re.IGNORECASE,
)


def about(authors: Iterable[str | None], day: str | datetime | date | None = None) -> About:
    """The authors and the date as a file has them: each entry of `authors` may name several, "Last, First" is turned.

    Names of programs and dates that cannot be are left out.
    """
    named = [name for entry in authors for part in _BETWEEN.split(one_line(entry or "")) for name in _names(part)]
    told = dict.fromkeys(name for name in named if not _NOBODY.fullmatch(name) and len(name) <= LONGEST_TITLE)
    return About("; ".join(list(told)[:_MOST]), _day(day))


def _names(entry: str) -> list[str]:
    parts = [part for part in _COMMA.split(entry.strip()) if part]
    if len(parts) == 2 and " " not in parts[0] and " " not in entry.partition(",")[0]:
        return [f"{parts[1]} {parts[0]}"] if len(parts[1].split()) <= 3 else [entry]
    return parts if all(" " in part for part in parts) else [entry.strip()]


def _day(day: str | datetime | date | None) -> str:
    """The day as in ISO 8601, as much of it as is told; "" where it is none."""
    if isinstance(day, date):  # a datetime is one, too
        day = f"{day:%Y-%m-%d}"
    found = _DATE.match(day or "")
    if found is None or not _FIRST <= int(found[1]) <= datetime.now().year + 1:
        return ""
    year, month, number = (int(part or 1) for part in found.groups())
    try:
        date(year, month, number)
    except ValueError:
        return ""
    return "-".join(part for part in found.groups() if part)
