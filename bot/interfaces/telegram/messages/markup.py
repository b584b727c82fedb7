"""Formatted text for Telegram, built from data, never parsed from markup. Knows no answers and no chats.

Offsets are code points, end exclusive; Telegram counts UTF-16 code units, which `units` gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Literal

import regex

Kind = Literal["bold", "italic", "code", "link", "quote", "expandable"]
"""The kinds of formatting; `expandable` is a quote that is collapsed until it is tapped."""

_QUOTES = ("quote", "expandable")
_TAGS: dict[Kind, str] = {
    "bold": "b",
    "italic": "i",
    "code": "code",
    "link": "a",
    "quote": "blockquote",
    "expandable": "blockquote",
}
# Telegram takes these away, or shows a space in their place; done here, offsets and lengths hold on both sides.
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]|[\u200e\u200f]+(?=[\u200e\u200f])")
_RINGS = re.compile("(?s).\u030a")
_STRUCK = re.compile("[\u0333\u033f\u030a]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Also more than Telegram takes for nothing: a message of these alone would be refused, or seen by nobody.
_NOTHING = regex.compile(r"[\s\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\ufffc]*")
# Telegram passes over links to hosts without a dot, and with a user's name.
_ADDRESS = re.compile(r"(?=.{1,2000}$)https?://(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+(?::[0-9]+)?(?:[/?#][!-~]*)?")


def units(text: str) -> int:
    """The UTF-16 code units of `text`: how Telegram counts its length."""
    return len(text) + sum(character > "\uffff" for character in text)


def is_blank(text: str) -> bool:
    """Whether nothing of `text` is seen: white space and characters without a shape."""
    return _NOTHING.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Mark:
    """Formatting of the code points `start` to `end`; `url` is where a link leads."""

    start: int
    end: int
    kind: Kind
    url: str = ""


@dataclass(frozen=True, slots=True)
class FormattedText:
    """Text and its formatting. Made by `unformatted`, `formatted` and `link`, which clean it, and by `joined`.

    Marks may lie in and across each other: `entities` are what Telegram makes of them.
    """

    text: str
    marks: tuple[Mark, ...] = ()

    def cut(self, start: int, end: int) -> FormattedText:
        """The code points `start` to `end`, white space at both ends left out, with what is marked of them."""
        words = self.text[start:end]
        start += len(words) - len(words.lstrip())
        words = words.strip()
        clipped = (
            replace(mark, start=max(mark.start - start, 0), end=min(mark.end - start, len(words)))
            for mark in self.marks
            if mark.start < start + len(words) and mark.end > start
        )
        return FormattedText(words, tuple(found for mark in clipped for found in _trimmed(words, mark)))

    def entities(self) -> list[Mark]:
        """The formatting as Telegram has it, by its rules: properly nested, no quote in a quote, code in quotes alone.

        Bold that continues bold is one entity.
        """
        found: list[Mark] = []
        open_: list[tuple[int, Mark]] = []
        for at, _, stack in self._segments():
            kept = _shared([mark for _, mark in open_], stack)
            found += [replace(mark, start=start, end=at) for start, mark in open_[kept:]]
            open_ = [*open_[:kept], *((at, mark) for mark in stack[kept:])]
        return sorted(found, key=lambda mark: (mark.start, -mark.end))

    def html(self) -> str:
        """The text in Telegram's HTML."""
        pieces: list[str] = []
        open_: list[Mark] = []
        for at, end, stack in self._segments():
            kept = _shared(open_, stack)
            pieces += [f"</{_TAGS[mark.kind]}>" for mark in reversed(open_[kept:])]
            pieces += [_opening(mark) for mark in stack[kept:]]
            pieces.append(escape(self.text[at:end], quote=False))
            open_ = stack
        return "".join(pieces)

    def _segments(self) -> Iterator[tuple[int, int, list[Mark]]]:
        """Stretches of like formatting (start, end, marks from the outermost in); at the end an empty one, unmarked."""
        waiting = sorted(self.marks, key=lambda mark: (mark.start, -mark.end))[::-1]
        places = sorted({0, *(place for mark in self.marks for place in (mark.start, mark.end))})
        active: list[Mark] = []
        for at, end in zip(places, [*places[1:], len(self.text)], strict=True):
            active = [mark for mark in active if mark.end > at]
            while waiting and waiting[-1].start <= at:
                active.append(waiting.pop())
            yield at, end, _stack(active)
        yield len(self.text), len(self.text), []


def unformatted(words: str) -> FormattedText:
    """Words without formatting, whatever they hold; what Telegram would alter in them is altered here."""
    words = _LINE_ENDS.sub("\n", words)
    words = _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", words))
    # Of the letters with a ring, Telegram would leave the bare letter.
    words = _RINGS.sub(lambda found: unicodedata.normalize("NFC", found.group()), words)
    return FormattedText(_DIRECTIONS.sub("", _STRUCK.sub("", words)))


def formatted(kind: Kind, words: str | FormattedText, url: str = "") -> FormattedText:
    """The words in bold, as a quote, … with the formatting that they have; white space at their ends has none."""
    content = unformatted(words) if isinstance(words, str) else words
    own = _trimmed(content.text, Mark(0, len(content.text), kind, url))
    return FormattedText(content.text, (*own, *content.marks))


def link(words: str | FormattedText, url: str | None) -> FormattedText:
    """The words as a link to a web address; without one that Telegram would take, the words as they are."""
    if url is None or not _ADDRESS.fullmatch(url):
        return unformatted(words) if isinstance(words, str) else words
    return formatted("link", words, url)


def joined(separator: str, parts: Iterable[str | FormattedText]) -> FormattedText:
    """The parts with `separator` between them."""
    text, marks = "", list[Mark]()
    for number, part in enumerate(parts):
        words = unformatted(part) if isinstance(part, str) else part
        text += separator if number else ""
        marks += [replace(mark, start=mark.start + len(text), end=mark.end + len(text)) for mark in words.marks]
        text += words.text
    return FormattedText(text, tuple(marks))


def _trimmed(text: str, mark: Mark) -> list[Mark]:
    """The mark without white space at its ends; none when there is nothing else, as Telegram has it."""
    words = text[mark.start : mark.end]
    start = mark.start + len(words) - len(words.lstrip())
    end = start + len(words.strip())
    return [] if is_blank(words) else [replace(mark, start=start, end=end)]


def _stack(active: Sequence[Mark]) -> list[Mark]:
    """Which of the marks that meet are shown, from the outermost in."""
    first: dict[Kind | str, Mark] = {}
    for mark in active:
        first.setdefault("quote" if mark.kind in _QUOTES else mark.kind, mark)
    order = ("quote", "code") if "code" in first else ("quote", "link", "bold", "italic")
    return [first[kind] for kind in order if kind in first]


def _shared(one: Sequence[Mark], other: Sequence[Mark]) -> int:
    """How many marks, from the outermost in, go on."""
    number = 0
    for mark, next_ in zip(one, other, strict=False):
        if mark != next_ and (mark.kind in _QUOTES or (mark.kind, mark.url) != (next_.kind, next_.url)):
            break
        number += 1
    return number


def _opening(mark: Mark) -> str:
    if mark.kind == "link":
        return f'<a href="{escape(mark.url)}">'
    return "<blockquote expandable>" if mark.kind == "expandable" else f"<{_TAGS[mark.kind]}>"
