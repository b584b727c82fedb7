"""A message's text as Telegram keeps it: HTML parsed into entities, cleaned, trimmed, and within its length.

Knows nothing of chats. Sources: tdlib/td, td/telegram/MessageEntity.cpp (`parse_html`, `fix_formatted_text`,
`clean_input_string_with_entities`) and misc.cpp (`is_empty_string`); the texts of tdlib/telegram-bot-api's Client.cpp.
Stricter than Telegram: tags that the bot has no use for are refused, and so is a nested entity that Telegram drops.
"""

from __future__ import annotations

import re
from typing import Any

Entity = dict[str, Any]

LONGEST = 4096  # UTF-16 units of a message, after its entities were parsed
MOST_ENTITIES = 100  # more are dropped without a word
TAGS = {"b": "bold", "i": "italic", "code": "code", "a": "text_link", "blockquote": "blockquote"}
ATTRIBUTES = {"a": re.compile(r' href="([^"]*)"'), "blockquote": re.compile(r"( expandable)?")}
TOKEN = re.compile(r'<(?P<end>/?)(?P<tag>[^\s<>/]+)(?P<attributes>(?: [a-z]+(?:="[^"]*")?)*)>|[^<]+|<')
REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|([a-zA-Z]+));?")
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}  # the only names; &nbsp; and the others stay as they stand
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


def kept(text: str, parse_mode: str = "", longest: int = LONGEST, *, empty: bool = False) -> tuple[str, list[Entity]]:
    """The text and the entities that a message will have, or `Refused`; `empty` where none is needed (a draft)."""
    if not text and not empty:
        raise bad("message text is empty")
    if parse_mode not in ("", "HTML"):
        raise bad("unsupported parse_mode")
    entities: list[Entity] = []
    if parse_mode:
        text, entities = _parsed(text)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad("strings must be encoded in UTF-8") from None
    text, entities = _trimmed(*_cleaned(text, entities))
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


def _parsed(source: str) -> tuple[str, list[Entity]]:
    """The plain text of HTML, and its entities in order."""
    pieces: list[str] = []
    length = 0
    open_: list[tuple[str, Entity]] = []
    entities: list[Entity] = []
    for token in TOKEN.finditer(source):
        place = f"at byte offset {len(source[: token.start()].encode('utf-8', 'replace'))}"
        tag = token["tag"]
        if token[0] == "<":
            raise _unparsed(f"Unclosed start tag {place}")
        if tag is None:
            words = REFERENCE.sub(_character, token[0])
            pieces.append(words)
            length += units(words)
        elif not token["end"]:
            _check_within(tag, [name for name, _ in open_], place)
            open_.append((tag, _entity(tag, token["attributes"], place) | {"offset": length}))
        elif not open_:
            raise _unparsed(f"Unexpected end tag {place}")
        else:
            name, entity = open_.pop()
            if tag != name:
                raise _unparsed(f'Unmatched end tag {place}, expected "</{name}>", found "</{tag}>"')
            if length > entity["offset"] and (name != "a" or URL.fullmatch(entity["url"])):  # else Telegram drops it
                entities.append(entity | {"length": length - entity["offset"]})
    if open_:
        raise _unparsed(f'Can\'t find end tag corresponding to start tag "{open_[-1][0]}"')
    return "".join(pieces), entities


def _unparsed(why: str) -> Refused:
    return bad(f"can't parse entities: {why}")


def _character(reference: re.Match[str]) -> str:
    hexadecimal, decimal, name = reference.groups()
    if name:
        return NAMED.get(name, reference[0])
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF else reference[0]


def _check_within(tag: str, names: list[str], place: str) -> None:
    if tag not in TAGS:
        raise _unparsed(f'Unsupported start tag "{tag}" {place}')
    if tag == "blockquote" and tag in names:
        raise _unparsed(f"Blockquotes can't be nested {place}")
    if "code" in names:
        raise _unparsed(f'Tag "code" can\'t contain the tag "{tag}" {place}')


def _entity(tag: str, attributes: str, place: str) -> Entity:
    found = ATTRIBUTES[tag].fullmatch(attributes) if tag in ATTRIBUTES else attributes == ""
    if not found:
        raise _unparsed(f'Unclosed start tag "{tag}" {place}')
    if tag == "a":
        return {"type": TAGS[tag], "url": REFERENCE.sub(_character, attributes[7:-1])}
    return {"type": f"expandable_{TAGS[tag]}" if attributes else TAGS[tag]}


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
