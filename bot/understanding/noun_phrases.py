"""Noun phrases of English questions, by form alone: "the trade partner", "China and Russia", "the Bank of England".

Every step reads the words once from left to right. Knows no conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.understanding.english import (
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    ENDS_PHRASE,
    FUNCTION_WORDS,
    PAST_FORMS,
    PREPOSITIONS,
    VERB_FORMS,
    Word,
    without_possessive,
    words_of,
)
from bot.understanding.names import TITLES, links_name, names_in
from retrieval.types import Span

_PERSON_NOUNS = TITLES | frozenset(
    "man woman boy girl child person friend victim suspect witness winner owner teacher student member hero killer "
    "driver inventor character".split()
)
_PLURALS = frozenset("people men women children police data media mice teeth feet".split())
_LY_NOUNS = frozenset("family supply reply ally assembly monopoly".split())
_BEFORE_ADJECTIVES = frozenset("how he she it they we you".split())  # "how reliable is …"
_SUBJECTS = frozenset("i you he she it we they".split())
_NEED_A_VERB = AUXILIARIES - BE - frozenset("has have had hasn't haven't hadn't".split())


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase of a question: its place and words, whether it is a name, more than one, a person, and whether it
    completes the phrase before it ("the origins *of the Justice League*").
    """

    span: Span
    text: str
    name: bool
    plural: bool
    person: bool
    completes: bool = False


def noun_phrases(question: str) -> list[Phrase]:
    """The noun phrases in order, not overlapping; two that "and" joins are one.

    "How does exercise affect blood pressure?" has "exercise" and "blood pressure".
    """
    words = words_of(question)
    persons = {name.start: name.person for name in names_in(question)}
    phrases: list[Phrase] = []
    index = previous_end = 0
    while index < len(words):
        end = _end_of_phrase(words, index, question)
        if end == index:
            index += 1
            continue
        # What is left after the predicate was taken off a phrase is no phrase: "Did Lufthansa | merge with …".
        leftover = index and index == previous_end and end == index + 1 and words[index].text.islower()
        phrase = None if leftover else _phrase(words, index, end, question, persons)
        if phrase is not None:
            joined = phrases and index > 1 and words[index - 1].base == "and"
            if joined and words[index - 2].end == phrases[-1].span.end:
                phrase = _both(phrases.pop(), phrase, question)
            phrases.append(phrase)
        index = previous_end = end
    return phrases


def is_plural(text: str) -> bool:
    """Whether a phrase by itself names several: "electric cars", "Hale and Marsh"."""
    phrases = noun_phrases(f"of {text}")
    return bool(phrases) and phrases[0].plural


def _end_of_phrase(words: Sequence[Word], first: int, text: str) -> int:
    end = first
    # "plan" and "causes" can only be nouns after a form of "be".
    nominal = next((word.base for word in reversed(words[:first]) if word.base in AUXILIARIES), "") in BE
    while end < len(words):
        word, inside = words[end], end > first
        if inside and links_name(words, end, text):
            end += 2
            continue
        if inside and (text[words[end - 1].end : word.start] != " " or word.base in DETERMINERS):
            break
        name = word.capital and end > 0 and word.base not in FUNCTION_WORDS
        if not name and not _is_noun(words, end, nominal=nominal, inside=inside):
            break
        # "oxygen transported", "the people protesting": a participle after its noun.
        if not name and end > first + 1 and word.base.endswith(("ed", "ing")) and len(word.base) > 5:
            break
        end += 1
    return _without_predicate(words, first, end)


def _is_noun(words: Sequence[Word], index: int, *, nominal: bool, inside: bool) -> bool:
    """Whether a phrase may begin or go on with a word that is no name; after "who" and "do I" stands a verb."""
    word, before = words[index].base, words[index - 1].base if index else ""
    if inside and word in VERB_FORMS:
        return before in DETERMINERS or (nominal and not word.endswith(("ed", "ing")) and word not in PAST_FORMS)
    adverb = len(word) > 4 and word.endswith("ly") and word not in _LY_NOUNS
    asked = index > 1 and before in _SUBJECTS and words[index - 2].base in _NEED_A_VERB
    return before != "who" and word not in ENDS_PHRASE and not adverb and not asked


def _without_predicate(words: Sequence[Word], first: int, end: int) -> int:
    """The end of the phrase without the verb or adjective that its auxiliary calls for: "Did Netflix | shift from …",
    "Is Red Bull | bad for you?".
    """
    if end - first < 2 or first == 0 or (end - first == 2 and words[first].base in DETERMINERS):
        return end
    auxiliary, following = words[first - 1].base, words[end].base if end < len(words) else ""
    if auxiliary in _NEED_A_VERB:
        lacking = not any(word.base in VERB_FORMS for word in words[end:])
    else:
        opening = first == 1 or (first == 2 and words[0].base == "why")
        lacking = auxiliary in BE and opening and (not following or following in PREPOSITIONS | CONJUNCTIONS)
    return end - 1 if lacking and not words[end - 1].capital else end


def _phrase(words: Sequence[Word], first: int, end: int, text: str, persons: dict[int, bool]) -> Phrase | None:
    head = words[end - 1]
    predicate = not head.capital and first > 0 and words[first - 1].base in _BEFORE_ADJECTIVES
    if end - first == 1 and (head.base in DETERMINERS or predicate):
        return None
    said = without_possessive(text[words[first].start : head.end])
    span = Span(words[first].start, words[first].start + len(said))
    core = [word for word in words[first:end] if word.base not in DETERMINERS]
    name = all(word.capital for word in core) and (first > 0 or len(core) > 1 or words[first].start in persons)
    person = head.base in _PERSON_NOUNS or any(persons.get(word.start, False) for word in core if name)
    plural = _plural_noun(head.base)
    completes = first > 1 and words[first - 1].base in {"of", "for"} and words[first - 2].base not in ENDS_PHRASE
    return Phrase(span, said, name, plural, person, completes)


def _plural_noun(noun: str) -> bool:
    return noun in _PLURALS or (len(noun) > 3 and noun[-1] == "s" and not noun.endswith(("ss", "us", "is", "ics")))


def _both(one: Phrase, other: Phrase, text: str) -> Phrase:
    span = Span(one.span.start, other.span.end)
    return Phrase(
        span, text[span.start : span.end], one.name and other.name, True, one.person and other.person, one.completes
    )
