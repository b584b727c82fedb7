"""Joins the lines of a paragraph and undoes hyphenation.

Knows the words of one document and no dictionary: whether a hyphen at the end of a line belongs to the word is told by
how the document writes the word elsewhere, else by its parts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from retrieval.loaders.pdf.characters import HYPHEN, RAISED, Line

_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_CUT = re.compile(rf"([^\W\d_]+(?:[-'’][^\W\d_]+)*)[-{HYPHEN}]$")
_REST = re.compile(r"([^\W\d_]+)")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff00-\uff60]")
_LEADERS = re.compile(r"(?: ?[.·…]){5,}")
_LONG_HALF = 4
# "self-taught" is a compound, "self-ish" is cut; other languages have no such words that are often cut behind.
_COMPOUNDING = frozenset({"half", "quasi", "self", "well"})
_LONG_REST = 5


class LineJoiner:
    """Joins lines to text; the vocabulary of the whole document tells how a hyphenated word is written."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._known: Counter[str] = Counter()
        for line in lines:
            # The first and last word may be halves.
            for word in line.words[1:-1]:
                folded = word.text.casefold()
                self._known.update(_WORDS.findall(folded))
                if "-" in folded:
                    self._known.update(_WORDS.findall(folded.replace("-", " ")))

    def join_lines(self, lines: Sequence[Line]) -> tuple[str, list[tuple[int, int]]]:
        """The text of a paragraph's lines, and where in it the words of each further page begin: (page, code point)."""
        text, page = "", lines[0].page
        marks: list[tuple[int, int]] = []
        for line in lines:
            words = self._words(line)
            if text and words:
                gap = "" if self._is_tight(text, words) else " "
                if self._cut(text, words):
                    text, gap = text[:-1], ""
                text = text.removesuffix(HYPHEN) + ("-" if text.endswith(HYPHEN) else "") + gap
            if line.page != page:
                page = line.page
                # A word that the end of the page cut belongs to the page on which it begins.
                halved = text[-1:].strip() and not _WIDE.match(text[-1])
                rest = len(words.split(" ", 1)[0]) + 1 if halved else 0
                marks.append((page, len(text) + min(rest, len(words))))
            text += words
        return text.removesuffix(HYPHEN) + ("-" if text.endswith(HYPHEN) else ""), marks

    def _cut(self, text: str, words: str) -> bool:
        """Whether the end of the line made the hyphen that ends `text`, when `words` follow."""
        cut, rest = _CUT.search(text[-60:]), _REST.match(words)
        if cut is None or rest is None:
            return False
        first, second = cut[1].casefold(), rest[1].casefold()
        if not rest[1][0].islower() and not cut[1].isupper():
            return False
        plain, hyphened = self._known[first + second], self._known[f"{first}-{second}"]
        if plain or hyphened:
            return plain >= hyphened
        if "-" in first or (first in _COMPOUNDING and len(second) >= _LONG_REST):
            return False
        halves = min(len(first), len(second)) >= _LONG_HALF and min(self._known[first], self._known[second]) > 0
        return not halves

    @staticmethod
    def _is_tight(text: str, words: str) -> bool:
        """Whether nothing stands between what ends with `text` and what begins with `words`."""
        if text[-1] in "-" + HYPHEN:
            # "two- or threefold" has its space; the halves of a compound do not.
            return not text[-2:-1].isspace() and words.split(" ", 1)[0] not in ("and", "or", "und", "oder", "et", "ou")
        if _WIDE.match(text[-1]) and _WIDE.match(words[0]):
            return True
        if text[-1] in "—/" and text[-2:-1].strip():
            return text[-1] == "—" or "://" in text.rsplit(" ", 1)[-1]
        return text[-1] == "–" and text[-2:-1].isdigit() and words[0].isdigit()

    def _words(self, line: Line) -> str:
        if line.cells:
            cells = [self.join_lines([Line(words) for words in cell])[0] if cell else "" for cell in line.cells]
            # A cell that is empty stands between two bars, also where it is the first or the last.
            row = " | ".join(["", *cells] if not cells[0] else cells) + (" |" if not cells[-1] else "")
            return row.strip().replace("|  ", "| ")
        pieces: list[str] = []
        for index, word in enumerate(line.words):
            text = word.text if index == len(line.words) - 1 else word.text.replace(HYPHEN, "-")
            gap = " " if index else ""
            if word.size < 0.85 * line.size and line.base - word.base > 0.15 * line.size:
                text = text.translate(RAISED)
                gap = "" if index and word.x0 - line.words[index - 1].x1 < 0.2 * line.size else gap
            pieces += [gap, text]
        return _LEADERS.sub(" |", "".join(pieces)).strip()
