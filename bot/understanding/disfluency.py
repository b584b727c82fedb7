"""Questions as people mean them who correct themselves in mid-sentence: "Where did or no wait when did it open?".

What was taken back is left out, and so are the words that take it back (the reparandum and the interregnum of Shriberg
1994, "Preliminaries to a Theory of Speech Disfluencies"). Rules for English; where they are not sure, nothing is
changed. Knows no conversation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.understanding.english import (
    AUXILIARIES,
    DETERMINERS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    QUESTION_WORDS,
    Word,
    capitalised,
    words_of,
)
from bot.understanding.followups import asked_with
from bot.understanding.questions import names_a_topic
from retrieval.models.language import is_english

_FILLER = r"(?:u+m+|u+h+|erm?|a+h+|hmm+)"
_TAKES_BACK = (
    r"(?:(?-i:no)|wait|sorry|i['’]m sorry|excuse me|oops|rather|actually|make that|scratch th(?:at|is)"
    r"|let me rephrase(?: that)?|i mean(?:t)?(?: to (?:say|ask))?)"
)
_WITH_IT = rf"(?:{_FILLER}|oh|or|well|dar?ng? it)"
# A run of words that take back: "or no wait", "oh sorry, I mean"; what leads to the question is none of it.
_WORDS = rf"(?:{_WITH_IT}[,.]* )*{_TAKES_BACK}(?:[,.]* (?:{_WITH_IT}|{_TAKES_BACK}))*|(?:or )?{_FILLER}"
_LEAD = r"(?:(?:(?:just |please )*tell me|i want(?:ed)? to (?:know|ask)|instead),? )?"
_RUN = re.compile(rf"[,.]* (?P<words>{_WORDS})[,.]* +{_LEAD}", re.IGNORECASE)
_ONE = re.compile(_TAKES_BACK, re.IGNORECASE)
# They take back whatever follows; others only what another question follows.
_SURE = re.compile(
    rf"oops|or rather|i mean|scratch|rephrase|(?:{_FILLER}|oh),? (?:no|wait|sorry|make|i['’]m)|or (?:wait|sorry|make)",
    re.IGNORECASE,
)
_FILLERS = re.compile(r"(?:,? (?:u+m+|u+h+|erm)(?=[, ])|, er(?=,)),?")  # "er" alone may be a name
_FEWEST = 3  # words of a question that begins anew
_MOST_TAKEN_BACK = 4  # words
_LONGEST = 400  # characters that are looked at


def meant(question: str) -> str:
    """The question without what its asker took back."""
    if len(question) > _LONGEST or not is_english(question):
        return question
    for run in reversed(list(_RUN.finditer(question))):
        before, after = question[: run.start()], question[run.end() :]
        kept, following = words_of(before), words_of(after)
        said = run["words"].lower()
        sure = len(_ONE.findall(said)) > 1 or _SURE.search(said) is not None
        if not kept or not following or (said.startswith("i mean") and kept[-1].base in AUXILIARIES):
            continue  # "what do I mean"
        if _begins_anew(following, QUESTION_WORDS | AUXILIARIES if sure else QUESTION_WORDS):
            # "The bridge, sorry, when was it opened?": what "it" is was said before.
            return capitalised(asked_with(before, after))
        if sure or (said in ("no", "sorry", "i'm sorry") and _replaces(kept[-1], following[0], run.group())):
            return meant(f"{before[: _kept(kept, following[0])].rstrip()} {after}")
    words = words_of(question)
    for n in range(2, min(_MOST_TAKEN_BACK, len(words) - _FEWEST)):
        # "Who was when did it open?"
        if words[0].base in QUESTION_WORDS and words[n - 1].base in AUXILIARIES and _asks(words[n : n + 2]):
            return capitalised(question[words[n].start :])
    return _FILLERS.sub("", question)


def corrected(question: str) -> bool:
    """Whether it holds words that were taken back."""
    return meant(question) != question


def readable(question: str) -> str:
    """What of a question is to be read with passages: what is meant; nothing where it only names a topic."""
    return "" if names_a_topic(question) else meant(question)


def _begins_anew(words: Sequence[Word], openings: frozenset[str]) -> bool:
    bases = [word.base for word in words]
    if bases and bases[0] in PREPOSITIONS:
        bases = bases[1:]
    return len(bases) >= _FEWEST and bases[0] in openings and bases[1] not in QUESTION_WORDS


def _asks(words: Sequence[Word]) -> bool:
    return words[0].base in QUESTION_WORDS and words[1].base in AUXILIARIES


def _replaces(last: Word, following: Word, said: str) -> bool:
    """Whether a lone "no" or "sorry" puts one word for another: "Oban no Tiree", not "no longer"."""
    if last.base in FUNCTION_WORDS:
        return False
    return "," in said or _alike(last, following) or ("sorry" not in said and following.base in DETERMINERS)


def _kept(words: Sequence[Word], following: Word) -> int:
    """Up to where the words before stay when others, of which `following` is the first, take the place of the last."""
    for word in reversed(words[-_MOST_TAKEN_BACK:]):
        if word.base == following.base:
            return word.start  # said again: "in 1990, no wait, in 1991"
    kept, anything = len(words), following.base in DETERMINERS
    while 1 < kept > len(words) - _MOST_TAKEN_BACK and words[kept - 1].base not in FUNCTION_WORDS:
        if kept < len(words) and not (anything or _alike(words[kept - 1], following)):
            break
        kept -= 1
    if anything and kept > 1 and words[kept - 1].base in DETERMINERS:
        kept -= 1
    return words[kept].start if kept < len(words) else words[-1].end


def _alike(one: Word, other: Word) -> bool:
    """Whether both are names or numbers by their form."""
    return (one.capital or one.text[0].isdigit()) and (other.capital or other.text[0].isdigit())
