"""What a sentence may not change of a quote although its words stand in it.

A judge that goes by the words that are shared takes "Chelsea beat Arsenal" for borne out by "Arsenal beat Chelsea".
So what a sentence keeps has to stand as it does in the quote: what is negated, the unit of a number, a hedge or a
condition; and, where it adds no telling word of its own, the order of its words and what relates them. A part that was
moved to the front as a whole may stand there. What each is good for: docs/chat-model.md. Knows no models.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations

from bot.understanding.english import LISTS
from retrieval.index.tokenizer import tokens

_LISTS = LISTS["words"]
_NEGATIONS, _SMALL, _HEDGES, _CONDITIONS, _RELATIONS, _STANDING_IN = (
    frozenset(_LISTS[name].split())
    for name in ("negations", "asking", "hedges", "conditions", "relations", "standing_in")
)
_WORD = re.compile(r"\w+(?:[.,'’]\w+)*")
_BEGINNING = 4  # letters by which two forms of a word are taken for one
_NEAR = 4  # words in which what a word is said of is looked for


def keeps_wording(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether what a sentence keeps of a quote, or of two one after the other, stands as it does there."""
    quote = " ".join(quotes)
    return (
        not _mixes_scripts(sentence)
        and _negated(sentence) == _negated(quote)
        and _units(quote, sentence)
        and _hedges(sentence, quote)
        and (_adds(sentence, quote) or (_in_order(sentence, quotes) and _related(sentence, quote)))
    )


def are_worded_alike(one: str, other: str) -> bool:
    """Whether two sentences have the same hedges, and the telling words that stand once in both in the same order, of
    which an end may be put first.
    """
    said, known = Counter(_telling(one)), Counter(_telling(other))
    once = {word for word in said if said[word] == known[word] == 1}
    shared = ([word for word in _telling(sentence) if word in once] for sentence in (one, other))
    return _hedges(one, other) and _hedges(other, one) and _stands(*shared)


def has_pronouns(quote: str) -> bool:
    """Whether a quote speaks of somebody whom it does not name."""
    return not _STANDING_IN.isdisjoint(_words(quote))


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _is_negation(word: str) -> bool:
    return word in _NEGATIONS or word.endswith(("n't", "n’t"))


def _negated(text: str) -> list[str]:
    """The telling word after each negation, in the order of the alphabet."""
    words = _words(text)
    return sorted(
        next((word for word in words[place + 1 : place + _NEAR] if word not in _SMALL), "")
        for place, one in enumerate(words)
        if _is_negation(one)
    )


def _units(quote: str, sentence: str) -> bool:
    """Whether the word after each number that the quote has, too, is the same."""
    known = set(_with_units(quote))
    numbers = {number for number, _ in known}
    return all(not unit or number not in numbers or (number, unit) in known for number, unit in _with_units(sentence))


def _with_units(text: str) -> Iterator[tuple[str, str]]:
    words = _words(text)
    for place, word in enumerate(words):
        if word[0].isdigit():
            yield word, next((w for w in words[place + 1 : place + 3] if w not in _SMALL and not w[0].isdigit()), "")


def _hedges(sentence: str, quote: str) -> bool:
    """Whether a sentence has the hedges of what it keeps, the quote's conditions, and no hedge of its own."""
    said, words = {_stem(word) for word in _words(sentence)}, _words(quote)
    kept = set(_telling(sentence))
    for place, word in enumerate(words):
        if word not in _HEDGES or _stem(word) in said:
            continue
        hedged = next((w for w in words[place + 1 : place + 1 + _NEAR] if w not in _SMALL and w not in _HEDGES), "")
        if word in _CONDITIONS or _stem(hedged) in kept:
            return False
    stems = {_stem(word) for word in words}
    return all(_stem(word) in stems for word in _words(sentence) if word in _HEDGES)


def _adds(sentence: str, quote: str) -> bool:
    """Whether a sentence has a telling word that the quote has not."""
    return not set(_telling(sentence)) <= set(_telling(quote))


def _in_order(sentence: str, quotes: Sequence[str]) -> bool:
    """Whether the telling words of a sentence stand in the quotes in their order: first those of one, then those of the
    other, of either of which an end may be put first.
    """
    said = _telling(sentence)
    if len(quotes) == 1:
        return _stands(said, _telling(quotes[0]))
    return any(
        _stands(said[:place], _telling(one)) and _stands(said[place:], _telling(other))
        for one, other in permutations(quotes, 2)
        for place in range(len(said) + 1)
    )


def _stands(said: Sequence[str], known: Sequence[str]) -> bool:
    for place in range(len(known) + 1):
        following = iter([*known[place:], *known[:place]])
        if all(word in following for word in said):
            return True
    return False


def _related(sentence: str, quote: str) -> bool:
    """Whether before each telling word stands the same word for a relation as in the quote, or none in both."""
    said, known = _before(sentence), _before(quote)
    return all(known.get(word, relations) & relations for word, relations in said.items())


def _before(text: str) -> dict[str, set[str]]:
    """The relations in which each telling word stands: "" where it is in none."""
    found: dict[str, set[str]] = {}
    relation = ""
    for word in _words(text):
        if word in _RELATIONS:
            relation = word
        elif word not in _SMALL:
            for token in tokens(word):
                found.setdefault(token, set()).add(relation)
            relation = ""
    return found


def _telling(text: str) -> list[str]:
    left_out = _SMALL | _RELATIONS | _HEDGES
    return [_stem(token) for token in tokens(text) if token not in left_out]


def _stem(word: str) -> str:
    return word[:_BEGINNING]


def _mixes_scripts(text: str) -> bool:
    """Whether a word has letters of several alphabets, so that it is not what it looks like."""
    return any(
        len({unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha()}) > 1
        for word in _WORD.findall(text)
        if not word.isascii()
    )
