"""Formatted text for Telegram, built from data, never parsed from markup. Knows no answers and no chats.

Offsets are code points, end exclusive; Telegram counts UTF-16 code units, which `units` gives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import regex
from telegram import MessageEntity

from bot.interfaces.text import without_shapeless

Kind = Literal["bold", "italic", "text_link", "blockquote", "expandable_blockquote"]
"""The kinds of formatting, by Telegram's names; an expandable quote is collapsed until it is tapped."""

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
    url: str | None = None


@dataclass(frozen=True, slots=True)
class FormattedText:
    """Text and its formatting. Made by `unformatted`, `foreign`, `formatted` and `link`, which clean it, and `joined`.

    Marks are properly nested, the outer before the inner; none lies in another of its kind, and no quote in a quote.
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

    def entities(self) -> list[dict[str, Any]]:
        """The formatting as Telegram's JSON, with offsets and lengths in UTF-16 code units."""
        marked = [MessageEntity(mark.kind, mark.start, mark.end - mark.start, mark.url) for mark in self.marks]
        return [entity.to_dict() for entity in MessageEntity.adjust_message_entities_to_utf_16(self.text, marked)]


def unformatted(words: str) -> FormattedText:
    """Words without formatting, whatever they hold; what Telegram would alter in them is altered here."""
    words = _LINE_ENDS.sub("\n", words)
    words = _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", words))
    # Of the letters with a ring, Telegram would leave the bare letter.
    words = _RINGS.sub(lambda found: unicodedata.normalize("NFC", found.group()), words)
    return FormattedText(_DIRECTIONS.sub("", _STRUCK.sub("", words)))


def foreign(words: str) -> FormattedText:
    """Words of a document, a file or a person: as `unformatted`, and without what our own words hold on purpose, marks
    of direction; with them, and with tags, which nobody sees, one name could pass for another.
    """
    return unformatted(without_shapeless(words))


def formatted(kind: Kind, words: str | FormattedText, url: str | None = None) -> FormattedText:
    """The words in bold, as a quote, … with the formatting that they have; white space at their ends has none."""
    content = unformatted(words) if isinstance(words, str) else words
    own = _trimmed(content.text, Mark(0, len(content.text), kind, url))
    like = ("blockquote", "expandable_blockquote") if "quote" in kind else (kind,)
    return FormattedText(content.text, (*own, *(mark for mark in content.marks if mark.kind not in like)))


def link(words: str, url: str | None) -> FormattedText:
    """The words as a link to a web address; without one that Telegram would take, the words as they are."""
    return formatted("text_link", words, url) if url is not None and _ADDRESS.fullmatch(url) else unformatted(words)


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
