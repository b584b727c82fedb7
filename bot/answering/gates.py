"""What a sentence that a model wrote has to pass before anybody sees it, from cheap to dear.

A sentence passes when the quote has its numbers, dates and names, does not say the opposite, shares most of its words,
and is judged to bear it out. A true sentence about something else passes all of that: whether the quote answers is for
the reader to say. Knows no models.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.answering.support import Judge, numbers_stand, verbatim
from bot.understanding.english import LISTS
from bot.understanding.names import names_in
from retrieval.index.tokenizer import tokens

SURE = 0.7
"""The probability of support from which a sentence of a model is said."""

_SHARED = 0.7  # of its telling words that a sentence has from its quote or the question
_NEGATIONS = frozenset(LISTS["words"]["negations"].split())
_SMALL = frozenset(LISTS["words"]["asking"].split())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote, and what may be named besides it: the question and the document's title."""

    quote: str
    beside: str


def passes_vetoes(sentence: str, evidence: Evidence) -> bool:
    """Whether nothing in a sentence speaks against its being borne out; asks no network."""
    if verbatim(sentence, evidence.quote):
        return True
    known = f"{evidence.quote} {evidence.beside}"
    return (
        numbers_stand(sentence, known)
        and _names_stand(sentence, known)
        and _negated(sentence) == _negated(evidence.quote)
        and _share(sentence, known) >= _SHARED
    )


def borne_out(judge: Judge, sentences: list[str], quotes: list[str]) -> list[bool]:
    """Whether each quote bears out the sentence beside it, as far as one can be sure."""
    return [chance >= SURE for chance in judge.support(sentences, quotes)]


def _names_stand(sentence: str, known: str) -> bool:
    held = set(tokens(known))
    return all(set(tokens(name.text)) <= held for name in names_in(f"So {sentence}"))


def _negated(words: str) -> bool:
    return any(part in _NEGATIONS or part.endswith(("n't", "n’t")) for part in words.lower().split())


def _share(sentence: str, known: str) -> float:
    """How many of the telling words of a sentence stand in what is known."""
    said = [word for word in tokens(sentence) if word not in _SMALL]
    held = set(tokens(known))
    return sum(word in held for word in said) / len(said) if said else 0.0
