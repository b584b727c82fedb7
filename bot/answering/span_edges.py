"""Where the words that are shown bold begin and end: at whole words, without white space and punctuation around them.

A reader tells the answer by pieces of words, and may begin behind a hyphen or end before one. Knows no passages.
"""

from __future__ import annotations

import re

from retrieval.types import Span

_WORD = re.compile(r"\w+(?:[-’']\w+)*")
_AROUND = " \t\r\n,;:.|*_()[]"
_QUOTES = "“”„‘’«»\"'`"


def tidied(words: str, span: Span) -> Span:
    """The span of `words` (offsets in them) with its edges in order; unchanged where nothing would be left."""
    cut = [word.span() for word in _WORD.finditer(words) if word.start() < span.end and word.end() > span.start]
    start = min([span.start, *(start for start, _ in cut[:1])])
    end = max([span.end, *(end for _, end in cut[-1:])])
    within = words[start:end].strip(_AROUND)
    # Quotation marks within belong to the words: of “Titanic” poster, both are shown.
    whole = within[:1] in _QUOTES and within[-1:] in _QUOTES
    around = _AROUND + _QUOTES if whole or not any(mark in within[1:-1] for mark in _QUOTES) else _AROUND
    shown = words[start:end]
    start += len(shown) - len(shown.lstrip(around))
    end -= len(shown) - len(shown.rstrip(around))
    return Span(start, end) if start < end else span
