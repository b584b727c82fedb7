"""What a sentence that a model wrote has to pass before anybody sees it, from cheap to dear.

A sentence passes when the quote has its numbers, dates and names, does not say the opposite, shares most of its words,
and is judged to bear it out. A true sentence about something else passes all of that: whether the quote answers is for
the reader to say. Knows no models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.answering.generation.wording import has_pronouns, keeps_wording
from bot.answering.support import Judge, numbers_stand, verbatim
from bot.understanding.english import LISTS
from bot.understanding.names import names_in
from bot.understanding.questions import asks_yes_or_no
from retrieval.chunking.markup import said
from retrieval.chunking.tables import has_cells
from retrieval.index.tokenizer import tokens

SURE = 0.71
"""The probability of support from which a sentence of a model is said."""

_SHARED = 0.7  # of its telling words that a sentence has from its quote or the question
_SMALL = frozenset(LISTS["words"]["asking"].split())
_ADDRESS = re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,18}\b|://|@\w")
_FRAME = re.compile(rf"\W*(?P<frame>(?:{'|'.join(LISTS['words']['framing'])})\b[^,]{{0,120}}),", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote or two, and what may be named besides them: the question, and what stands above them (`titles`).

    `judged`: whether there is a judge for their language; `joined`: whether what two say may be put together.
    """

    quotes: tuple[str, ...]
    question: str = ""
    titles: str = ""
    judged: bool = True
    joined: bool = True

    @property
    def words(self) -> str:
        """The words of all."""
        return " ".join(self.quotes)


def passes_vetoes(sentence: str, evidence: Evidence) -> bool:
    """Whether nothing in a sentence speaks against its being borne out; asks no network."""
    if verbatim(sentence, evidence.words):
        return True
    known = f"{evidence.words} {evidence.titles}"
    # Whom "she" means, a question does not tell.
    named = known if has_pronouns(evidence.words) else f"{known} {evidence.question}"
    known = f"{known} {evidence.question}"
    return (
        evidence.judged
        and (evidence.joined or _share_name(evidence.quotes))
        and not has_address(sentence)
        and not has_cells(sentence)  # a row is said by quoting, with the name of a column
        and not any(_is_cut(sentence, quote) or _leaves_out_frame(sentence, quote) for quote in evidence.quotes)
        and numbers_stand(sentence, known)
        and names_stand(sentence, named)
        and keeps_wording(sentence, evidence.quotes)
        and share(sentence, known) >= _SHARED
    )


def has_address(sentence: str) -> bool:
    """Whether a sentence has an address: those are said by quoting alone, since they may be bait."""
    return _ADDRESS.search(sentence) is not None


def says_nothing_new(sentence: str, question: str) -> bool:
    """Whether a sentence only asks, or has no telling word beside those of the question, which is no answer unless yes
    or no is.
    """
    if sentence.rstrip("\"'”’ ").endswith(("?", "？")):
        return True
    return not asks_yes_or_no(question) and _telling(sentence) <= set(tokens(question))


def borne_out(judge: Judge, sentence: str, quotes: list[str], least: float = SURE) -> list[bool]:
    """Whether each of some quotes bears out a sentence, with at least that probability."""
    return [chance >= least for chance in judge.support([sentence] * len(quotes), quotes)]


def _is_cut(sentence: str, quote: str) -> bool:
    """Whether a sentence is the beginning of the quote, and does not end: the rest may say otherwise."""
    return said(quote).startswith(sentence) and not sentence.endswith((".", "!", "?", "…", "”", '"'))


def _share_name(quotes: tuple[str, ...]) -> bool:
    """Whether quotes speak of the same person or thing by its name."""
    first, *others = [{token for name in names_in(f"So {quote}") for token in tokens(name.text)} for quote in quotes]
    return all(first & other for other in others)


def _leaves_out_frame(sentence: str, quote: str) -> bool:
    """Whether the quote begins by saying for whom or on which condition it holds, of which the sentence has nothing."""
    frame = _FRAME.match(quote)
    return frame is not None and not _telling(frame["frame"]) & set(tokens(sentence))


def names_stand(sentence: str, known: str) -> bool:
    """Whether every name in a sentence stands in what is known, word for word."""
    held = set(tokens(known))
    return all(set(tokens(name.text)) <= held for name in names_in(f"So {sentence}"))


def share(sentence: str, known: str) -> float:
    """How many of the telling words of a sentence stand in what is known."""
    telling = [word for word in tokens(sentence) if word not in _SMALL]
    held = set(tokens(known))
    return sum(word in held for word in telling) / len(telling) if telling else 0.0


def _telling(words: str) -> set[str]:
    return set(tokens(words)) - _SMALL
