"""Words of English by what they do in a sentence, and a text as words.

The tables are closed classes. Knows no sentences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:[-’'.&][^\W_]+)*")
_NAMES_WHEN_CAPITAL = frozenset(("US", "IT", "WHO", "May", "Will"))  # small words when written small
_POSSESSIVE = re.compile(r"[’'](?:s|S)?$")
_SAID = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|/\w+")
_WRITTEN_OUT = dict(
    pair.split("=")
    for pair in (
        "what's=what is|whats=what is|who's=who is|that's=that is|thats=that is|it's=it is|how's=how is|why's=why is"
        "|i'd=i would|u=you|ur=your|r=are|pls=please|plz=please|thx=thanks|ty=thanks|summarise=summarize|doc=document"
        "|docs=documents"
    ).split("|")
)

PRONOUNS = frozenset(
    "i me my mine you your yours we us our ours he him his himself she her hers herself it its itself they "
    "them their theirs themselves this that these those one ones".split()
)
QUESTION_WORDS = frozenset("who whom whose what when where why which how".split())
BE = frozenset("is are was were be been being isn't aren't wasn't weren't".split())
AUXILIARIES = BE | frozenset(
    "am do does did has have had can could will would shall should may might must "
    "don't doesn't didn't hasn't haven't hadn't can't couldn't won't wouldn't".split()
)
PREPOSITIONS = frozenset(
    "about above across after against along among around as at before behind below beneath beside besides "
    "between beyond by despite during except for from in inside into like near of off on onto out outside "
    "over per since than through throughout to toward towards under until up upon via with within without".split()
)
CONJUNCTIONS = frozenset("and or but nor so if because although though while whereas unless whether".split())
DETERMINERS = frozenset("a an the my your our his her its their this that these those".split())
QUANTIFIERS = frozenset(
    "some any all both each every either neither no none many much more most few fewer less least several "
    "another other others such same else anyone anybody anything anywhere someone somebody something "
    "somewhere everyone everything nobody nothing".split()
)
_ADVERBS = frozenset(
    "not also only just even ever never still yet already again now then here there today yesterday "
    "tomorrow often always usually sometimes once soon later earlier too very really actually originally "
    "currently exactly first together back however moreover furthermore meanwhile additionally according "
    "yes please okay ok well".split()
)
IMPERATIVES = frozenset(
    "tell describe explain give list name compare contrast discuss outline summarise summarize define show let".split()
)
FUNCTION_WORDS = frozenset(
    PRONOUNS
    | QUESTION_WORDS
    | AUXILIARIES
    | PREPOSITIONS
    | CONJUNCTIONS
    | DETERMINERS
    | QUANTIFIERS
    | _ADVERBS
    | IMPERATIVES
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place; `base` is lower case, without a possessive ending."""

    text: str
    start: int
    base: str

    @property
    def end(self) -> int:
        """Where it ends, exclusive."""
        return self.start + len(self.text)

    @property
    def possessive(self) -> bool:
        """Whether it ends in an apostrophe with or without s."""
        return without_possessive(self.text) != self.text

    @property
    def capital(self) -> bool:
        """Whether it begins with a capital letter."""
        return self.text[0].isupper()


def words_of(text: str) -> list[Word]:
    """The words of `text` in order."""
    shouted = text.isupper()
    return [
        Word(match.group(), match.start(), _base(match.group(), keep=not shouted and match.start() > 0))
        for match in _WORD.finditer(text)
    ]


def without_possessive(text: str) -> str:
    """Without the ending of an owner: "China’s" as "China"."""
    return _POSSESSIVE.sub("", text)


def written_out(question: str, most: int) -> str:
    """The words alone, small, a space between, the usual short forms in full; "" when there are more than `most`.

    "What’s THIS about?" is "what is this about".
    """
    plain = question[: 12 * most + 1].lower().replace("’", "'").replace("tl;dr", "tldr")
    said = [_WRITTEN_OUT.get(word, word) for word in _SAID.findall(plain)]
    return " ".join(said) if len(said) <= most and len(question) <= 12 * most else ""


def opening(text: str) -> str:
    """The first word's base, "" if there is none."""
    words = words_of(text)
    return words[0].base if words else ""


def capitalised(text: str) -> str:
    """With a capital first letter."""
    return text[:1].upper() + text[1:]


def any_of(words: frozenset[str]) -> str:
    """A regular expression of one of these words, with either apostrophe."""
    return f"(?:{'|'.join(sorted(words)).replace(chr(39), '[’' + chr(39) + ']')})\\b"


def unended(text: str) -> str:
    """Without the marks that end a sentence."""
    return text.rstrip(" ?.!,;…")


def _base(word: str, *, keep: bool) -> str:
    if keep and word in _NAMES_WHEN_CAPITAL:
        return word
    return without_possessive(word).lower().replace("’", "'")
