"""Text → the tokens of keyword search, the same for documents and questions and for every language.

Knows no index. Words are folded (case, width, accents, English plural and possessive); scripts that put no spaces
between words become overlapping pairs of characters, the usual way to search them without a dictionary.
"""

from __future__ import annotations

import re
import unicodedata

_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}")
_POSSESSIVE = re.compile(r"(?<=[^\W_])['’]s(?![^\W_])")
_INNER_APOSTROPHE = re.compile(r"(?<=[^\W_])['’](?=[^\W_])")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff]+)"
)
_LONGEST_TOKEN = 64


def tokens(text: str) -> list[str]:
    """The search tokens of `text` in order: folded words of at most 64 characters, without any punctuation."""
    text = unicodedata.normalize("NFC", text)  # an accent of its own would part a letter from its apostrophe
    text = _POSSESSIVE.sub("", text)
    text = _ACRONYM.sub(lambda match: match.group().replace(".", ""), text)
    text = _INNER_APOSTROPHE.sub("", text)
    text = _THOUSANDS.sub("", text)
    if text.isascii():
        return [_singular(word)[:_LONGEST_TOKEN] for word in _WORD.findall(text.lower())]
    found: list[str] = []
    for word in _WORD.findall(_fold(text)):
        for index, part in enumerate(_UNSPACED.split(word)):
            if index % 2:
                found += [part[i : i + 2] for i in range(max(1, len(part) - 1))]
            elif part:
                found.append(_singular(part)[:_LONGEST_TOKEN])
    return found


def _fold(text: str) -> str:
    """Case, width and compatibility forms folded, accents and vowel marks dropped ("Müller" is found as "muller")."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.category(c).startswith("M")).casefold()


def _singular(word: str) -> str:
    """The English plural undone as in Harman's S-stemmer ("How effective is suffixing?", 1991)."""
    if len(word) > 3 and word.endswith("s"):
        if word.endswith("ies") and not word.endswith(("eies", "aies")):
            return word[:-3] + "y"
        if not word.endswith(("us", "ss")):
            return word[:-1]
    return word
