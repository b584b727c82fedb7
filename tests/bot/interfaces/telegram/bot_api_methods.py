"""The methods of the Bot API that the bot calls: each takes a request's parameters and gives the result, or `Refused`.

Knows nothing of HTTP and of who waits for updates. Sources: https://core.telegram.org/bots/api#available-methods,
tdlib/telegram-bot-api, Client.cpp, for the texts; where a text is a guess, it says so.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bot_api_chats import Chat, Draft, Json, Message, World
from bot_api_text import Entity, Refused, bad, kept

LARGEST_DOWNLOAD = 20 * 1024 * 1024  # bytes
MOST_BUTTONS, WIDEST_ROW = 100, 8
LONGEST_DATA = 64  # bytes of what a button carries
LONGEST_ANSWER = 200  # characters of the answer to a pressed button
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


class Parameters(dict[str, str]):
    """A request's parameters, by name, as the texts that were sent."""

    def text(self, name: str) -> str:
        """A text; empty where it is missing."""
        return self.get(name, "")

    def number(self, name: str) -> int:
        """A whole number; 0 where it is missing or none."""
        value = self.get(name, "")
        return int(value) if re.fullmatch("-?[0-9]{1,19}", value) else 0

    def json(self, name: str) -> Any:
        """A JSON value; None where it is missing."""
        return json.loads(self.get(name) or "null")


class Methods:
    """The methods by their lower-case names: Telegram does not heed the case of a name."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.formatting_refused = 0  # so many formatted texts more, as the test wants
        self.number = 0  # of the request at hand, in the log

    def getme(self, _parameters: Parameters) -> Json:
        """The bot itself."""
        return self.world.bot.shown() | {"can_read_all_group_messages": not self.world.privacy}

    def sendmessage(self, parameters: Parameters) -> Json:
        """A new message, at the end of its chat."""
        chat = self._chat(parameters)
        text, entities = self._text(parameters)
        reply_to = _reply(chat, parameters)
        message = chat.add(
            self.world.bot,
            text=text,
            entities=entities,
            buttons=_keyboard(parameters),
            thread=_thread(chat, parameters) or (reply_to.thread if reply_to else None),
            reply_to=reply_to,
            number=self.number,
            formatted=bool(parameters.json("entities")),
        )
        return message.shown()

    def sendmessagedraft(self, parameters: Parameters) -> bool:
        """A preview in a private chat, kept as the latest with its id; the text may be empty (Bot API 10.0)."""
        chat = self._chat(parameters)
        if chat.kind != "private":
            raise bad("TEXTDRAFT_PEER_INVALID")  # the text is a guess after MTProto's names
        if not parameters.number("draft_id"):
            raise bad("RANDOM_ID_INVALID")  # the text is a guess after MTProto's names
        _thread(chat, parameters)
        chat.drafts.append(Draft(parameters.number("draft_id"), self._text(parameters, empty=True)[0]))
        return True

    def editmessagetext(self, parameters: Parameters) -> Json:
        """Another text; without a keyboard, the message loses the one that it had."""
        message = self._chat(parameters).message(parameters.number("message_id"))
        if message is None:
            raise bad("message to edit not found")
        if message.sender is not self.world.bot:
            raise bad("message can't be edited")
        (text, entities), buttons = self._text(parameters), _keyboard(parameters)
        if (text, entities, buttons) == (message.text, message.entities, message.buttons):
            raise bad(NOT_MODIFIED)
        message.edit(text, entities)
        message.buttons, message.formatted = buttons, bool(parameters.json("entities"))
        return message.shown()

    def sendchataction(self, parameters: Parameters) -> bool:
        """What the bot is said to be doing, for five seconds."""
        chat = self._chat(parameters)
        if parameters.text("action") != "typing":
            raise bad("wrong parameter action in request")
        _thread(chat, parameters)
        chat.actions.append("typing")
        return True

    def answercallbackquery(self, parameters: Parameters) -> bool:
        """The end of a pressed button's waiting, once and in time."""
        query = self.world.queries.get(parameters.text("callback_query_id"))
        if query is None or query.expired or query.answer is not None:
            raise bad(TOO_OLD, asked=query is not None and query.expired)
        if len(parameters.text("text")) > LONGEST_ANSWER:
            raise bad("MESSAGE_TOO_LONG")
        query.answer = parameters.text("text")
        return True

    def getfile(self, parameters: Parameters) -> Json:
        """Where a file can be downloaded, up to 20 MB."""
        document = self.world.files.get(parameters.text("file_id"))
        if document is None:
            raise bad("invalid file_id")
        if document.size > LARGEST_DOWNLOAD:
            raise bad("file is too big")
        shown = {name: document.shown()[name] for name in ("file_id", "file_unique_id", "file_size")}
        return shown | {"file_path": f"documents/{document.file_id}"}

    def setmycommands(self, parameters: Parameters) -> bool:
        """Commands with names of 1-32 of `a-z0-9_` and descriptions of 1-256 characters."""
        for command in parameters.json("commands"):
            if not re.fullmatch("[a-z0-9_]{1,32}", command["command"]):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= len(command["description"].strip()) <= 256:
                raise bad("command description length must not exceed 256")
        return True

    def getchatmember(self, parameters: Parameters) -> Json:
        """How a person stands in a chat."""
        chat, user = self._chat(parameters), self.world.users.get(parameters.number("user_id"))
        if user is None:
            raise bad("user not found")
        status = chat.statuses.get(user.id, "left")
        return {"user": user.shown(), "status": status} | ({"is_anonymous": False} if status == "creator" else {})

    def _chat(self, parameters: Parameters) -> Chat:
        """The chat of a request, if the bot may act in it."""
        chat = self.world.chats.get(parameters.number("chat_id"))
        if chat is None:
            raise bad("chat not found")
        if chat.upgraded_to:
            upgraded = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, upgraded, asked=True, migrate_to_chat_id=chat.upgraded_to.id)
        if not chat.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        status = chat.statuses[self.world.bot.id]
        if status in ("kicked", "left"):  # by a person; a bot cannot know it before
            absent = "was blocked by the user" if chat.kind == "private" else f"was kicked from the {chat.kind} chat"
            raise Refused(403, f"Forbidden: bot {absent}", asked=True)
        return chat

    def _text(self, parameters: Parameters, *, empty: bool = False) -> tuple[str, list[Entity]]:
        if parameters.text("parse_mode"):
            raise bad("unsupported parse_mode")  # here: the bot has no use for one
        entities: list[Entity] = parameters.json("entities") or []
        if entities and self.formatting_refused:
            self.formatting_refused -= 1
            raise bad("can't parse MessageEntity: refused", asked=True)
        return kept(parameters.text("text"), entities, empty=empty)


def _thread(chat: Chat, parameters: Parameters) -> int | None:
    """The topic of a request; there must be one with this id, also in a chat without topics."""
    thread = parameters.number("message_thread_id")
    if thread and thread not in chat.topics:
        raise bad("message thread not found")
    return thread or None


def _reply(chat: Chat, parameters: Parameters) -> Message | None:
    given = parameters.json("reply_parameters")
    replied = chat.message(given["message_id"]) if given else None
    if given and replied is None and not given.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    return replied


def _keyboard(parameters: Parameters) -> list[list[Json]]:
    """The rows of the inline keyboard; none without one. Only buttons that carry data are built here."""
    rows: list[list[Json]] = (parameters.json("reply_markup") or {}).get("inline_keyboard", [])
    for button in (button for row in rows for button in row):
        if not button["text"].strip():
            raise bad("inline keyboard button text must be non-empty")
        if not 1 <= len(button["callback_data"].encode()) <= LONGEST_DATA:
            raise bad("BUTTON_DATA_INVALID")
    if sum(map(len, rows)) > MOST_BUTTONS or any(len(row) > WIDEST_ROW for row in rows):
        raise bad("reply markup is too long")  # of a row that is too wide Telegram drops the end without a word
    return rows
