"""Kills on the library: each process looks at what the one before it left, begins an operation, and dies in it."""

from __future__ import annotations

import random
import time
from typing import Any

from retrieval.models.embedder import DEFAULT
from tests.kills import instants
from tests.kills.log import Log
from tests.kills.place import LibraryPlace
from tests.kills.schedule import STARTING, Kill, Unit
from tests.kills.victim import SHORT
from tests.kills.victims import BrokenError, Victim, why_not
from tests.kills.world import Place, World, missing, new, to_rows, to_world

_TRIES = 30  # random times until one lies before the end of an operation
_FINISHED = 0.7  # of the reindexings that were interrupted are finished before anything else is done
_Died = list[tuple[Kill, dict[str, Any]]]


class LibraryKills:
    """The kills on one library."""

    def __init__(self, place: LibraryPlace, log: Log, chance: random.Random) -> None:
        self._place, self._log, self._chance = place, log, chance
        self._worlds: list[World] = [{}]
        self._died: _Died = []  # what nobody has looked at yet
        self._editions = 0
        self._longest = dict.fromkeys((*instants.LIBRARY, STARTING), 0.3)  # seconds that an operation takes, about

    def run(self, units: list[Unit]) -> None:
        """Make these kills, and look at what the last one leaves. Raises BrokenError."""
        self._fill()
        for unit in units:
            for kill in unit:
                self._kill(kill)
        victim, _ = self._looked()
        self._stop(victim)

    def _fill(self) -> None:
        victim, report = self._looked()
        rows = self._filling({})
        self._worlds = [to_world(rows)]
        self._stop(victim, fill=rows)
        assert report["world"] == []

    def _stop(self, victim: Victim, **order: Any) -> None:
        victim.told(do="stop", **{"fill": [], **order})
        if victim.ended() != '{"done": true}':
            raise BrokenError(f"a process that was not to be killed failed: {self._last_words()}")

    def _kill(self, kill: Kill) -> None:
        for _ in range(_TRIES):
            if kill.operation in ("repair", "restore"):
                died = self._in_start(kill)
            elif kill.instant == STARTING:
                died = self._from_start(kill)
            else:
                died = self._in_operation(kill)
            if died:
                return
        self._log.missed(kill, "the operation always ended before the random time")

    def _in_start(self, kill: Kill) -> bool:
        """Kill a start that clears away what was left, or makes lost vectors again."""
        if kill.operation == "restore" and self._died and self._died[-1][0].operation == "restore":
            self._stop(self._looked()[0])  # what is lost already is not lost once more
        self._expect(kill, Victim(self._place, do=kill.operation, instant=kill.instant), {})
        return True

    def _from_start(self, kill: Kill) -> bool:
        """Kill a start at a random time."""
        victim = Victim(self._place, do="look", worlds=[to_rows(one) for one in self._worlds])
        after = self._sleep(STARTING)
        victim.process.kill()
        self._longest[STARTING] *= 0.98 if victim.ended() or victim.process.returncode == 0 else 1.02
        self._died.append((kill, {"after": round(after, 3)}))
        return True

    def _in_operation(self, kill: Kill) -> bool:
        """Have a process look, and kill it in an operation; False when that ended before a random time."""
        victim, report = self._looked()
        order, old, changed = self._order(kill, report)
        victim.told(**order)
        if not (named := kill.named):
            if not victim.says():
                raise BrokenError(f"an operation did not begin: {self._last_words()}")
            after = self._sleep(kill.operation)
            victim.process.kill()
            said = victim.ended()
            self._longest[kill.operation] *= 0.9 if said else 1.05
            self._worlds = [changed] if said else [old, changed]
            if said == '{"done": true}':
                return False
            if said:
                raise BrokenError(f"an operation failed: {said} {self._last_words()}")
            self._died.append((kill, {"after": round(after, 3)}))
            return True
        self._worlds = [changed if instants.of(kill.instant).leaves == "new" else old]
        self._expect(kill, victim, {"leaves": instants.of(kill.instant).leaves} if named else {})
        return True

    def _expect(self, kill: Kill, victim: Victim, facts: dict[str, Any]) -> None:
        """Wait until a process has died at its named instant."""
        said = victim.ended()
        if why := why_not(kill, victim.process.returncode, victim.note):
            self._log.missed(kill, f"{why}: {said} {self._last_words()}")
            raise BrokenError(why)
        self._died.append((kill, facts))

    def _looked(self) -> tuple[Victim, dict[str, Any]]:
        """A process that has started as every process does, and what it has found."""
        victim = Victim(self._place, do="look", worlds=[to_rows(one) for one in self._worlds])
        report = victim.says()
        if not report:
            report = {"faults": [f"the start failed: {self._last_words()}"], "world": []}
        found = {name: report.get(name) for name in ("faults", "unfinished", "losses", "model", "begun")}
        for kill, facts in self._died:
            self._log.kill(kill, documents=len(report["world"]), **facts, **found)
        self._died = []
        if report["faults"]:
            victim.stop()
            raise BrokenError("; ".join(report["faults"]))
        self._worlds = [to_world(report["world"])]
        return victim, report

    def _order(self, kill: Kill, report: dict[str, Any]) -> tuple[dict[str, Any], World, World]:
        """What a process is to do, and the world before and after it."""
        finish = None
        if report["begun"] and (kill.operation == "reindex" or self._chance.random() < _FINISHED):
            finish = report["begun"]
        filling = self._filling(to_world(report["world"]))
        old = dict(to_world([*report["world"], *filling]))
        changed = dict(old)
        order: dict[str, Any] = {"do": kill.operation, "fill": filling, "finish": finish}
        if kill.operation == "add":
            place = new(list(old), self._chance, german="other languages" in kill.instant)
        else:
            place = self._chance.choice(list(old))
        if kill.operation in ("add", "replace"):
            changed[place] = self._edition()
        elif kill.operation == "remove":
            del changed[place]
        else:
            order["model"] = DEFAULT if (finish or report["model"]) == SHORT else SHORT
        order["row"] = [*place, changed.get(place, 0)]
        return order | ({"instant": kill.instant} if kill.named else {}), old, changed

    def _filling(self, world: World) -> list[Any]:
        places: list[Place] = missing(world, self._chance)
        return to_rows({place: self._edition() for place in places})

    def _edition(self) -> int:
        self._editions += 1
        return self._editions

    def _sleep(self, what: str) -> float:
        after = self._chance.uniform(0, self._longest[what])
        time.sleep(after)
        return after

    def _last_words(self) -> str:
        return (self._place.folder / "victim.log").read_text("utf-8")[-1500:]
