"""What a request names: its chat, its message, its text, its topic, what it replies to.

Knows nothing of what the request does with them. Source: tdlib/telegram-bot-api, Client.cpp (`check_chat_access`,
`check_message`, `check_reply_parameters`, `get_formatted_text`).
"""

from __future__ import annotations

import re

from bot_api_chats import Chat
from bot_api_html import Entity
from bot_api_rules import Parameters
from bot_api_state import Message
from bot_api_text import LONGEST, Refused, bad, formatted, given_entities
from bot_api_world import World


class Requests:
    """Finds what a request names in the world, or refuses."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.formatting_refused = 0  # so many formatted texts more, as the test wants

    def chat(self, parameters: Parameters) -> Chat:
        """The chat of a request, if the bot may act in it."""
        name = parameters.text("chat_id")
        if not name:
            raise bad("chat_id is empty")
        chat = self.world.chats.get(int(name)) if re.fullmatch("-?[0-9]{1,19}", name) else None
        if chat is None:
            raise bad("chat not found")
        if chat.upgraded_to:
            description = "Bad Request: group chat was upgraded to a supergroup chat"
            raise Refused(400, description, migrate_to_chat_id=chat.upgraded_to.id)
        if not chat.started:
            raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
        status = self.status(chat)
        if status in {"kicked", "left"}:
            refused = Refused(403, f"Forbidden: bot {_absence(chat, status)}")
            refused.asked = True  # by a person; a bot cannot know it before
            raise refused
        return chat

    def status(self, chat: Chat) -> str:
        """The bot's own status in a chat."""
        return chat.statuses.get(self.world.bot.id, "left")

    def message(self, chat: Chat, parameters: Parameters, what: str) -> Message:
        """The message of a request; `what` is Telegram's name for it in the refusal."""
        message_id = parameters.number("message_id")
        if message_id <= 0:
            raise bad("message identifier is not specified")
        message = chat.message(message_id)
        if message is None:
            refused = bad(f"{what} not found")
            refused.asked = any(gone.id == message_id and gone.deleted_by_test for gone in chat.history)
            raise refused
        return message

    def editable(self, parameters: Parameters) -> Message:
        """The message of a request, if the bot wrote it."""
        message = self.message(self.chat(parameters), parameters, "message to edit")
        if message.sender is not self.world.bot or message.service:
            raise bad("message can't be edited")
        return message

    def text(
        self, parameters: Parameters, name: str = "text", longest: int = LONGEST, *, empty: bool = False
    ) -> tuple[str, list[Entity]]:
        """The text of a request and its entities, as the message will have them."""
        listed = "entities" if name == "text" else "caption_entities"
        parse_mode, entities = parameters.text("parse_mode"), given_entities(parameters.text(listed))
        if is_formatted(parameters) and self.formatting_refused:
            self.formatting_refused -= 1
            refused = bad('can\'t parse entities: Unsupported start tag "refused" at byte offset 0')
            refused.asked = True
            raise refused
        return formatted(parameters.text(name), parse_mode, [] if parse_mode else entities, longest, empty=empty)

    def thread(self, chat: Chat, parameters: Parameters) -> int | None:
        """The topic of a request; there must be one with this id, also in a chat without topics."""
        thread = parameters.number("message_thread_id")
        if thread and thread not in chat.topics:
            raise bad("message thread not found")
        return thread or None

    def reply(self, chat: Chat, parameters: Parameters) -> tuple[Message | None, str]:
        """The message that a request replies to, and the words in it that it quotes."""
        given = parameters.json("reply_parameters", dict, "reply parameters") or {}
        if not given:
            return None, ""
        if type(given.get("message_id")) is not int:
            raise bad('can\'t parse reply parameters: Field "message_id" must be of type Integer')
        replied = chat.message(given["message_id"]) if given.get("chat_id", chat.id) == chat.id else None
        if replied is None:
            if given.get("allow_sending_without_reply"):
                return None, ""
            raise bad("message to be replied not found")
        quote = given.get("quote") or ""
        if quote:
            quote, _ = formatted(quote, given.get("quote_parse_mode") or "", [], 1024)
            if quote not in replied.text:
                raise bad("QUOTE_TEXT_INVALID")
        return replied, quote


def is_formatted(parameters: Parameters) -> bool:
    """Whether a request asks for formatting, by a parse_mode or by entities."""
    return any(parameters.text(name) not in ("", "[]") for name in ("parse_mode", "entities", "caption_entities"))


def _absence(chat: Chat, status: str) -> str:
    if chat.kind == "private":
        return "was blocked by the user"
    return f"was kicked from the {chat.kind} chat" if status == "kicked" else f"is not a member of the {chat.kind} chat"
