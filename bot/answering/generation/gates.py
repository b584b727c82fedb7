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
from retrieval.chunking.markup import said
from retrieval.chunking.tables import has_cells
from retrieval.index.tokenizer import tokens

SURE = 0.7
"""The probability of support from which a sentence of a model is said."""

SURER = 0.9
"""That from which it is said where quoting alone would not answer."""

_SHARED = 0.7  # of its telling words that a sentence has from its quote or the question
_NEGATIONS = frozenset(LISTS["words"]["negations"].split())
_SMALL = frozenset(LISTS["words"]["asking"].split())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote or two, and what may be named besides them: the question and the document's title.

    `judged`: whether there is a judge for their language.
    """

    quote: str
    beside: str
    judged: bool = True


def passes_vetoes(sentence: str, evidence: Evidence) -> bool:
    """Whether nothing in a sentence speaks against its being borne out; asks no network."""
    if verbatim(sentence, evidence.quote):
        return True
    known = f"{evidence.quote} {evidence.beside}"
    return (
        evidence.judged
        and not has_cells(sentence)  # a row is said by quoting, with the name of a column
        and not _is_cut(sentence, evidence.quote)
        and numbers_stand(sentence, known)
        and _names_stand(sentence, known)
        and _negated(sentence) == _negated(evidence.quote)
        and _share(sentence, known) >= _SHARED
    )


def borne_out(judge: Judge, sentence: str, quotes: list[str], least: float = SURE) -> list[bool]:
    """Whether each of some quotes bears out a sentence, with at least that probability."""
    return [chance >= least for chance in judge.support([sentence] * len(quotes), quotes)]


def _is_cut(sentence: str, quote: str) -> bool:
    """Whether a sentence is the beginning of the quote, and does not end: the rest may say otherwise."""
    return said(quote).startswith(sentence) and not sentence.endswith((".", "!", "?", "…", "”", '"'))


def _names_stand(sentence: str, known: str) -> bool:
    held = set(tokens(known))
    return all(set(tokens(name.text)) <= held for name in names_in(f"So {sentence}"))


def _negated(words: str) -> bool:
    return any(part in _NEGATIONS or part.endswith(("n't", "n’t")) for part in words.lower().split())


def _share(sentence: str, known: str) -> float:
    """How many of the telling words of a sentence stand in what is known."""
    telling = [word for word in tokens(sentence) if word not in _SMALL]
    held = set(tokens(known))
    return sum(word in held for word in telling) / len(telling) if telling else 0.0
