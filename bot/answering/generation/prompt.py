"""What a chat model is told, from `prompts/answer.md`, and the sentences of what it wrote. Knows no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from prompts import prompt
from retrieval.errors import FootnoteError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.prompts import ChatPromptTemplate

NONE = "NONE"
"""What a model writes where no sentence answers."""

_MOST = 8  # lines of a reply that are read
_LONGEST = 600  # characters of a sentence
_TOKENS = re.compile(
    r"[<{]\|[^<>{}|\n]{0,40}(?:\|[>}]|\|?$)|</?s>|\[/?INST\]|<<?/?SYS>?>|<think>[\s\S]*?(?:</think>|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
_PAIRS = frozenset(('""', "''", "“”", "„“", "„”", "‚‘", "‘’", "«»", "»«", "「」", "『』", "””"))
_APOSTROPHE = re.compile(r"(?<=\w)['’](?=\w)")
_UNSEEN = ("Cf", "Cc", "Co", "Cs")  # formats, controls, characters of nobody, halves of characters
_JOINERS = "\u200c\u200d"  # belong to words of Persian and Hindi
_LATIN = "\u058f"  # the last letter before the scripts of these
_FENCE = re.compile(r"^\s*(?:```\w*|~~~|[-*_]{3,})\s*$")
_ID = r"[A-Z]{1,2}\d{1,3}"
_IDS = rf"{_ID}(?:\s*[,;&/+]\s*{_ID})*"
_LEADING = re.compile(rf"^[\s>*#-]*[\[(]?(?P<ids>{_IDS})[\])]?\s*[|:.)\]–-]+\s*(?P<said>\S.*)$")
_TRAILING = re.compile(rf"[\s\[({{]+(?P<ids>{_IDS})[\])}}]*[.\s]*$")
_WITHIN = re.compile(rf"\s*\[(?:{_IDS}|\d{{1,3}}(?:\s*,\s*\d{{1,3}})*)\]|\s*\({_IDS}\)")
_REFUSING = re.compile(r"[\s.;,|(\[*_-]+(?:NONE|NOT IN THE TEXT)\W*$")  # after a sentence
_BULLET = re.compile(r"^\s*(?:[-*+•>]|\d{1,2}[.)])\s+")
_MARKUP = re.compile(
    r"<[^<>]{1,200}>|https?://\S+|\]\([^()]*\)|\*{2,3}|(?<!\w)(?:[*_`]{1,3}|~~)(?=\w)|(?<=[\w.!?])(?:[*_`]{1,3}|~~)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence that a model wrote, and the ids of the sentences that it names for it."""

    text: str
    ids: tuple[str, ...]


def tokens_of(text: str) -> int:
    """About how many tokens a text has: more where it is not written in Latin letters."""
    plain = sum(character.isascii() for character in text)
    return plain // 3 + (len(text) - plain) * 3 // 2 + 1


def messages(question: str, sentences: Mapping[str, str]) -> list[BaseMessage]:
    """What is sent: the question and the sentences by their ids. Raises PromptError."""
    passages = "\n".join(f"{name} {' '.join(words.split())}" for name, words in sentences.items())
    return template("answer", "passages", "question").format_messages(
        passages=passages, question=" ".join(question.split())
    )


class PromptError(FootnoteError):
    """A prompt that somebody has edited lacks what it needs."""


@cache
def template(name: str, *values: str) -> ChatPromptTemplate:
    """The prompt in `prompts/NAME.md`, into which `values` are filled; other braces in it mean nothing.

    Raises PromptError where it lacks a part or the place of a value.
    """
    from langchain_core.prompts import ChatPromptTemplate

    parts, texts = prompt(name), []
    for part in ("System", "Question"):
        if part not in parts:
            raise PromptError(f"prompts/{name}.md has no part “# {part}”.", "Give it one, or take the file that ships.")
        text = parts[part].replace("{", "{{").replace("}", "}}")
        for value in values:
            text = text.replace(f"{{{{{value}}}}}", f"{{{value}}}")
        texts.append(text)
    for value in values:
        if f"{{{value}}}" not in texts[1]:
            raise PromptError(f"prompts/{name}.md has no {{{value}}} under “# Question”.", "Put it where it belongs.")
    return ChatPromptTemplate.from_messages([("system", texts[0]), ("human", texts[1])])


def lines_of(reply: str) -> list[str]:
    """The lines of a reply that say something, without tokens of a template, what was thought, and fences."""
    lines = (line.strip() for line in _TOKENS.sub("\n", reply).splitlines())
    return [line for line in lines if line and not _FENCE.match(line)]


def plain_line(line: str) -> str:
    """A line of a reply without marks that models put round it, markup, and what cannot be seen."""
    line = without_markup(line).strip("*_` ")
    while len(line) > 1 and line[0] + line[-1] in _PAIRS and line[-1] not in _APOSTROPHE.sub("", line[1:-1]):
        line = line[1:-1].strip()
    return line


def without_markup(text: str) -> str:
    """Words in one line, without markup and links, and without what cannot be seen, which can only mislead."""
    seen = (
        mark
        for before, mark in zip(f" {text}", text, strict=False)
        if unicodedata.category(mark) not in _UNSEEN or mark.isspace() or (mark in _JOINERS and before > _LATIN)
    )
    return " ".join(_MARKUP.sub("", "".join(seen)).split())


def written(reply: str) -> list[Written] | None:
    """The sentences of a reply; None where it says that no sentence answers.

    Ids are hints: they are taken before or after a sentence, and may be missing.
    """
    plain = _TOKENS.sub("\n", reply)
    if plain.strip().strip("`'\".*| ").upper() == NONE:
        return None
    found: dict[str, Written] = {}
    for line in lines_of(reply):
        one = _sentence(line)
        if one is not None:
            found.setdefault(one.text.casefold(), one)  # loops say the same again
        if len(found) == _MOST:
            break
    return list(found.values())


def _sentence(line: str) -> Written | None:
    ids: list[str] = []
    leading = _LEADING.match(line)
    said = leading["said"] if leading else _BULLET.sub("", line)
    if leading:
        ids += re.findall(_ID, leading["ids"])
    said = _REFUSING.sub(lambda found: found[0][:1].strip(), said)
    while (trailing := _TRAILING.search(said)) is not None:
        ids += re.findall(_ID, trailing["ids"])
        said = said[: trailing.start()]
    said = without_markup(_WITHIN.sub("", said)).strip(" |")
    if not 0 < len(said) <= _LONGEST or not any(map(str.isalpha, said)) or said.upper().strip(".") == NONE:
        return None
    return Written(said, tuple(dict.fromkeys(ids)))
