"""Questions that ask for a yes or no, made from statements by turning their words round.

"The bridge was opened in 1931." becomes "Was the bridge opened in 1931?". A text with the statement answers it, and so
does one that says something else of the same; the same text without the sentence seldom does.
"""

from __future__ import annotations

import random
import re

from lemminflect import getAllLemmas, getInflection

_HELPING = frozenset("is are was were has have had can could will would should did does must".split())
_GRAMMAR = frozenset("a an the this that these those there it he she they his her its their in on at some many".split())
_PRONOUNS = frozenset("it he she they this these that those his her its their there we i such".split())
_NO_SUBJECT = frozenset("in on at by for from with after before during when while although as if because since".split())
_FRAMES = (
    "Is it true that {}?", "Does it say that {}?", "is it right that {}", "Did they say that {}?", "{}, is that so?",
    "Do we know if {}?", "Tell me if {}.", "{}?",
)  # fmt: skip  # a list to read, not a column
_FEWEST, _MOST = 5, 24  # words of a statement
_TURNED = 0.85  # share that is turned round where that can be done


def asked(statement: str, chance: random.Random) -> str | None:
    """The question whether `statement` is so; None where its first words lean on what stands before them."""
    words = statement.strip().rstrip(".!").split()
    if not _FEWEST <= len(words) <= _MOST or re.search(r"[\"“”;:()\[\]?]", statement):
        return None
    first = words[0].lower().strip(",")
    if first in _PRONOUNS or first in _NO_SUBJECT or first.endswith("ly") or "," in words[0]:
        return None
    turned = _turned(words) if chance.random() < _TURNED else None
    if turned is not None:
        return turned + "?"
    return chance.choice(_FRAMES).format(" ".join(_lowered(words)))


def _turned(words: list[str]) -> str | None:
    """The statement with its verb first, told by the first word that can be one; None where there is none."""
    for place, word in enumerate(words[1:8], 1):
        if "," in words[place - 1]:
            return None
        if word in _HELPING:
            return " ".join([word.capitalize(), *_lowered(words[:place]), *words[place + 1 :]])
        if (found := _finite(word)) is not None and words[place - 1].lower() not in _GRAMMAR:
            help_, bare = found
            return " ".join([help_, *_lowered(words[:place]), bare, *words[place + 1 :]])
    return None


def _finite(word: str) -> tuple[str, str] | None:
    """The helping verb and the bare form of a verb in the past or the third person: "opened" → ("Did", "open")."""
    if not word.islower() or not word.isalpha():
        return None
    lemmas = getAllLemmas(word)
    if set(lemmas) != {"VERB"}:
        return None
    lemma = lemmas["VERB"][0]
    if word in getInflection(lemma, "VBD"):
        return "Did", lemma
    return ("Does", lemma) if word in getInflection(lemma, "VBZ") else None


def _lowered(words: list[str]) -> list[str]:
    return [words[0].lower() if words[0].lower() in _GRAMMAR else words[0], *words[1:]]
