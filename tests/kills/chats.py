"""Kills of `footnote telegram` with questions of several chats in flight: none is lost, few are answered twice."""

from __future__ import annotations

import random
import time
import traceback
from contextlib import closing
from typing import Any

from bot_api import BotApi
from talk import Talk

from bot.bootstrap import Footnote
from tests.kills.armed import ArmedBot, Where
from tests.kills.log import Log
from tests.kills.place import LibraryPlace
from tests.kills.schedule import STARTING, Kill, Unit
from tests.kills.victims import BrokenError, why_not

_ROUND = 6  # questions in flight when a bot is killed
_EACH = 15  # questions that a chat has
_LONGEST = 0.6  # seconds that these questions take, about
_START = 2.0  # seconds that a start takes, about


class ChatKills:
    """The kills of the bots on one library."""

    def __init__(self, place: LibraryPlace, log: Log, chance: random.Random) -> None:
        self._place, self._log, self._chance = place, log, chance
        self._died: list[tuple[Kill, dict[str, Any]]] = []  # what nobody has looked at yet
        self._repeated = 0

    def run(self, units: list[Unit]) -> None:
        """Make these kills, and look at what the last one leaves. Raises BrokenError."""
        kills = [kill for unit in units for kill in unit]
        settings = {"FOOTNOTE_READER": "off", **self._place.settings}
        with closing(Footnote(self._place.opened())) as footnote, BotApi() as api:
            talk = Talk(api, footnote, -(-_ROUND * len(kills) // _EACH))
            bot = ArmedBot(self._place.folder / "data", api, self._order(kills[0]), **settings)
            try:
                for kill, following in zip(kills, [*kills[1:], None], strict=True):
                    self._kill(kill, bot, talk, api)
                    bot.restart_with(None if following is None else self._order(following))
                self._look(bot, talk, api)
            finally:
                bot.process.kill()
                bot.process.wait()

    def _order(self, kill: Kill) -> Where:
        # Several updates come at once, and are kept by one call.
        most = 1 if "Inbox.receive" in kill.instant or "update" in kill.instant else 3
        return (kill.instant, self._chance.randint(1, most)) if kill.named else None

    def _kill(self, kill: Kill, bot: ArmedBot, talk: Talk, api: BotApi) -> None:
        if kill.instant == STARTING:
            talk.ask(_ROUND)
            time.sleep(self._chance.uniform(0, _START))
            bot.kill()
        else:
            self._look(bot, talk, api)
            bot.arm()
            talk.ask(_ROUND)
            if kill.named:
                bot.dies()
            else:
                time.sleep(self._chance.uniform(0, _LONGEST))
                bot.kill()
        if why := why_not(kill, bot.process.returncode, bot.note):
            self._log.missed(kill, why)
            raise BrokenError(why)
        talk.died()
        self._died.append((kill, {"nth": bot.nth} if kill.named else {}))

    def _look(self, bot: ArmedBot, talk: Talk, api: BotApi) -> None:
        """Wait until a bot has made good what the one before it left, and tell what is wrong then."""
        faults: list[str] = []
        repeated = self._repeated
        try:
            bot.ready()
            talk.settled()
            repeated = talk.check()
        except AssertionError as error:
            faults.append("".join(traceback.format_exception(error))[-1500:])
        faults += [f"{one.method} was refused: {one.description}" for one in api.refusals]
        new, self._repeated = repeated - self._repeated, repeated
        for kill, facts in self._died:
            self._log.kill(kill, questions=talk.asked, repeated=new, faults=faults, **facts)
        self._died = []
        if faults:
            raise BrokenError("; ".join(faults))
