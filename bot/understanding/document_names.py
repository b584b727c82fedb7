"""Which documents a question names: by their titles, or by the names of their files. Knows of language only what
is put in the place of a name in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retrieval.index.tokenizer import tokens
from retrieval.library.catalogue import DocumentName

_FEWEST = 2  # words of a name that is looked for in a question: one alone may mean anything
_LONGEST = 200  # characters of a name
_WORD = re.compile(r"\w+")


def documents_named(question: str, entries: Sequence[DocumentName]) -> list[DocumentName]:
    """The documents whose title or file a question has word for word, without those whose name is in a longer one."""
    asked = tokens(question)
    places = [(max(_places(entry, asked), key=len, default=range(0)), entry) for entry in entries]
    found = [(place, entry) for place, entry in places if place]
    return [one for place, one in found if not any(_is_part(place, other) for other, _ in found)]


def pointed(question: str, entries: Sequence[DocumentName]) -> str:
    """The question with "it" in the place of what it calls these documents: no passage of theirs has their name."""
    for called in sorted({called for entry in entries for called in _called(entry)}, key=len, reverse=True):
        words = _WORD.findall(called[:_LONGEST])
        if len(words) >= _FEWEST:
            name = r"\W+".join(map(re.escape, words))
            question = re.sub(rf"(?:\bthe\s+)?[\"“”'«]?\b{name}\b[\"“”'»]?", "it", question, flags=re.IGNORECASE)
    return question


def only_named(question: str, entries: Sequence[DocumentName]) -> DocumentName | None:
    """The document whose name is all that was said, if it is one."""
    said = tokens(question)
    return next((entry for entry in entries if said and said in [tokens(one) for one in _called(entry)]), None)


def _names(entry: DocumentName) -> Iterator[list[str]]:
    for called in _called(entry):
        name = tokens(called[:_LONGEST])
        if len(name) >= _FEWEST:
            yield name


def _called(entry: DocumentName) -> tuple[str, str, str]:
    file = entry.source.rstrip("/").rpartition("/")[2]
    return entry.title.removesuffix("…"), file, file.rpartition(".")[0]


def _places(entry: DocumentName, asked: list[str]) -> Iterator[range]:
    """Where a document's names stand among the words of a question."""
    for name in _names(entry):
        for start in range(len(asked) - len(name) + 1):
            if asked[start : start + len(name)] == name:
                yield range(start, start + len(name))


def _is_part(place: range, other: range) -> bool:
    return len(place) < len(other) and other.start <= place.start and place.stop <= other.stop
