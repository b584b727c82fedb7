"""What the templates of the page show: answers in pieces, and a document's text around the words that are cited.

Everything that comes from documents and questions is escaped by the templates, and cleaned here. Knows no requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.answers import Answer, Citation
from bot.assistant import language_of_words
from bot.interfaces.highlights import pieces
from bot.interfaces.text import clean, one_line, under
from prompts import ENGLISH, reply
from retrieval.chunking.markup import said
from retrieval.library.catalogue import Entry
from retrieval.types import Span, page_at

_SHOWN = 24_000  # characters of a document that are shown at once
_BEFORE = 8_000  # of them before the words that are cited
_NEAR = 2_000  # in which a line end is looked for, to begin and end at


@cache
def _templates() -> Environment:
    """The templates, which escape whatever they are given."""
    folder = Path(__file__).with_name("templates")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"clean": clean, "line": one_line}
    return environment


def rendered(template: str, **values: Any) -> str:
    """A template, filled in."""
    return _templates().get_template(template).render(**values)


class Place(NamedTuple):
    """Where citations stand: their markers, each with the address that opens it in the reading view, and the place."""

    opens: tuple[tuple[str, str], ...]
    where: str


def turn_of(answer: Answer) -> dict[str, Any]:
    """What `answer.html` shows of an answer, as its `turn`."""
    language = language_of_words(answer.question, ENGLISH)
    unanswered = " ".join(answer.unanswered)
    return {
        "answer": answer,
        "choose": reply("which_document", language, titles="").strip() if answer.choices else "",
        "pieces": [(piece, piece.cited and _address(piece.cited)) for piece in pieces(answer)],
        "places": _places(answer.citations),
        "nearest": reply("nearest", language),
        "related": [(said(one.quote), _address(one), _where(one)) for one in answer.related],
        "copied": _copied(answer),
        "unanswered": reply("unanswered", language, questions=unanswered) if unanswered else "",
    }


def _copied(answer: Answer) -> str:
    """An answer with its footnotes, as it is pasted elsewhere."""
    notes = [f"[{one.id}] “{said(one.quote)}” ({_where(one)})" for one in answer.opened]
    return clean("\n".join([answer.text, "", *notes]))


def _places(citations: Sequence[Citation]) -> list[Place]:
    return [
        Place(tuple((f"[{one.id}]", _address(one)) for one in several), where)
        for where, several in groupby(citations, key=_where)
    ]


def _where(citation: Citation) -> str:
    part = f"paragraph {citation.paragraph}" if citation.page is None else f"page {citation.page}"
    return f"{one_line(citation.document.title)}, {under(citation.section)}{part}"


def _address(citation: Citation) -> str:
    """Where the reading view shows the words of a citation, as seen from the page."""
    place = {"start": citation.start, "end": citation.end}
    asked = place if citation.revision is None else {"revision": citation.revision, **place}
    return f"read/{citation.document.id}?{urlencode(asked)}#words"


class Part(NamedTuple):
    """A stretch of a text that is shown: whether it is cited, and the page that begins with it, if one does."""

    words: str
    cited: bool
    page: int | None


class Shown(NamedTuple):
    """The part of a text from code point `start` to `end` that is shown, and where the parts beside it begin."""

    parts: list[Part]
    start: int
    end: int
    before: int | None
    after: int | None


def shown(text: str, entry: Entry, cited: Span | None, at: int | None) -> Shown:
    """What is shown of a text: around the cited words, or from `at` on; as much as a browser shows at once."""
    first = at if at is not None else max(0, cited.start - _BEFORE) if cited is not None else 0
    start = _line_start(text, min(first, len(text)))
    least = start + _SHOWN if cited is None or at is not None else max(start + _SHOWN, cited.end)
    end = len(text) if least >= len(text) else _line_start(text, least)
    end = end if end > start else min(least, len(text))
    before = None if start == 0 else max(0, start - _SHOWN)
    return Shown(
        list(_parts(text, entry, cited, Span(start, end))), start, end, before, end if end < len(text) else None
    )


def _line_start(text: str, at: int) -> int:
    """The start of the line in which `at` stands, where that is near."""
    found = text.rfind("\n", max(0, at - _NEAR), at)
    return at if found < 0 else found + 1


def _parts(text: str, entry: Entry, cited: Span | None, span: Span) -> Iterator[Part]:
    begins = {begin: number for number, begin in enumerate(entry.pages, 1)}
    edges = {span.start, span.end, *(begin for begin in begins if span.start < begin < span.end)}
    if cited is not None:
        edges |= {edge for edge in (cited.start, cited.end) if span.start < edge < span.end}
    places = sorted(edges)
    for number, (start, end) in enumerate(pairwise(places)):
        words = clean(text[start:end])
        page = begins.get(start) if number else page_at(entry.pages, start)
        yield Part(words, cited is not None and cited.start <= start and end <= cited.end, page)
