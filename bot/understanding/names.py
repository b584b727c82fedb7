"""Names in English text, by form alone, and whether a title says that a person bears them.

No dictionary of names: "Secretary of State Antony Blinken", "the engineer Alan Stevenson". Knows no conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.understanding.english import FUNCTION_WORDS, LISTS, Word, without_possessive, words_of

_MERGED = 200  # names that are compared with each other
TITLES = frozenset(LISTS["words"]["titles"].split())
_INSIDE_NAMES = frozenset(LISTS["words"]["inside_names"].split())


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text, and whether a title says that it is a person's."""

    text: str
    person: bool = False


def names_in(text: str) -> list[Name]:
    """The names in `text`, in order, without their titles; none in a text that is all capitals."""
    if text.isupper():
        return []
    words = words_of(text)
    ordinary = {word.text for word in words if not word.capital}
    found: list[Name] = []
    index = 0
    while index < len(words):
        if _starts_name(words, index, text, ordinary):
            end = _end_of_name(words, index, text)
            found.append(_name(words, index, end, text))
            index = end
        else:
            index += 1
    return found


def bearers(found: Sequence[Name]) -> list[Name]:
    """One name for each bearer, the longest that was used, in order of first mention."""
    merged: list[Name] = []
    for name in found[:_MERGED]:
        at = next((at for at, known in enumerate(merged) if _same_bearer(known.text, name.text)), None)
        if at is None:
            merged.append(name)
        else:
            merged[at] = Name(max(merged[at].text, name.text, key=len), merged[at].person or name.person)
    return merged


def _same_bearer(one: str, other: str) -> bool:
    """Whether one name is the other's first or last words: "Mao" and "Mao Ning", "Blinken" and "Antony Blinken"."""
    shorter, longer = sorted((one.split(), other.split()), key=len)
    return shorter == longer[:1] or shorter == longer[-len(shorter) :]


def _links(words: Sequence[Word], index: int, text: str) -> bool:
    """Whether the word holds two parts of a name together: the "of" of "Bank of England"."""
    if words[index].text not in _INSIDE_NAMES or not 0 < index < len(words) - 1:
        return False
    before, after = words[index - 1], words[index + 1]
    named = before.capital and not before.possessive and after.capital and before.base not in FUNCTION_WORDS
    return named and text[before.end : after.start] == f" {words[index].text} "


def _starts_name(words: Sequence[Word], index: int, text: str, ordinary: set[str]) -> bool:
    word = words[index]
    if not word.capital or word.base in FUNCTION_WORDS:
        return False
    opens = index == 0 or any(mark in text[words[index - 1].end : word.start] for mark in ".!?:")
    # A capital at the start of a sentence tells nothing of a word that is also written small.
    return not opens or word.text.lower() not in ordinary


def _end_of_name(words: Sequence[Word], first: int, text: str) -> int:
    """The index after the last word of the name that begins at `first`."""
    end = first + 1
    while end < len(words) and not words[end - 1].possessive:
        last = words[end - 1]
        gap = text[last.end : words[end].start]
        # "Mr. Smith", "J. Smith": a full stop inside a name follows a title or an initial.
        if gap != " " and not (gap == ". " and (len(last.text) == 1 or last.base in TITLES or "." in last.text)):
            break
        if _links(words, end, text):
            end += 2
        elif words[end].capital and words[end].base not in FUNCTION_WORDS:
            end += 1
        else:
            break
    return end


def _name(words: Sequence[Word], first: int, end: int, text: str) -> Name:
    titled = [index for index in range(first, end - 1) if words[index].base in TITLES]
    start = titled[-1] + 1 if titled else first
    if titled and words[start].text == "of":
        start = start + 2 if start + 2 < end else first  # "Secretary of State Antony Blinken"
    person = start > first or (first > 0 and words[first - 1].base in TITLES)
    return Name(without_possessive(text[words[start].start : words[end - 1].end]), person)
