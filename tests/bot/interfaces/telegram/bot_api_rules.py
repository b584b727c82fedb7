"""What a request's parameters may hold: numbers, flags, keyboards, commands, webhooks.

Knows nothing of chats and messages. Sources: https://core.telegram.org/bots/api (the limits), tdlib/td
td/telegram/ReplyMarkup.cpp, BotCommand.cpp and LinkManager.cpp (the texts), tdlib/telegram-bot-api Client.cpp and
WebhookActor.cpp. A number or flag that is none is refused here; Telegram reads it as 0. Buttons with an empty text and
buttons beyond a row's width are refused; Telegram drops them without a word.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from bot_api_html import link
from bot_api_text import Refused, bad

MOST_BUTTONS = 100
WIDEST_ROW = 8  # what clients show
LONGEST_DATA = 64  # bytes
LONGEST_ANSWER = 200  # characters of the answer to a pressed button
MOST_COMMANDS = 100
WEBHOOK_PORTS = {80, 88, 443, 8443}
LOCAL = {"127.0.0.1", "localhost"}  # plain HTTP to any port of these, as a Bot API server with --local allows
ACTIONS = {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document"}
ACTIONS |= {"choose_sticker", "find_location", "record_video_note", "upload_video_note"}
SCOPES = {"default", "all_private_chats", "all_group_chats", "all_chat_administrators"}
SCOPES |= {"chat", "chat_administrators", "chat_member"}
ACTIONS_OF_BUTTONS = {"url", "callback_data", "web_app", "login_url", "switch_inline_query", "copy_text", "pay"}
ACTIONS_OF_BUTTONS |= {"switch_inline_query_current_chat", "switch_inline_query_chosen_chat", "callback_game"}


class Parameters(dict[str, str]):
    """A request's parameters, by name, as the texts that were sent."""

    def text(self, name: str) -> str:
        """A text; empty where it is missing."""
        return self.get(name, "")

    def number(self, name: str, default: int = 0) -> int:
        """A whole number."""
        value = self.get(name, "")
        if value == "":
            return default
        if not re.fullmatch(r"-?[0-9]{1,19}", value):
            raise bad(f"wrong parameter {name} in request")
        return int(value)

    def flag(self, name: str) -> bool:
        """True or false; false where it is missing."""
        value = self.get(name, "").lower()
        if value not in {"", "true", "false", "1", "0", "yes", "no"}:
            raise bad(f"wrong parameter {name} in request")
        return value in {"true", "1", "yes"}

    def json(self, name: str, kind: type, what: str) -> Any:
        """A JSON value of a kind; None where it is missing. Lone surrogates are no JSON for Telegram."""
        value = self.get(name, "")
        if not value:
            return None
        try:
            parsed = json.loads(value)
            json.dumps(parsed, ensure_ascii=False).encode()
        except (ValueError, UnicodeEncodeError):
            raise bad(f"can't parse {what} JSON object") from None
        if not isinstance(parsed, kind):
            raise bad(f"object expected as {what}" if kind is dict else f"expected an Array of {what}")
        return parsed


def keyboard(parameters: Parameters) -> list[list[dict[str, Any]]]:
    """The rows of the inline keyboard; none without one. Other keyboards than inline ones are not built here."""
    markup = parameters.json("reply_markup", dict, "reply keyboard markup")
    if not markup:
        return []
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad('can\'t parse reply keyboard markup: Field "inline_keyboard" must be of type Array')
    for row in rows:
        for button in row:
            _check_button(button)
        if len(row) > WIDEST_ROW:
            raise bad("reply markup is too long")
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad("reply markup is too long")
    return [row for row in rows if row]


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not isinstance(button.get("text"), str):
        raise bad('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not button["text"].strip():
        raise bad("inline keyboard button text must be non-empty")
    actions = ACTIONS_OF_BUTTONS & button.keys()
    if not actions:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        raise bad("can't parse inline keyboard button: exactly one action must be used")  # documented, not enforced
    if "callback_data" in button:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= LONGEST_DATA:
            raise bad("BUTTON_DATA_INVALID")
    if "url" in button and (not isinstance(button["url"], str) or link(button["url"]) is None):
        raise bad(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def commands(parameters: Parameters) -> list[dict[str, str]]:
    """The commands to be shown: names of 1–32 of `a-z0-9_`, descriptions of 1–256 characters, at most 100."""
    given = parameters.json("commands", list, "BotCommand") or []
    kept = []
    for command in given:
        if not isinstance(command, dict):
            raise bad("can't parse BotCommand: expected an Object")
        for field in ("command", "description"):
            if not isinstance(command.get(field), str):
                raise bad(f'can\'t parse BotCommand: Field "{field}" must be of type String')
        name, description = command["command"].strip().removeprefix("/"), command["description"].strip()
        if not name:
            raise bad("command must be non-empty")
        if len(name) > 32:
            raise bad("command length must not exceed 32")
        if not description:
            raise bad("command description must be non-empty")
        if len(description) > 256:
            raise bad("command description length must not exceed 256")
        if not re.fullmatch("[a-z0-9_]+", name):
            raise bad("BOT_COMMAND_INVALID")
        kept.append({"command": name, "description": description})
    if len(kept) > MOST_COMMANDS:
        raise bad("BOT_COMMANDS_TOO_MUCH")
    return kept


def scope(parameters: Parameters) -> dict[str, Any]:
    """For whom commands are: `{"type": …}` with the ids that the type needs."""
    given = parameters.json("scope", dict, "BotCommandScope") or {"type": "default"}
    if given.get("type") not in SCOPES:
        raise bad("can't parse BotCommandScope: Unsupported type specified")
    if given["type"] in {"chat", "chat_administrators", "chat_member"} and not given.get("chat_id"):
        raise bad("can't parse BotCommandScope: Empty chat_id specified")
    if given["type"] == "chat_member" and not isinstance(given.get("user_id"), int):
        raise bad("can't parse BotCommandScope: Invalid user_id specified")
    return given


def language(parameters: Parameters) -> str:
    """A language of two lower-case letters, or none."""
    code = parameters.text("language_code")
    if not re.fullmatch("([a-z]{2})?", code):
        raise bad("invalid language code specified")
    return code


def check_webhook(url: str, secret: str) -> None:
    """That Telegram would call this address with this secret (https://core.telegram.org/bots/api#setwebhook)."""
    if len(secret) > 256:
        raise bad("secret token is too long")
    if not re.fullmatch("[A-Za-z0-9_-]*", secret):
        raise bad("secret token contains unallowed characters")
    parts = urlsplit(url)
    if parts.hostname in LOCAL:
        return
    if parts.scheme != "https":
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in WEBHOOK_PORTS:
        raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def too_many(retry_after: int) -> Refused:
    """Flood control: nothing more for so many seconds."""
    return Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)
