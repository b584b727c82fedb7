"""Questions about a document itself: "Who wrote this?", "When was the report published?", "What are the chapters?".

They are told by their words, as calls for a summary are: beside what is asked for they hold nothing but words for a
text, and what that is called or about. Knows no documents.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, get_args

from bot.understanding.disfluency import meant
from bot.understanding.english import LISTS, written_out
from bot.understanding.questions import parts

Property = Literal["authors", "date", "title", "language", "length", "contents"]
"""What is asked for of a document."""

_LONGEST = 25  # words
_LISTS = LISTS["about"]
_TEXTS, _LETTERS = ("|".join(_LISTS[name].split()) for name in ("texts", "letters"))
_THIS = "this|these|dies|diese[nrms]?|cet|cette|ce|este|esta"
_THE = "the|der|die|das|dem|den|des|le|la|l'|el"
_TEXT = (
    rf"(?:(?P<this>(?:{_THIS})(?: (?:{_TEXTS}|{_LETTERS}))?|esto|ceci)|(?P<leans>it|that|es|das)"
    rf"|(?:{_THE}) ?(?P<called>[\w-]+ )??(?:{_TEXTS})(?: (?:on|about) (?P<named>.+))?)"
)


def _compiled(pattern: str) -> re.Pattern[str]:
    """The pattern with words for a text in it; a group's name can stand in it only once, so that they are numbered."""
    first, *rest = pattern.split("TEXT")
    texts = (re.sub(r"\?P<(\w+)>", rf"?P<\g<1>_{number}>", _TEXT) for number, _ in enumerate(rest))
    return re.compile(first + "".join(text + part for text, part in zip(texts, rest, strict=True)))


_LOOSE = [re.compile(pattern.replace("TEXT", ".+")) for name in get_args(Property) for pattern in _LISTS[name]]
_PATTERNS = [(name, _compiled(pattern)) for name in get_args(Property) for pattern in _LISTS[name]]


class DocumentQuestion(NamedTuple):
    """What is asked for, and of which document: `named` is what it is called or about, "" where that is not said.

    `this`: whether nothing else than a document can be meant; `leans`: whether it may be what was spoken of before.
    """

    wanted: Property
    named: str = ""
    this: bool = True
    leans: bool = False


def document_question(question: str) -> DocumentQuestion | None:
    """What a question asks for of a document; None where it asks for what one says."""
    said = written_out(question, _LONGEST).removeprefix("please ").removesuffix(" please")
    for wanted, pattern in _PATTERNS:
        if said and (found := pattern.fullmatch(said)) is not None:
            parts = {name.partition("_")[0]: words for name, words in found.groupdict().items() if words}
            named = (parts.get("called") or parts.get("named") or "").strip()
            bare = not parts and not re.search(rf"\b(?:{_TEXTS})\b", said)
            return DocumentQuestion(wanted, named, bare or bool(parts.get("this")), bool(parts.get("leans")))
    return None


def parts_of_documents(question: str, *, leaning: bool = False) -> list[str]:
    """The questions that one message holds, where it holds several and one asks for something of a document itself;
    with `leaning` "it" is rather what was spoken of before.
    """
    asked = parts(meant(question))
    about = [found for found in map(document_question, asked) if found is not None]
    return asked if len(asked) > 1 and any(not (one.leans and leaning) for one in about) else []


def may_ask_of_a_document(question: str) -> bool:
    """Whether a question asks for something of a document, if what it names is one: "Who wrote Emma?"."""
    said = written_out(question, _LONGEST)
    return any(pattern.fullmatch(said) for pattern in _LOOSE)
