"""Words of English by what they do in a sentence (`english.toml` lists them), and a text as words."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

_WORD = re.compile(r"[^\W_]+(?:[-’'.&][^\W_]+)*")
_NAMES_WHEN_CAPITAL = frozenset(("US", "IT", "WHO", "May", "Will"))  # small words when written small
_POSSESSIVE = re.compile(r"[’'](?:s|S)?$")
_SAID = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|/\w+")
LISTS = tomllib.loads(Path(__file__).with_name("english.toml").read_text("utf-8"))
"""The word lists of `english.toml` by their names; phrases of small talk and of summaries are other languages', too."""

_FUNCTION = {name: frozenset(listed.split()) for name, listed in LISTS["function_words"].items()}
FUNCTION_WORDS = frozenset[str]().union(*_FUNCTION.values())
QUESTION_WORDS = _FUNCTION["question_words"]
AUXILIARIES = _FUNCTION["auxiliaries"]
PREPOSITIONS = _FUNCTION["prepositions"]
DETERMINERS = _FUNCTION["determiners"]
IMPERATIVES = _FUNCTION["imperatives"]
PRONOUNS, ADVERBS, CONJUNCTIONS = (_FUNCTION[name] for name in ("pronouns", "adverbs", "conjunctions"))


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
    """The words alone, small, short forms in full: "what is this" of “What’s THIS?”; "" if more than `most`."""
    plain = question[: 12 * most + 1].lower().replace("’", "'").replace("tl;dr", "tldr")
    said = [LISTS["written_out"].get(word, word) for word in _SAID.findall(plain)]
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


def _base(word: str, *, keep: bool) -> str:
    if keep and word in _NAMES_WHEN_CAPITAL:
        return word
    return without_possessive(word).lower().replace("’", "'")
