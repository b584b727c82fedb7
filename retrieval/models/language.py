"""Whether a short question is in English: by its script and by the small words of other languages.

English is what is assumed: keywords, names and misspelled words speak for no other language, so it takes small words,
letters or marks of another one to say no. The words stand in `small_words.toml`. Which other language it is, is not
told. Knows no documents.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

_READ = 400  # characters that are looked at
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_QUOTED = re.compile(r"[\"“„«»”][^\"“”„«»]{1,120}[\"“”«»]|(?<!\w)['‘][^'‘’]{1,120}['’](?!\w)")
_OPENING = 1.5  # what a word counts more as a question's first: "wer", "who"
_WEAK = 0.5
_MARKED_NAME = 2  # words with accents that a name may have: "São Tomé"


def _words(*listed: str) -> frozenset[str]:
    return frozenset(" ".join(listed).split())


_LISTS = tomllib.loads(Path(__file__).with_name("small_words.toml").read_text("utf-8"))
_ENGLISH = _words(_LISTS["english"]["words"])
_ASKING_ENGLISH = _words(_LISTS["english"]["asking"])
_SHARED = _words(_LISTS["english"]["shared"])
_STRONG = _words(*_LISTS["elsewhere"]["languages"].values()) - _ENGLISH
_EITHER = _words(_LISTS["elsewhere"]["either"])
_ASKING_ELSEWHERE = _words(_LISTS["elsewhere"]["asking"])


def is_english(question: str) -> bool:
    """Whether `question` is to be taken for English; keywords and names alone are."""
    question = unicodedata.normalize("NFC", question[:_READ])
    if any(mark in question for mark in "¿¡"):
        return False
    bare = _QUOTED.sub(" ", question)
    words = [word.lower().replace("’", "'") for word in _WORD.findall(bare)] or [
        word.lower() for word in _WORD.findall(question)
    ]
    words = [word for word in words if not _is_symbol(word)]
    latin = [word for word in words if _is_latin(word)]
    english = sum(word in _ENGLISH for word in latin)
    if len(latin) < len(words):
        return english > len(words) - len(latin) or (english > 0 and words[0] in _ASKING_ENGLISH)
    if not latin:
        return True
    said = english + _WEAK * len(_SHARED.intersection(latin)) + _OPENING * (latin[0] in _ASKING_ENGLISH)
    weak = {word for word in latin if word in _EITHER and word not in _ENGLISH}
    strong = sum(word in _STRONG and word not in _EITHER for word in latin)
    marked = sum(not word.isascii() for word in latin)
    strong += marked > _MARKED_NAME
    foreign = strong + _WEAK * len(weak) + _WEAK * (marked > 0)
    foreign += _OPENING * (latin[0] in _ASKING_ELSEWHERE)
    return foreign <= said or (not strong and foreign <= 1)


def _is_symbol(word: str) -> bool:
    """A Greek letter alone is no Greek word: "β-carotene", "what is π"."""
    return len(word) == 1 and "\u0370" <= word < "\u0400"


def _is_latin(word: str) -> bool:
    return word.isascii() or all(ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 for letter in word)
