"""Which section a question names: "in chapter 3", "the section on refunds", "laut Abschnitt 5.1", "第三章".

A word for a section has to stand in the question, beside a number or all the telling words of a heading. Knows no
document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.understanding.english import FUNCTION_WORDS, LISTS
from retrieval.index.tokenizer import tokens

# English, German, French, Spanish, Portuguese and Italian. "Part" and "article" are sections with a number only.
_NAMED = (
    "chapter|section|subsection|appendix|annex|kapitel|abschnitt|anhang|chapitre|annexe|cap[ií]tulo|secci[oó]n|anexo"
    "|capitolo|sezione|se[cç][aã]o"
)
_NUMBERED = (
    rf"{_NAMED}|part|article|clause|paragraph|teil|artikel|partie|parte|art[ií]culo|articolo|artigo|act|scene|book"
)
_NUMBER = r"(?P<number>\d{1,3}(?:\.\d{1,3})*|[ivxlc]{1,7}|[a-z](?![a-z]))"
_ONES, _ORDINALS = (LISTS["numbers"][name].split() for name in ("ones", "ordinals"))
_WRITTEN = {word: number for number, word in enumerate(_ONES)} | {word: n for n, word in enumerate(_ORDINALS, 1)}
_AFTER = re.compile(rf"\b(?P<kind>{_NUMBERED})\s+(?:{_NUMBER}|(?P<word>{'|'.join(_ONES)}))(?![\w])", re.IGNORECASE)
_BEFORE = re.compile(rf"\b(?P<word>{'|'.join(_ORDINALS)})\s+(?P<kind>{_NUMBERED})\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"(?P<kind>§)\s*(?P<number>\d{1,3}(?:\.\d{1,3})*)")
_CJK = re.compile(r"第\s*(?P<number>[一二三四五六七八九十\d]{1,3})\s*(?P<kind>[章节節条條部])")
_CALLED = re.compile(rf"\b(?:{_NAMED})s?\b", re.IGNORECASE)
_SMALL = FUNCTION_WORDS.union(tokens(re.sub(r"[^\w|]", "", _NUMBERED).replace("|", " ")))
_SAYING = frozenset(
    "say says said cover covers discuss discusses describe describes tell tells contain contains".split()
)
_CJK_DIGITS = {mark: number for number, mark in enumerate("一二三四五六七八九", 1)}
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_ROMAN_NUMBER = re.compile(r"c{0,3}(?:x[cl]|l?x{0,3})(?:i[xv]|v?i{0,3})")
_LEADING = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3})*|[IVXLC]{1,7})[.):]?(?:\s|$)")


def names_a_section(question: str) -> bool:
    """Whether a question has a word for a section, so that the headings are worth a look."""
    return _number(question) is not None or _CALLED.search(question) is not None


def section_named(question: str, headings: Sequence[str]) -> int | None:
    """Which heading a question names; None where it names none. Of several alike the last: contents stand first."""
    numbered = _number(question)
    if numbered is not None:
        same = [place for place, heading in enumerate(headings) if _number(heading) == numbered]
        leading = [place for place, heading in enumerate(headings) if _leading(heading) == numbered[1]]
        return next(reversed(same or leading), None)
    called = _CALLED.search(question)
    if called is None:
        return None
    asked = set(tokens(question[: called.start()] + question[called.end() :]))
    best: tuple[int, int] | None = None
    for place, heading in enumerate(headings):
        telling = {word for word in tokens(heading) if word not in _SMALL and not word.isdigit()}
        if telling and telling <= asked and (best is None or len(telling) >= best[0]):
            best = len(telling), place
    return None if best is None else best[1]


def asks_of_all(question: str, heading: str) -> bool:
    """Whether a question asks for nothing but what a section says: "What is chapter 3 about?"."""
    named = set(tokens(heading))
    words = re.findall(r"\w+", _CALLED.sub(" ", without_section(question)).casefold())
    return all(word in _SMALL or word in _SAYING or set(tokens(word)) <= named for word in words)


def without_section(question: str) -> str:
    """The question without the number of a section, which nothing under its heading has."""
    for pattern in (_AFTER, _BEFORE, _PARAGRAPH, _CJK):
        question = pattern.sub(" ", question, count=1)
    return " ".join(question.split())


def _number(text: str) -> tuple[str, str] | None:
    """The word for a section and its number, in small letters and digits."""
    for pattern in (_AFTER, _BEFORE, _PARAGRAPH, _CJK):
        if (found := pattern.search(text)) is not None:
            parts = found.groupdict()
            word = (parts.get("word") or "").lower()
            number = str(_WRITTEN[word]) if word else _digits(parts["number"])
            return found["kind"].casefold(), number
    return None


def _leading(heading: str) -> str:
    found = _LEADING.match(heading.strip())
    return _digits(found["number"]) if found else ""


def _digits(number: str) -> str:
    """A number in digits: "3" of "III", "iii" and "三"; letters and what has points in it stay."""
    number = number.lower()
    if number[0] in _CJK_DIGITS or number[0] == "十":
        tens, _, ones = number.rpartition("十")
        ten = 10 * _CJK_DIGITS.get(tens, 1) if "十" in number else 0
        return str(ten + _CJK_DIGITS.get(ones, 0))
    if number and _ROMAN_NUMBER.fullmatch(number):
        values = [_ROMAN[mark] for mark in number]
        following = [*values[1:], 0]
        return str(sum(-one if one < after else one for one, after in zip(values, following, strict=True)))
    return number
