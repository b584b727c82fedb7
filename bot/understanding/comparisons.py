"""Questions that set documents side by side: "Compare the leases on pets", "Which of the documents mentions dogs?".

They are told by English patterns, or by the titles of several documents in one question, in any language. Knows no
documents but for their names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answers import Exchange, plain
from bot.understanding.document_names import documents_named, pointed
from bot.understanding.english import LISTS, QUESTION_WORDS, opening
from bot.understanding.summary_requests import titles_meant
from retrieval.library.catalogue import DocumentName

_LONGEST = 300  # characters
_LISTS = LISTS["comparing"]
_DOCUMENTS = rf"(?:{'|'.join(_LISTS['documents'].split())})"
_THESE = r"(?:(?:all|both|each|every|the|these|those|my|our|your|of|two|three|other)\s+)*"
_ALL = re.compile(rf"{_THESE}{_DOCUMENTS}", re.IGNORECASE)
_SPOKEN_OF = re.compile(
    r"they|them|both|each|all|(?:both|each|the two|all)(?: of)? (?:them|these|those)", re.IGNORECASE
)
_JOINED = re.compile(r"\s*(?:,|\b(?:and|or|with|to|versus|vs)\b|&)[.\s]*", re.IGNORECASE)
_NO_NAME = re.compile(_THESE, re.IGNORECASE)
_GOES_ON = re.compile(r"(?:and|(?:and )?(?:what|how))\s+(?:about|on|as to|regarding)\s+(?P<topic>.+)", re.IGNORECASE)
_POLITE = r"(?:(?:please|can you|could you|now|and|so|then|tell me|show me)[,\s]+)*"


def _compiled(pattern: str) -> re.Pattern[str]:
    words = pattern.replace(" ", r"\s+").replace("DOCUMENTS", _THESE + _DOCUMENTS)
    return re.compile(
        _POLITE + words.replace("NAMES", "(?P<names>.+?)").replace("TOPIC", "(?P<topic>.+)"), re.IGNORECASE
    )


_COMPARED, _WHICH = ([_compiled(pattern) for pattern in _LISTS[name]] for name in ("compared", "which"))
_POINTED = re.compile(
    rf"\s*\b(?:(?:{_LISTS['leading']})\s+)*it(?:\s*(?:,|\b(?:{_LISTS['joining']})\b)\s*(?:(?:{_LISTS['leading']})\s+)*it\b)+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question that each of some `documents` (ids) is asked by itself, to show the answers side by side; "" for what
    they are about.
    """

    question: str
    documents: tuple[str, ...]


def comparison(question: str, history: Sequence[Exchange], names: Sequence[DocumentName]) -> Comparison | None:
    """The comparison of some of these documents that a question asks for, after what was said; None where it asks for
    none, or names fewer than two.
    """
    asked = plain(question)[:_LONGEST].rstrip(" ?.!")
    if len(names) < 2:
        return None
    for pattern in _WHICH:
        if found := pattern.fullmatch(asked):
            return Comparison(found["topic"], tuple(one.id for one in names))
    for pattern in _COMPARED:
        if found := pattern.fullmatch(asked):
            documents = _meant(found["names"], history, names)
            if len(documents) > 1:
                return Comparison(_question(found.groupdict().get("topic", "")), documents)
    if history and (found := _GOES_ON.fullmatch(asked)) and (last := comparison(history[-1].question, (), names)):
        return Comparison(_question(found["topic"]), last.documents)
    named = documents_named(asked, names)
    left, places = _POINTED.subn("", pointed(asked, named)) if len(named) > 1 else (asked, 0)
    return Comparison(f"{left}?", tuple(one.id for one in named)) if places and left.strip() else None


def _question(topic: str) -> str:
    """What is asked of each document: a topic alone is asked for, a question that stands in another is asked."""
    if not topic:
        return ""
    return f"{topic}?" if opening(topic) in QUESTION_WORDS else f"What is {topic}?"


def _meant(called: str, history: Sequence[Exchange], names: Sequence[DocumentName]) -> tuple[str, ...]:
    """The documents that are meant by what they are called; none where something in it means no document."""
    if _ALL.fullmatch(called):
        return _spoken_of(history) or tuple(one.id for one in names)
    if _SPOKEN_OF.fullmatch(called):
        two = tuple(one.id for one in names) if len(names) == 2 and "both" in called.lower() else ()
        return _spoken_of(history) or two
    titles = [one.title for one in names]
    meant: list[str] = []
    for name in filter(None, _JOINED.split(called)):
        found = titles_meant(_NO_NAME.sub("", name, count=1), titles)
        if not found:
            return ()
        meant += (names[n].id for n in found)
    return tuple(dict.fromkeys(meant))


def _spoken_of(history: Sequence[Exchange]) -> tuple[str, ...]:
    """The documents of the last answer that quoted several."""
    cited = (tuple(dict.fromkeys(one.document.id for one in said.quotes)) for said in reversed(history))
    return next((several for several in cited if len(several) > 1), ())
