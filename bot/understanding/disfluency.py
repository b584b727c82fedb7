"""Questions as people mean them who correct themselves in mid-sentence: "Where did or no wait when did it open?".

What was taken back is left out, and so are the words that take it back (the reparandum and the interregnum of Shriberg
1994, "Preliminaries to a Theory of Speech Disfluencies"). Rules for English; where they are not sure, nothing is
changed. Knows no conversation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from bot.answers import Exchange
from bot.understanding.coreference import resolve
from bot.understanding.english import (
    AUXILIARIES,
    DETERMINERS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    QUESTION_WORDS,
    VERB_FORMS,
    Word,
    capitalised,
    words_of,
)
from bot.understanding.questions import names_a_topic
from retrieval.models.language import is_english

_FILLER = r"(?:u+m+|u+h+|erm?|a+h+|hmm+)"
_TAKES_BACK = (
    r"(?:(?-i:no)|wait|sorry|i['’]m sorry|excuse me|oops|rather|actually|make that|scratch th(?:at|is)"
    r"|let me rephrase(?: that)?|i mean(?:t)?(?: to (?:say|ask))?)"
)
_WITH_IT = rf"(?:{_FILLER}|oh|or|well|dar?ng? it)"
# A run of words that take back: "or no wait", "oh sorry, I mean".
_WORDS = rf"(?:{_WITH_IT}[,.]* )*{_TAKES_BACK}(?:[,.]* (?:{_WITH_IT}|{_TAKES_BACK}))*|(?:or )?{_FILLER}"
_RUN = re.compile(rf"[,.]* (?P<words>{_WORDS})[,.]* ", re.IGNORECASE)
_ONE = re.compile(_TAKES_BACK, re.IGNORECASE)
# They take back whatever follows; others only where it is clear from what stands around them.
_SURE = re.compile(
    rf"oops|or rather|i mean|scratch|rephrase|(?:{_FILLER}|oh),? (?:no|wait|sorry|make|i['’]m)|or (?:wait|sorry|make)",
    re.IGNORECASE,
)
_LEAD = re.compile(r"(?:(?:just |please )*tell me|i (?:want|wanted) to (?:know|ask)|instead),? (?=\w)", re.IGNORECASE)
_FILLERS = re.compile(r"(?:,? (?:u+m+|u+h+|erm)(?=[, ])|, er(?=,)),?")  # "er" alone may be a name
_NOT_TAKEN_BACK = frozenset("longer matter doubt idea".split())  # after "no"
_BEFORE_NOUNS = DETERMINERS | (PREPOSITIONS - {"to"}) | {"which", "whose", "many"}
_FEWEST = 3  # words of a question that begins anew
_MOST_TAKEN_BACK = 4  # words
_LONGEST = 400  # characters that are looked at


def meant(question: str) -> str:
    """The question without what its asker took back."""
    if len(question) > _LONGEST or not is_english(question):
        return question
    for run in reversed(list(_RUN.finditer(question))):
        before, after = question[: run.start()], _LEAD.sub("", question[run.end() :].lstrip(), count=1)
        kept, following = words_of(before), words_of(after)
        said = run["words"].lower()
        sure = len(_ONE.findall(said)) > 1 or _SURE.search(said) is not None
        if not kept or not following or (said.startswith("i mean") and kept[-1].base in AUXILIARIES):
            continue  # "what do I mean"
        if _begins_anew(following, QUESTION_WORDS | AUXILIARIES if sure else QUESTION_WORDS):
            return _anew(before, after)
        if sure or (said in ("no", "sorry", "i'm sorry") and _replaces(kept, following[0], run.group())):
            return meant(f"{before[: _kept(kept, following)].rstrip()} {after}")
    words = words_of(question)
    for n in range(2, min(_MOST_TAKEN_BACK, len(words) - _FEWEST)):
        # "Who was when did it open?"
        if words[0].base in QUESTION_WORDS and words[n - 1].base in AUXILIARIES and _asks(words[n : n + 2]):
            return _anew(question[: words[n].start], question[words[n].start :])
    return _FILLERS.sub("", question)


def corrected(question: str) -> bool:
    """Whether it holds words that were taken back."""
    return meant(question) != question


def readable(question: str) -> str:
    """What of a question is to be read with passages: what is meant; nothing where it only names a topic."""
    return "" if names_a_topic(question) else meant(question)


def _anew(before: str, after: str) -> str:
    """What was asked instead; its pronouns may stand for what was taken back: "the bridge, sorry, when was it …"."""
    return capitalised(resolve(after, [Exchange(before)])[0])


def _begins_anew(words: Sequence[Word], openings: Collection[str]) -> bool:
    bases = [word.base for word in words]
    if bases and bases[0] in PREPOSITIONS:
        bases = bases[1:]
    return len(bases) >= _FEWEST and bases[0] in openings and bases[1] not in QUESTION_WORDS


def _asks(words: Sequence[Word]) -> bool:
    return words[0].base in QUESTION_WORDS and words[1].base in AUXILIARIES


def _replaces(kept: Sequence[Word], following: Word, said: str) -> bool:
    """Whether a lone "no" or "sorry" puts one word for another ("Oban no Tiree"): not "had no ferry", "no longer"."""
    last = kept[-1]
    if last.possessive or last.base in FUNCTION_WORDS | VERB_FORMS:
        return False
    if "," in said or (_is_name(last) and _is_name(following)):
        return True
    if "sorry" in said:
        return False
    a_noun = len(kept) > 1 and kept[-2].base in _BEFORE_NOUNS and not last.base.endswith(("ed", "ing", "ly"))
    return following.base in DETERMINERS or (a_noun and following.base not in FUNCTION_WORDS | _NOT_TAKEN_BACK)


def _is_name(word: Word) -> bool:
    return word.capital or word.text[0].isdigit()


def _kept(words: Sequence[Word], following: Sequence[Word]) -> int:
    """Up to where the words before stay when `following` takes the place of the last ones."""
    bases, new = [word.base for word in words], [word.base for word in following]
    last = len(words) - 1
    for n in reversed(range(last)):  # said again: "the first bridge today, no sorry, the first pier"
        if bases[n : n + 2] == new[:2]:
            return words[n].start
    for n in reversed(range(max(0, last + 1 - _MOST_TAKEN_BACK), last + 1)):  # "in 1990, no wait, in 1991"
        if bases[n] == new[0]:
            return words[n].start
    taken = 0
    if bases[-1] in new[1:_MOST_TAKEN_BACK]:  # both end alike: "a steam engine no wait a small petrol engine"
        taken = new.index(bases[-1], 1) + 1
    elif new[0] in DETERMINERS or (following[0].capital and words[-1].capital):
        while taken < _MOST_TAKEN_BACK and taken < last and _of_a_name(words[-1 - taken], new[0] in DETERMINERS):
            taken += 1
        taken += new[0] in DETERMINERS and bases[-1 - taken] in DETERMINERS
    elif bases[-1] not in FUNCTION_WORDS:
        taken = 1
    return words[-taken].start if 0 < taken <= last else words[-1].end


def _of_a_name(word: Word, any_word: bool) -> bool:
    return word.base not in FUNCTION_WORDS and (any_word or word.capital)
