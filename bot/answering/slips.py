"""Questions as people mean them who correct themselves in mid-sentence: "Where did or no wait when did it open?".

What was taken back is left out, and so are the words that take it back. Rules for English; where they are not sure,
nothing is changed. Knows no conversation.
"""

from __future__ import annotations

import re
from collections.abc import Container

from bot.answering.questions import names_a_topic
from bot.answering.words import AUXILIARIES, FUNCTION_WORDS, PREPOSITIONS, QUESTION_WORDS, words_of

# Words that take back what stands before them, whatever follows.
_TAKES_BACK = (
    r"(?:(?:oh|or|um|uh|er|erm|ah|hmm|well|and),? )*"
    r"(?:no,? (?:wait|sorry|no|actually|rather|make that|i mean|i meant|excuse me)(?:,? (?:i mean|i meant|sorry|wait))?"
    r"|wait,? no|sorry,? (?:i mean|i meant|no)|scratch that|or (?:rather|make that)|i mean(?:t)?(?: to (?:say|ask))?"
    r"|actually no|let me rephrase(?: that)?|correction)"
)
# Words that take back only where a question begins anew after them.
_HESITATES = r"(?:(?:or|oh|and),? )?(?:no|sorry|uh|um|er|erm|ah|hmm|rather|actually|wait)"
_SURE = re.compile(rf",? {_TAKES_BACK},? ", re.IGNORECASE)
_UNSURE = re.compile(rf",? {_HESITATES},? ", re.IGNORECASE)
_FEWEST = 3  # words of a question that begins anew
_MOST_TAKEN_BACK = 4  # words
_LONGEST = 400  # characters that are looked at


def meant(question: str) -> str:
    """The question without what its asker took back."""
    if len(question) > _LONGEST:
        return question
    for marker, sure in ((_SURE, True), (_UNSURE, False)):
        for match in reversed(list(marker.finditer(question))):
            before, after = question[: match.start()], question[match.end() :].lstrip()
            if _begins_anew(after, QUESTION_WORDS | AUXILIARIES if sure else QUESTION_WORDS):
                return after[:1].upper() + after[1:]
            if sure and words_of(after):
                return meant(f"{_without_last(before, words_of(after)[0].base)} {after}".strip())
    return question


def readable(question: str) -> str:
    """What of a question is to be read with passages: what is meant; nothing where it only names a topic."""
    return "" if names_a_topic(question) else meant(question)


def _begins_anew(words: str, openings: Container[str]) -> bool:
    bases = [word.base for word in words_of(words)]
    if bases and bases[0] in PREPOSITIONS:
        bases = bases[1:]
    return len(bases) >= _FEWEST and bases[0] in openings and bases[1] not in QUESTION_WORDS


def _without_last(before: str, following: str) -> str:
    """The words before without those that were taken back: the last ones, up to a small word.

    They begin with the word that follows where that was said before: "in 1990, no wait, in 1991".
    """
    words = words_of(before)
    same = [
        n
        for n, word in enumerate(words[-_MOST_TAKEN_BACK:], max(0, len(words) - _MOST_TAKEN_BACK))
        if word.base == following
    ]
    if same and same[-1] > 0:
        return before[: words[same[-1]].start].rstrip()
    taken = 0
    while taken < min(len(words) - 1, _MOST_TAKEN_BACK) and words[-1 - taken].base not in FUNCTION_WORDS:
        taken += 1
    return before[: words[-taken].start].rstrip() if taken else before
