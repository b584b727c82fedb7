"""The whole campaign: the kills on libraries in one thread, those of the server and of the bot in another."""

from __future__ import annotations

import random
import shutil
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from tests.kills.chats import ChatKills
from tests.kills.libraries import LibraryKills
from tests.kills.log import Log
from tests.kills.place import LibraryPlace, Places
from tests.kills.schedule import Unit, blocks, lanes
from tests.kills.webhooks import WebhookKills

_SIZE = {"library": 40, "serve": 15, "telegram": 15}  # kills on one library


class Kills(Protocol):
    """Kills on one library."""

    def run(self, units: list[Unit]) -> None:
        """Make these kills; raises when something is wrong."""


_KILLS: dict[str, Callable[[LibraryPlace, Log, random.Random], Kills]] = {
    "library": LibraryKills,
    "serve": WebhookKills,
    "telegram": ChatKills,
}


class Campaign:
    """Makes the kills of a schedule that its log does not hold yet."""

    def __init__(self, places: Places, log: Log, seed: int, *, passes: int = 3) -> None:
        """What was missed is tried again, in so many `passes`."""
        self._places, self._log, self._seed, self._passes = places, log, seed, passes
        self._ending = False

    def run(self, units: list[Unit], only: Sequence[str] = ("library", "serve", "telegram")) -> None:
        """Make them; what goes wrong is in the log."""
        for _ in range(self._passes):
            left = lanes(units, self._log.done())
            if not any(left[name] for name in only):
                return
            with ThreadPoolExecutor(2) as threads:
                working = [
                    threads.submit(self._lane, names, left, only) for names in (["library"], ["serve", "telegram"])
                ]
                try:
                    for one in working:
                        one.result()
                except BaseException:  # asked to end
                    self._ending = True
                    raise

    def _lane(self, names: list[str], left: dict[str, list[Unit]], only: Sequence[str]) -> None:
        for name in names:
            for block in blocks(left[name], _SIZE[name]) if name in only else []:
                if not self._ending:
                    self._block(name, block, random.Random(f"{self._seed} {name} {block[0][0].id}"))

    def _block(self, name: str, block: list[Unit], chance: random.Random) -> None:
        place: LibraryPlace = self._places.new(block[0][0].topology)
        kills = _KILLS[name](place, self._log, chance)
        try:
            kills.run(block)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told, and the others are made
            if self._ending:
                return
            told = "".join(traceback.format_exception(error))[-3000:]
            self._log.note(broken=str(error), folder=str(place.folder), how=told)
            return
        shutil.rmtree(place.folder, ignore_errors=True)
