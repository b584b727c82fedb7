"""A message's text as Telegram keeps it: parsed, cleaned, trimmed, within its length.

Knows nothing of chats and buttons. Source: tdlib/td, td/telegram/MessageEntity.cpp (`fix_formatted_text`,
`clean_input_string_with_entities`, `get_input_message_entities`) and misc.cpp (`is_empty_string`); the texts of
tdlib/telegram-bot-api's Client.cpp.
"""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from bot_api_html import Entity, HtmlError, link, parse_html, units

LONGEST = 4096  # UTF-16 units of a message, after its entities were parsed
LONGEST_CAPTION = 1024
MOST_ENTITIES = 100  # more are dropped without a word
DROPPED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")  # line separators, overrides of direction, vertical lines
CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")  # shown as a space
EMPTY = re.compile(
    "[\\s\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufffc\ufeff\u00a0\U000e0000-\U000e007f]*"
)
GIVEN = {"bold", "italic", "underline", "strikethrough", "spoiler", "blockquote", "expandable_blockquote", "code"}
GIVEN |= {"pre", "text_link", "text_mention", "custom_emoji"}
FOUND = {"mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number", "bank_card_number"}
FINDERS = {  # what Telegram finds by itself in what people write
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    "mention": re.compile(r"(?<![\w/@])@[A-Za-z0-9_]{3,32}(?!\w)"),
    "url": re.compile(
        r"(?i)\b(?:https?://[^\s<>\"]+|(?:[a-z0-9-]+\.)+(?:com|org|net|de|eu|io|info)\b(?:/[^\s<>\"]*)?)"
    ),
}


class Refused(Exception):  # noqa: N818 -- the answer that Telegram gives, not a fault of this program
    """A request that Telegram would refuse: the code and the description that it answers with."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters
        self.asked = False  # by the test, not by a fault of the bot


def bad(description: str) -> Refused:
    """A refusal with 400 and Telegram's words."""
    return Refused(400, f"Bad Request: {description}")


def formatted(
    text: str, parse_mode: str, entities: list[Entity], longest: int = LONGEST, *, empty: bool = False
) -> tuple[str, list[Entity]]:
    """The text and the entities that the message will have; `empty` where none is needed (a caption, a draft)."""
    if not text and not empty:
        raise bad("message text is empty")
    _encoded(text)
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad("unsupported parse_mode")  # Markdown is not understood by this server: answers are built as HTML
        try:
            text, entities = parse_html(text)
        except HtmlError as error:
            raise bad(f"can't parse entities: {error}") from None
    _check(entities)
    text, entities = _cleaned(text, entities)
    text, entities = _trimmed(text, entities)
    if EMPTY.fullmatch(text):
        if not empty:
            raise bad("text must be non-empty")
        return "", []
    if units(text) > longest:
        raise bad("message is too long" if longest == LONGEST else "message caption is too long")
    return text, entities[:MOST_ENTITIES]


def given_entities(value: str) -> list[Entity]:
    """The entities that a request gives as JSON; those that Telegram finds by itself are passed over."""
    if not value:
        return []
    try:
        parsed = json.loads(value)
    except ValueError:
        raise bad("can't parse entities JSON object") from None
    if not isinstance(parsed, list) or not all(isinstance(entity, dict) for entity in parsed):
        raise bad("can't parse entities: expected an Array of MessageEntity")
    for entity in parsed:
        for name, kind in (("type", str), ("offset", int), ("length", int)):
            if type(entity.get(name)) is not kind:
                raise bad(f'can\'t parse MessageEntity: Field "{name}" must be of type {kind.__name__}')
        if entity["type"] not in GIVEN | FOUND:
            raise bad("can't parse MessageEntity: Unsupported type specified")
        if entity["type"] == "text_link" and link(str(entity.get("url", ""))) is None:
            raise bad(f"entity URL '{entity.get('url', '')}' is invalid: Wrong HTTP URL")
    return [entity for entity in parsed if entity["type"] in GIVEN]


def found_entities(text: str) -> list[Entity]:
    """The commands, mentions and links in what a person writes, as Telegram marks them."""
    found: list[Entity] = []
    for kind, finder in FINDERS.items():
        for match in finder.finditer(text):
            found.append({"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])})
    free: list[Entity] = []
    for entity in sorted(found, key=lambda entity: (entity["offset"], -entity["length"])):
        if not free or entity["offset"] >= free[-1]["offset"] + free[-1]["length"]:
            free.append(entity)
    return free


def part(text: str, entity: Entity) -> str:
    """The words that an entity covers."""
    raw = text.encode("utf-16-le", "surrogatepass")
    begin, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
    return raw[begin:end].decode("utf-16-le", "surrogatepass")


def _encoded(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8") from None


def _check(entities: list[Entity]) -> None:
    for entity in entities:
        for name in ("offset", "length"):
            if not 0 <= entity[name] <= 1_000_000:
                raise bad(f"receive an entity with incorrect {name} {entity[name]}")
    quotes = sorted((e["offset"], e["offset"] + e["length"]) for e in entities if "blockquote" in e["type"])
    for (_, end), (begin, _) in itertools.pairwise(quotes):
        if begin < end:
            raise bad("can't parse entities: Blockquotes can't be nested")  # Telegram drops one without a word


def _cleaned(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Control characters made spaces, others dropped, the entities moved with them."""
    place = {}  # UTF-16 offset before → after; an offset that is missing lies within a surrogate pair
    before = after = 0
    kept = []
    for character in text:
        place[before] = after
        before += units(character)
        if not DROPPED.match(character):
            kept.append(CONTROL.sub(" ", character))
            after += units(character)
    place[before] = after
    moved = []
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        if begin > before:
            raise bad(f"entity begins after the end of the text at UTF-16 offset {begin}")
        if end > before:
            raise bad(
                f"entity beginning at UTF-16 offset {begin} ends after the end of the text at UTF-16 offset {end}"
            )
        if begin not in place:
            raise bad(f"entity begins in a middle of a UTF-16 symbol at byte offset {_bytes(text, begin)}")
        if end not in place:
            raise bad(
                f"entity beginning at UTF-16 offset {begin} ends in a middle of a UTF-16 symbol at byte offset"
                f" {_bytes(text, end)}"
            )
        moved.append(entity | {"offset": place[begin], "length": place[end] - place[begin]})
    return "".join(kept), [entity for entity in moved if entity["length"]]


def _bytes(text: str, offset: int) -> int:
    """The byte at which the character ends that a UTF-16 offset lies within."""
    at = length = 0
    for character in text:
        at += units(character)
        length += len(character.encode())
        if at > offset:
            break
    return length


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without the spaces and line ends at its ends; at its beginning an entity stops the trimming."""
    text = text.rstrip(" \n")
    end = units(text)
    entities = [e | {"length": min(e["length"], end - e["offset"])} for e in entities if e["offset"] < end]
    first = min((entity["offset"] for entity in entities), default=end)
    leading = min(len(text) - len(text.lstrip(" \n")), first)
    return text[leading:], [e | {"offset": e["offset"] - leading} for e in entities]
