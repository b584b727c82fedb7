"""What is read of an update when it arrives: its id and its chat; and the secret of the webhook.

Does not import python-telegram-bot, since the HTTP server receives updates, too.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

KINDS = ("message", "edited_message", "callback_query")
"""The kinds of updates that are asked for."""
WEBHOOK_PATH = "/webhooks/telegram"
"""Where the HTTP server takes updates."""

LARGEST_ID = 2**53 - 1
"""The largest id of an update: up to it, every reader of JSON holds whole numbers exactly."""
_BIGGEST = 2**63  # what the database holds


def secret_of(token: str) -> str:
    """The secret that updates for the bot with this token carry: 64 hexadecimal digits, which do not tell the token."""
    return hmac.new(token.encode(), b"footnote: secret of the webhook", sha256).hexdigest()


def chat_of(update: Mapping[str, Any]) -> int:
    """The chat whose order an update keeps; 0 for what belongs to none."""
    for kind in KINDS:
        body = update.get(kind)
        if isinstance(body, Mapping):
            message = body.get("message") if kind == "callback_query" else body
            chat = message.get("chat") if isinstance(message, Mapping) else None
            number = chat.get("id") if isinstance(chat, Mapping) else None
            return number if isinstance(number, int) and -_BIGGEST <= number < _BIGGEST else 0
    return 0


def id_of(update: Mapping[str, Any]) -> int | None:
    """The id of an update; None for what has none that Telegram would give."""
    number = update.get("update_id")
    if isinstance(number, float) and number.is_integer():  # 7.0 is a whole number in JSON
        number = int(number)
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= LARGEST_ID else None
