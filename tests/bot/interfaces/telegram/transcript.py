"""A conversation as it is had: people write and press, the bot is waited for, and all of it is written down."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from bot_api import BotApi
from bot_api_chats import Chat, Message, Query, User

_WIDTH = 96  # columns


class Transcript:
    """What happened in a chat, in order, as the people in it see it."""

    def __init__(self, api: BotApi, chat: Chat) -> None:
        self._api, self._chat = api, chat
        self._lines: list[str] = []

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self._lines)

    def says(self, who: User, text: str, replies: int = 1, *, reply_to: Message | None = None) -> list[Message]:
        """Someone writes, and the bot answers with so many messages."""
        self._write(f"{who.name}: ", text)
        return self._after(lambda: self._chat.say(who, text, reply_to=reply_to), replies)

    def sends(self, who: User, name: str, content: bytes, caption: str = "", replies: int = 1) -> list[Message]:
        """Someone sends a file."""
        self._write(f"{who.name}: ", f"[{name}]\n{caption}" if caption else f"[{name}]")
        return self._after(lambda: self._chat.attach(who, name, content, caption=caption), replies)

    def presses(self, who: User, message: Message, label: str, replies: int = 1) -> list[Message]:
        """Someone presses a button; where the message changes, or only a note is shown, that is written down."""
        self._lines.append(f"{who.name} presses [{label}]")
        before, queries = message.text, list[Query]()
        found = self._after(lambda: queries.append(self._chat.press(who, message, label)), replies)
        self._api.until(
            lambda: queries[0].answer is not None and (replies or queries[0].answer or message.text != before)
        )
        if queries[0].answer:
            self._lines.append(f"    ({queries[0].answer})")
        if message.text != before:
            self._write(f"{message.sender.name}: ", message.text)
        return found

    def _after(self, act: Callable[[], object], replies: int) -> list[Message]:
        count = len(self._chat.received)
        act()
        if not replies:
            return []
        found = self._chat.wait(count + replies)[count:]
        for message in found:
            buttons = [" ".join(f"[{button['text']}]" for button in row) for row in message.buttons]
            self._write(f"{message.sender.name}: ", "\n".join([message.text, *buttons]))
        return found

    def _write(self, before: str, text: str) -> None:
        lines = [part for line in (before + text).split("\n") for part in textwrap.wrap(line, _WIDTH) or [""]]
        self._lines += [lines[0], *(f"    {line}".rstrip() for line in lines[1:])]
