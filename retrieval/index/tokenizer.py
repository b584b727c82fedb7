"""Text → the tokens of keyword search, the same for documents and questions and for every language.

Knows no index. Words are folded (case, width, accents, English plural and possessive, Arabic article); scripts that put
no spaces between words become overlapping runs of characters, the usual way to search them without a dictionary: two of
Chinese and Japanese, three of Thai, Lao, Khmer and Burmese, which spell a syllable with more of them.
"""

from __future__ import annotations

import re
import unicodedata

_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}")
_POSSESSIVE = re.compile(r"(?<=[^\W_])['’]s(?![^\W_])")
_INNER_APOSTROPHE = re.compile(r"(?<=[^\W_])['’](?=[^\W_])")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PAIRED = "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_TRIPLED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = re.compile(f"([{_PAIRED}]+|[{_TRIPLED}]+)")
_IS_TRIPLED = re.compile(f"[{_TRIPLED}]")
_VOWELS = "".join(c for c in map(chr, range(0x1800)) if _IS_TRIPLED.match(c) and unicodedata.category(c)[0] == "M")
_WORD = re.compile(r"[^\W_]+")
_MARKED_WORD = re.compile(rf"(?:[^\W_]+|[{_VOWELS}]+)+")
_ARABIC_ARTICLE = re.compile("(?:[وفبك]?ال|لل)(?=\\w{3})")
_LONGEST_TOKEN = 64

VERSION = 2
"""Raised when texts are to have other tokens than before."""
CHANGED = re.compile(f"[{_TRIPLED}\u0600-\u06ff\ufb50-\ufefc]")
"""Stands in every text that had other tokens in the version before."""


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
    for word in _MARKED_WORD.findall(_fold(text)):
        for index, part in enumerate(_UNSPACED.split(word)):
            if index % 2:
                size = 3 if _IS_TRIPLED.match(part) else 2
                found += [part[i : i + size] for i in range(max(1, len(part) - size + 1))]
            elif part:
                found.append(_bare(_singular(part))[:_LONGEST_TOKEN])
    return found


def word_count(text: str) -> float:
    """About how many words it has: two characters of a script that puts no spaces between words count as one."""
    return sum(0.5 if _UNSPACED.match(token) else 1.0 for token in tokens(text))


def _fold(text: str) -> str:
    """Case, width and compatibility forms folded ("Müller" is found as "muller"); accents and vowel marks dropped, but
    for those of scripts in which little is left of a word without them.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    kept = (c for c in decomposed if unicodedata.category(c)[0] != "M" or c in _VOWELS)
    return "".join(kept).casefold()


def _singular(word: str) -> str:
    """The English plural undone as in Harman's S-stemmer ("How effective is suffixing?", 1991)."""
    if len(word) > 3 and word.endswith("s"):
        if word.endswith("ies") and not word.endswith(("eies", "aies")):
            return word[:-3] + "y"
        if not word.endswith(("us", "ss")):
            return word[:-1]
    return word


def _bare(word: str) -> str:
    """An Arabic word without its article and what is written together with it: "and the", "by the", "for the"."""
    return word[match.end() :] if word[0] >= "\u0600" and (match := _ARABIC_ARTICLE.match(word)) else word
