"""The words of a quote that answer the question, where it asks when or how many and the quote has one such answer.

Rules for English. Names of people and places were tried and left out: the one new name in a quote was the answer in
half of the cases only, a time or a number in nine of ten. Knows no passages.
"""

from __future__ import annotations

import re

from retrieval.index.tokenizer import tokens
from retrieval.types import Span

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_YEAR = r"(?:1\d{3}|20\d{2})"
TIME = re.compile(
    rf"\b(?:(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?(?:,?\s+{_YEAR})?(?![\w])"
    rf"|{_YEAR}(?:s|\s?[–-]\s?\d{{2,4}})?\b"
    r"|(?:early|mid|late|the)?[- ]?\d{1,2}(?:st|nd|rd|th)\s+century"
    r"|\d{1,2}(?::\d{2})?\s?(?:[ap]m\b|[ap]\.m\.))"
)
_COUNT = re.compile(
    r"(?:[$€£¥]\s?)?\b(?:\d[\d,.]*\d|\d)\b(?:\s?(?:%|percent|per cent|hundred|thousand|million|billion|trillion))*"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundreds?|thousands?|millions?|half)\b(?:\s(?:hundred|thousand|million|billion|trillion))*",
    re.IGNORECASE,
)
_ASKS_TIME = re.compile(
    r"^(?:and\s+|since |until |by )?"
    r"(?:when\b|(?:in |on |at )?(?:what|which) (?:year|date|day|month|century|decade|time)\b)",
    re.IGNORECASE,
)
_ASKS_COUNT = re.compile(
    r"^(?:and\s+|about |for |by |to )?(?:how (?:many|much)\b|what (?:percentage|percent|number)\b)", re.I
)


def highlight(question: str, quote: str) -> Span | None:
    """The span of `quote` (offsets in it) that answers `question`; None where that cannot be told."""
    times = [Span(*match.span()) for match in TIME.finditer(quote)]
    if _ASKS_TIME.match(question):
        found = times
    elif _ASKS_COUNT.match(question):
        counts = [Span(*match.span()) for match in _COUNT.finditer(quote)]
        found = [count for count in counts if not any(count.overlaps(time) for time in times)]
    else:
        return None
    asked = set(tokens(question))
    new = [span for span in found if not set(tokens(span.of(quote))) & asked]
    return new[0] if len(new) == 1 else None  # of several none can be told to be the answer
