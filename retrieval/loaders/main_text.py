"""Which lines of a web page are its main text, as trafilatura judges, and which are boilerplate.

What trafilatura returns is only compared with the page's text, line by line: no word and no offset of a document comes
from it. A page is read in a process of its own, since markup can be made to stall the parser and trafilatura.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from retrieval.loaders.about import about
from retrieval.loaders.boilerplate import covers_all, merged, recognise
from retrieval.loaders.encoding import decoded
from retrieval.loaders.formats.html import HtmlPage, read_page
from retrieval.loaders.sandbox import Extracted, ExtractionError, nothing_to_check, sandboxed
from retrieval.types import About, Span

SECONDS, SECONDS_BY_RULES = 15.0, 120.0
"""How much time of the processor a page may take with trafilatura, and then without."""
SHORTEST_PAGE = 500
"""Pages of fewer letters and digits are left to the rules: there is too little to tell main text by."""
_LEAST_SHARE = 0.2
_LEAST_LENGTH = 200
"""When trafilatura keeps less than this share and these letters, the page is a list, a table or a form: no article."""
_BLOCK = 16
_STEP = 8
_SHORTEST_LINE = _BLOCK + _STEP
"""Any stretch of so many letters of the main text holds one of the blocks that are compared."""
_MOSTLY_LINKS = 0.8
_MOSTLY = 0.5
_HEADING = re.compile(r"(#{1,6}) ")
_FILLED = re.compile(r"\S[^\n]*")
_PUBLISHED = "(?i:publi|pubdate|[\"'](?:dc[.:])?date[\"'.])"
_HEAD_LINES = 30
"""So many lines may stand between the page's title and its first paragraph: authors, dates, a summary, captions."""


def read_html(data: bytes, check: Callable[[], None] = nothing_to_check) -> Extracted:
    """A page, read apart. What cannot be told or not in time of its main text is left to the rules alone.

    Raises ExtractionError when it holds no text or takes too long without trafilatura, too.
    """
    try:
        return sandboxed(read_article, data, seconds=SECONDS, check=check)
    except ExtractionError as error:
        if error.fault == "no_text":
            raise
        return sandboxed(read_by_rules, data, seconds=SECONDS_BY_RULES, check=check)


def is_extractor_working() -> bool:
    """Whether a small page can be read with trafilatura here. Where it cannot, `read_html` falls back on the rules."""
    paragraph = "<p>" + "The lighthouse was lit again in March, and the harbour board paid for it. " * 3 + "</p>"
    try:
        sandboxed(read_article, (paragraph * 4).encode(), seconds=SECONDS)
    except ExtractionError:
        return False
    return True


def read_by_rules(data: bytes) -> HtmlPage:
    """The page with the boilerplate that the rules find. Raises DecodingError, ExtractionError when it has no text."""
    page = read_page(decoded(data, page=True))
    if not page.text.strip():
        line = "holds no text, only scripts or pictures. Save the page as text and add that"
        raise ExtractionError(line, "no_text")
    return page


def read_article(data: bytes) -> HtmlPage:
    """The page with everything beside its main text as boilerplate. Raises as `read_by_rules` does."""
    markup = decoded(data, page=True)
    return replace(with_main_text(read_by_rules(data), markup), about=_about(markup))


def _about(markup: str) -> About:
    """The authors and the day of publication of a page, as trafilatura finds them."""
    from trafilatura.metadata import extract_metadata

    found = extract_metadata(markup, extensive=False)
    # It takes any date on the page for that of its publication, where none says that it is.
    stated = found.date and re.search(rf"{_PUBLISHED}[^<>]{{0,80}}{re.escape(found.date)}", markup)
    # One word alone is rather the name of an account, or of a kind of people ("User").
    authors = [name for name in (found.author or "").split("; ") if len(name.split()) > 1]
    return about(authors, found.date if stated else None)


def with_main_text(page: HtmlPage, markup: str) -> HtmlPage:
    """The page with everything beside its main text as boilerplate.

    The page is returned as it is when it is short, or trafilatura keeps almost nothing of it.
    """
    if len(_letters(page.text)) < SHORTEST_PAGE:
        return page
    from trafilatura import extract

    # Without `fast`, two more extractors are asked; measured, they add nothing and lose posts of forums.
    main = extract(markup, fast=True, favor_recall=True, include_comments=True) or ""
    lines = _lines(page)
    _match(lines, main)
    found = sum(len(line.letters) for line in lines if line.kept)
    if found < max(_LEAST_LENGTH, _LEAST_SHARE * sum(len(line.letters) for line in lines)):
        return page
    _complete(lines)
    boilerplate = merged([*_dropped(lines, page), *recognise(page.text)])
    return page if covers_all(page.text, boilerplate) else replace(page, boilerplate=boilerplate)


@dataclass(slots=True)
class _Line:
    """A line of the page that holds something, without its outer white space.

    `letters` are its letters and digits in lower case, `heading` is its level or 0, `linked` and `ruled` are the shares
    of it that links and the spans found by rule cover.
    """

    start: int
    end: int
    letters: str
    heading: int
    linked: float = 0.0
    ruled: float = 0.0
    kept: bool = False


def _lines(page: HtmlPage) -> list[_Line]:
    lines: list[_Line] = []
    for row in _FILLED.finditer(page.text):
        words = row[0].rstrip()
        heading = _HEADING.match(words)
        lines.append(_Line(row.start(), row.start() + len(words), _letters(words), len(heading[1]) if heading else 0))
    for line, linked, ruled in zip(lines, _shares(lines, page.links), _shares(lines, page.boilerplate), strict=True):
        line.linked, line.ruled = linked, ruled
    return lines


def _letters(text: str) -> str:
    return "".join(mark for mark in text.casefold() if mark.isalnum())


def _shares(lines: Sequence[_Line], spans: Sequence[Span]) -> Iterator[float]:
    """The share of each line that the sorted `spans` cover."""
    first = 0
    for line in lines:
        while first < len(spans) and spans[first].end <= line.start:
            first += 1
        covered, at = 0, first
        while at < len(spans) and spans[at].start < line.end:
            covered += min(spans[at].end, line.end) - max(spans[at].start, line.start)
            at += 1
        yield covered / (line.end - line.start)


def _match(lines: Sequence[_Line], main: str) -> None:
    """Marks the lines that the main text has: short ones as a whole line, long ones for the most part."""
    whole = {_letters(line) for line in main.split("\n")}
    letters = _letters(main)
    blocks = {letters[at : at + _BLOCK] for at in range(0, len(letters) - _BLOCK + 1, _STEP)}
    for line in lines:
        if len(line.letters) < _SHORTEST_LINE:
            line.kept = bool(line.letters) and line.letters in whole
        else:
            starts = range(len(line.letters) - _BLOCK + 1)
            hits = sum(line.letters[at : at + _BLOCK] in blocks for at in starts)
            line.kept = hits * _STEP >= _MOSTLY * (len(starts) - _STEP)


def _complete(lines: Sequence[_Line]) -> None:
    """Keeps what trafilatura passes over within the main text: bylines, captions, tables and lists, headings.

    Not kept are lines of links and what a rule takes for boilerplate.
    """
    found = [index for index, line in enumerate(lines) if line.kept and len(line.letters) >= _SHORTEST_LINE]
    if not found:
        return
    titles = [index for index in range(max(found[0] - _HEAD_LINES, 0), found[0]) if lines[index].heading]
    main_titles = [index for index in titles if lines[index].heading == 1]
    first = main_titles[-1] if main_titles else titles[0] if titles else found[0]
    inside = lines[first : found[-1] + 1]
    for line in inside:
        line.kept = line.kept or (line.linked <= _MOSTLY_LINKS and line.ruled <= _MOSTLY)
    # A link on a line of its own between two that are kept is no menu.
    for above, line, below in zip(inside, inside[1:], inside[2:], strict=False):
        line.kept = line.kept or (above.kept and below.kept and line.ruled <= _MOSTLY)
    for above, below in zip(reversed(lines[:-1]), reversed(lines[1:]), strict=True):
        above.kept = above.kept or (above.heading > 0 and below.kept and above.ruled <= _MOSTLY)


def _dropped(lines: Sequence[_Line], page: HtmlPage) -> Iterator[Span]:
    """Stretches of lines that are not kept, and what the rules found at the end of lines that are."""
    for kept, stretch in groupby(lines, key=lambda line: line.kept):
        if not kept:
            first, *rest = stretch
            yield Span(first.start, (rest or [first])[-1].end)
    starts = [line.start for line in lines]
    for span in page.boilerplate:
        line = lines[bisect_right(starts, span.start) - 1]
        if line.kept and line.ruled <= _MOSTLY and span.end <= line.end:
            yield span
