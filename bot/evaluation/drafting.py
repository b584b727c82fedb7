"""A first question set about files, to be corrected by hand: what `footnote eval --draft` prints.

Each row asks, in the document's own words, for a value, a cell or a number that stands there, and says where. Whoever
corrects it puts the question as they would ask it, and adds what the documents do not answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.answering.quotes import quotable
from bot.bootstrap import Footnote
from retrieval.chunking.labels import label_of
from retrieval.chunking.tables import cells_of
from retrieval.loaders.loading import load_path

if TYPE_CHECKING:
    from bot.answering.draft import Quote
    from retrieval.library.library import Progress

_ASKER = "local"
_QUESTIONS = 8  # of each file
_TELLING = 5  # words that stand for a sentence
_SHORTEST = 4  # words of a sentence that is asked about
_NUMBER = re.compile(r"(?<![\w.,])\d[\d.,:/-]*(?:\s?%)?")
_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def draft_set(bot: Footnote, paths: Sequence[Path], progress: Progress) -> Iterator[dict[str, Any]]:
    """Rows of a set about these files, eight of each or as many as there are; `bot` has an empty library.

    Raises LoadingError for a file that cannot be read.
    """
    for number, path in enumerate(paths, 1):
        document = bot.library.add(load_path(path))
        made = [row for quote in quotable(bot.search.outline(document.id, _ASKER)) if (row := _row(bot, quote))]
        for place, row in enumerate(_spread(made), 1):
            yield {"id": f"{number}-{place}", "document": path.name, **row, "answerable": True, "after": None}
        progress("indexed", number, len(paths))


def _row(bot: Footnote, quote: Quote) -> dict[str, Any] | None:
    """A question for one thing that the words of `quote` say; None where nothing in them can be asked for alone."""
    found = _pair(quote.words) or _cell(quote.words) or _number(bot, quote.words)
    if found is None:
        return None
    question, kind, best = found
    language = quote.passage.origin.language
    note = " ".join(quote.words.split())
    return {
        "question": question,
        "type": kind,
        "language": language,
        "gold": {"any": [best], "best": best},
        "note": note,
    }


def _pair(words: str) -> tuple[str, str, str] | None:
    label = label_of(words)
    if label is None:
        return None
    value = words[words.index(label) + len(label) :].strip(" \t\u00a0\u202f:：*_|")
    return (f"{label}?", "direct", value) if value and "\n" not in value else None


def _cell(words: str) -> tuple[str, str, str] | None:
    cells = [cell.of(words) for cell in cells_of(words)]
    filled = [cell for cell in cells[1:] if _NUMBER.search(cell)]
    return (cells[0], "number", filled[-1]) if filled and _WORD.search(cells[0]) else None


def _number(bot: Footnote, words: str) -> tuple[str, str, str] | None:
    best = _NUMBER.search(words)
    told = _WORD.findall(words)
    if best is None or len(told) < _SHORTEST:
        return None
    rarity, _ = bot.search.statistics(words, _ASKER)
    telling = set(sorted(dict.fromkeys(told), key=lambda word: -rarity.get(word.casefold(), 0.0))[:_TELLING])
    question = " ".join(word for word in dict.fromkeys(told) if word in telling)
    return question, "number", best[0].rstrip(".,:/-")


def _spread(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many as are wanted, from the whole document."""
    step = max(1.0, len(rows) / _QUESTIONS)
    return [rows[int(number * step)] for number in range(min(len(rows), _QUESTIONS))]
