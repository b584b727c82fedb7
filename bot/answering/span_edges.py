"""Where the words that are shown bold begin and end: whole words and dates, without punctuation that is not theirs.

A reader tells the answer by pieces of words, and may begin behind a hyphen or end before one. Knows no passages.
"""

from __future__ import annotations

import re

from bot.answering.quotes import ITEM
from retrieval.types import Span

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DATE = re.compile(
    rf"\b(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?(?:,?\s+(?:1\d{{3}}|20\d{{2}}))?(?![\w])"
    r"|\b\d{1,2}(?::\d{2})?\s?(?:[ap]m\b|[ap]\.m\.)"
)
_WORD = re.compile(r"[\w-]")
_BEFORE = re.compile(r"[\s,;:.|*_)\]]+")
_AFTER = re.compile(r"[\s,;:|*_(\[]+$")
_FULL_STOP = re.compile(r"(?:[^\W\d_]{3,}|\d)\.$")  # not that of "a.m." or "U.S."
_QUOTES = {"“": "”", "‘": "’", "«": "»", "„": "“", '"': '"', "`": "`"}


def tidied(words: str, span: Span) -> Span:
    """The span of `words` (offsets in them) with its edges in order; unchanged where nothing would be left."""
    start, end = _whole(words, span)
    for time in _DATE.finditer(words):
        # A year may be all that is asked for.
        if time.start() <= start and end <= time.end() and not words[start:end].isdigit():
            start, end = time.span()
    if (mark := ITEM.match(words)) is not None and start < mark.end():
        start = mark.end()
        end = end if end > start else len(words)  # of a list it was only the mark
    start += len(before[0]) if (before := _BEFORE.match(words[start:end])) else 0
    end -= len(after[0]) if (after := _AFTER.search(words[start:end])) else 0
    end -= _FULL_STOP.search(words[start:end]) is not None
    start, end = _without_quotes(words, start, end)
    return Span(start, end) if start < end else span


def _whole(words: str, span: Span) -> tuple[int, int]:
    """Over the rest of the words and hyphenated words at both edges: "--dry-run", "54-year-old"."""
    start, end = span.start, span.end
    while 0 < start < end and _WORD.match(words[start]) and _WORD.match(words[start - 1]):
        start -= 1
    while start < end < len(words) and _WORD.match(words[end - 1]) and re.match(r"\w|-\w", words[end : end + 2]):
        end += 1
    return start, end


def _without_quotes(words: str, start: int, end: int) -> tuple[int, int]:
    """Without quotation marks at the edges, but for one whose other stands within."""
    first, last = words[start : start + 1], words[max(start, end - 1) : end]
    closing = _QUOTES.get(first)
    if closing is not None and closing not in words[start + 1 : end - 1]:
        start += 1
    opening = next((one for one, other in _QUOTES.items() if other == last), None)
    if opening is not None and opening not in words[start : end - 1]:
        end -= 1
    return start, end
