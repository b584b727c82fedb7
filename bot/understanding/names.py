"""Names in English text, by form alone, with a guess at which are persons'.

No dictionary of names: what stands beside a name tells ("Secretary of State Antony Blinken", "Mao emphasized", "in
Ukraine"). Knows no conversation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.understanding.english import (
    ENDS_PHRASE,
    FUNCTION_WORDS,
    VERB_FORMS,
    Word,
    inflected,
    without_possessive,
    words_of,
)

_MERGED = 200  # names that are compared with each other

_MALE = frozenset("mr sir lord king prince father brother husband son chairman spokesman actor businessman".split())
_FEMALE = frozenset(
    "mrs ms miss lady dame queen princess mother sister wife daughter chairwoman spokeswoman actress "
    "businesswoman".split()
)
TITLES = (
    _MALE
    | _FEMALE
    | frozenset(
        "dr prof professor president vice-president minister premier secretary chancellor senator "
        "congressman congresswoman governor mayor judge justice general colonel captain lieutenant "
        "sergeant pope bishop archbishop reverend rabbi imam ayatollah emperor empress spokesperson "
        "director chairperson ceo founder author writer artist singer composer scientist physicist "
        "coach player leader ambassador envoy attorney officer lawyer detective doctor nurse "
        "analyst economist historian journalist correspondent novelist poet philosopher".split()
    )
)
# What a body, a place or an event is called by its last word.
_BODY_WORDS = frozenset(
    "agency army association bank bay board bridge bureau church city club college commission committee "
    "company conference congress corp corporation council county court cup department district festival "
    "force forces foundation government group hall hospital house inc institute island islands kingdom "
    "lake league ltd ministry mountain mountains movement museum nations office open organisation "
    "organization parliament park party prize province republic river sea school senate service society "
    "state states street system team times treaty tribunal union university war".split()
)
_SAYING = frozenset(
    (
        *"said told thought wrote spoke felt".split(),
        *inflected(
            "say tell state warn emphasise emphasize reiterate highlight claim argue add ask explain believe think "
            "write announce insist deny reply express stress smile laugh marry speak want feel resign smoke"
        ),
    )
)
_BEFORE_PLACES = frozenset("in near across throughout into within toward towards inside outside".split())
_INSIDE_NAMES = frozenset("of de del della van von der den bin al el la the".split())


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a text, and how much speaks for its being a person's (below 0: a place's or thing's).

    `gender` is "m" or "f" where a title tells, else empty.
    """

    text: str
    score: int
    gender: str = ""
    start: int = 0

    @property
    def person(self) -> bool:
        """Whether more speaks for a person than against."""
        return self.score > 0


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
    """One name for each bearer, the longest that was used, in order of first mention, with the evidence added up."""
    merged: list[Name] = []
    for name in found[:_MERGED]:
        index = next((at for at, known in enumerate(merged) if same_bearer(known.text, name.text)), None)
        if index is None:
            merged.append(name)
            continue
        known = merged[index]
        longest = max(known.text, name.text, key=len)
        merged[index] = Name(longest, known.score + name.score, known.gender or name.gender, known.start)
    return merged


def same_bearer(one: str, other: str) -> bool:
    """Whether one name is the other's first or last words: "Mao" and "Mao Ning", "Blinken" and "Antony Blinken"."""
    shorter, longer = sorted((one.split(), other.split()), key=len)
    return shorter == longer[:1] or shorter == longer[-len(shorter) :]


def links_name(words: Sequence[Word], index: int, text: str) -> bool:
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
    # A capital at the start of a sentence tells nothing of a word that is also written small, or that is a verb.
    return not opens or (word.text.lower() not in ordinary and word.base not in VERB_FORMS)


def _end_of_name(words: Sequence[Word], first: int, text: str) -> int:
    """The index after the last word of the name that begins at `first`."""
    end = first + 1
    while end < len(words) and not words[end - 1].possessive:
        last = words[end - 1]
        gap = text[last.end : words[end].start]
        # "Mr. Smith", "J. Smith": a full stop inside a name follows a title or an initial.
        if gap != " " and not (gap == ". " and (len(last.text) == 1 or last.base in TITLES or "." in last.text)):
            break
        if links_name(words, end, text):
            end += 2
        elif words[end].capital and words[end].base not in FUNCTION_WORDS:
            end += 1
        else:
            break
    return end


def _name(words: Sequence[Word], first: int, end: int, text: str) -> Name:
    body = words[end - 1].base in _BODY_WORDS  # "Justice League" is no judge
    titled = [] if body else [index for index in range(first, end) if words[index].base in TITLES]
    start = first
    if titled:
        start = titled[-1] + 1
        if start + 2 < end and words[start].text == "of":
            start += 2  # "Secretary of State Antony Blinken"
        if start >= end or words[start].text == "of":
            start = first  # nothing but the office: "the Treasury Secretary"
    before = next((word.base for word in reversed(words[max(0, first - 2) : first]) if word.base != "the"), "")
    titles = {words[index].base for index in titled} | {before} & TITLES
    genders = {"m" for title in titles if title in _MALE} | {"f" for title in titles if title in _FEMALE}
    score = 2 if titles else 0
    after = words[end].base if end < len(words) and text[words[end - 1].end : words[end].start] == " " else ""
    if after in _SAYING and not words[end - 1].possessive:
        score += 1
    # "Chinese officials", "Western nations": an adjective, not a bearer.
    adjective = end - first == 1 and after and after not in ENDS_PHRASE and not after.endswith("ed")
    linked = any(word.text in ("of", "the") for word in words[start:end])
    if not titles and (body or linked or adjective or before in _BEFORE_PLACES):
        score -= 2
    said = without_possessive(text[words[start].start : words[end - 1].end])
    return Name(said, score, genders.pop() if len(genders) == 1 else "", words[start].start)
