"""How much of a question's words a stretch of text holds, each word by its weight. Knows no index and no passages."""

from __future__ import annotations

import math
from collections.abc import Mapping

from retrieval.index.tokenizer import tokens

# Words that say what is asked, not about what: that a text lacks "who" tells nothing. English only; the words of other
# languages weigh what the library's statistics give them.
_ASKING = frozenset(
    "a an the of in on at to for from by with and or is are was were be been being do does did has have had can could "
    "will would should may might must who whom whose what when where why which how it this that these those there he "
    "she they his her him them their you your i me we us our as about than not also else more any there say says said "
    "tell please know".split()
)
_KIN = 0.8  # what a word counts that shares its stem only ("warn", "warned"; "China", "Chinese")
_SHORTEST_STEM = 4
_STEM_SHARE = 0.7


def covered(weights: Mapping[str, float], words: str) -> float:
    """The share, 0 to 1, of the question's words (search token → weight) that stand in `words`."""
    weights = {term: weight for term, weight in weights.items() if term not in _ASKING} or weights
    total = sum(weights.values())
    if not total:
        return 0.0
    present = set(tokens(words))
    return sum(weight * _found(term, present) for term, weight in weights.items()) / total


def _found(term: str, present: set[str]) -> float:
    if term in present:
        return 1.0
    if len(term) >= _SHORTEST_STEM and any(_akin(term, other) for other in present):
        return _KIN
    return 0.0


def _akin(one: str, other: str) -> bool:
    """Whether two words begin so much alike that they are likely forms of one."""
    stem = math.ceil(_STEM_SHARE * max(len(one), len(other)))
    return (
        len(other) >= _SHORTEST_STEM and one[:_SHORTEST_STEM] == other[:_SHORTEST_STEM] and one[:stem] == other[:stem]
    )
