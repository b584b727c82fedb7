"""How well a chat model chooses, as it was measured: kept in the library with its name, where it is served, its prompt.

A model that is not measured is trusted. One whose choice is no better than quoting, beyond chance, is not asked: quoted
answers cost nothing. Knows no model.
"""

from __future__ import annotations

import hashlib
import json
from math import sqrt
from typing import NamedTuple

import sqlalchemy as sa

from prompts import prompt
from retrieval.store.database import reading, writing
from retrieval.store.state import set_state, text_of

_STATE = "chat models"
_BEYOND_CHANCE = 1.64  # standard deviations: a worse or equal one comes out so in at most one of twenty


class Trust(NamedTuple):
    """Of `of` questions, how many a model answered rightly and how many quoting did; `gains` only the model did, and
    `losses` only quoting.
    """

    right: int
    quoting: int
    of: int
    gains: int
    losses: int

    @property
    def earned(self) -> bool:
        """Whether the model is better than quoting beyond chance (McNemar's test, one-sided)."""
        return self.gains - self.losses > _BEYOND_CHANCE * sqrt(self.gains + self.losses)


def trust_in(engine: sa.Engine, model: str, url: str) -> Trust | None:
    """What was measured of a model at an address; None where nothing was with the prompt as it is."""
    with reading(engine) as connection:
        kept = json.loads(text_of(connection, _STATE) or "{}").get(_key(model, url))
    return None if kept is None else Trust(*kept)


def keep_trust(engine: sa.Engine, model: str, url: str, trust: Trust) -> None:
    """Keep what was measured."""
    with writing(engine) as connection:
        known = json.loads(text_of(connection, _STATE) or "{}")
        set_state(connection, _STATE, json.dumps({**known, _key(model, url): trust}))


def _key(model: str, url: str) -> str:
    told = hashlib.sha256("".join(prompt("answer").values()).encode()).hexdigest()[:8]
    return " ".join(part for part in (model, url, told) if part)
