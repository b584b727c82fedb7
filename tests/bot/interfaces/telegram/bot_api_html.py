"""Telegram's HTML: from a request's text to plain text and entities, as TDLib's `parse_html` reads it.

Knows nothing of chats, limits or trimming. Source: tdlib/td, td/telegram/MessageEntity.cpp (`parse_html`,
`decode_html_entity`) and https://core.telegram.org/bots/api#html-style. Two rules are stricter than the source, because
Telegram drops such an entity without a word and a suite should hear of it: a blockquote within a blockquote, and
anything within `code` or `pre` but the one `code` of a `pre`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Entity = dict[str, Any]

KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
NAMED = {b"lt": "<", b"gt": ">", b"amp": "&", b"quot": '"'}  # the only names; &nbsp; and the others stay as they stand
SPACE = b" \t\n\r\x0b\x00"
REFERENCE = re.compile(rb"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|([a-zA-Z]+));?")
URL = re.compile(r"(?:https?|tonsite)://[^\s/?#@\[\]]+\.[^\s/?#@\[\]]*[^\s/?#@\[\].](?::\d+)?(?:[/?#]\S*)?", re.I)
BARE = re.compile(r"[^\s/?#@\[\]:]+\.[^\s/?#@\[\]:.]+(?::\d+)?(?:[/?#]\S*)?")
OWN_SCHEME = re.compile(r"(?:tg|ton):(?://)?[^\s]+", re.I)


class HtmlError(Exception):
    """Text that Telegram would not parse; its words are Telegram's own, without "can't parse entities: "."""


class Open(NamedTuple):
    """A tag not closed yet: its name, its argument, where its text began, in UTF-16 units and in characters."""

    name: str
    argument: str
    units: int
    characters: int


def units(text: str) -> int:
    """The length of a text in UTF-16 units, in which Telegram counts offsets, lengths and limits."""
    return len(text) + sum(character > "\uffff" for character in text)


def link(url: str) -> str | None:
    """The address as Telegram keeps it, or None where it drops it (LinkManager::check_link).

    A host needs a dot, so `http://localhost` is none; no user name and no IPv6 address; without a scheme it is http.
    """
    if URL.fullmatch(url) or OWN_SCHEME.fullmatch(url):
        return url
    return f"http://{url}" if BARE.fullmatch(url) else None


def parse_html(source: str) -> tuple[str, list[Entity]]:
    """The plain text and its entities, sorted, offsets in UTF-16 units; `HtmlError` where Telegram refuses."""
    return _Parser(source.encode()).parse()


class _Parser:
    """One text, read once from the start; offsets in errors are bytes, as Telegram's are."""

    def __init__(self, source: bytes) -> None:
        self.source = source + b"\0"  # the source is a C string: a NUL ends every loop
        self.size = len(source)
        self.at = 0
        self.text: list[str] = []
        self.units = 0
        self.open: list[Open] = []
        self.entities: list[Entity] = []

    def parse(self) -> tuple[str, list[Entity]]:
        while self.at < self.size:
            if self.source[self.at] == 0x3C:
                begin, self.at = self.at, self.at + 1
                if self.source[self.at] == 0x2F:
                    self._end(begin)
                else:
                    self._start(begin)
                self.at += 1
            else:
                character = self._reference() if self.source[self.at] == 0x26 else None
                self._put(character or self._character())
        if self.open:
            raise HtmlError(f'Can\'t find end tag corresponding to start tag "{self.open[-1].name}"')
        text = "".join(self.text)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise HtmlError(
                "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate"
                " code units"
            )
        self.entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return text, self.entities

    def _put(self, character: str) -> None:
        self.text.append(character)
        self.units += units(character)

    def _character(self) -> str:
        first = self.source[self.at]
        length = 1 if first < 0xC0 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
        self.at += length
        return self.source[self.at - length : self.at].decode()

    def _reference(self) -> str | None:
        """The character that a reference stands for; None leaves the ampersand as it stands."""
        found = REFERENCE.match(self.source, self.at)
        if not found:
            return None
        hexadecimal, decimal, name = found.groups()
        if name:
            character = NAMED.get(name)
        else:
            code = int(hexadecimal, 16) if hexadecimal else int(decimal)
            character = chr(code) if 0 < code < 0x10FFFF and len(found[0]) <= 10 else None
        if character is not None:
            self.at = found.end()
        return character

    def _until(self, stops: bytes) -> bytes:
        begin = self.at
        while self.source[self.at] not in stops:
            self.at += 1
        return self.source[begin : self.at]

    def _skip_space(self) -> None:
        while self.at < self.size and self.source[self.at] in SPACE:
            self.at += 1

    def _start(self, begin: int) -> None:
        name = self._until(SPACE + b">").decode().lower()
        if self.at >= self.size:
            raise HtmlError(f"Unclosed start tag at byte offset {begin}")
        if name not in KINDS:
            raise HtmlError(f'Unsupported start tag "{name}" at byte offset {begin}')
        argument = ""
        while True:
            self._skip_space()
            if self.source[self.at] == 0x3E:
                break
            attribute, value = self._attribute(name, begin)
            argument = _argument(name, attribute, value) or argument
        if name == "span" and argument != "spoiler":
            raise HtmlError(f'Tag "span" must have class "tg-spoiler" at byte offset {begin}')
        self._check_within(name, begin)
        self.open.append(Open(name, argument, self.units, len(self.text)))

    def _check_within(self, name: str, begin: int) -> None:
        names = [tag.name for tag in self.open]
        if name == "blockquote" and name in names:
            raise HtmlError(f"Blockquotes can't be nested at byte offset {begin}")
        if "code" in names or ("pre" in names and (name != "code" or names[-1] != "pre")):
            raise HtmlError(f'Tag "{names[-1]}" can\'t contain the tag "{name}" at byte offset {begin}')

    def _attribute(self, tag: str, begin: int) -> tuple[str, str]:
        name = self._until(SPACE + b"=>/\"'").decode()
        if not name:
            raise HtmlError(f'Empty attribute name in the tag "{tag}" at byte offset {begin}')
        self._skip_space()
        if self.source[self.at] != 0x3D:
            if self.at >= self.size:
                raise HtmlError(f'Unclosed start tag "{tag}" at byte offset {begin}')
            return name, ""
        self.at += 1
        self._skip_space()
        if self.at >= self.size:
            raise HtmlError(f'Unclosed start tag "{tag}" at byte offset {begin}')
        quote = self.source[self.at]
        value = self._quoted(quote) if quote in b"'\"" else self._token()
        if self.at >= self.size:
            raise HtmlError(f"Unclosed start tag at byte offset {begin}")
        return name, value

    def _token(self) -> str:
        begin = self.at
        while self.source[self.at : self.at + 1].isalnum() or self.source[self.at] in b".-":
            self.at += 1
        if self.source[self.at] not in SPACE + b">":
            raise HtmlError(f"Unexpected end of name token at byte offset {begin}")
        return self.source[begin : self.at].decode().lower()

    def _quoted(self, quote: int) -> str:
        self.at += 1
        value = []
        while self.at < self.size and self.source[self.at] != quote:
            character = self._reference() if self.source[self.at] == 0x26 else None
            value.append(character or self._character())
        self.at += self.at < self.size
        return "".join(value)

    def _end(self, begin: int) -> None:
        if not self.open:
            raise HtmlError(f"Unexpected end tag at byte offset {begin}")
        self.at += 1
        name = self._until(SPACE + b">").decode().lower()
        self._skip_space()
        if self.source[self.at] != 0x3E:
            raise HtmlError(f"Unclosed end tag at byte offset {begin}")
        tag = self.open.pop()
        if name not in ("", tag.name):
            raise HtmlError(f'Unmatched end tag at byte offset {begin}, expected "</{tag.name}>", found "</{name}>"')
        if self.units > tag.units:
            self._add(tag)

    def _add(self, tag: Open) -> None:
        entity: Entity = {"type": KINDS[tag.name], "offset": tag.units, "length": self.units - tag.units}
        if tag.name == "a":
            url = link(tag.argument or "".join(self.text[tag.characters :]))
            if url is None:
                return  # Telegram keeps the words and drops the link
            entity["url"] = url
        elif tag.name == "blockquote" and tag.argument:
            entity["type"] = "expandable_blockquote"
        elif tag.name == "tg-emoji":
            if not re.fullmatch("-?[1-9][0-9]*", tag.argument):
                raise HtmlError("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = tag.argument
        elif tag.name == "code" and tag.argument:
            entity["language"] = tag.argument
        elif tag.name == "pre" and self.entities:
            inner = self.entities[-1]
            if inner["type"] == "code" and (inner["offset"], inner["length"]) == (entity["offset"], entity["length"]):
                self.entities.pop()
                entity |= {"language": inner["language"]} if "language" in inner else {}
        if entity["type"] == "code" and not (self.open and self.open[-1].name == "pre"):
            entity.pop("language", None)
        self.entities.append(entity)


def _argument(tag: str, attribute: str, value: str) -> str:
    """What an attribute says that Telegram listens to; every other attribute is passed over."""
    if (tag, attribute) in {("a", "href"), ("tg-emoji", "emoji-id")}:
        return value
    if (tag, attribute) == ("code", "class") and value.startswith("language-"):
        return value.removeprefix("language-")
    if (tag, attribute) == ("span", "class") and value.startswith("tg-"):
        return value.removeprefix("tg-")
    return "1" if (tag, attribute) == ("blockquote", "expandable") else ""
