"""Whether quoted words hold what a question about a file asks for. Knows no answer and no file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

_PATTERN = "re:"  # begins an entry that is a regular expression
_ALIKE = str.maketrans({**dict.fromkeys("‐‑‒–—−", "-"), **dict.fromkeys("‘’‚", "'"), **dict.fromkeys("“”„«»", '"')})
_DROPPED = str.maketrans(dict.fromkeys("*`\u00ad\u200b\u2060\ufeff"))
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")
_LEADERS = re.compile(r"(?:\s*\.){4,}")


@dataclass(frozen=True, slots=True)
class Gold:
    """What the quotes of a right answer hold: one of `some` where there are any, and one of each list in `each`.

    An entry is words, or a regular expression after `re:`. `best` are the fewest words that answer, "" where none do.
    """

    some: tuple[str, ...] = ()
    each: tuple[tuple[str, ...], ...] = ()
    best: str = ""

    def held_by(self, text: str) -> bool:
        """Whether the words of `text` are enough for a right answer."""
        words = comparable(text)
        return (not self.some or _one_of(self.some, words)) and all(_one_of(some, words) for some in self.each)

    def best_held_by(self, text: str) -> bool:
        """Whether the fewest words that answer stand in `text`."""
        return _one_of([self.best], comparable(text))


def comparable(text: str) -> str:
    """The words of a text, whatever its case, white space, dashes, quotation marks and Markdown."""
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    text = _LINK.sub(r"\1", text).replace("|", " ").translate(_DROPPED)
    return " ".join(_LEADERS.sub(" ", _EMPHASIS.sub("", text)).split()).casefold()


def _one_of(entries: Sequence[str], words: str) -> bool:
    return any(_pattern(entry).search(words) is not None for entry in entries)


@cache
def _pattern(entry: str) -> re.Pattern[str]:
    """What finds an entry in comparable words. A word or number must not go on: "12" stands neither in 120 nor in 12.5.

    Raises re.error for a regular expression that is none.
    """
    if entry.startswith(_PATTERN):
        return re.compile(entry.removeprefix(_PATTERN), re.IGNORECASE)
    words = comparable(entry)
    first, last = words[:1], words[-1:]
    before = r"(?<![0-9a-z])" if first.isascii() and first.isalnum() else ""
    before += r"(?<!\d[.,])" if first.isdigit() else ""
    after = r"(?![0-9a-z])" if last.isascii() and last.isalnum() else ""
    after += r"(?![.,]\d)" if last.isdigit() else ""
    return re.compile(f"{before}{re.escape(words)}{after}")
