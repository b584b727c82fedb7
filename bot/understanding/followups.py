"""Whether a question leans on what was said before, and what of that it is asked with.

A question that leans ("How high is it?") is looked for together with the question before it; one that says nothing by
itself ("why?", "what else?") is that question, asked on. No word of it is changed. Knows no documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answers import Exchange, plain
from bot.understanding.english import AUXILIARIES, FUNCTION_WORDS, LISTS, QUESTION_WORDS, words_of
from retrieval.index.tokenizer import word_count
from retrieval.models.language import is_english
from retrieval.types import Span

_LONGEST_READ = 400  # characters of an earlier question
_FEW_WORDS = 2  # telling words up to which a question leans on the one before
_SOME_WORDS = 5  # and up to which one that points back does
_FEW_ELSEWHERE = 6  # words of a question in another language

_LEADS_ON = re.compile(r"(?:and|but|so|or|also|then|(?:what|how) about)\b", re.IGNORECASE)
_ELSE = re.compile(r"\belse\b", re.IGNORECASE)
_MORE = re.compile(
    r"\b(?:else|more|further|go on|go ahead|continue|keep going|elaborate|next|others?)\b", re.IGNORECASE
)
# Asks for another sentence than the one that was quoted: for its reason, or for what else somebody says.
_ANOTHER = re.compile(
    r"(?:(?:and|but|so|okay) )*(?:why\b|how come|what (?:did|does|do) (?:he|she|they) (?:say|think|add|want|mean)\b)",
    re.IGNORECASE,
)
_REASON = re.compile(
    r"\b(?:because|since|due to|so that|in order to|therefore|as a result|owing to|to avoid|to prevent)\b"
)
_WHO_SAID = re.compile(
    r"(?:and )?(?:who (?:said|says|claims?|claimed|stated) (?:that|this|it|so)|says who)\W*", re.IGNORECASE
)
_LONGEST_QUOTE = 300  # characters of a quote whose speaker is asked for
_POINTING = frozenset(LISTS["words"]["pointing"].split())


@dataclass(frozen=True, slots=True)
class StandAlone:
    """A question with what it needs of the earlier ones.

    `context` are earlier questions that help to find what it leans on; `before` the question before it, the answer to
    that, and the question before that, where it leans; `seen` the quotes that are not wanted again.
    """

    question: str
    context: str = ""
    seen: tuple[tuple[str, Span], ...] = ()
    before: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """All that is looked for."""
        return f"{self.context} {self.question}".strip()


def stand_alone(question: str, history: Sequence[Exchange]) -> StandAlone:
    """`question` with what it leans on in `history`, oldest first."""
    question = plain(question)
    if (said := history[-1].quotes[-1:] if history else ()) and _WHO_SAID.fullmatch(question):
        return StandAlone(f"Who said “{plain(said[0].quote)[:_LONGEST_QUOTE]}”?")
    asked = [one for exchange in history if words_of(one := plain(exchange.question)[:_LONGEST_READ])]
    seen = _quoted(history) if asks_for_more(question) or _ELSE.search(question) else ()
    if history and _ANOTHER.match(question) and not _gives_a_reason(history[-1]):
        seen = _quoted(history)
    if not asked or not leans(question):
        return StandAlone(question, seen=seen)
    # The question before may lean itself.
    context = " ".join(asked[-2:] if leans(asked[-1]) else asked[-1:])
    return StandAlone(question, context, seen, _before(history))


def asked_with(context: str, question: str) -> str:
    """What is to be read and ranked by: the question, with the earlier ones where it tells too little by itself."""
    least = 2 if _points(question) or asks_for_more(question) else 1
    alone = is_english(question) and _telling(question) >= least
    return question if alone else f"{context} {question}".strip()


def leans(question: str) -> bool:
    """Whether a question goes on with what was said: it says so, points back, or tells too little to find anything by.

    Keywords and statements do not: whoever types "mortgage scams" changes the subject.
    """
    words = words_of(question)
    if not is_english(question):
        return 0 < word_count(question) <= _FEW_ELSEWHERE
    if _LEADS_ON.match(question) or asks_for_more(question):
        return True
    if not words or not (question.endswith("?") or words[0].base in QUESTION_WORDS | AUXILIARIES):
        return False
    if _points(question):
        return _telling(question) <= _SOME_WORDS
    names = not question.isupper() and any(word.capital and word.base not in FUNCTION_WORDS for word in words[1:])
    return not names and _telling(question) <= _FEW_WORDS


def _points(question: str) -> bool:
    """Whether it points at something that is named elsewhere: "he", "those", "the other"."""
    return any(word.base.split("'")[0] in _POINTING for word in words_of(question))


def asks_for_more(question: str) -> bool:
    """Whether only more of what was answered is asked for: "what else did she say?", "tell me more"."""
    return _telling(question) <= 1 and _MORE.search(question) is not None


def _telling(question: str) -> int:
    return sum(word.base.split("'")[0] not in FUNCTION_WORDS for word in words_of(question))


def _before(history: Sequence[Exchange]) -> tuple[str, ...]:
    """The last question, its answer as the text has it, and the question before."""
    last = history[-1]
    answer = " ".join(plain(citation.quote) for citation in last.quotes) or plain(last.answer)
    return plain(last.question), answer, *(plain(one.question) for one in history[-2:-1])


def _gives_a_reason(exchange: Exchange) -> bool:
    """Whether what was quoted says why: it may be what is asked for."""
    return any(_REASON.search(one.quote) for one in exchange.quotes)


def _quoted(history: Sequence[Exchange]) -> tuple[tuple[str, Span], ...]:
    return tuple((c.document.id, Span(c.start, c.end)) for exchange in history for c in exchange.quotes)
