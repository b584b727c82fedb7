"""Which language a question or a text is in.

A script of its own tells a language. In Latin letters the small words of a question speak first. English is what is
assumed: keywords, names and misspelled words speak for no language, so it takes small words, letters or marks of
another one to say no. Then a model of py3langid speaks, which knows what letters follow each other in a language. Alone
it takes one in three pairs of English keywords for another language. So it must be the surer the fewer words there are,
words that look like a name's do not count, and English small words weigh against it. The words stand in
`small_words.toml`. Knows no documents.
"""

from __future__ import annotations

import math
import re
import tomllib
import unicodedata
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_READ = 400  # characters of a question that are looked at
_KEPT = 256  # questions whose language is kept, since every step of an answer asks for it again
_PIECES, _PIECE = 4, 600  # what is looked at of a text, and the characters of each
_FEW_WORDS = 3  # of what is hardly more than keywords
_FEW = 20  # letters below which a text is no longer than a question
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_QUOTED = re.compile(r"[\"“„«»”][^\"“”„«»]{1,120}[\"“”«»]|(?<!\w)['‘][^'‘’]{1,120}['’](?!\w)")
_PREFIX = re.compile(r"\b(?:co|non)-", re.IGNORECASE)  # no words of another language: "non-linear"
_OPENING = 1.5  # what a word counts more as a question's first: "wer", "who"
_WEAK = 0.5
_MARKED_NAME = 2  # words with accents that a name may have: "São Tomé"

# How likely another language must be beside English where the words alone do not tell it: in two, three and four
# words, in more, and in three or more with a question mark.
_SURE = {2: 0.999, 3: 0.995, 4: 0.97}
_SURE_IN_MANY = 0.9
_SURE_WHERE_ASKED = 0.7
_AGAINST = 2.0  # what an English small word takes from the logarithm of that
_LIKELIER = 1.0  # what a small word of a language adds to the logarithm of its likelihood among others
_AMONG_OTHERS = 0.4  # how likely a language must be among all
_ENGLISH = 0.25  # how likely English must be among all for keywords to be told as English
_VETO = 0.7  # how likely English must be among all where the words tell another language, and are not believed
_TEXT = 0.5  # how likely a text's language must be among all
_ENGLISH_SHARE, _MORE = 0.25, 5  # of a text's words: English small ones, and how many more than those of others
_LEAST = 1e-9
_NEAR = {"da": "no", "no": "da"}  # hardly told apart in a short question
_OTHER_LETTERS = 0.3  # the share of a text's letters that are not Latin where they tell its language
_KANA = 0.05  # kana for each Chinese character in Japanese

LANGUAGES = frozenset(
    "en de fr es pt it ru uk tr ar fa he hi bn ta th zh ja ko vi id nl pl cs sv no da fi hu ro el".split()
)
_UNDERSTOOD = LANGUAGES | {"te"}  # of others, the models of other languages than English have letters alone
_OF_TEXTS = LANGUAGES.union("bg sr mk ur ca hr sk sl et lv lt sw sq az kk mr ne".split())
_ALONE = dict(
    pair.split(":")
    for pair in (
        "HANGUL:ko THAI:th HEBREW:he GREEK:el BENGALI:bn TAMIL:ta TELUGU:te KANNADA:kn MALAYALAM:ml GUJARATI:gu "
        "GURMUKHI:pa SINHALA:si GEORGIAN:ka ARMENIAN:hy KHMER:km LAO:lo MYANMAR:my ETHIOPIC:am KANA:ja"
    ).split()
)  # scripts of one language, or of one that most who write it use
_TOGETHER = {"CYRILLIC": "ru uk bg sr mk kk", "ARABIC": "ar fa ur", "DEVANAGARI": "hi mr ne", "CJK": "zh ja"}


def _words(*listed: str) -> frozenset[str]:
    return frozenset(" ".join(listed).split())


_LISTS = tomllib.loads(Path(__file__).with_name("small_words.toml").read_text("utf-8"))
_ENGLISH_WORDS = _words(_LISTS["english"]["words"])
_ASKING_ENGLISH = _words(_LISTS["english"]["asking"])
_SHARED = _words(_LISTS["english"]["shared"])
_IN_BOTH: dict[str, frozenset[str]] = {code: _words(listed) for code, listed in _LISTS["english"]["elsewhere"].items()}
_OWN: dict[str, frozenset[str]] = {code: _words(listed) for code, listed in _LISTS["elsewhere"]["languages"].items()}
_STRONG = _words(*_LISTS["elsewhere"]["languages"].values()) - _ENGLISH_WORDS
_EITHER = _words(_LISTS["elsewhere"]["either"])
_ASKING_ELSEWHERE = _words(_LISTS["elsewhere"]["asking"])


class _Said(NamedTuple):
    """What the words of a question speak for."""

    latin: list[str]  # its words in Latin letters, lower-cased
    plain: list[str]  # those of them that do not look like a name's
    others: list[str]  # its words in other scripts
    english: float = 0  # how much they speak for English
    foreign: float = 0  # how much for another language
    marked: bool = False  # some have accents
    told: bool = False  # the words alone tell that it is another language


def question_language(question: str) -> str | None:
    """The ISO 639-1 code of a short question's language; None where names or a few keywords do not tell it.

    One of LANGUAGES, or one that has a script of its own.
    """
    return _told(question[:_READ])


@lru_cache(_KEPT)
def _told(question: str) -> str | None:
    question = unicodedata.normalize("NFC", question)
    said = _said(question)
    if said.others and (said.told or not said.latin):
        return _by_script(" ".join(said.others), LANGUAGES)
    if not said.latin:
        return None
    if said.english > 1 and not said.foreign and not said.marked:
        return "en"  # most questions: the model need not be loaded for them
    if len(said.latin) <= _FEW_WORDS and not (said.foreign or said.marked or "?" in question):
        return "en" if said.english else None  # nor for keywords, which it tells badly
    likely = _likelihoods(" ".join(said.plain if len(said.plain) > 1 else said.latin), LANGUAGES)
    best = max(_OWN, key=lambda code: math.log(likely[code]) + _LIKELIER * len(_OWN[code].intersection(said.latin)))
    if (said.told and likely["en"] < _VETO) or _is_sure(said, best, likely, asked="?" in question):
        return best
    return "en" if said.english >= 1 or likely["en"] >= _ENGLISH else None


def text_language(text: str) -> str | None:
    """The ISO 639-1 code of a document's language, from a few pieces of it; None where they hold hardly any words."""
    step = max(_PIECE, (len(text) - _PIECE) // (_PIECES - 1))
    pieces = [text[start : start + _PIECE] for start in range(0, step * _PIECES, step)]
    sample = unicodedata.normalize("NFC", " ".join(pieces))
    letters = [letter for letter in sample if letter.isalpha()]
    if len(letters) < _FEW:
        return question_language(sample)
    if sum(not _is_latin(letter) for letter in letters) > _OTHER_LETTERS * len(letters):
        return _by_script(sample, _OF_TEXTS)
    words = [_lower(word) for word in _WORD.findall(sample)]
    english = sum(word in _ENGLISH_WORDS for word in words)
    if english >= _ENGLISH_SHARE * len(words) and english > _MORE * sum(word in _STRONG - _EITHER for word in words):
        return "en"  # most texts in English: the model need not be loaded for them
    likely = _likelihoods(sample, _OF_TEXTS)
    best = max(likely, key=likely.__getitem__)
    return best if likely[best] >= _TEXT else None


def is_english(question: str) -> bool:
    """Whether `question` is to be taken for English; keywords and names alone are."""
    language = question_language(question)
    return language == "en" or (language is None and not _said(question[:_READ]).others)


def is_understood(question: str) -> bool:
    """Whether some model knows the question's language: of another one, what is not found may still be there."""
    language = question_language(question)
    return language is None or language in _UNDERSTOOD


def crosses(question: str, language: str) -> bool:
    """Whether `question` is in another language than a text in `language`, "" where that is not known."""
    asked = question_language(question)
    return bool(language) and asked is not None and asked != language


def is_one_language(code: str, other: str) -> bool:
    """Whether two languages are one, or are hardly told apart in a short text: Danish and Norwegian."""
    return _NEAR.get(code, code) == other or code == _NEAR.get(other, other) or code == other


def _said(question: str) -> _Said:
    bare = _PREFIX.sub("", _QUOTED.sub(" ", question))
    written = [word for word in _WORD.findall(bare) or _WORD.findall(question) if not _is_symbol(word)]
    words = [_lower(word) for word in written]
    latin = [word for word in words if _is_latin(word)]
    others = [word for word in words if not _is_latin(word)]
    plain = [
        word
        for number, word in enumerate(words)
        if _is_latin(word) and (not number or written[number].islower() or question.isupper())
    ]
    english: float = sum(word in _ENGLISH_WORDS for word in latin)
    if others:
        told = english <= len(others) and not (english > 0 and words[0] in _ASKING_ENGLISH)
        return _Said(latin, plain, others, english, foreign=len(others), told=told)
    if not latin:
        return _Said(latin, plain, others)
    english += _WEAK * len(_SHARED.intersection(latin)) + _OPENING * (latin[0] in _ASKING_ENGLISH)
    weak = {word for word in latin if word in _EITHER and word not in _ENGLISH_WORDS}
    strong = sum(word in _STRONG and word not in _EITHER for word in latin)
    marked = sum(not word.isascii() for word in latin)
    strong += marked > _MARKED_NAME
    foreign = strong + _WEAK * len(weak) + _WEAK * (marked > 0)
    foreign += _OPENING * (latin[0] in _ASKING_ELSEWHERE)
    told = any(mark in question for mark in "¿¡") or (foreign > english and (strong > 0 or foreign > 1))
    return _Said(latin, plain, others, english, foreign, marked > 0, told)


def _is_sure(said: _Said, best: str, likely: dict[str, float], *, asked: bool) -> bool:
    """Whether the model is sure enough of `best`, although the words alone do not tell another language."""
    count = len(said.plain)
    found = likely[best] + (likely[_NEAR[best]] if best in _NEAR else 0)
    if count < min(_SURE) or found < _AMONG_OTHERS:
        return False
    sure = _SURE_WHERE_ASKED if asked and count > min(_SURE) else _SURE.get(count, _SURE_IN_MANY)
    both = _IN_BOTH.get(best, frozenset())
    against: float = sum(word in _ENGLISH_WORDS and word not in both for word in said.latin)
    against += _WEAK * len(_SHARED.intersection(said.latin) - both)
    against += _OPENING * (said.latin[0] in _ASKING_ENGLISH - both)
    return math.log(found / likely["en"]) >= math.log(sure / (1 - sure)) + _AGAINST * against


def _by_script(text: str, among: frozenset[str]) -> str | None:
    """The language of a text in other letters than Latin ones: the script's, or the likeliest that has it."""
    letters = filter(str.isalpha, unicodedata.normalize("NFKC", text))
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in letters)
    scripts["KANA"] = scripts.pop("HIRAGANA", 0) + scripts.pop("KATAKANA", 0)
    if scripts["KANA"] > _KANA * scripts["CJK"]:
        scripts["KANA"] += scripts.pop("CJK", 0)
    for script, _ in scripts.most_common():  # Latin letters among them are passed over
        if script in _ALONE:
            return _ALONE[script]
        if script in _TOGETHER:
            likely = _likelihoods(text, among.intersection(_TOGETHER[script].split()))
            return max(likely, key=likely.__getitem__)
    return None


def _likelihoods(text: str, among: frozenset[str]) -> dict[str, float]:
    """How likely each of `among` is, if it is one of them."""
    found = {code: max(likelihood, _LEAST) for code, likelihood in _model().rank(text) if code in among}
    total = sum(found.values())
    return {code: likelihood / total for code, likelihood in found.items()}


@cache
def _model() -> LanguageIdentifier:
    """The model; it takes a third of a second to load, and 85 MB."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(_OF_TEXTS)
    return model


def _lower(word: str) -> str:
    """In lower case, without the dot that is left over an "İ"."""
    return word.lower().replace("\u0307", "").replace("’", "'")


def _is_symbol(word: str) -> bool:
    """A Greek letter alone is no Greek word: "β-carotene", "what is π"."""
    return len(word) == 1 and "\u0370" <= word < "\u0400"


def _is_latin(word: str) -> bool:
    return word.isascii() or all(ord(letter) < 0x250 or 0x1E00 <= ord(letter) < 0x1F00 for letter in word)
