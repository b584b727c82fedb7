"""What a chat model is told, from `prompts/answer.md`, and the sentences of what it wrote. Knows no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot.answers import Exchange
from prompts import prompt
from retrieval.errors import FootnoteError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.prompts import ChatPromptTemplate

NONE = "NONE"
"""What a model writes where no sentence answers."""

_MOST = 16  # lines of a reply that are read
_SEARCHES = 2  # that a model may ask for
_LONGEST_SEARCH = 200  # characters
_LONGEST_SAID = 300  # characters of each thing said before
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
_ALONE = re.compile(rf"^[\s>*#-]*[\[(]?(?P<ids>{_IDS})[\])]?\s*[|:.\])]*\s*$")
_SEARCHING = re.compile(r"^[\s>*`-]*SEARCH\s*:\s*(?P<words>\S.*)$")
_COMPUTING = re.compile(rf"^[\s>*`-]*(?P<how>SUM|DIFFERENCE|COUNT)\s*:?\s+(?P<terms>{_ID}\b.*)$")
_MARKER = re.compile(r"\s*\[\d{1,3}\]")  # of a footnote
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
    """A line that a model wrote: a sentence, "" where there is none, and the ids that it names for it.

    `compute` is SUM, DIFFERENCE or COUNT where the line says what to compute, and `text` from what.
    """

    text: str
    ids: tuple[str, ...]
    compute: str = ""


def tokens_of(text: str) -> int:
    """About how many tokens a text has: more where it is not written in Latin letters."""
    plain = sum(character.isascii() for character in text)
    return plain // 3 + (len(text) - plain) * 3 // 2 + 1


def messages(
    question: str, passages: str, said: Sequence[Exchange] = (), may_search: bool = False
) -> list[BaseMessage]:
    """What is sent: what was `said` before, the passages with their ids, and the question. Raises PromptError."""
    told = "".join(f"{line}\n" for line in _said_lines(said))
    return template("answer", "said", "passages", "question", searching=may_search).format_messages(
        said=told, passages=passages, question=" ".join(question.split())
    )


def _said_lines(said: Sequence[Exchange]) -> list[str]:
    """What was said before, a line for each question and answer."""
    asked = [one for one in said if one.question]
    return [line for one in asked for line in (f"User: {short(one.question)}", f"Bot: {short(one.answer)}")]


def short(words: str) -> str:
    """Something said, in one line without markers, cut where it is long."""
    return " ".join(_MARKER.sub("", words).split())[:_LONGEST_SAID]


class PromptError(FootnoteError):
    """A prompt that somebody has edited lacks what it needs."""


@cache
def template(name: str, *values: str, searching: bool = False) -> ChatPromptTemplate:
    """The prompt in `prompts/NAME.md`, into which `values` are filled; other braces in it mean nothing.

    `searching`: with what it says of searching once more. Raises PromptError where it lacks a part or the place of a
    value.
    """
    from langchain_core.prompts import ChatPromptTemplate

    parts, texts = prompt(name), []
    for part in ("System", "Question"):
        if part not in parts:
            raise PromptError(f"prompts/{name}.md has no part “# {part}”.", "Give it one, or take the file that ships.")
        text = parts[part] + (f"\n\n{parts.get('Search', '')}" if searching and part == "System" else "")
        text = text.replace("{", "{{").replace("}", "}}")
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
    """The lines of a reply; None where it says that nothing answers. Ids stand before or after a sentence, or alone."""
    plain = _TOKENS.sub("\n", reply)
    if plain.strip().strip("`'\".*| ").upper() == NONE:
        return None
    found: dict[str, Written] = {}
    for line in lines_of(reply):
        one = _sentence(line)
        if one is not None:
            found.setdefault(one.text.casefold() or ",".join(one.ids), one)  # loops say the same again
        if len(found) == _MOST:
            break
    return list(found.values())


def searches(reply: str) -> tuple[str, ...]:
    """What a model wants to be searched for instead."""
    found = [match["words"] for line in lines_of(reply) if (match := _SEARCHING.match(line)) is not None]
    plain = dict.fromkeys(plain_line(words)[:_LONGEST_SEARCH] for words in found)
    return tuple(words for words in plain if any(map(str.isalnum, words)))[:_SEARCHES]


def _sentence(line: str) -> Written | None:
    ids: list[str] = []
    if (computing := _COMPUTING.match(line)) is not None:
        return Written(computing["terms"], tuple(dict.fromkeys(re.findall(_ID, computing["terms"]))), computing["how"])
    if (alone := _ALONE.match(line)) is not None:
        return Written("", tuple(dict.fromkeys(re.findall(_ID, alone["ids"]))))
    if _SEARCHING.match(line):
        return None
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
