"""A message's text as Telegram keeps it, with its entities: cleaned, trimmed, and within its length.

Knows nothing of chats. Sources: tdlib/td, td/telegram/MessageEntity.cpp (`fix_formatted_text`,
`clean_input_string_with_entities`) and misc.cpp (`is_empty_string`); the texts of tdlib/telegram-bot-api's Client.cpp.
Stricter than Telegram: kinds that the bot has no use for are refused, and so are entities that Telegram drops, moves or
splits; the texts of these refusals are guesses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Entity = dict[str, Any]

LONGEST = 4096  # UTF-16 units of a message, after its entities were parsed
MOST_ENTITIES = 100  # more are dropped without a word
KINDS = ("bold", "italic", "text_link", "blockquote", "expandable_blockquote")
URL = re.compile(r"https?://[^\s/?#@\[\]]+\.[^\s/?#@\[\]]*[^\s/?#@\[\].](?::\d+)?(?:[/?#]\S*)?", re.I)
DROPPED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")  # line separators, overrides of direction, vertical lines
CONTROL = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f]")  # shown as a space
EMPTY = re.compile(
    "[\\s\u1680\u180e\u2000-\u200f\u202e\u202f\u205f\u2800\u3000\ufffc\ufeff\u00a0\U000e0000-\U000e007f]*"
)
FINDERS = {  # what Telegram finds by itself in what people write
    "bot_command": re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/])"),
    "mention": re.compile(r"(?<![\w/@])@[A-Za-z0-9_]{3,32}(?!\w)"),
    "url": re.compile(
        r"(?i)\b(?:https?://[^\s<>\"]+|(?:[a-z0-9-]+\.)+(?:com|org|net|de|eu|io|info)\b(?:/[^\s<>\"]*)?)"
    ),
}


class Refused(Exception):  # noqa: N818 -- the answer that Telegram gives, not a fault of this program
    """A request that Telegram would refuse: its code and description; `asked` where the bot is not to blame."""

    def __init__(self, code: int, description: str, *, asked: bool = False, **parameters: Any) -> None:
        super().__init__(description)
        self.code, self.description, self.asked, self.parameters = code, description, asked, parameters


def bad(description: str, *, asked: bool = False) -> Refused:
    """A refusal with 400 and Telegram's words."""
    return Refused(400, f"Bad Request: {description}", asked=asked)


def units(text: str) -> int:
    """The length of a text in UTF-16 units, in which Telegram counts offsets, lengths and limits."""
    return len(text) + sum(character > "\uffff" for character in text)


def part(text: str, entity: Entity) -> str:
    """The words that an entity covers."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode("utf-16-le", "surrogatepass")


def kept(
    text: str, given: Sequence[Entity] = (), longest: int = LONGEST, *, empty: bool = False
) -> tuple[str, list[Entity]]:
    """The text and the entities that a message will have, or `Refused`; `empty` where no text is needed (a draft)."""
    if not text and not empty:
        raise bad("message text is empty")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8") from None
    _check(text, given)
    text, entities = _trimmed(*_cleaned(text, list(given)))
    if EMPTY.fullmatch(text):
        if not empty:
            raise bad("text must be non-empty")
        return "", []
    if units(text) > longest:
        raise bad("message is too long")
    return text, entities[:MOST_ENTITIES]


def found_entities(text: str) -> list[Entity]:
    """The commands, mentions and links in what a person writes, as Telegram marks them."""
    found = [
        {"type": kind, "offset": units(text[: match.start()]), "length": units(match[0])}
        for kind, finder in FINDERS.items()
        for match in finder.finditer(text)
    ]
    free: list[Entity] = []
    for entity in sorted(found, key=lambda entity: (entity["offset"], -entity["length"])):
        if not free or entity["offset"] >= free[-1]["offset"] + free[-1]["length"]:
            free.append(entity)
    return free


def _check(text: str, given: Sequence[Entity]) -> None:
    open_: list[tuple[str, int]] = []
    for entity in sorted(given, key=lambda entity: (entity["offset"], -entity["length"])):
        begin, end = entity["offset"], entity["offset"] + entity["length"]
        family = entity["type"].removeprefix("expandable_")
        open_ = [(kind, last) for kind, last in open_ if last > begin]
        if entity["type"] not in KINDS:
            why = "of an unsupported type"
        elif not 0 <= begin < end <= units(text):
            why = "outside the text"
        elif EMPTY.fullmatch(part(text, entity)):
            why = "of nothing"
        elif any(last < end for _, last in open_):
            why = "across another"
        elif any(kind == family for kind, _ in open_):
            why = "in another of its kind"
        elif family == "text_link" and not URL.fullmatch(entity["url"]):
            why = "that leads nowhere"
        else:
            open_.append((family, end))
            continue
        raise bad(f"can't parse MessageEntity: {entity['type']} {why}")


def _cleaned(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Control characters made spaces, others dropped, the entities moved with them."""
    place = {}  # UTF-16 offset before → after
    before = after = 0
    left = []
    for character in text:
        place[before] = after
        before += units(character)
        if not DROPPED.match(character):
            left.append(CONTROL.sub(" ", character))
            after += units(character)
    place[before] = after
    moved = []
    for entity in sorted(entities, key=lambda entity: (entity["offset"], -entity["length"])):
        begin, end = place[entity["offset"]], place[entity["offset"] + entity["length"]]
        moved += [entity | {"offset": begin, "length": end - begin}] if end > begin else []
    return "".join(left), moved


def _trimmed(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """Without the spaces and line ends at its ends; at its beginning an entity stops the trimming."""
    text = text.rstrip(" \n")
    end = units(text)
    entities = [e | {"length": min(e["length"], end - e["offset"])} for e in entities if e["offset"] < end]
    first = min((entity["offset"] for entity in entities), default=end)
    leading = min(len(text) - len(text.lstrip(" \n")), first)
    return text[leading:], [e | {"offset": e["offset"] - leading} for e in entities]
