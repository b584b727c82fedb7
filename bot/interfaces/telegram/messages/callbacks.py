"""The callback data of buttons: at most 64 bytes that name an action, and what it is about.

Anyone can send any bytes as callback data, so whatever it names must be looked up as the chat's own. It holds the name
of the conversation, since the message of a pressed button may no longer tell its topic. Knows no chats and no answers.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

_CONVERSATION = r"[A-Za-z0-9._-]{1,32}"
_TURN = r"[1-9][0-9]{0,8}"
_NUMBER = r"[1-9][0-9]{0,3}"
_UPDATE = r"[1-9][0-9]{0,18}"
_DOCUMENT = r"[0-9a-f]{1,32}"


Reason = Literal["place", "asked", "said"]
REASONS: tuple[Reason, ...] = ("place", "asked", "said")
"""Why an answer did not help."""


class ShowQuote(NamedTuple):
    """Show a citation of a turn in its paragraph; with `related`, one of the nearest passages."""

    conversation: str
    turn: int
    citation: int
    related: bool = False


class RateAnswer(NamedTuple):
    """Rate a turn."""

    conversation: str
    turn: int
    helpful: bool


class GiveReason(NamedTuple):
    """Say why a turn did not help: it cites the wrong place, another thing was asked, or the text does say."""

    conversation: str
    turn: int
    reason: Reason


class ChooseDocument(NamedTuple):
    """Choose one of the documents that a turn names to choose from, by its number, from 1."""

    conversation: str
    turn: int
    number: int


class KeepText(NamedTuple):
    """Read the text of an update as a document, or, not `sure`, take it for a question."""

    update: int
    sure: bool


class AskPrepared(NamedTuple):
    """Ask the suggested question of a document that has this number, from 1."""

    number: int
    document: str


class RemoveDocument(NamedTuple):
    """Remove a document from the chat."""

    document: str


class Forget(NamedTuple):
    """Delete everything of the chat, or, not `sure`, leave it as it is."""

    sure: bool


ButtonAction = ShowQuote | RateAnswer | GiveReason | ChooseDocument | KeepText | AskPrepared | RemoveDocument | Forget

_FORMS = re.compile(
    rf"[sr]:{_CONVERSATION}:{_TURN}:{_NUMBER}|[ud]:{_CONVERSATION}:{_TURN}"
    rf"|w:{_CONVERSATION}:{_TURN}:(?:place|asked|said)|c:{_CONVERSATION}:{_TURN}:{_NUMBER}|k:{_UPDATE}:(?:yes|no)"
    rf"|q:{_NUMBER}:{_DOCUMENT}|x:{_DOCUMENT}|forget:(?:yes|no)"
)


def encode(action: ButtonAction) -> str:
    """The data of a button. Raises ValueError for names and numbers that a button cannot carry."""
    match action:
        case ShowQuote(conversation, turn, citation, related):
            data = f"{'r' if related else 's'}:{conversation}:{turn}:{citation}"
        case RateAnswer(conversation, turn, helpful):
            data = f"{'u' if helpful else 'd'}:{conversation}:{turn}"
        case GiveReason(conversation, turn, reason):
            data = f"w:{conversation}:{turn}:{reason}"
        case ChooseDocument(conversation, turn, number):
            data = f"c:{conversation}:{turn}:{number}"
        case KeepText(update, sure):
            data = f"k:{update}:{'yes' if sure else 'no'}"
        case AskPrepared(number, document):
            data = f"q:{number}:{document}"
        case RemoveDocument(document):
            data = f"x:{document}"
        case Forget(sure):
            data = f"forget:{'yes' if sure else 'no'}"
    if decode(data) != action:
        raise ValueError(f"{action!r} cannot be the data of a button")
    return data


def decode(data: str) -> ButtonAction | None:
    """The action; None for anything that `encode` does not make."""
    match _FORMS.fullmatch(data) and data.split(":"):
        case ["s" | "r" as kind, conversation, turn, citation]:
            return ShowQuote(conversation, int(turn), int(citation), kind == "r")
        case ["u" | "d" as kind, conversation, turn]:
            return RateAnswer(conversation, int(turn), kind == "u")
        case ["w", conversation, turn, "place" | "asked" | "said" as reason]:
            return GiveReason(conversation, int(turn), reason)
        case ["c", conversation, turn, number]:
            return ChooseDocument(conversation, int(turn), int(number))
        case ["k", update, said]:
            return KeepText(int(update), said == "yes")
        case ["q", number, document]:
            return AskPrepared(int(number), document)
        case ["x", document]:
            return RemoveDocument(document)
        case ["forget", said]:
            return Forget(said == "yes")
    return None
