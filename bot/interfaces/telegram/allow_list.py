"""Who may talk to the bot."""

from __future__ import annotations

from bot.interfaces.telegram.api.updates import ChatPlace, Person


class AllowList:
    """The people and chats of a list of ids and @names, separated by commas; an empty list means everyone."""

    def __init__(self, listed: str) -> None:
        entries = {one.strip().lower() for one in listed.split(",") if one.strip()}
        self._ids = {int(one) for one in entries if not one.startswith("@")}
        self._names = {one.removeprefix("@") for one in entries if one.startswith("@")}

    def __call__(self, person: Person, place: ChatPlace) -> bool:
        """Whether this person may talk to the bot in this place."""
        if not self._ids and not self._names:
            return True
        return person.id in self._ids or place.chat in self._ids or person.username.lower() in self._names
