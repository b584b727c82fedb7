"""Which section a question names: "in chapter 3", "the section on refunds", "laut Abschnitt 5.1", "第三章".

A word for a section has to stand in the question, and a number or a name has to be said of it: "section 8 housing" and
"a caesarean section" are none. Knows no document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.understanding.english import FUNCTION_WORDS, LISTS
from retrieval.index.tokenizer import tokens

_LONGEST = 400  # characters in which a section is looked for
# English, German, French, Spanish, Portuguese and Italian.
_SECTIONS = (
    "chapter|section|subsection|appendix|annex|kapitel|abschnitt|anhang|chapitre|annexe|cap[ií]tulo|secci[oó]n|anexo"
    "|capitolo|sezione|se[cç][aã]o"
)
_OTHERS = (  # only where a heading has the word, too
    "part|article|clause|paragraph|teil|artikel|partie|parte|art[ií]culo|articolo|artigo|act|scene|book"
)
_KIND = rf"(?P<kind>{_SECTIONS}|{_OTHERS})"
_ONES, _ORDINALS = (LISTS["numbers"][name].split() for name in ("ones", "ordinals"))
_WRITTEN = {word: number for number, word in enumerate(_ONES)} | {word: n for n, word in enumerate(_ORDINALS, 1)}
_NUMBER = rf"(?:(?P<number>\d{{1,3}}(?:\.\d{{1,3}})*[a-z]?|[ivxlc]{{1,7}}|[a-z])|(?P<word>{'|'.join(_ONES)}))(?!\w)"
_AFTER = re.compile(rf"\b{_KIND}\s+{_NUMBER}", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?P<word>{'|'.join(_ORDINALS)})\s+{_KIND}\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"(?P<kind>§)\s*(?P<number>\d{1,3}(?:\.\d{1,3})*[a-z]?)(?!\w)", re.IGNORECASE)
_CJK = re.compile(r"第\s*(?P<number>[一二三四五六七八九十\d]{1,3})\s*(?P<kind>[章节節条條部])")
_NUMBERED = (_AFTER, _BEFORE, _PARAGRAPH, _CJK)
_ARTICLE = r"(?:(?:the|der|dem|den|des|das|el|la|le|l['’]|il|lo|o|a)\s*)?"
_BEFORE_NAMES = (
    "in|under|of|per|from|by|see|within|to|and|im|laut|nach|gemäß|unter|aus|von|en|según|del|de|dans|selon|du|au|sous|nel"
    "|secondo|em|segundo"
)
_POINTING = re.compile(rf"(?:\b(?:{_BEFORE_NAMES})\s+{_ARTICLE}|^\W*{_ARTICLE})$", re.IGNORECASE)
_SAYING = frozenset(
    "say says said cover covers discuss discusses describe describes tell tells contain contains about summarise"
    " summarize summary worum geht es was steht sagt regelt im in dem der das que dit de quoi parle le la les qué dice"
    " trata el los di cosa parla che il 讲了什么 说了什么 什么 讲 说".split()
)
_CALLED = re.compile(
    rf"\b(?:{_SECTIONS})s?\s+(?:on|about|called|titled|named|über|zu|sur|sobre|su)\s+(?P<after>[^,.;?!]+)"
    rf"|\b(?:the|der|dem|le|la|el)\s+(?P<before>[^,.;?!]+?)\s+(?:{_SECTIONS})\b",
    re.IGNORECASE,
)
_SMALL = FUNCTION_WORDS.union(re.findall(r"[a-z]+", f"{_SECTIONS}|{_OTHERS}"))
_CJK_DIGITS = {mark: number for number, mark in enumerate("一二三四五六七八九", 1)}
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ROMAN_NUMBER = re.compile(r"c{0,3}(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})")
_LEADING = re.compile(r"(?:§\s*)?(?P<number>\d{1,3}(?:\.\d{1,3})*[a-z]?|[IVXLC]{1,7})[.):]?(?:\s|$)")


def names_a_section(question: str) -> bool:
    """Whether a question may name a section, so that the headings are worth a look."""
    return _mention(question) is not None or _CALLED.search(question) is not None


def sections_named(question: str, headings: Sequence[str]) -> list[int]:
    """Which headings a question names: several where they are alike."""
    if (mention := _mention(question)) is not None:
        kind, number = _numbered(mention)
        same = [place for place, heading in enumerate(headings) if _of_heading(heading) == (kind, number)]
        if same or re.fullmatch(_OTHERS, kind):
            return same
        return [place for place, heading in enumerate(headings) if _leading(heading) == number]
    if (called := _CALLED.search(question)) is None:
        return []
    name = _telling(called["after"] or called["before"])
    named = [place for place, heading in enumerate(headings) if name and _telling(heading) == name]
    return named or [place for place, heading in enumerate(headings) if name and name < _telling(heading)]


def asks_of_all(question: str, heading: str) -> bool:
    """Whether a question asks for nothing but what the section under a heading says: "What is chapter 3 about?"."""
    by_number = _mention(question) is not None
    words = re.findall(r"\w+", (without_section(question) if by_number else question).casefold())
    named = set() if by_number else set(tokens(heading))
    return all(word in _SMALL or word in _SAYING or (named and set(tokens(word)) <= named) for word in words)


def without_section(question: str) -> str:
    """The question without the number of a section, which nothing under its heading has."""
    mention = _mention(question)
    return (
        question if mention is None else " ".join(f"{question[: mention.start()]} {question[mention.end() :]}".split())
    )


def _mention(question: str) -> re.Match[str] | None:
    """Where a section is named by its number: something points at it, or nothing else is asked than what it says."""
    for pattern in _NUMBERED:
        for found in pattern.finditer(question[:_LONGEST]):
            if pattern in (_PARAGRAPH, _CJK) or _POINTING.search(question[: found.start()]):
                return found
            rest = re.findall(r"\w+", f"{question[: found.start()]} {question[found.end() :]}".casefold())
            if all(word in _SMALL or word in _SAYING for word in rest):
                return found
    return None


def _of_heading(heading: str) -> tuple[str, str] | None:
    found = next((found for pattern in _NUMBERED if (found := pattern.match(heading.strip(" #*_")))), None)
    return None if found is None else _numbered(found)


def _numbered(found: re.Match[str]) -> tuple[str, str]:
    """The word for a section and its number, in small letters and digits."""
    parts = found.groupdict()
    word = (parts.get("word") or "").lower()
    return found["kind"].casefold(), str(_WRITTEN[word]) if word else _digits(parts["number"])


def _telling(words: str) -> set[str]:
    """The tokens of words that tell what they name."""
    return {
        token for word in re.findall(r"\w+", words) if word.casefold() not in _SMALL | _SAYING for token in tokens(word)
    } - {token for token in tokens(words) if token.isdigit()}


def _leading(heading: str) -> str:
    found = _LEADING.match(heading.strip(" #*_"))
    return _digits(found["number"]) if found else ""


def _digits(number: str) -> str:
    """A number in digits: "3" of "III", "iii" and "三"; letters and what has points in it stay."""
    number = number.lower()
    if number[0] in _CJK_DIGITS or number[0] == "十":
        tens, _, ones = number.rpartition("十")
        ten = 10 * _CJK_DIGITS.get(tens, 1) if "十" in number else 0
        return str(ten + _CJK_DIGITS.get(ones, 0))
    if _ROMAN_NUMBER.fullmatch(number):
        values = [_ROMAN[mark] for mark in number]
        following = [*values[1:], 0]
        return str(sum(-one if one < after else one for one, after in zip(values, following, strict=True)))
    return number
