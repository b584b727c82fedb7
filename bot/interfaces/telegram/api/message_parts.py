"""Messages that belong together: the parts of a text that Telegram cut, and a message with its earlier wording."""

from __future__ import annotations

from collections.abc import Callable

from bot.interfaces.telegram.api.updates import Heard, Pressed
from bot.interfaces.telegram.messages.markup import units
from bot.interfaces.telegram.messages.splitting import MOST_UNITS
from bot.storage.inbox import Inbox, Update

_CUT = 3900  # UTF-16 units from which on a message may be one part of a longer text that Telegram cut
_PART = 3.0  # seconds within which its other parts come
_LOOKED_BACK = 20  # updates


class Parts:
    """What else was said in a chat, as far as it is kept; `read` tells what an update means."""

    def __init__(self, inbox: Inbox, read: Callable[[Update], Heard | Pressed | None]) -> None:
        self._inbox, self._read = inbox, read

    def joined(self, heard: Heard, update: Update) -> tuple[str, int]:
        """The whole of a text that Telegram cut into several messages, as far as it has come, and its first message."""
        whole, part, at = heard.words, heard, update
        while (before := self._inbox.before(at)) is not None:
            said = self._read(before)
            if not (isinstance(said, Heard) and _continues(part, said)):
                break
            between = "" if units(said.words) >= MOST_UNITS else "\n"  # in the middle of a word, or at a pause
            whole, part, at = said.words + between + whole, said, before
        return whole, part.place.message

    def go_on(self, heard: Heard, update: Update) -> bool:
        """Whether the next part of a text that Telegram cut is there already: the last is read with all of them."""
        after = [one for one in self._inbox.waiting(update.chat, 2) if one.id > update.id]
        said = self._read(after[0]) if after else None
        return isinstance(said, Heard) and _continues(said, heard)

    def unchanged(self, heard: Heard, update: Update) -> bool:
        """Whether a message that was changed says what it said before: Telegram tells of other changes, too."""
        at: Update | None = self._inbox.before(update)
        for _ in range(_LOOKED_BACK):
            if at is None:
                break
            said = self._read(at)
            if isinstance(said, Heard) and said.place == heard.place:
                return said.words == heard.words
            at = self._inbox.before(at)
        return False


def _continues(part: Heard, before: Heard) -> bool:
    """Whether `part` goes on where Telegram cut a text that its writer sent as one."""
    same = (part.person.id, part.place.thread) == (before.person.id, before.place.thread)
    plain = not (part.command or before.command or part.file or before.file or part.edited)
    return same and plain and 0 <= part.at - before.at <= _PART and units(before.words) >= _CUT
