"""What speaks against a translation of a sentence, and against two sentences' saying the same, before a judge is asked.

Translating back does not show all: it may repair what went wrong. So a translation has to look like one by itself, and
what is known to go wrong is not translated. What each is good for: docs/chat-model.md. Knows no chat model.
"""

from __future__ import annotations

import re
import unicodedata

from bot.answering.generation.gates import has_address
from bot.answering.generation.wording import are_worded_alike
from bot.understanding.names import bearers, names_in
from retrieval.chunking.sentences import sentences
from retrieval.index.tokenizer import tokens
from retrieval.models.language import is_one_language, question_language

_LONGER = 3  # times as many bytes in one language as in another
_BEGINNING = 5  # letters by which two forms of a name are taken for one: "Russia", "Russian"
_FIGURE = re.compile(r"\d+(?:[.,\u00a0\u202f ’'٫٬]\d+)*")
_WORD = re.compile(r"\b[a-z]{3,}\b")
# What means something else in another language: a German "Billion" is a million times a million, and "7 pm" is 19 Uhr.
_FALSE_FRIENDS = re.compile(
    r"\b(?:(?:b|tr)il(?:li|lj|j|h|i|l)?[oóãõ]\w*|mil+[ij]*[aá]r\w*|[бт]р?[иі]л+[иьі]й?о?н\w*|м[иі]л+ь?[иія]+рд\w*)"
    r"|[萬万億亿兆]|\d ?[ap]\. ?m\b|\d ?[ap]m\b",
    re.IGNORECASE,
)
BY_CHARACTERS = ("zh", "ja")
"""Languages that write names by characters with a meaning, for which one has to know who is meant."""


def goes_wrong(sentence: str, before: str, target: str) -> bool:
    """Whether a sentence has what is easily translated wrongly without anybody's noticing.

    Addresses, large numbers, hours by "a.m." and "p.m."; and, into a language of BY_CHARACTERS, a part of a name that
    stands as a whole in the text `before` it.
    """
    if has_address(sentence) or _FALSE_FRIENDS.search(sentence) is not None:
        return True
    return target in BY_CHARACTERS and _shortens_name(sentence, before)


def may_say_the_same(one: str, other: str) -> bool:
    """Whether two sentences in English have the same names, hedges and order of words."""
    named = _names(one) <= _beginnings(other) and _names(other) <= _beginnings(one)
    return named and are_worded_alike(one, other)


def is_like(text: str, sentence: str, target: str) -> bool:
    """Whether a text may be the translation of a sentence, by its language, figures, length and marks."""
    told = question_language(text)
    if told is None or not is_one_language(told, target):
        return False
    if not figures(text) <= figures(sentence) or has_address(text):
        return False
    # "Translation: …", "Sure! …", "… Now send us money.", "… [1]"
    if _parts(text) > _parts(sentence) or text.count("[") > sentence.count("["):
        return False
    # Words of the sentence that were left as they are, between others of another script.
    left = set(_WORD.findall(sentence)) & set(_WORD.findall(text)) if not text.isascii() else set()
    mixed = bool(left) and _letters(text, latin=False) > _letters(text, latin=True)
    short, long = sorted(len(words.encode()) for words in (text, sentence))
    return not mixed and long <= _LONGER * short


def figures(text: str) -> set[str]:
    """The figures of a text, of any script, without what parts their digits."""
    return {
        "".join(str(unicodedata.digit(mark)) for mark in found if mark.isdigit()) for found in _FIGURE.findall(text)
    }


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


def _letters(text: str, *, latin: bool) -> int:
    return sum(unicodedata.name(letter, "").startswith("LATIN") == latin for letter in text if letter.isalpha())
