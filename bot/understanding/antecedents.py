"""What a pronoun stands for: the latest person, thing, group or place in what was said that fits.

Knows no question that it stands in, but for the words that it cannot stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import zip_longest

from bot.answers import Exchange, plain
from bot.understanding.english import BE, opening, word_before, words_of
from bot.understanding.names import TITLES, Name, bearers, names_in, same_bearer
from bot.understanding.noun_phrases import Phrase, noun_phrases

LONGEST_READ = 400
"""Characters of an earlier question, quote or answer that are looked at."""

_QUOTES_READ = 5
_WORDS_THAT_ASK = 4  # "what is the name"
_BEFORE_PLACES = frozenset("in to from at near into across toward towards through around inside".split())
_OWNER = re.compile("(.+?)['’]s? ")
# Heads that are asked for rather than talked about: "the difference", "the name of …".
_ASKED_FOR = frozenset(
    "difference differences kind kinds type types sort name names way ways reason reasons thing things "
    "time example examples role part term meaning number amount lot list something anything everything "
    "nothing".split()
)
# Heads that tell of what completes them, which is what is talked about: "the history of the lift".
_TOLD_OF = _ASKED_FOR | frozenset(
    "history origin purpose importance significance function size age height length width weight depth colour color "
    "shape location address population capital owner cause effect impact use aim structure date year day season side "
    "point".split()
)
_ASKS_FOR_A_PERSON = frozenset("who whom whose".split())
_LIVING = frozenset("live lives lived living born marry marries married".split())


def told(exchange: Exchange) -> list[str]:
    """What was answered: the quotes, or the answer's own words."""
    quotes = [citation.quote for citation in exchange.quotes[:_QUOTES_READ]]
    return [plain(text)[:LONGEST_READ] for text in quotes or [exchange.answer]]


def all_names(history: Sequence[Exchange]) -> list[Name]:
    """Everyone and everything that was named, with all the evidence there is of what it is."""
    return bearers([name for one in history for text in (one.question, *told(one)) for name in names_in(text)])


def antecedent(kind: str, history: Sequence[Exchange], named: Sequence[Name], taken: str) -> str | None:
    """The name or phrase that a pronoun stands for, None when nothing fits.

    `kind` is man ("he"), woman ("she"), many ("they"), thing ("it") or place ("there"); `named` is `all_names`; what
    stands in `taken` is not meant.
    """
    taken = taken.lower()
    if kind in {"man", "woman"}:
        return _person("f" if kind == "man" else "m", history, named, taken)
    if kind == "place":
        return _place(history)
    return _group(history, taken) if kind == "many" else _thing(history, named, taken)


def _person(other_gender: str, history: Sequence[Exchange], named: Sequence[Name], taken: str) -> str | None:
    """Whom "she" or "he" stands for: the latest person, if none the latest name that nothing speaks against."""
    known = [n for n in named if n.gender != other_gender and n.score >= 0 and n.text.lower() not in taken]
    persons = [name for name in known if name.person]
    chosen = _latest(_person_in(exchange, persons, known, taken) for exchange in history) or _latest(
        _bearer(names_in(exchange.question), known) for exchange in history
    )
    if chosen is not None and chosen[0].isupper() and any(word.base in TITLES for word in words_of(chosen)):
        return f"the {chosen}"  # an office, since a name comes without its titles
    return chosen


def _person_in(exchange: Exchange, persons: Sequence[Name], known: Sequence[Name], taken: str) -> str | None:
    answered = bearers([name for text in told(exchange) for name in names_in(text)])
    named = (
        _bearer(_who_is(exchange.question), known)
        or _bearer(names_in(exchange.question), persons)
        or _bearer(_answering(exchange), known)
        or _bearer(sorted(answered, key=lambda name: -name.score), persons)
    )
    if named is not None:
        return named
    phrases = [phrase for phrase in noun_phrases(exchange.question) if phrase.person and not phrase.plural]
    return next((phrase.text for phrase in phrases if phrase.text.lower() not in taken), None)


def _who_is(question: str) -> list[Name]:
    """The name in "who is Lena Osei?", none in other questions."""
    words = words_of(question)
    if len(words) < 3 or words[0].base != "who" or words[1].base not in BE:
        return []
    return [name for name in names_in(question) if name.start == words[2].start]


def _answering(exchange: Exchange) -> list[Name]:
    """The one name in the highlight of the answer to "who …?" or "what is the name of …?", none for other questions."""
    asked = {word.base for word in words_of(exchange.question)[:_WORDS_THAT_ASK]}
    first = exchange.quotes[0] if exchange.quotes else None
    if first is None or first.highlight is None or not asked & (_ASKS_FOR_A_PERSON | {"name"}):
        return []
    start, end = (place - first.start for place in first.highlight)
    names = bearers(names_in(plain(first.quote[start:end])[:LONGEST_READ]))
    return names if len(names) == 1 else []


def _bearer(mentioned: Sequence[Name], known: Sequence[Name]) -> str | None:
    """The full name of the first of `mentioned` that is among `known`."""
    return next((one.text for name in mentioned for one in known if same_bearer(name.text, one.text)), None)


def _thing(history: Sequence[Exchange], named: Sequence[Name], taken: str) -> str | None:
    """What "it" stands for: what the latest question is about, or the place that answered a "where?"."""
    persons = _persons_asked_about(history, named)
    for index in reversed(range(len(history))):
        phrases = [phrase for phrase in _phrases_of(history[index], taken) if not _is_among(phrase, persons)]
        before = _just_before(history, index)
        subjects = _subjects(phrases)
        chosen = _owner_of_old(phrases, before) or _first_in(subjects, before) or next(iter(subjects), None)
        if chosen is not None:
            return chosen
    if not history or opening(history[-1].question) != "where":
        return None
    answered = [name for text in told(history[-1]) for name in names_in(text)]
    return next((name.text for name in answered if name.score < 0 and name.text.lower() not in taken), None)


def _persons_asked_about(history: Sequence[Exchange], named: Sequence[Name]) -> list[str]:
    """The names that are persons' by all that was said, by "who is …?", or by living, being born and marrying."""
    found = [name.text for name in named if name.person]
    places = [name.text for name in named if name.score < 0]
    for exchange in history:
        words = words_of(exchange.question)
        who_is = len(words) > 2 and words[0].base == "who" and words[1].base in BE
        for phrase in noun_phrases(exchange.question):
            # "Who is Google?": a name of one word may be anything's.
            asked = who_is and phrase.span.start == words[2].start and " " in phrase.text
            after = [word.base for word in words if word.start >= phrase.span.end][:1]
            if phrase.name and not _is_among(phrase, places) and (asked or set(after) & _LIVING):
                found.append(phrase.text)
    return found


def _is_among(phrase: Phrase, names: Sequence[str]) -> bool:
    return phrase.name and any(same_bearer(phrase.text, name) for name in names)


def _subjects(phrases: Sequence[Phrase]) -> list[str]:
    """What a question may be about: its phrases, or what completes them ("the origins of *the Justice League*").

    "The deposit of the flat" is about the deposit: one thing, and more than a side of the other.
    """
    found = []
    for phrase, after in zip_longest(phrases, phrases[1:]):
        complement = after is not None and after.completes and not (phrase.name or after.person or after.plural)
        own = not (phrase.person or phrase.plural)
        if complement and own and not after.name and words_of(phrase.text)[-1].base not in _TOLD_OF:
            found.append(phrase.text)
        elif complement:
            found.append(after.text)
        elif own and not _only_asked_for(phrase):
            found.append(phrase.text)
    return found


def _owner_of_old(phrases: Sequence[Phrase], before: str) -> str | None:
    """The owner that was talked about before, of what is new: "Chile" of "Chile’s trade"."""
    for phrase in phrases:
        owner = _owner_in(phrase)
        if owner and owner.lower() in before and phrase.text.lower() not in before:
            return owner
    return None


def _group(history: Sequence[Exchange], taken: str) -> str | None:
    """What "they" stands for: several that a question is about, else a name, which may stand for many."""
    for exchange in reversed(history):
        several = [p for p in _phrases_of(exchange, taken) if p.plural and not _only_asked_for(p)]
        if len(several) > 1 and several[1].completes:
            return several[1].text  # "the advantages of electric cars"
        if several:
            return several[0].text
    named = (p for exchange in reversed(history) for p in _phrases_of(exchange, taken) if p.name and not p.person)
    return next((phrase.text for phrase in named), None)


def _place(history: Sequence[Exchange]) -> str | None:
    """The place that "there" stands for: the latest name after "in", "at", "to"; asked about or told."""
    for exchange in reversed(history):
        for text in (exchange.question, *told(exchange)):
            for name in names_in(text):
                if not name.person and word_before(text, name.start) in _BEFORE_PLACES:
                    return name.text
    return None


def _phrases_of(exchange: Exchange, taken: str) -> list[Phrase]:
    return [phrase for phrase in noun_phrases(exchange.question) if phrase.text.lower() not in taken]


def _just_before(history: Sequence[Exchange], index: int) -> str:
    return " ".join(exchange.question for exchange in history[max(0, index - 2) : index]).lower()


def _owner_in(phrase: Phrase) -> str:
    """The owner in "China’s trade": "China"."""
    match = _OWNER.match(phrase.text)
    return match.group(1) if match else ""


def _only_asked_for(phrase: Phrase) -> bool:
    return words_of(phrase.text)[-1].base in _ASKED_FOR


def _first_in(texts: Iterable[str], before: str) -> str | None:
    return next((text for text in texts if text.lower() in before), None)


def _latest(chosen: Iterable[str | None]) -> str | None:
    return next((one for one in reversed(list(chosen)) if one is not None), None)
