"""Pronouns replaced by what they stand for: "what did she say?" after "Who is Mao Ning?".

A pronoun that points at something in its own question, or at nothing ("it is raining"), stays. Knows no documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answers import Exchange
from bot.understanding.antecedents import all_names, antecedent
from bot.understanding.english import (
    AUXILIARIES,
    CONJUNCTIONS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    QUESTION_WORDS,
    Word,
    capitalised,
    words_of,
)
from bot.understanding.names import Name
from bot.understanding.noun_phrases import Phrase, is_plural, noun_phrases

POINTING = frozenset("that this these those".split())
"""They stand for something said that has no name."""

_MOST_READ = 8  # pronouns of a question: whoever writes more of them names things too
_KINDS = {
    **dict.fromkeys("he him his himself".split(), "man"),
    **dict.fromkeys("she her hers herself".split(), "woman"),
    **dict.fromkeys("they them their theirs themselves".split(), "many"),
    **dict.fromkeys("it its itself".split(), "thing"),
    **dict.fromkeys(POINTING, "pointing"),
    "there": "place",
}
_OWNING = frozenset("his hers its their theirs".split())
_SINGULAR = {"do": "does", "are": "is", "were": "was", "have": "has", "don't": "doesn't", "aren't": "isn't"}
# Nothing is meant by "it" in "it is raining" and "is it true that …", and the text in "what does it say about …?".
_SAID_OF_NOTHING = re.compile(
    r"it(?:['’]s| is| was| be)? (?:true|rain\w*|snow\w*|takes? to|says?|mention|(?:all )?about"
    r"|(?:possible|likely|important|necessary|known|said|better|best|clear|fair|worth) (?:that|to|for|if))\b"
)
_AFTER_POINTING = (
    PREPOSITIONS
    | AUXILIARIES
    | CONJUNCTIONS
    | QUESTION_WORDS
    | frozenset("mean means happen happened happens work works matter come came cause caused affect help too".split())
)
_CLAUSE_BEGINS = frozenset(
    "and but or because if when while before after since although though that who which whom whose where "
    "why how what whether so".split()
)


def resolve(question: str, history: Sequence[Exchange]) -> tuple[str, bool]:
    """`question` with its pronouns replaced by what they stand for, and whether that succeeded for all of them."""
    words = words_of(question)
    pronouns = [(index, kind) for index, word in enumerate(words) if (kind := _KINDS.get(_pronoun(word)))]
    named = all_names(history) if pronouns else []
    settled: dict[str, str] = {}
    pieces: list[str] = []
    complete, at = True, 0
    for index, kind in pronouns[:_MOST_READ]:
        if kind in settled or not _points_back(words, index, question, named):
            continue
        taken = " ".join([question, *settled.values()])
        name = None if kind == "pointing" else antecedent(kind, history, named, taken)
        if name is None:
            complete = False
            continue
        settled[kind] = name
        start, replacement = _replacement(words, index, question, name)
        pieces += [question[at:start], replacement]
        at = words[index].end
    return "".join([*pieces, question[at:]]), complete


def _pronoun(word: Word) -> str:
    return word.base.split("'")[0]  # "she'll"


def _replacement(words: Sequence[Word], index: int, question: str, name: str) -> tuple[int, str]:
    """What a pronoun is replaced by, and from where: "do they" by "does Norway", "its" by "Norway’s"."""
    word, pronoun = words[index], _pronoun(words[index])
    before = words[index - 1] if index else None
    tail = word.text[len(pronoun) :]
    kind = _KINDS[pronoun]
    several = kind == "many" and (name.endswith("s") or is_plural(name))
    if kind == "place":
        return word.start, f"in {name}"
    text = name if before else capitalised(name)
    if _is_owning(words, index, question):
        return word.start, text + ("’" if several and text.endswith("s") else "’s")
    if kind != "many" or before is None:
        return word.start, f"{text}{tail}"
    if before.base == "of" and not name[0].isupper() and not name.startswith(("the ", "these ", "those ")):
        return word.start, f"the {name}"  # "how many of them"
    if before.base in _SINGULAR and not several:
        verb = _SINGULAR[before.base]
        return before.start, f"{capitalised(verb) if before.capital else verb} {text}{tail}"
    return word.start, f"{text}{tail}"


def _is_owning(words: Sequence[Word], index: int, question: str) -> bool:
    pronoun = words[index].base
    if pronoun == "her" and index + 1 < len(words):
        spaced = question[words[index].end : words[index + 1].start] == " "
        return spaced and words[index + 1].base not in FUNCTION_WORDS
    return pronoun in _OWNING


def _points_back(words: Sequence[Word], index: int, question: str, named: Sequence[Name]) -> bool:
    """Whether the pronoun leans on what was said before, not on something in the question itself."""
    pronoun = _pronoun(words[index])
    previous = words[index - 1].base if index else ""
    following = words[index + 1].base if index + 1 < len(words) else ""
    if pronoun in POINTING:
        return not following or following in _AFTER_POINTING
    if pronoun == "there":
        # "Is there …", "there are …" name no place.
        return index > 0 and previous not in AUXILIARIES and following not in AUXILIARIES
    if pronoun == "it" and _SAID_OF_NOTHING.match(question[words[index].start :].lower()):
        return False
    return not _refers_inside(words, index, question, named)


def _refers_inside(words: Sequence[Word], index: int, question: str, named: Sequence[Name]) -> bool:
    """Whether something earlier in the question itself can be meant by the pronoun at `index`.

    An object is never its own clause's subject ("Did Blinken meet him?"), a subject or an owner may be named before.
    """
    pronoun, start = _pronoun(words[index]), words[index].start
    clause = max((word.start for word in words[1:index] if word.base in _CLAUSE_BEGINS), default=-1)
    clause = max(clause, question.rfind(",", 0, start))
    embedded = pronoun in {"he", "she", "they"} and words[index - 1].base not in AUXILIARIES
    anywhere = embedded or _is_owning(words, index, question)
    return any(
        _may_mean(_KINDS[pronoun], phrase, question, named)
        for phrase in noun_phrases(question[:start])
        if (phrase.span.start > 0 or phrase.name) and (anywhere or phrase.span.end <= clause)
    )


def _may_mean(kind: str, phrase: Phrase, question: str, named: Sequence[Name]) -> bool:
    if kind in {"man", "woman"}:
        known = [name.score for name in named if phrase.text in (name.text, *name.text.split())]
        if known and sum(known) < 0:
            return False  # known for a place or thing, whatever it "says" here
        return phrase.person or phrase.name
    if kind == "many":
        return phrase.plural or (phrase.name and not phrase.person)
    return not phrase.person and not phrase.plural
