"""Several questions in one message: "Who is Mao Ning and what did she say?" is two.

Rules for English; a message in another language is one question. Knows no documents.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.answers import Exchange
from bot.understanding.coreference import resolve
from bot.understanding.ellipsis import asks, fragment_of, reopened
from bot.understanding.english import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    FUNCTION_WORDS,
    PREPOSITIONS,
    QUANTIFIERS,
    QUESTION_WORDS,
    VERB_FORMS,
    Word,
    capitalised,
    opening,
    unended,
    word_before,
    words_of,
)
from bot.understanding.noun_phrases import is_plural, noun_phrases

_MOST_PARTS = 8  # in one message; each is searched and read by itself
_READ = 200  # characters on each side of an "and" that tell whether it begins a question


def _any_of(words: frozenset[str]) -> str:
    return f"(?:{'|'.join(sorted(words)).replace(chr(39), '[’' + chr(39) + ']')})\\b"


_ASKING, _AUXILIARY = _any_of(QUESTION_WORDS), _any_of(AUXILIARIES)
_OPENING = f"(?:(?:{_any_of(PREPOSITIONS)} )?{_ASKING}|{_AUXILIARY})"
# "what did she …", "in which year was …", "who warned China": not "what he said".
_ASKED = (
    f"(?:{_any_of(PREPOSITIONS)} )?(?:{_ASKING}(?:[’']s| (?:[^ ]+ )?{_AUXILIARY})"
    f"|which (?:[^ ]+ ){{2}}{_AUXILIARY}|who (?!{_any_of(FUNCTION_WORDS)}))"
)
_JOIN = "(?:and|also|but|plus) "
# Another question begins after a question mark, after a comma, or after "and": "… and is denied" needs a comma too.
_NEXT_PART = (
    f"[?？؟] ?(?:{_JOIN})?(?={_OPENING})|, (?={_ASKING} {_AUXILIARY})|[,;] {_JOIN}(?={_AUXILIARY})"
    f"|[,;]? {_JOIN}(?={_ASKED})"
)
# Where one may begin: what stands on both sides tells.
_PERHAPS = f"(?P<inverted>(?<=[^,;]) {_JOIN}(?={_AUXILIARY}))|(?P<counted>[,;]? {_JOIN}(?=how (?:many|much) ))"
_LEANING = f"[,;]? (?:and|but) (?=(?:when|where|why|how)[?？؟]*$)|[?？؟] ?{_JOIN}(?!{_OPENING})(?=[^?？؟]+[?？؟]*$)"
_CUT = re.compile(f"(?P<sure>{_NEXT_PART})|{_PERHAPS}|(?P<leaning>{_LEANING})", re.IGNORECASE)
# "when", "how much sugar", "in which year": what is asked for, before the question that it shares with others.
_NOUN = f"(?: (?!and\\b|{_AUXILIARY})[^ ,?]+){{1,2}}"
_WANTED = f"(?:{_any_of(PREPOSITIONS)} )?(?:(?:how (?:many|much)|which|what|whose){_NOUN}|{_ASKING})"
_WANTED_ALONE = re.compile(f"{_WANTED}(?:, {_WANTED})*,?", re.IGNORECASE)
_SHARED = re.compile(f"({_WANTED}(?:, {_WANTED})*),? and ({_WANTED}) (?={_AUXILIARY})", re.IGNORECASE)
_SUBJECTS = frozenset("i he she we they".split())
_HAVE = frozenset("has have had hasn't haven't hadn't".split())
_DO = frozenset("do does did don't doesn't didn't".split())
_AGREEING = {"is": "are", "was": "were", "does": "do", "has": "have"}
_OPENS = re.compile(_OPENING, re.IGNORECASE)


def parts(question: str) -> list[str]:
    """The questions that one message holds: itself alone, or up to eight that stand side by side.

    Pronouns of a later part are replaced by what the earlier parts name: "Who is Mao Ning and what did she say?" is
    "Who is Mao Ning?" and "what did Mao Ning say?".
    """
    question = " ".join(question.split())
    found: list[str] = []
    for pieces in _pieces(question) if _OPENS.match(question) else []:
        earlier = [Exchange(one) for one in found]
        for piece in pieces:
            whole = piece if _is_whole(piece) else _completed(piece, found[-1]) if found else None
            if whole is None:
                return [question]
            found.append(resolve(whole, earlier)[0] if earlier else whole)
    return found if 1 < len(found) <= _MOST_PARTS else [question]


def _is_whole(piece: str) -> bool:
    """Whether the words ask something by themselves: not the "when" of "when and where did …", nor a mere "why?", nor
    the "what can" of "what can and what can't be reimbursed?".
    """
    bases = [word.base for word in words_of(piece)]
    if all(base in QUESTION_WORDS | PREPOSITIONS | AUXILIARIES | {"not"} for base in bases):
        return False
    counted = bases[0] == "how" and bases[1] in {"many", "much"} and any(base in VERB_FORMS for base in bases)
    return any(base in AUXILIARIES for base in bases) or "’s" in piece or "'s" in piece or bases[0] == "who" or counted


# Where a message is cut


def _pieces(question: str) -> list[list[str]]:
    """What stands between the places where another question begins: most often one question, or several that share it.

    Each is ended by a question mark.
    """
    pieces: list[list[str]] = []
    start = 0
    for cut in _CUT.finditer(question):
        before, after = question[start : cut.start()], question[cut.end() : cut.end() + _READ]
        if not _is_quoted(question[: cut.start()]) and _begins(cut, before[:_READ], after):
            pieces.append(_apart(before))
            start = cut.end()
        if len(pieces) > _MOST_PARTS:
            break
    return [*pieces, _apart(question[start:])]


def _is_quoted(before: str) -> bool:
    """Whether a quotation has begun and not ended."""
    return before.count('"') % 2 == 1 or before.count("“") > before.count("”")


def _begins(cut: re.Match[str], before: str, after: str) -> bool:
    """Whether another question begins where the message may be cut."""
    if _WANTED_ALONE.fullmatch(before):
        return False  # "when | and where was the meeting?"
    if cut["inverted"]:
        return _is_asked_anew(words_of(before), words_of(after))
    if cut["counted"]:
        return _counts_anew(before, after)
    return cut["leaning"] is None or _completed(after, before) is not None


def _is_asked_anew(before: Sequence[Word], after: Sequence[Word]) -> bool:
    """Whether an auxiliary after "and" begins a question: "… and is breakfast included?", not "… and is paying?".

    Its subject follows it, and the question before has one too, since "and" may else go on with what that one's does.
    """
    auxiliary, subject, following = [*(word.base for word in after[:3]), "", ""][:3]
    inverted = _is_inverted(before)
    goes_on = auxiliary in {"do", "have"} and not _has_form_of_be(before)  # "how did he live and do business …"
    if subject in _SUBJECTS or (subject == "you" and auxiliary not in _HAVE):
        return True
    if subject == "it":
        return auxiliary not in _DO | _HAVE or (inverted and auxiliary not in {"do", "have"})
    if subject == "there" and auxiliary in BE:
        return following not in FUNCTION_WORDS - QUANTIFIERS - DETERMINERS
    return inverted and not goes_on and _has_subject(after[:20], narrowly=before[0].base in AUXILIARIES)


def _has_subject(words: Sequence[Word], *, narrowly: bool) -> bool:
    """Whether a noun phrase and what it does follow the auxiliary that comes first; `narrowly`: a verb must tell."""
    bases = [word.base for word in words]
    if len(bases) < 3:
        return False
    auxiliary, subject = bases[:2]
    determined = subject in DETERMINERS | QUANTIFIERS
    if not determined and (subject in FUNCTION_WORDS | VERB_FORMS or subject.endswith(("ed", "ly"))):
        return False
    if auxiliary in _HAVE:
        return "been" in bases
    told = bases[3 if determined else 2 :]  # after the noun
    if not (determined or words[1].capital) and (narrowly or auxiliary not in BE):
        return _is_verb(told[0])
    if auxiliary in _DO or (narrowly and auxiliary in BE):
        return any(map(_is_verb, told))  # not "… and is the owner of the inn"
    if auxiliary in BE:
        return bool(told) and told[0] not in FUNCTION_WORDS and not told[0].endswith("ly")
    return True


def _is_inverted(words: Sequence[Word]) -> bool:
    """Whether the subject follows the auxiliary: "is smoking …", "how much do they …", not "who is …"."""
    bases = [word.base for word in words[:30]]
    if bases and bases[0] in PREPOSITIONS:
        bases, words = bases[1:], words[1:]
    at = next((index for index, base in enumerate(bases[:5]) if base in AUXILIARIES), None)
    if at is None or len(bases) < at + 2 or bases[0] not in QUESTION_WORDS | AUXILIARIES:
        return False
    asked = bases[:at]
    if not asked or asked in (["how", "much"], ["what", "time"]) or asked[0] in {"when", "where", "why"}:
        return True
    if (asked[0] == "how" and asked[1:2] not in (["many"], ["much"])) or bases[at + 1] in _SUBJECTS | {"you"}:
        return True
    return bases[at] in _DO and (words[at + 1].capital or any(base in VERB_FORMS for base in bases[at + 2 :]))


def _has_form_of_be(words: Sequence[Word]) -> bool:
    return next((word.base for word in words if word.base in AUXILIARIES), "") in BE


def _is_verb(base: str) -> bool:
    return base in VERB_FORMS or (len(base) > 4 and base.endswith("ed"))


def _counts_anew(before: str, after: str) -> bool:
    """Whether "how many …" after "and" is asked, not told of: "do you know who came and how many stayed?"."""
    telling = any(word.base in QUESTION_WORDS for word in words_of(before)[2:])
    bases = [word.base for word in words_of(after)]
    at = next((index for index, base in enumerate(bases) if base in AUXILIARIES or base in VERB_FORMS), 0)
    return not telling and 1 < at < 6 and bases[at - 1] not in _SUBJECTS | {"you", "it"} and _is_whole(before)


def _apart(piece: str) -> list[str]:
    """Each thing wanted, with the question that it shares: "when and where was it?" asks when and asks where."""
    piece = f"{piece.rstrip(' ,;?？؟')}?"
    match = _SHARED.match(piece)
    if not match:
        return [piece]
    return [f"{wanted} {piece[match.end() :]}" for wanted in (*match[1].split(", "), match[2])]


# What leans on the question before


def _completed(piece: str, previous: str) -> str | None:
    """A mere "why?" or "the late fee?" with what the question before lends it, None when that cannot be told."""
    words = words_of(piece)
    if len(words) == 1 and words[0].base in QUESTION_WORDS:
        return reopened(words[0].text, previous) or _reopened_which(words[0].text, previous)
    fragment = fragment_of(unended(piece).rstrip("？؟"), led_in=True)
    return None if fragment is None or asks(fragment) else _instead(fragment, previous)


def _reopened_which(word: str, previous: str) -> str | None:
    """A "which …?" asked with "why" or the like: "Why was the offer accepted?" of "Which offer was accepted?"."""
    words = words_of(previous)
    bases = [word.base for word in words]
    at = next((index for index in (2, 3) if bases[index : index + 1] and bases[index] in BE), 0)
    if not at or bases[0] != "which" or word.lower() not in {"when", "where", "why", "how"}:
        return None
    if at + 1 == len(words) or not _is_verb(bases[at + 1]):
        return None
    noun = previous[words[1].start : words[at - 1].end]
    return f"{capitalised(word)} {words[at].text} the {noun} {unended(previous[words[at + 1].start :])}?"


def _instead(fragment: str, previous: str) -> str | None:
    """The question before asked of something else of the same form: "What is the deposit?" of "the late fee"."""
    previous = unended(previous)
    words = words_of(fragment)
    if not words:
        return None
    preposition = words[0].base if words[0].base in PREPOSITIONS else ""
    phrases = noun_phrases(previous)
    if preposition:
        same = [phrase for phrase in phrases if word_before(previous, phrase.span.start) == preposition]
        if len(same) != 1 or len(words) == 1:
            return None
        return f"{previous[: same[0].span.start]}{fragment[words[1].start :]}{previous[same[0].span.end :]}?"
    asked = next((phrase for phrase in phrases if word_before(previous, phrase.span.start) in AUXILIARIES), None)
    if asked is None or (opening(asked.text) in DETERMINERS) != (words[0].base in DETERMINERS):
        return None
    if words[0].base not in DETERMINERS and not (asked.name and words[0].capital):
        return None
    before, after = previous[: asked.span.start], previous[asked.span.end :]
    auxiliary = word_before(previous, asked.span.start)
    forms = _AGREEING if is_plural(fragment) else {many: one for one, many in _AGREEING.items()}
    if auxiliary in forms:
        form = forms[auxiliary]
        form = capitalised(form) if before.strip().lower() == auxiliary else form
        before = f"{before.rstrip()[: -len(auxiliary)]}{form} "
    return f"{before}{fragment}{after}?"
