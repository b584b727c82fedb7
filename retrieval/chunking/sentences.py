"""Where a sentence ends: the marks of many scripts, abbreviations, initials, numbers, quotations.

This module knows no layout and no tokens. It decides by rule, with the word before a full stop and the word after it;
a line end counts as a space. Line length and page layout are `retrieval.chunking.blocks`' affair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Words that begin a sentence far more often than they are the second half of a name: "in the U.S. The president".
_STARTERS = _words(
    """A An The He She It We They I You This That These Those There Here His Her Its Their Our My Your In On At By For
    From With Without When While As After Before Since Until During Under Over But And Or So Yet If Although Though
    Because However Moreover Meanwhile Furthermore Nevertheless Instead Still Then Now Thus Therefore Also Even Not What
    Who Whose Which Why How Where Some Many Most Several Both Each Every Another Other Once Only Despite According Of
    Is Are Was Were Do Does Did Has Have Had Can Could Would Should Will Let Please To Its It's He's She's That's I'm"""
)
_STARTERS_ELSEWHERE = _words(
    """Der Die Das Ein Eine Er Sie Es Wir Ihr Und Aber Doch Auch Dann Im Am Auf Bei Nach Seit Mit Wenn Als Dies Diese
    Dieser Dieses Man Le Les Un Une Il Elle Ils Elles Nous Vous Je On Ce Cette Ces Et Mais Dans En Pour El Los Las Una
    Él Ella Ellos Se Y Pero Cuando Según Este Esta Esto O Os As Uma Ele Ela Mas Lo Gli I Ma Quando Он Она Оно Они Мы Вы
    Я Это Этот Эта Но И А В На По При Для С К У Если Когда Так Также Потом"""
)
# Always followed by what they belong to.
_NEVER = _words(
    """mr mrs ms messrs mx dr prof mme mlle hr hrn frl sra srta dña sto sta dott sig bzw vgl sog z.b d.h u.a z.t i.d.r
    e.g i.e eg ie cf viz p.ex т.е напр им ул"""
)
# Capitalised, these stand before a name.
_TITLES = _words(
    """st sr fr rev hon gen col lt maj capt cpt sgt cpl pvt cmdr adm gov sen rep pres amb supt det insp dip ing dipl mag
    lic arq mons mt ft pte sec fra don mgr"""
)
# Abbreviations before a number, but words of their own, or the end of a sentence, before anything else.
_NUMBERED = _words(
    """no nos n° nº num art ch par fig figs sec op tab ed est kap abs bd ref ver vers chap rm jan feb mar apr jun jul
    aug sep sept oct nov dec jän febr okt dez tel max min ext cap стр рис гл"""
)
# Inside a sentence unless a common sentence starter follows.
_INLINE = _words(
    """inc ltd co corp vs al jr sr ave blvd rd dept univ assn bros ca approx ibid cit esp incl excl resp usw ggf evtl
    inkl zzgl bspw std str geb gest hrsg env av apr ex ee uu ud uds vd vds aprox pp eq eqs vol vols abb pág págs núm nr
    mfg intl natl govt assoc gmbh llc plc mio mrd тыс млн млрд руб гг см др пр"""
)
_ET_CETERA = _words("etc ecc etcétera usf")
_MONTHS = _words(
    """Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember Jahrhundert
    Jahrhunderts Jahrhunderte Klasse Weltkrieg Weltkriegs Weltkrieges Auflage Etage Stock"""
)
_BEFORE_ORDINAL = _words(
    "der die das den dem des am im vom zum beim zur bis ab seit jeder jeden Der Die Das Den Am Im Vom Zum"
)
_AFTER_TIME = _words(
    """Monday Tuesday Wednesday Thursday Friday Saturday Sunday ET EST EDT CT CST CDT MT MST MDT PT PST PDT GMT UTC BST
    CET Eastern Central Mountain Pacific Mon Tue Tues Wed Thu Thurs Fri Sat Sun"""
)


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
    starts = whole and word in _STARTERS
    digit = text[ahead].isdigit()
    if bare.isdigit():
        dated = before in _BEFORE_ORDINAL or re.fullmatch(r"\d{1,2}\.", before) is not None or word in _MONTHS
        return len(bare) < 3 and dated
    if len(bare) == 1 and bare.isalpha():
        return _is_initial(bare, before, starts, digit, paired=len(word) == 1 and not whole)
    starts = starts or (whole and word in _STARTERS_ELSEWHERE)
    key = bare.lower()
    if key in _NEVER:
        return True
    ranged = _TO_A_NUMBER.match(text, dot + 1, end) is not None
    if _TIME.fullmatch(bare):
        # "Tuesday:" opens the next line of the opening hours, "9 p.m. Tuesday" is one time.
        dated = word in _AFTER_TIME and text[ahead + len(word) : ahead + len(word) + 1] != ":"
        return low or ranged or dated
    if _ACRONYM.fullmatch(bare):
        return not starts
    if key in _TITLES and bare[0].isupper():
        return not starts
    if key in _NUMBERED and (digit or (_NUMERAL.match(text, ahead, end) and (bare[0].isupper() or not starts))):
        # "Ch. I" is a number, "modern art. I think" is not; "No. I will not." is an answer.
        return key != "no" or digit
    if key in _ET_CETERA:
        return low or ranged
    return key in _INLINE and not starts


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
