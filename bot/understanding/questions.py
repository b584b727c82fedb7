"""The form of a question: what it asks for, how much, its parts, and the share of its words that a text holds.

Rules for English; a message in another language is one question. Knows no documents.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache

from bot.understanding.english import (
    AUXILIARIES,
    FUNCTION_WORDS,
    IMPERATIVES,
    LISTS,
    PREPOSITIONS,
    QUESTION_WORDS,
    any_of,
    opening,
    words_of,
    written_out,
)
from retrieval.index.tokenizer import tokens
from retrieval.models.language import is_english

_READ = 300  # characters that are looked at
_OPEN = re.compile(
    "(?:(?:and|but|so|ok|okay|well|please|also|now|then) )*(?:"
    r"how(?! (?:many|much|old|long|often|far|tall|big|large|high|deep|fast|heavy|wide)\b)"
    r"|what (?:else|do|does|did|has|have|are|were|would|should|must|can|could|happen(?:ed|s)|cause[ds]|led)"
    r"|(?:what|which) \w{2,}[^\Wsui]s"  # a plural
    "|who (?:are|were|else)|why|explain|describe|tell|list|compare|contrast|discuss|outline|summarize|name|elaborate"
    r"|can you (?:tell me|explain to))\b"
)
_PLURAL = r"(?!(?:does|was|is|has|this|its|as|else|always)\b)\w{2,}[^\Wsui]s"
_SEVERAL = re.compile(
    rf"(?:list|name|enumerate|give|show)\b|(?:what|which)(?: \w+)? {_PLURAL}\b"
    rf"|what (?:are|were) (?:all )?(?:the )?(?:\w+ )?{_PLURAL}\b|who (?:are|were) (?:all )?the\b|.*\ball (?:of )?the\b"
)
_WRAPPING = re.compile(
    r"(?:(?:please|ok|okay|so|and|well|hi|hello|hey)[ ,]+)*(?:"
    r"(?:(?:can|could|would|will) you (?:please |kindly )?)?(?:tell|show|give|explain to) (?:me|us)"
    r"(?: more| something| anything| everything| a bit| a little| details| information| what you know)*"
    r"(?: (?:about|on|of|regarding))?"
    r"|what (?:can you tell me|do you know|else do you know|have you got) (?:about|on|of)"
    r"|do you know(?: anything| something)?(?: about)?"
    r"|i (?:want|need|would like|['’]d like) to (?:know|hear)(?: more| something)?(?: about)?"
    r") (?=\S)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"what (?:is|was|has been|else is) (?:said|told|written|reported|mentioned|known|new)\b"
    r"|what(?: is|['’]s| about)? about\b",
    re.IGNORECASE,
)
_TOPIC_FOLLOWS = ("about", "on", "of", "regarding")
_FEW_TOKENS = 1  # of another language that only name something: a word, two characters of Chinese
_FEWEST_KEYWORDS = 2  # telling words that ask for something without a word that asks; one only names it

_ASKING = frozenset(LISTS["words"]["asking"].split())
_KIN = 0.8  # what a word counts that shares its stem only ("warn", "warned"; "China", "Chinese")
_SHORTEST_STEM = 4
_STEM_SHARE = 0.7

_MARKS = re.compile(r"[?？]+")
_KEPT = 4096  # texts whose words are kept: the sentences of passages come again with other questions
_MOST_PARTS = 8  # in one message; each is searched and read by itself

_ASKS, _AUXILIARY = any_of(QUESTION_WORDS), any_of(AUXILIARIES)
_BEFORE = f"(?:{any_of(PREPOSITIONS)} )?"
_JOIN = "(?:and|also|but|plus) "
# "what did she …", "in which year was …", "who warned China": not "what he said".
_ASKED = f"{_BEFORE}(?:{_ASKS}(?:[’']s | (?:[^ ]+ ){{0,2}}{_AUXILIARY})|who (?!{any_of(FUNCTION_WORDS)}))"
# "and is the room heated", "and can I have a dog": not "and is paying", "and do business".
_INVERTED = f"(?:is|are|was|were) there |(?:is|was) it |{_AUXILIARY} (?:i|you|he|she|we|they|the|an?|my|your)\\b"
# Another question begins after a question mark, after a comma, or after "and": "… and is denied" needs a comma too.
_CUT = re.compile(
    rf"[?？؟]+ *(?:{_JOIN})?(?=[^\W_])|, (?={_ASKS} {_AUXILIARY})|[,;] {_JOIN}(?={_AUXILIARY})"
    f"|[,;]? {_JOIN}(?={_ASKED})| {_JOIN}(?={_INVERTED})",
    re.IGNORECASE,
)
_OPENS = re.compile(f"{_BEFORE}{_ASKS}|{_AUXILIARY}", re.IGNORECASE)


def core(question: str) -> str:
    """The question without the words that only ask for it: "Can you tell me about Yellen?" is about "Yellen?"."""
    return question[match.end() :] if (match := _WRAPPING.match(question)) else question


def is_open(question: str) -> bool:
    """Whether more than one sentence may be needed: how, why, what was said, lists; not who, when, where, how many."""
    return _OPEN.match(written_out(question[:_READ], _READ)) is not None


def asks_for_several(question: str) -> bool:
    """Whether it asks for all that there is of something: "list the …", "which error codes …", "what are all …"."""
    return _SEVERAL.match(written_out(core(question)[:_READ], _READ)) is not None


def asks_nothing(question: str) -> bool:
    """Whether it says nothing of what it asks: "why?" by itself, or no word at all."""
    return all(word.base in QUESTION_WORDS | AUXILIARIES for word in words_of(question[:_READ]))


def asks_yes_or_no(question: str) -> bool:
    """Whether it asks for a yes or no, the last question where there are several: no words of a text answer that by
    themselves. In English alone: "was" begins other questions in German.
    """
    last = next((part for part in reversed(_MARKS.split(question)) if part.strip()), question)
    return is_english(question) and opening(core(last.strip())) in AUXILIARIES


def names_a_topic(question: str) -> bool:
    """Whether it only names what it is about ("Tell me about Yellen", "Russia"), and asks nothing of it."""
    if not is_english(question):
        return len(tokens(question)) <= _FEW_TOKENS and "?" not in unicodedata.normalize("NFKC", question)
    asked = core(question)
    if opening(asked) in ("name", "list"):
        return False
    return _ABOUT.match(asked) is not None or (not _asks(asked) and not in_keywords(question))


def in_keywords(question: str) -> bool:
    """Whether it asks in telling words alone, as they are typed into a search engine: "ferry timetable sunday"."""
    asked = core(question)
    if _asks(asked) or opening(asked) in IMPERATIVES or question[: -len(asked)].rstrip().endswith(_TOPIC_FOLLOWS):
        return False
    return len({word.base for word in words_of(asked)} - FUNCTION_WORDS) >= _FEWEST_KEYWORDS


def _asks(question: str) -> bool:
    return any(word.base in QUESTION_WORDS | AUXILIARIES for word in words_of(question))


def parts(question: str) -> list[str]:
    """The questions that one message holds: itself alone, or up to eight that stand side by side."""
    question = " ".join(question.split())
    pieces: list[str] = []
    start = 0
    for cut in _CUT.finditer(question):
        if not _is_quoted(question[: cut.start()]):
            pieces.append(question[start : cut.start()])
            start = cut.end()
    pieces = [f"{piece.rstrip(' ,;?？؟')}?" for piece in (*pieces, question[start:])]
    return pieces if 1 < len(pieces) <= _MOST_PARTS and all(map(_is_whole, pieces)) else [question]


def covered(weights: Mapping[str, float], words: str) -> float:
    """The share, 0 to 1, of the question's words (search token → weight) that stand in `words`."""
    weights = {term: weight for term, weight in weights.items() if term not in _ASKING} or weights
    total = sum(weights.values())
    if not total:
        return 0.0
    present, by_stem = _present(words)
    return sum(weight * _found(term, present, by_stem) for term, weight in weights.items()) / total


@lru_cache(_KEPT)
def _present(words: str) -> tuple[frozenset[str], Mapping[str, Sequence[str]]]:
    """The tokens of a text, and those that are long enough for a stem by how they begin."""
    present = frozenset(tokens(words))
    by_stem = defaultdict(list)
    for token in present:
        if len(token) >= _SHORTEST_STEM:
            by_stem[token[:_SHORTEST_STEM]].append(token)
    return present, dict(by_stem)


def _found(term: str, present: frozenset[str], by_stem: Mapping[str, Sequence[str]]) -> float:
    if term in present:
        return 1.0
    if any(_akin(term, other) for other in by_stem.get(term[:_SHORTEST_STEM], ())):
        return _KIN
    return 0.0


def _akin(one: str, other: str) -> bool:
    """Whether two words with the same shortest stem begin so much alike that they are likely forms of one."""
    stem = math.ceil(_STEM_SHARE * max(len(one), len(other)))
    return one[:stem] == other[:stem]


def _is_whole(piece: str) -> bool:
    """Whether the words ask something by themselves: not the "when" of "when and where did …", nor a mere "why?"."""
    bases = [word.base for word in words_of(piece)]
    asked = bases[:1] == ["who"] or any(base in AUXILIARIES for base in bases) or "’s" in piece or "'s" in piece
    telling = any(base not in QUESTION_WORDS | PREPOSITIONS | AUXILIARIES for base in bases)
    return asked and telling and _OPENS.match(piece) is not None


def _is_quoted(before: str) -> bool:
    """Whether a quotation has begun and not ended."""
    return before.count('"') % 2 == 1 or before.count("“") > before.count("”")
