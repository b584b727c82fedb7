"""Which kills are made, and in which order: every named instant as often on files as on servers, some at random times.

The same count and seed give the same schedule, so that a campaign that was stopped can be gone on with.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple

from tests.kills.instants import INSTANTS, LIBRARY, of
from tests.kills.place import Topology

ANYWHEN = "anywhen"
"""The instant of a kill at a random time of an operation."""
STARTING = "starting"
"""The instant of a kill at a random time from the start of a process on."""
_TOPOLOGIES: tuple[Topology, ...] = ("files", "servers")
_RANDOM = ("serve", "telegram", "add", "replace", "remove", "reindex")
"""The operations that are killed at random times."""


class Kill(NamedTuple):
    """A kill that is to be made; `instant` is the title of a named one, or how the time is chosen."""

    id: str
    operation: str
    instant: str
    topology: Topology

    @property
    def named(self) -> bool:
        """Whether it is at a named instant."""
        return self.instant not in (ANYWHEN, STARTING)


Unit = list[Kill]
"""Kills that follow one another: one in a repair needs one before it that leaves something to be repaired."""


def schedule(count: int, each: int, seed: int) -> list[Unit]:
    """`count` kills, `each` of them at every named instant and the others at random times, in their order."""
    chance = random.Random(seed)
    kills: list[Kill] = []
    for place, instant in enumerate(INSTANTS):
        for turn in range(each):
            topology = _TOPOLOGIES[(place + turn) % len(_TOPOLOGIES)]
            kills.append(Kill(f"{instant.title} #{turn}", instant.operation, instant.title, topology))
    if len(kills) > count:
        raise ValueError(f"{each} at each of {len(INSTANTS)} instants are {len(kills)} kills, not {count}.")
    for turn in range(count - len(kills)):
        operation, when = _RANDOM[turn % len(_RANDOM)], STARTING if turn // len(_RANDOM) % 3 == 2 else ANYWHEN
        topology = _TOPOLOGIES[turn // len(_RANDOM) % len(_TOPOLOGIES)]
        kills.append(Kill(f"{operation} {when} #{turn}", operation, when, topology))
    units = _paired(kills, chance)
    chance.shuffle(units)
    return units


def singles(titles: Iterable[str]) -> list[Unit]:
    """One kill at each of these instants, on files and on servers."""
    named = [of(title) for title in titles]
    return [
        [Kill(f"{one.title} on {topology}", one.operation, one.title, topology)]
        for topology in _TOPOLOGIES
        for one in named
    ]


def _paired(kills: list[Kill], chance: random.Random) -> list[Unit]:
    """Each kill in a repair after one that leaves something to be repaired."""
    units: list[Unit] = []
    for topology in _TOPOLOGIES:
        here = [kill for kill in kills if kill.topology == topology]
        repairs = [kill for kill in here if kill.operation == "repair"]
        leaving = [kill for kill in here if kill.named and of(kill.instant).unfinished]
        before = chance.sample(leaving, min(len(repairs), len(leaving)))
        units += [[first, repair] for first, repair in zip(before, repairs, strict=False)]
        alone = set(here) - set(before) - set(repairs)
        units += [[kill] for kill in here if kill in alone]
    return units


def lanes(units: list[Unit], done: set[str]) -> dict[str, list[Unit]]:
    """What is left of a schedule: the library's kills, the server's and the bot's."""
    found: dict[str, list[Unit]] = {"library": [], "serve": [], "telegram": []}
    for unit in units:
        if not all(kill.id in done for kill in unit):
            operation = unit[0].operation
            found["library" if operation in LIBRARY else operation].append(unit)
    return found


def blocks(units: list[Unit], size: int) -> list[list[Unit]]:
    """Runs of some kills on one library, of files and of servers in turn."""
    split: list[list[Unit]] = []
    by_topology = [[unit for unit in units if unit[0].topology == topology] for topology in _TOPOLOGIES]
    while any(by_topology):
        for left in by_topology:
            block: list[Unit] = []
            while left and sum(map(len, block)) < size:
                block.append(left.pop(0))
            if block:
                split.append(block)
    return split
