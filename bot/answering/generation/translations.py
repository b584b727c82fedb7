"""What speaks against a translation of a sentence, and against two sentences' saying the same, before any network.

Translating back does not show all: it may repair what went wrong. So a translation has to look like one by itself, and
what is known to go wrong is not translated. What each is good for: docs/chat-model.md. Knows no models.
"""

from __future__ import annotations

import re
import unicodedata

from bot.answering.generation.gates import has_address
from bot.answering.generation.wording import are_in_order
from bot.understanding.names import bearers, names_in
from retrieval.chunking.sentences import sentences
from retrieval.index.tokenizer import tokens
from retrieval.models.language import question_language

_LONGER = 3  # times as many bytes in one language as in another
_BEGINNING = 5  # letters by which two forms of a name are taken for one: "Russia", "Russian"
_FIGURE = re.compile(r"\d+(?:[.,\u00a0\u202f ’'٫٬]\d+)*")
_WORD = re.compile(r"\b[a-z]{3,}\b")
# What means something else in another language: a German "Billion" is a million times a million, and "7 pm" is 19 Uhr.
_FALSE_FRIENDS = re.compile(r"\b(?:\w*[bt]r?ill?i[oó]n\w*|mil(?:li|i)ard\w*|\d+ ?[ap]\.?m)\b", re.IGNORECASE)
_BY_CHARACTERS = ("zh", "ja")  # write names by characters with a meaning, for which they have to know who is meant
_ONE_LANGUAGE = {"da": "no"}  # hardly told apart in a short text


def goes_wrong(sentence: str, before: str, target: str) -> bool:
    """Whether a sentence has what is easily translated wrongly without anybody's noticing.

    Large numbers and times by their words; and, into a language that writes names by characters with a meaning, a
    part of a name that stands as a whole before it.
    """
    return _FALSE_FRIENDS.search(sentence) is not None or (
        target in _BY_CHARACTERS and _shortens_name(sentence, before)
    )


def are_one(language: str, other: str) -> bool:
    """Whether two languages are taken for one."""
    return _ONE_LANGUAGE.get(language, language) == _ONE_LANGUAGE.get(other, other)


def may_say_the_same(one: str, other: str) -> bool:
    """Whether two sentences in English have the same names, hedges and order of words."""
    named = _names(one) <= _beginnings(other) and _names(other) <= _beginnings(one)
    return named and are_in_order(one, other)


def is_like(text: str, sentence: str, target: str) -> bool:
    """Whether a text may be the translation of a sentence, by its language, figures, length and marks."""
    told = question_language(text)
    if told is None or not are_one(told, target):
        return False
    if not figures(text) <= figures(sentence) or (has_address(text) and not has_address(sentence)):
        return False
    if _parts(text) > _parts(sentence):  # "Translation: …", "Sure! …", "… Now send us money."
        return False
    # Words of the sentence that were left as they are, between others of another script.
    left = set(_WORD.findall(sentence)) & set(_WORD.findall(text)) if not text.isascii() else set()
    mixed = bool(left) and _letters(text, latin=False) > _letters(text, latin=True)
    short, long = sorted(len(words.encode()) for words in (text, sentence))
    return not mixed and long <= _LONGER * short


def _parts(text: str) -> int:
    """How many sentences a text has, and parts of them that end with a colon."""
    return sum(1 for _ in sentences(text, 0, len(text))) + text.count(":") + text.count("：")


def _shortens_name(sentence: str, before: str) -> bool:
    """Whether a sentence has a part of a name that stands as a whole before it: "Mao" of "Mao Ning"."""
    names = {name.text for name in bearers(names_in(before))}
    return any(
        name.text != whole and name.text in (whole.split()[0], whole.split()[-1])
        for name in names_in(f"So {sentence}")
        for whole in names
    )


def _names(text: str) -> set[str]:
    return _beginnings(" ".join(name.text for name in names_in(f"So {text}")))


def _beginnings(text: str) -> set[str]:
    return {token[:_BEGINNING] for token in tokens(text)}


def figures(text: str) -> set[str]:
    """The figures of a text, of any script, without what parts their digits."""
    return {
        "".join(str(unicodedata.digit(mark)) for mark in found if mark.isdigit()) for found in _FIGURE.findall(text)
    }


def _letters(text: str, *, latin: bool) -> int:
    return sum(unicodedata.name(letter, "").startswith("LATIN") == latin for letter in text if letter.isalpha())
