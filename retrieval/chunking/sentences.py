"""Where a sentence ends: the marks of many scripts, abbreviations, initials, numbers, quotations.

This module knows no layout and no tokens. It decides by rule, with the word before a full stop and the word after it;
a line end counts as a space. Line length and page layout are `retrieval.chunking.blocks`' affair.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from retrieval.types import Span

# Marks that end a sentence whether or not a space follows, by script: East Asian, Indic, Arabic and Syriac, Armenian,
# Ethiopic, Burmese, Khmer, Mongolian, Tibetan and others.
_ALWAYS = "。｡！？．﹒﹖﹗︒︕︖।॥؟۔܀܁܂։።፧፨။។៕᠃᠉།༎꓿꘎꘏꛳꛷꡶꡷᭚᭛᭞᭟᱾᱿߹"
_SPACED = ".!?…‥‼⁇⁈⁉‽"
_GREEK_QUESTION = "(?<=[\u0370-\u03ff\u1f00-\u1fff])[;\u037e]"
_MARK = re.compile(rf"\.(?:[ \u00a0\u202f]\.)+|[{re.escape(_SPACED + _ALWAYS)}]+|{_GREEK_QUESTION}")

_QUOTES = "\"'”’»«›‹」』〞＂"
_CLOSERS = _QUOTES + ")]}）］｝】〉》〕*_`†‡⁾"
# What stays with the sentence before it: closing quotes and brackets, footnote marks ([1], [a], ¹, :12), French " »".
_TAIL = re.compile(
    rf"(?:\[[\w ,–-]{{1,20}}\]|[ ]\[\d{{1,3}}\](?=\s|\[|$)|[{re.escape(_CLOSERS)}]|[¹²³⁰⁴-⁹]"
    r"|:\d[\d:,–-]{0,20}(?=\s|$)|“(?=\s|$|[.,;:])|[ \u00a0\u202f][»›](?=\s|$))*"
)
# What a sentence may begin with before its first letter; `>` is a block quote's mark on a wrapped line.
_OPENING = re.compile(r"\s*(?:[\"'“”‘’„‚«»‹›「『（(\[{¿¡*_~`>–—―•-]\s?){0,8}")
_WORD = re.compile(r"[^\W\d_]{1,30}(?:['’][^\W\d_]{1,3})?")
_CONTINUING = ",;:)]}%&=+，、；："
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9d]")

_SPEECH = re.compile(
    r"\s+(?:[^\s.!?]{1,20}\s+){1,3}(?:said|says|asked|asks|replied|added|cried|shouted|whispered|answered|wrote)\b"
)
# A Japanese particle or a Chinese "he said" after a quotation carries the sentence on.
_SPEECH_WIDE = re.compile("(?:[とっはがをにのでへもやなだ]|[^\\W\\d_]{0,6}[说說道问問喊叫答][。，：！？,])")

_ENUMERATOR = re.compile(r"\d{1,3}(?:\.\d{1,3})*|[^\W\d_]|[ivx]{1,5}|[IVX]{1,5}")
_ACRONYM = re.compile(r"(?:[^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
_LOW_INITIAL = re.compile(r"[^\W\d_]\.")
_TIME = re.compile(r"\d{0,4}(?:[.:]\d\d)?[ap]\.m", re.IGNORECASE)
# "9 a.m. – 5 p.m.", "5 p.m. - Midnight": from one number to another, never the start of a sentence.
_TO_A_NUMBER = re.compile(r"\s*[-‐‑‒–—―]\s?(?:\d|(?:noon|midnight)\b)", re.IGNORECASE)
_NUMERAL = re.compile(r"[\dIVXLC]+(?![^\W\d_])|[A-Z](?![^\W\d_])")
_THAI_GAP = re.compile(r"(?<=[\u0e00-\u0eff])\s+(?=[\u0e00-\u0eff])")
_THAI_ENOUGH = 80

_LISTS = tomllib.loads(Path(__file__).with_name("sentence_words.toml").read_text("utf-8"))
_WORDS = {name: frozenset(words.split()) for name, words in _LISTS.items()}


def sentences(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentences of `text[start:end]`, in order, without the white space around them. Linear in the stretch.

    Every character of the stretch that is not white space lies in exactly one of them.
    """
    # Chats and lyrics without one capital: there lower case begins a sentence, too.
    cased = any(mark.isupper() for mark in text[start:end])
    at = start
    for mark in _MARK.finditer(text, start, end):
        after = _TAIL.match(text, mark.end(), end).end()  # type: ignore[union-attr]  # it matches the empty string
        if after < end and _ends(text, at, mark, after, end, cased):
            yield from _loose(text, at, after)
            at = after
    yield from _loose(text, at, end)


def _loose(text: str, start: int, end: int) -> Iterator[Span]:
    """The stretch without outer white space; Thai and Lao, which have no full stop, are parted at their spaces."""
    at = start
    for gap in _THAI_GAP.finditer(text, start, end):
        if gap.start() - at >= _THAI_ENOUGH:
            yield from stripped(text, at, gap.start())
            at = gap.end()
    yield from stripped(text, at, end)


def stripped(text: str, start: int, end: int) -> Iterator[Span]:
    """`text[start:end]` without the white space around it; nothing if there is nothing else."""
    words = text[start:end]
    if kept := words.strip():
        start += len(words) - len(words.lstrip())
        yield Span(start, start + len(kept))


def _ends(text: str, at: int, mark: re.Match[str], after: int, end: int, cased: bool) -> bool:
    """Whether the sentence from `at` on ends at `mark` and its closing quotes, which reach to `after`."""
    opening = _OPENING.match(text, after, end)
    ahead = opening.end() if opening else after
    if ahead >= end:
        return False
    head = text[ahead]
    sign = mark.group()
    quoted = any(closer in _QUOTES for closer in text[mark.end() : after])
    if sign[-1] in _ALWAYS:
        if head in _CONTINUING or (sign == "．" and head.isdigit()):
            return False
        return not (quoted and _SPEECH_WIDE.match(text, after, min(end, after + 10)))
    if not text[after].isspace():
        # Chinese and Japanese with western marks: no space between sentences.
        return bool(mark.start() > at and _WIDE.match(text[mark.start() - 1]) and _WIDE.match(text[after]))
    low = _is_low(text[ahead : ahead + 2])
    if head in _CONTINUING or (low and cased):
        return False
    if sign != "." and not sign.strip(".… \u00a0\u202f"):
        # "[...]" leaves something out; " ... I" goes on, since "I" is no sign of a new sentence.
        spaced = text[mark.start() - 1 : mark.start()].isspace()
        return text[mark.start() - 1 : mark.start()] not in ("[", "(") and not (
            spaced and text[ahead : ahead + 2] == "I "
        )
    if sign != ".":
        return not (quoted and ("!" in sign or "?" in sign) and _SPEECH.match(text, after, min(end, after + 90)))
    return not _abbreviates(text, at, mark.start(), ahead, end, low)


def _is_low(letters: str) -> bool:
    """Whether a word that begins so is no sentence's first: lower case, but not "iPhone", nor caseless Georgian."""
    return letters[:1].islower() and not letters[1:].isupper() and not "\u10d0" <= letters[0] <= "\u10ff"


def _abbreviates(text: str, at: int, dot: int, ahead: int, end: int, low: bool) -> bool:
    """Whether the full stop at `dot` belongs to the word before it and not to the sentence."""
    if dot == at or text[dot - 1].isspace():
        return False
    words = text[max(at, dot - 60) : dot].split()
    bare = re.split(r"[(\[{\"'“‘„«»/–—]|(?<=\w)-", words[-1])[-1]
    before = words[-2] if len(words) > 1 else ""
    first = dot - at < 60 and not any(mark.isalnum() for word in words[:-1] for mark in word)
    if first and _ENUMERATOR.fullmatch(bare):
        return True
    follows = _WORD.match(text, ahead, end)
    word = follows.group() if follows else ""
    # "J. A. Smith": a letter with a full stop of its own is no starter.
    whole = follows is not None and text[follows.end() : follows.end() + 1] != "."
    starts = whole and word in _WORDS["starters"]
    digit = text[ahead].isdigit()
    if bare.isdigit():
        dated = before in _WORDS["before_ordinal"] or word in _WORDS["months"]
        return len(bare) < 3 and (dated or re.fullmatch(r"\d{1,2}\.", before) is not None)
    if len(bare) == 1 and bare.isalpha():
        return _is_initial(bare, before, starts, digit, paired=len(word) == 1 and not whole)
    starts = starts or (whole and word in _WORDS["starters_elsewhere"])
    key = bare.lower()
    if key in _WORDS["never"]:
        return True
    ranged = _TO_A_NUMBER.match(text, dot + 1, end) is not None
    if _TIME.fullmatch(bare):
        # "Tuesday:" opens the next line of the opening hours, "9 p.m. Tuesday" is one time.
        dated = word in _WORDS["after_time"] and text[ahead + len(word) : ahead + len(word) + 1] != ":"
        return low or ranged or dated
    if _ACRONYM.fullmatch(bare):
        return not starts
    if key in _WORDS["titles"] and bare[0].isupper():
        return not starts
    numeral = _NUMERAL.match(text, ahead, end) and (bare[:1].isupper() or not starts)
    if key in _WORDS["numbered"] and (digit or numeral):
        # "Ch. I" is a number, "modern art. I think" is not; "No. I will not." is an answer.
        return key != "no" or digit
    if key in _WORDS["et_cetera"]:
        return low or ranged
    return key in _WORDS["inline"] and not starts


def _is_initial(letter: str, before: str, starts: bool, digit: bool, *, paired: bool) -> bool:
    """Whether a single letter's full stop abbreviates: "J. Smith", "p. 12", "z. B. Rot", not "So did I. We left"."""
    if _LOW_INITIAL.fullmatch(before) and before.islower():
        # Russian "и т. д." and "и т. п." end what they enumerate.
        return not (before == "т." and letter in "дп")
    if letter.islower():
        # Of the Latin small letters only these stand before a name ("v. Board", "c. Easter"), unless a second follows.
        lone = letter.isascii() and letter not in "cpsv" and not paired
        return digit or not (lone or starts or before[-1:].isdigit())
    if digit or (letter == "I" and not before[:1].isupper()):
        return False
    return not starts
