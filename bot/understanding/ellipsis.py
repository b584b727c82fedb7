"""Fragments put where they belong in the question before: "and Yellen?" after "What did Blinken say?".

Knows no answers: what a fragment's pronouns stand for is settled before it comes here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from bot.understanding.english import (
    AUXILIARIES,
    FUNCTION_WORDS,
    PREPOSITIONS,
    QUESTION_WORDS,
    Word,
    capitalised,
    opening,
    unended,
    word_before,
    words_of,
)
from bot.understanding.names import TITLES
from bot.understanding.noun_phrases import Phrase, noun_phrases

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts → vectors (n, dimensions) of unit length."""

_LONGEST = 7  # words
_ALIKE = 0.35  # cosine from which one phrase may stand in another's place
_SOMEBODY = 0.3  # added to it where a person is named by a title and the phrase is who does what is asked
_NAME_FOR_NAME = 0.3  # added to it where both have a capital: "Yellen" stands where "Blinken" did, not "the policy"
_ABOUT = re.compile(
    r"(?:(?:what|how) (?:about|of)|what if it is|(?:is (?:it|that) )?(?:the )?same (?:for|with|about)) (?=\S)", re.I
)
_MERELY_ASKS = re.compile(
    f"(?:(?:{'|'.join(PREPOSITIONS)}) )?"
    r"(?:how (?:many|much|long|often|old|far|tall|big|high|deep|fast)(?: \w+){0,2}|(?:what|which|whose)(?: \w+)?"
    r"|(?:who|whom|when|where|why|how)(?: (?:exactly|else|then|precisely|so))*)",
    re.IGNORECASE,
)
_CIRCUMSTANCES = frozenset("when where why how".split())


def fragment_of(question: str, *, led_in: bool) -> str | None:
    """The words that are to stand in the place of others in the question before, None for a whole question.

    `led_in` says that "and" or the like stood before; without it a few bare words such as "trade partner" are none.
    """
    about = _ABOUT.match(question)
    if about:
        return unended(question[about.end() :])
    words = words_of(question)
    if not words or len(words) > _LONGEST or not _verbless(words):
        return None
    if asks(question):
        return unended(question) if _merely_asks(unended(question)) else None
    return unended(question) if led_in or question.endswith("?") else None


def asks(fragment: str) -> bool:
    """Whether a fragment is a question word, or has one after its preposition: "to whom"."""
    return any(word.base in QUESTION_WORDS for word in words_of(fragment)[:2])


def add_asking(fragment: str, previous: str) -> str:
    """`previous` asked with another question word, or that one added: "When did Hale speak?", "…, and to whom?"."""
    return reopened(fragment, previous) or f"{unended(previous)}, and {small(fragment)}?"


def reopened(word: str, previous: str) -> str | None:
    """A yes-or-no question, or one of when, where, why and how, asked with another of these; else None."""
    words = words_of(previous)
    if word.lower() not in _CIRCUMSTANCES | {"why not"} or len(words) < 3:
        return None
    if words[0].base in AUXILIARIES:
        return f"{capitalised(word)} {words[0].text.lower()}{unended(previous[words[0].end :])}?"
    if words[0].base in _CIRCUMSTANCES and words[1].base in AUXILIARIES:
        return f"{capitalised(word)} {unended(previous[words[1].start :])}?"
    return None


def put_in_place(fragment: str, previous: str, encode: Encode) -> str | None:
    """`previous` with the phrase that is most like `fragment` replaced by it, or None when there is no such phrase."""
    previous = unended(previous).replace(" else ", " ", 1)
    words = words_of(fragment)
    preposition = words[0].base if len(words) > 1 and words[0].base in PREPOSITIONS else ""
    core = fragment[words[1].start :] if preposition else fragment
    phrases = noun_phrases(previous)
    if preposition:
        phrases = [p for p in phrases if word_before(previous, p.span.start) == preposition]
        phrases = [p for p in phrases if core[0].isdigit() == p.text[0].isdigit()]
        if not phrases:
            return f"{previous} {fragment}?"
    phrase = _most_alike(core, phrases, previous, encode)
    if phrase is None:
        return None
    rest = previous[phrase.span.end :]
    if words[-1].possessive and not rest.startswith(("’", "'")):
        core = core.rstrip("s").rstrip("’'")  # "and Marsh's?"
    return f"{previous[: phrase.span.start]}{core}{rest}?"


def small(text: str) -> str:
    """A text as it stands inside another: its first letter small unless a name begins it."""
    return text[0].lower() + text[1:] if opening(text) in FUNCTION_WORDS else text


def _most_alike(core: str, phrases: Sequence[Phrase], previous: str, encode: Encode) -> Phrase | None:
    if not phrases:
        return None
    named, somebody = _has_capital(core), words_of(core)[-1].base in TITLES
    vectors = encode([core, *(phrase.text for phrase in phrases)])
    likeness = vectors[1:] @ vectors[0] + [
        # "and the Treasury Secretary?" after "What did Blinken say about China?" asks what she said.
        _NAME_FOR_NAME * (named and _has_capital(p.text))
        + _SOMEBODY * (somebody and word_before(previous, p.span.start) in AUXILIARIES)
        for p in phrases
    ]
    best = int(np.argmax(likeness))
    plural = any(phrase.plural for phrase in noun_phrases(f"of {core}"))
    fits = phrases[best].plural == plural or (named and phrases[best].name)
    return phrases[best] if likeness[best] >= _ALIKE and fits else None


def _merely_asks(fragment: str) -> bool:
    """Whether the words are a question word and little more: "when", "by whom", "how many teams", "in what year"."""
    return _MERELY_ASKS.fullmatch(fragment) is not None


def _verbless(words: Sequence[Word]) -> bool:
    return not any(word.base in AUXILIARIES | {"tell", "describe", "explain", "list", "compare"} for word in words)


def _has_capital(text: str) -> bool:
    return any(word.capital for word in words_of(text))
