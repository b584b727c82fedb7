"""Long messages in pieces that Telegram takes, cut where a reader would pause. Knows no answers and no buttons.

No piece breaks a character of several code points (emoji, accents), a footnote's marker, or formatting that fits into
one piece; formatting that is longer is closed and opened again.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import regex

from bot.interfaces.telegram.messages.markup import FormattedText, Mark, is_blank, unformatted, units

MOST_UNITS = 4096
"""UTF-16 code units of a message."""
MOST_ENTITIES = 100
"""Formatted stretches of a message; those beyond are not shown."""

_CHARACTER, _WORD, _SENTENCE, _LINE, _PARAGRAPH = range(1, 6)
# A pause counts when it comes after this share of what a piece may hold: a late word is better than an early paragraph.
_PAUSES = ((_PARAGRAPH, 0.5), (_LINE, 0.5), (_SENTENCE, 0.25), (_WORD, 0.0), (_CHARACTER, 0.0))
_IN_A_LINE = ((_WORD, 0.5), (_CHARACTER, 0.0))

_SPACE = re.compile(r"\s+")
_MARKER = re.compile(r"\[\d{1,4}\]")
_MARKERS = re.compile(r"(?m)(?<=[^\n])[^\S\n]*\[\d{1,4}\]")
_SENTENCE_END = re.compile(r"[.!?…]+[\"”’'»)\]]*(?:[^\S\n]*\[\d{1,4}\])*(?=\s)|[。！？]+[」』”’）]*(?:\s*\[\d{1,4}\])*")
_CLUSTER = regex.compile(r"\X")


def split(whole: FormattedText, most: int = MOST_UNITS) -> list[FormattedText]:
    """The pieces, in order, none blank; white space where they meet is left out. None when there is nothing to see."""
    text, size = whole.text, len(whole.text)
    length = _lengths(text)
    places = _Places(text, [mark for mark in whole.marks if length[mark.end] - length[mark.start] <= most])
    pieces: list[FormattedText] = []
    at = _past_space(text, 0)
    while at < size:
        end = max(at + 1, bisect_right(length, length[at] + most) - 1)
        end = _few(whole.marks, at, end)
        if end < size:
            end = places.cut(at, end)
        piece = whole.cut(at, end)
        if not is_blank(piece.text):
            pieces.append(piece)
        at = _past_space(text, end)
    return pieces


def shortened(words: str, most: int) -> str:
    """The words in one line of at most `most` UTF-16 units, with "…" where some are left out; "" for blank ones."""
    line = " ".join(unformatted(words).text.split())
    if is_blank(line):
        return ""
    length = _lengths(line)
    if length[-1] <= most:
        return line
    end = bisect_right(length, most - 1) - 1
    return f"{line[: _Places(line, ()).cut(0, end, _IN_A_LINE)].rstrip()}…"


def beginning(words: str, most: int) -> str:
    """The words up to a pause after at most `most` code points, with "…" where there are more."""
    if len(words) <= most:
        return words
    space = words[: len(words) - len(words.lstrip())][:1]
    pieces = split(unformatted(words[: 2 * most]), most)
    return f"{space}{pieces[0].text} …" if pieces else "…"


def ending(words: str, most: int) -> str:
    """The last words, at most `most` code points, with "…" where there are more."""
    if len(words) <= most:
        return words
    words = words[-2 * most :]
    ends = [found.end() for found in _SPACE.finditer(words)] or [found.end() for found in _CLUSTER.finditer(words)]
    return f"… {words[next((end for end in ends if end >= len(words) - most), len(words)) :]}"


class _Places:
    """What stands at each place between two code points: the pause there, and what a cut there would break."""

    def __init__(self, text: str, whole: Sequence[Mark]) -> None:
        self._pause, self._broken = bytearray(len(text) + 1), bytearray(len(text) + 1)
        pause = self._pause
        for found in _CLUSTER.finditer(text):
            pause[found.end()] = _CHARACTER
        for word in _SPACE.finditer(text):
            lines = word.group().count("\n")
            if pause[word.start()]:
                pause[word.start()] = _PARAGRAPH if lines > 1 else _LINE if lines else _WORD
        for end in _SENTENCE_END.finditer(text):
            if 0 < pause[end.end()] < _SENTENCE:
                pause[end.end()] = _SENTENCE
        breaks = [
            *((marker.start(), marker.end(), 1) for marker in _MARKERS.finditer(text)),  # from its sentence
            *((mark.start + 1, mark.end, 2) for mark in whole),
            *((marker.start() + 1, marker.end(), 4) for marker in _MARKER.finditer(text)),
        ]
        for begin, stop, cost in breaks:
            for place in range(begin, stop):
                self._broken[place] |= cost

    def cut(self, start: int, end: int, pauses: Sequence[tuple[int, float]] = _PAUSES) -> int:
        """Where a piece from `start` on ends, at `end` at the latest: what matters least is broken first."""
        places = [place for place in range(end, start, -1) if self._pause[place]]
        least = min((self._broken[place] for place in places), default=0)
        for pause, share in pauses:
            for place in places:
                good = self._broken[place] == least and self._pause[place] >= pause
                if good and place - start >= share * (end - start):
                    return place
        return end


def _lengths(text: str) -> list[int]:
    """The UTF-16 units up to each place between two code points."""
    return [0, *accumulate(units(character) for character in text)]


def _past_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _few(entities: Sequence[Mark], start: int, end: int) -> int:
    """The end of a piece from `start` to `end` or earlier, so that it holds no more entities than are shown."""
    inside = [mark.start for mark in entities if mark.end > start and mark.start < end]
    return end if len(inside) <= MOST_ENTITIES else max(start + 1, inside[MOST_ENTITIES])
