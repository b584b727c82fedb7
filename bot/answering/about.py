"""What is asked of a document itself: where its text states its authors, its title and its headings; what is read of it
at its front; and what its file says of itself. Knows no library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import islice

from bot.answering.bylines import byline
from bot.answering.draft import Query
from prompts import counted, figures, reply
from retrieval.library.catalogue import Entry
from retrieval.query import Section
from retrieval.types import Span

_FRONT = 3  # passages in which authors and a date are looked for
_READ = {"authors": "Who wrote this?", "date": "What is the date of this document?"}
_DATED = re.compile(r"(?<!\d)(?:1[4-9]|20)\d\d(?!\d)|\d[./-]\d{1,2}[./-]\d\d")  # holds a year, or a day in digits
_FEWEST_HEADINGS, _MOST_HEADINGS = 3, 30
_MOST_PLACES = 50
_BY, _BEFORE = re.compile(r"\b(?:by|von|par|por|authors?|autor(?:en)?|auteurs?)\W{1,4}$", re.IGNORECASE), 20


def queries_of(query: Query, wanted: str, entry: Entry, text: str, sections: Sequence[Section]) -> list[Query]:
    """The queries for what is asked of a document, to be tried in this order, surest first."""
    title = entry.title.removesuffix("…").rstrip()
    names = {"authors": entry.authors, "title": [title], "date": _written(entry)}.get(wanted, ())
    places = [found for name in names if (found := tuple(_places(text, name)))]
    if wanted == "contents":
        places = [(Span(one.start, one.start + 1),) for one in _headings(title, sections)]
    whole = replace(query, whole=entry.id)
    stated = [replace(whole, stated=tuple(places))] if places else []
    front = Section(entry.id, "", 0, _FRONT - 1, 0, entry.characters)
    read = [replace(query, question=_READ[wanted], section=front)] if wanted in _READ else []
    if wanted == "authors" and (line := byline(text, title)) is not None:
        return [*stated, replace(whole, stated=((line,),)), *read]
    if wanted == "date":  # that of the file may be of this copy alone
        return [*(replace(one, holding=_DATED) for one in (*read, query)), *stated]
    return [*stated, *read]


def told_by_file(entry: Entry, wanted: str, language: str) -> str:
    """What a file says of itself, in the words of a language; "" where it says nothing."""
    if wanted == "authors" and entry.authors:
        return reply("file_authors", language, authors=", ".join(entry.authors))
    if wanted == "title":
        return reply("called", language, title=entry.title)
    if wanted == "date" and entry.dated:
        return reply("file_date", language, date=_told_date(entry.dated, language))
    return ""


def told_language(code: str, language: str) -> str:
    """In which language a document is written."""
    from babel import Locale, UnknownLocaleError

    try:
        name = Locale(language).languages.get(code) or code
    except UnknownLocaleError:
        name = code
    return reply("written_in", language, tongue=name)


def told_length(pages: int, characters: int, language: str) -> str:
    """How long a document is."""
    letters = reply("characters", language, number=figures(characters, language))
    return f"{counted('pages', pages, language)}, {letters}." if pages else f"{letters}."


def _written(entry: Entry) -> list[str]:
    """How the day of a file may be written in its text."""
    from babel import Locale, UnknownLocaleError
    from babel.dates import format_date

    if (day := entry.dated) is None or len(day) < len("2020-01-31"):
        return []
    try:
        own = str(Locale(entry.language or "en"))
    except UnknownLocaleError:
        own = "en"
    forms = [format_date(date.fromisoformat(day), "long", locale=locale) for locale in (own, "en_US", "en_GB")]
    return [*dict.fromkeys(forms), day]


def _told_date(day: str, language: str) -> str:
    from babel.dates import format_date

    parts = [int(part) for part in day.split("-")]
    if len(parts) < 3:  # a year, or a month of one
        return day
    return format_date(date(*parts), "long", locale=language)


def _headings(title: str, sections: Sequence[Section]) -> list[Section]:
    """The headings that are marked or numbered, as lines may only look like one: the uppermost where they are many."""
    sure = [one for one in sections if one.told and one.heading != title]
    depths: list[int] = []
    ends: list[int] = []  # of the sections that one stands in
    for section in sure:
        ends = [end for end in ends if end > section.start]
        depths.append(len(ends))
        ends.append(section.end)
    shown = sure
    for depth in reversed(range(max(depths, default=0) + 1)):
        upper = [one for one, at in zip(sure, depths, strict=True) if at <= depth]
        if len(upper) < _FEWEST_HEADINGS:
            break
        shown = upper
        if len(shown) <= _MOST_HEADINGS:
            break
    return shown[:_MOST_HEADINGS]


def _places(text: str, name: str) -> Iterator[Span]:
    """Where a name stands, letter for letter but for white space and capitals: first after "by"."""
    letters = r"[\W_]+".join(map(re.escape, name.split()))
    if not letters:
        return
    found = list(islice(re.finditer(rf"(?<!\w){letters}(?!\w)", text, re.IGNORECASE), _MOST_PLACES))
    # A name stands in many a place before the one that says whose name it is.
    for one in sorted(found, key=lambda one: _BY.search(text, max(0, one.start() - _BEFORE), one.start()) is None):
        yield Span(*one.span())
