"""What a library is to hold: which edition of which source of whom. Knows no library."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import NamedTuple

from retrieval.types import SHARED
from tests.kills.texts import GERMAN

ANN = "key:ann"
"""Whoever asks: they own some of the documents."""
_FEWEST, _MOST = 3, 7  # documents


class Place(NamedTuple):
    """Whose document it is, and of which source."""

    owner: str
    source: str


World = Mapping[Place, int]
"""The edition of each document."""

Row = tuple[str, str, int]
"""An entry of a world as JSON has it: owner, source, edition."""


def to_rows(world: World) -> list[Row]:
    """A world as JSON."""
    return [(*place, edition) for place, edition in world.items()]


def to_world(rows: list[Row]) -> World:
    """A world from JSON."""
    return {Place(owner, source): edition for owner, source, edition in rows}


def missing(world: World, chance: random.Random) -> list[Place]:
    """What is to be added so that there is enough to remove, and a long text to cut anew."""
    wanted: list[Place] = []
    if not any(_is_long(place) for place in world):
        wanted.append(Place(SHARED, f"text-{2 * chance.randrange(4) + 1}"))
    while len(world) + len(wanted) < _FEWEST:
        wanted.append(new(list(world) + wanted, chance))
    return wanted


def too_many(world: World) -> bool:
    """Whether something is to be removed before more is added."""
    return len(world) >= _MOST


def new(there: list[Place], chance: random.Random, german: bool = False) -> Place:
    """A place that is not there yet."""
    while True:
        owner, kind = chance.choice([SHARED, ANN]), GERMAN if german else "text"
        place = Place(owner, f"{kind}-{chance.randrange(10)}")
        if place not in there:
            return place


def _is_long(place: Place) -> bool:
    kind, number = place.source.split("-")
    return kind != GERMAN and int(number) % 2 == 1
