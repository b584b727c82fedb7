"""English questions with words put in another language, one by one, as the dictionaries of FreeDict have them.

A network that is shown these learns to read a question in one language on a text in another (after Qin et al. 2020,
"CoSDA-ML"). The order of the words stays English, and names stay as they are. Debian's packages `dict-freedict-eng-…`
have the dictionaries; nothing of them is shipped.
"""

from __future__ import annotations

import gzip
import random
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path("/usr/share/dictd")
LANGUAGES = (
    "ara",
    "deu",
    "fin",
    "fra",
    "hin",
    "ind",
    "ita",
    "jpn",
    "nld",
    "nor",
    "pol",
    "por",
    "rus",
    "spa",
    "swe",
    "tur",
    "zho",
)
_PUT = 0.85  # share of the words that are put in the other language where they are known
_LONGEST = 3  # words of a translation
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_WORD = re.compile(r"[A-Za-z]+(?:'[a-z]+)?|[^A-Za-z]+")
_BESIDE = re.compile(r"<[^>]*>|\[[^\]]*\]|\([^)]*\)|\{[^}]*\}|\d+\.|[\"/~]")
_STRESS = "\u0301"
# What a word-for-word translation gets wrong: left as it is, or left out, as many languages do.
_GRAMMAR = frozenset(
    "a an the of to is are was were be been did do does in on at as by for with from and or that has have had "
    "about".split()
)
_LEFT_OUT = 0.5
_HEADWORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


class Dictionary:
    """From English words in lower case to words of one language."""

    def __init__(self, language: str, folder: Path = FOLDER) -> None:
        """The dictionary to `language`, three letters. Raises FileNotFoundError when its package is not installed."""
        self.joined = language in ("jpn", "zho")
        text = gzip.decompress((folder / f"freedict-eng-{language}.dict.dz").read_bytes())
        self._words: dict[str, list[str]] = {}
        for line in (folder / f"freedict-eng-{language}.index").read_text("utf-8").splitlines():
            head, start, length = line.split("\t")[:3]
            if _HEADWORD.fullmatch(head):
                entry = text[_number(start) : _number(start) + _number(length)].decode("utf-8", "replace")
                self._words.setdefault(head, []).extend(_translations(entry))

    def of(self, word: str) -> list[str]:
        """The translations of a word or, where there are none, of what it may be a form of."""
        for form in (word, *_stems(word)):
            if found := self._words.get(form):
                return found
        return []


def switched(question: str, dictionary: Dictionary, chance: random.Random) -> str:
    """The question with most of its words that are no names in the dictionary's language."""
    said: list[str] = []
    for place, part in enumerate(_WORD.findall(question)):
        if part.lower() in _GRAMMAR:
            said.append("" if chance.random() < _LEFT_OUT else part)
            continue
        # A capital in mid-sentence is a name's.
        known = dictionary.of(part.lower()) if part[0].isalpha() and (place == 0 or part.islower()) else []
        said.append(chance.choice(known[:2]) if known and chance.random() < _PUT else part)
    text = " ".join("".join(said).split())
    return re.sub(r"(?<=[\u3040-\u9fff]) (?=[\u3040-\u9fff])", "", text) if dictionary.joined else text


def _translations(entry: str) -> Iterator[str]:
    """The translations in the second line of an entry, the usual one first."""
    for line in entry.split("\n")[1:2]:
        for one in _BESIDE.sub(" ", unicodedata.normalize("NFC", line.replace(_STRESS, ""))).split(","):
            words = one.split(";")[0].split()
            if 0 < len(words) <= _LONGEST and all(_is_written(word) for word in words):
                yield " ".join(words)


def _is_written(word: str) -> bool:
    """Whether it is a word of letters, without digits, brackets or abbreviations."""
    return all(mark.isalpha() or unicodedata.category(mark)[0] == "M" or mark in "'’-\u200c" for mark in word)


def _stems(word: str) -> Iterator[str]:
    """What an inflected English word may be a form of."""
    for ending, others in (
        ("ies", ("y",)),
        ("es", ("", "e")),
        ("s", ("",)),
        ("ied", ("y",)),
        ("ed", ("", "e")),
        ("ing", ("", "e")),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            stem = word.removesuffix(ending)
            yield from (stem + other for other in others)
            if stem[-1:] == stem[-2:-1]:
                yield stem[:-1]


def _number(digits: str) -> int:
    """The number that an index writes in 64 digits."""
    value = 0
    for digit in digits:
        value = value * 64 + _DIGITS.index(digit)
    return value
