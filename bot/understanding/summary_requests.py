"""Calls for a summary of a whole text: "tl;dr", "What are the main points of the article?", "Summarise the lease".

A call is told by its words, in whatever order they stand: one that asks for a summary, and beside it nothing but small
words and words for a text and for how long a summary is to be. What else it says may be the title of a text. Knows no
documents but for their titles.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.understanding.english import FUNCTION_WORDS, LISTS, written_out
from retrieval.index.tokenizer import tokens

_LONGEST = 30  # words
_LISTS = LISTS["summaries"]
_ASKED_FOR, _ELSEWHERE = "|".join(_LISTS["asked_for"]), "|".join(_LISTS["elsewhere"])
_TEXT = (
    "(?:(?:the|this|that|whole|entire|full|all|news) )*"
    "(?:article|text|document|page|story|file|report|book|paper|piece|pdf|it|this|that|everything)"
)
_WHOLE = re.compile(
    f"{_ELSEWHERE}|tell me about {_TEXT}"
    f"|(?:in short )?(?:tell me )?what (?:is |was )?{_TEXT}(?: is| was)?(?: all)? about"
    f"|what (?:does|do|did) {_TEXT} (?:say|discuss|describe|cover|tell(?: us| me)?|talk about|report)"
)
_BEFORE = FUNCTION_WORDS.union(_LISTS["before"].split())
_CALL = re.compile(
    f"(?P<before>.*?)(?:(?:{_ASKED_FOR})(?: up)?(?: (?:of|for|from|about|on))?(?P<named> .+)?"
    "|main (?:idea|message|topic|theme|subject|argument|central idea)s?)"
)
_LENGTH = re.compile(
    r"(?:^| )(?:please|for (?:me|us)|briefly|quickly|thanks|thank you|in short|in (?:a nutshell|general|brief)|up"
    r"|in your own words|overall|(?:in|with|using) (?:[\w ]+ )?(?:sentence|word|point|paragraph|line|bullet)s?)$"
)
_LENGTH_FIRST = re.compile(
    r"^((?:(?:please|tell me|say|explain) )*)in (?:[\w ]+ )?(?:sentence|word|point|paragraph|line|bullet)s? (?=\w)"
)
_CHOOSING = re.compile("(?:(?:i mean|i meant|i would like|i want|please|ok|okay|yes|it is) )+")
_NUMBERS, _ORDINALS = LISTS["numbers"]["ones"].split()[1:11], LISTS["numbers"]["ordinals"].split()[:10]
_PLACES = {word: place for words in (_NUMBERS, _ORDINALS) for place, word in enumerate(words)}
_PLACE = re.compile(
    rf"(?:the |number |no |option )*(?P<place>\d\d?|last|{'|'.join(_PLACES)})(?: (?:one|text|document))?"
)
_KINDS = frozenset(_LISTS["kinds"].split())
# Small words that may stand in a name; any other makes it something else than one.
_IN_NAMES = frozenset(f"{_LISTS['pointing']} {_LISTS['joining']}".split())
_WANTED = re.compile(
    rf"\b({'|'.join(_NUMBERS)}|a single|[1-9]|1\d|20)(?: (?:short|brief|simple|key|main|important|most))*"
    r" (?:sentence|point|line|bullet|idea|takeaway|message|topic|theme)s?\b"
)


def sentences_wanted(question: str) -> int | None:
    """How many sentences or points a call for a summary asks for, up to 20; None when it does not say."""
    found = _WANTED.search(written_out(question, _LONGEST))
    if found is None:
        return None
    return int(found[1]) if found[1].isdigit() else _PLACES.get(found[1], 0) + 1


def asks_for_summary(question: str) -> bool:
    """Whether the whole text is asked about: "What does it say?", but not "What does it say about China?"."""
    return _WHOLE.fullmatch(_plain(question)) is not None or _called(question) == ""


def summarised(question: str) -> str:
    """What a call for a summary names, in small words: "the storm article"; "" when nothing is named, or it is no call.

    Whether that is a text or something in one, only the titles tell: see `titles_meant`.
    """
    return _called(question) or ""


def titles_meant(name: str, titles: Sequence[str]) -> list[int]:
    """Which titles a name may mean: those that are the name, else those that hold all its telling words."""
    name = _CHOOSING.sub("", _plain(name), count=1)
    held = [set(tokens(title)) for title in titles]
    if same := [n for n, title in enumerate(titles) if name and _bare(tokens(title)) == _bare(tokens(name))]:
        return same
    if any(word in FUNCTION_WORDS - _IN_NAMES for word in name.split()):
        return []
    wanted = _telling(name)
    kinds = set(tokens(" ".join(_KINDS.intersection(name.split()))))
    for words in (wanted | kinds, wanted):  # "the travel guide" is the guide, "the lease document" may be the lease
        if found := [n for n, title in enumerate(held) if words and title >= words]:
            return [n for n in found if held[n] == words] or found
    return []


def place_meant(choice: str, count: int) -> int | None:
    """Which of `count` texts is chosen by its place, from 0: "the second one", "2.", "the last"; None when none is."""
    found = _PLACE.fullmatch(_CHOOSING.sub("", _plain(choice), count=1))
    if found is None:
        return None
    said = found["place"]
    place = count - 1 if said == "last" else int(said) - 1 if said.isdigit() else _PLACES[said]
    return place if 0 <= place < count else None


def _plain(question: str) -> str:
    """The words, without what says how long the summary is to be."""
    said = _LENGTH_FIRST.sub(r"\1", written_out(question, _LONGEST), count=1)
    while (ending := _LENGTH.search(said)) is not None:
        said = said[: ending.start()]
    return said


def _called(question: str) -> str | None:
    """What a call for a summary names, "" where it names nothing but the text, None where it is no call."""
    call = _CALL.fullmatch(_plain(question))
    if call is None or not _BEFORE.union(_KINDS).issuperset(call["before"].replace("'s ", " ").split()):
        return None
    named = (call["named"] or "").strip()
    return named if _telling(named) else ""


def _telling(name: str) -> set[str]:
    """The tokens of a name that tell one text from another."""
    return set(tokens(" ".join(word for word in name.split() if word not in _KINDS | FUNCTION_WORDS)))


def _bare(words: list[str]) -> list[str]:
    return [word for word in words if word not in ("the", "a", "an")]
