"""Makes a follow-up stand alone: "and the Treasury Secretary?" after "What did Blinken say?" becomes a whole question.

Rules for English over what was said; no model. A question that leans on nothing is left as it is. What cannot be
resolved keeps its words, and the earlier questions help to find passages instead. Knows no documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bot.answers import Exchange, plain
from bot.understanding.antecedents import LONGEST_READ
from bot.understanding.coreference import POINTING, resolve
from bot.understanding.ellipsis import Encode, add_asking, asks, fragment_of, put_in_place, reopened, small
from bot.understanding.english import (
    AUXILIARIES,
    FUNCTION_WORDS,
    PAST_FORMS,
    QUESTION_WORDS,
    capitalised,
    opening,
    unended,
    words_of,
    written_out,
)
from bot.understanding.names import names_in
from retrieval.models.language import is_english
from retrieval.types import Span

_REMEMBERED = 10  # exchanges that a follow-up may lean on
_CONTEXT_QUESTIONS = 3  # earlier questions that help an unresolved one
_CONTEXT_WORDS = 4  # telling words that these have together, the last one's however many
_SAME_SUBJECT = 0.4  # cosine of two questions from which the later goes on about the earlier one's subject
_FEW_WORDS = 2  # telling words up to which a question is taken to lean on the one before
_LONGEST_SET_PHRASE = 12  # words

_LEAD_INS = frozenset("and but so ok okay well then also now hm hmm alright right yes no oh".split())
_MORE = re.compile(
    "(?:(?:please|can|could|would|you|i|want|wanna|like|to|know) )*(?:"
    "(?:what|who|where|when|why|how|(?:is there )?(?:any|some)(?:thing|one|body)) else"
    "|(?:(?:is there|any|what|anything|tell me|give me|say) )?more(?: details| info| information)?"
    "(?: about (?:it|that|this))?"
    "|is that all|(?:are there |any |what )?others?|(?:and |what )?then|and|next|anything further"
    "|go on|go ahead|continue|keep going|carry on|elaborate(?: on (?:it|that))?)(?: please)?"
)
_REASONS = {
    "why": re.compile("why(?: so| (?:is|was) (?:that|this))?|how come|for what reason|what for"),
    "how": re.compile("how(?: so| exactly| is that(?: so)?)?|in what way"),
    "why not": re.compile("why not"),
}
_REASON = re.compile(
    r"\b(?:because|due to|owing to|on account of|in order to|so that|the reasons?|that (?:is|was) why"
    r"|since (?:he|she|it|they|we|i|there))\b"
    # "… since 1990", "… since the spring of 2020" tell when.
    r"|(?:^|[,;] )(?:since (?!then\b|last\b|(?:\w+ ){0,3}\d)|as (?:he|she|it|they|we|i|there)\b)",
    re.IGNORECASE,
)
# "How many people died?" has its verb: unlike "how many teams?" it is no fragment.
_COUNTED = re.compile(rf"how (?:many|much)\b.* (?:[^\W\d_]{{2,}}ed|{'|'.join(sorted(PAST_FORMS))})$", re.IGNORECASE)
_ASKS_BACK = re.compile(
    f"really|is (?:that|it) (?:true|so)|are you sure|(?:{'|'.join(AUXILIARIES)}) (?:he|she|it|they)(?: really| not)?"
)
_JOINING = re.compile("(?:However|Moreover|Furthermore|Meanwhile|Additionally|Also|Nevertheless|Therefore|Thus), ")
_QUOTING = re.compile("(?:Why|How|Why not): “|Is it true that ")
# Words that point at something said before although they stand for nothing by themselves.
_COMPARED = frozenset("one ones other others another same such former latter both similar different instead".split())
# "the article", "this text": the document, not something that was said.
_THE_TEXT = frozenset("article text document page story paper book report passage chapter file website".split())


@dataclass(frozen=True, slots=True)
class StandAlone:
    """A question that can be understood by itself.

    `context` are earlier questions that help to find passages when the question leans on them in ways that its words do
    not show; `seen` the quotes that are not wanted again.
    """

    question: str
    context: str = ""
    seen: tuple[tuple[str, Span], ...] = ()


def stand_alone(question: str, history: Sequence[Exchange], encode: Encode) -> StandAlone:
    """`question` so that it can be understood without `history` (oldest first), whose questions may lean themselves."""
    known: list[Exchange] = []
    for exchange in history[-_REMEMBERED:]:
        asked = plain(exchange.question)[:LONGEST_READ]
        if words_of(asked):
            alone = _alone(asked, known, encode).question
            # "Why: “…”?" goes on about the question before: that one's words are what can be leaned on.
            quoting = known and _QUOTING.match(alone)
            known.append(replace(exchange, question=known[-1].question if quoting else alone))
    return _alone(plain(question), known, encode)


def _alone(question: str, history: Sequence[Exchange], encode: Encode) -> StandAlone:
    if not history or not is_english(question):
        return StandAlone(question)
    last = history[-1].question
    bare = _without_lead_in(question)
    said = written_out(bare, _LONGEST_SET_PHRASE)
    if _MORE.fullmatch(said):
        return StandAlone(_more_of(last), _context(history), _quoted(history))
    for wanted, pattern in _REASONS.items():
        if pattern.fullmatch(said):
            return StandAlone(_reason(wanted, bare, history[-1]), seen=_quoted([_without_reasons(wanted, history[-1])]))
    if _ASKS_BACK.fullmatch(said):
        return _confirmation(question, history)
    fragment = fragment_of(bare, led_in=bare != question)
    if fragment is not None and not _COUNTED.match(fragment):
        return _placed(fragment, bare, history, encode)
    if opening(bare) in QUESTION_WORDS | AUXILIARIES and bare != question:
        question = capitalised(bare)
    resolved, complete = resolve(question, history)
    if resolved != question:
        resolved = capitalised(resolved)
    leaning = _leans(resolved, last, encode, unresolved=not complete)
    more = any(word.base == "else" for word in words_of(question))
    return StandAlone(resolved, _context(history) if leaning else "", _quoted(history) if more else ())


def _without_lead_in(question: str) -> str:
    """`question` without "and", "but so", "ok, then" before it; as it is when nothing else is there."""
    first = next((word for word in words_of(question) if word.base not in _LEAD_INS), None)
    return question[first.start :] if first is not None and opening(question) in _LEAD_INS else question


# The kinds of follow-up


def _more_of(previous: str) -> str:
    """The question before, as one that asks for more: "What else did Blinken say?"."""
    words = words_of(previous)
    if len(words) > 2 and words[0].base in {"what", "who", "where"} and words[1].base in AUXILIARIES:
        return f"{previous[: words[0].end]} else{previous[words[0].end :]}"
    return previous


def _reason(wanted: str, bare: str, last: Exchange) -> str:
    """What "why?" asks: the question before with "why", or why it is as was quoted."""
    asked = reopened(wanted, last.question)
    if asked is not None and opening(last.question) != wanted:
        return asked
    said = plain(last.quotes[0].quote) if last.quotes else ""
    if 0 < len(said) <= LONGEST_READ:
        return f"{capitalised(wanted)}: “{capitalised(_plainly(said))}”?"
    return f"{unended(last.question)}, and {unended(bare)}?"


def _without_reasons(wanted: str, last: Exchange) -> Exchange:
    """What was answered, without the quotes that hold their own reason where it is wanted: they are wanted again."""
    quotes = (citation for citation in last.quotes if wanted != "why" or not _REASON.search(plain(citation.quote)))
    return replace(last, quotes=tuple(quotes))


def _confirmation(question: str, history: Sequence[Exchange]) -> StandAlone:
    """What "did he?" asks: whether what was said last is true."""
    last = history[-1]
    if not last.quotes and opening(last.question) in AUXILIARIES:
        return StandAlone(last.question)
    said = [plain(exchange.quotes[0].quote) for exchange in history if exchange.quotes]
    if said and len(said[-1]) <= LONGEST_READ:
        return StandAlone(f"Is it true that {small(_plainly(said[-1]))}?")
    return StandAlone(question, _context(history))


def _placed(fragment: str, question: str, history: Sequence[Exchange], encode: Encode) -> StandAlone:
    """The question before with `fragment` where something like it stood, else "What about …?"."""
    previous = history[-1].question
    if asks(fragment):
        return StandAlone(add_asking(fragment, previous))
    subject, complete = resolve(fragment, history)
    # "What about her view?" names what it is about; only then nothing is to be put anywhere.
    leaning = subject == fragment
    placed = put_in_place(small(subject), previous, encode) if leaning and complete else None
    about = "How about" if opening(question) == "how" else "What about"
    return StandAlone(placed or f"{about} {small(subject)}?", _context(history) if leaning and not placed else "")


def _plainly(sentence: str) -> str:
    """A quoted sentence without the "However," that joined it to the one before, and without its full stop."""
    return unended(_JOINING.sub("", sentence, count=1))


# Whether a question leans on what was said


def _leans(question: str, previous: str, encode: Encode, *, unresolved: bool) -> bool:
    """Whether the words tell too little to find anything by and go on about what was asked before.

    Keywords and statements do not: whoever types "mortgage scams" changes the subject.
    """
    if not (question.endswith("?") or opening(question) in QUESTION_WORDS | AUXILIARIES) or not words_of(question):
        return False
    telling = _telling(question)
    if telling <= _FEW_WORDS and not names_in(question):
        return True
    if telling > _FEW_WORDS + 1:
        return False
    if unresolved or _points(question):
        return True
    vectors = encode([question, previous])
    return bool(vectors[0] @ vectors[1] >= _SAME_SUBJECT)


def _points(question: str) -> bool:
    """Whether something said before is compared with or pointed at: "the other one", "that treaty"; not "this text"."""
    bases = [word.base for word in words_of(question)]
    return any(base in _COMPARED for base in bases) or any(
        base in POINTING and noun not in FUNCTION_WORDS | _THE_TEXT for base, noun in pairwise(bases)
    )


def _telling(question: str) -> int:
    return sum(word.base not in FUNCTION_WORDS for word in words_of(question))


def _context(history: Sequence[Exchange]) -> str:
    """The earlier questions that help to find passages: the last, and those before it while they are short together.

    A long question drowns the short one that it is to help.
    """
    chosen: list[str] = []
    words = 0
    for exchange in reversed(history):
        words += _telling(exchange.question)
        if len(chosen) == _CONTEXT_QUESTIONS or (chosen and words > _CONTEXT_WORDS):
            break
        if exchange.question not in chosen:
            chosen.append(exchange.question)
    return " ".join(reversed(chosen))


def _quoted(history: Iterable[Exchange]) -> tuple[tuple[str, Span], ...]:
    return tuple((c.document.id, Span(c.start, c.end)) for exchange in history for c in exchange.quotes)
