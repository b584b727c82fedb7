"""Numbers, dates and amounts in which quotes that stand side by side differ: they are what is shown of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.answering.draft import Statement
from bot.answers import plain
from bot.understanding.english import LISTS
from retrieval.types import Span

_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_NUMBERS = "|".join(f"{LISTS['numbers']['ones']} {LISTS['numbers']['tens']} hundred".split())
# An amount, a number with what it counts, a date: "$45", "fourteen days", "15 September 2023", "March 1, 2024", "20 %".
_VALUE = re.compile(
    rf"(?:(?:{_MONTHS})\s+)?[$€£¥₹]?\s?(?:\d[\d.,:/’'-]*|\b(?:{_NUMBERS})\b)(?:\s?[%€$£]|[\s-]?[^\W\d_]+)?(?:,?\s\d{{4}}\b)?",
    re.IGNORECASE,
)


def with_differences(statements: Sequence[Statement]) -> list[Statement]:
    """The statements, each with a value highlighted that no other document's quotes have, where they have values too.

    What the reader found to answer stays highlighted where it holds one.
    """
    values = [list(_values(one)) for one in statements]
    marked = []
    for one, own in zip(statements, values, strict=True):
        others = [
            {words for words, _ in those}
            for other, those in zip(statements, values, strict=True)
            if other.quote.passage.origin.id != one.quote.passage.origin.id
        ]
        known = set[str]().union(*others)
        new = [span for words, span in own if words not in known] if known else []
        held = one.highlight is not None and any(one.highlight.overlaps(span) for span in new)
        marked.append(one if held or not new else replace(one, highlight=new[0]))
    return marked


def _values(statement: Statement) -> Iterator[tuple[str, Span]]:
    start = statement.quote.span.start
    for found in _VALUE.finditer(statement.quote.words):
        words = found.group().rstrip(" .,:/’'-")
        lead = len(words) - len(words.lstrip())
        yield plain(words).casefold(), Span(start + found.start() + lead, start + found.start() + len(words))
