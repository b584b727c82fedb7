"""Slips as people make them when they type or talk: corrections in mid-sentence, restarts, dropped marks and letters.

The question means the same after a slip as before it.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

_TAKEN_BACK = (
    "no wait", "no", "sorry", "sorry I meant", "I mean", "uh I mean", "er", "or rather", "no sorry", "wait no",
    "hmm no", "actually no", "scratch that", "actually", "oops", "make that", "um no", "no I meant", "well actually",
)  # fmt: skip  # a list to read, not a column
_FILLERS = ("um", "uh", "er", "hmm", "so", "well", "like", "ok so", "hi", "hey")


def slip(question: str, others: Sequence[str], chance: random.Random) -> str:
    """The question with one slip; `others` are questions about the same text, which it may have begun as."""
    words = question.split()
    if len(words) < 3:
        return question
    kind = chance.random()
    foreign = [other for other in others if other != question and len(other.split()) >= 4]
    if kind < 0.35 and foreign:
        return _restarted(words, chance.choice(foreign).split(), chance)
    if kind < 0.65 and foreign:
        return _replaced(words, chance.choice(foreign).split(), chance)
    if kind < 0.75:
        return _filled(words, chance)
    if kind < 0.9:
        return _mistyped(words, chance)
    return question.rstrip("? ").lower()


def _restarted(words: list[str], other: list[str], chance: random.Random) -> str:
    """The beginning of another question, taken back, then this one."""
    begun = other[: chance.randint(2, max(2, len(other) - 1))]
    return " ".join([*begun, chance.choice(_TAKEN_BACK), *_lowered(words)])


def _replaced(words: list[str], other: list[str], chance: random.Random) -> str:
    """Some words of another question in the midst of this one, taken back."""
    place = chance.randint(1, len(words) - 1)
    start = chance.randint(1, max(1, len(other) - 2))
    wrong = [word.rstrip("?.,") for word in other[start : start + chance.randint(1, 3)]]
    return " ".join([*words[:place], *wrong, chance.choice(_TAKEN_BACK), *words[place:]])


def _filled(words: list[str], chance: random.Random) -> str:
    place = chance.randint(0, len(words) - 1)
    return " ".join([*words[:place], chance.choice(_FILLERS), *words[place:]])


def _mistyped(words: list[str], chance: random.Random) -> str:
    """One letter of a long word dropped, doubled or swapped with the next."""
    long = [n for n, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    if not long:
        return " ".join(words)
    number = chance.choice(long)
    word = words[number]
    at = chance.randint(1, len(word) - 2)
    changed = chance.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )
    return " ".join([*words[:number], changed, *words[number + 1 :]])


def _lowered(words: list[str]) -> list[str]:
    return [words[0].lower(), *words[1:]]
