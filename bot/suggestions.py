"""Suggested questions that a document answers: made from the names in it, each asked before it is suggested.

Knows no interface, and of a document only its text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from bot.answers import Answer, Citation
from bot.understanding.names import bearers, names_in

_READ = 20_000  # characters from the beginning, which say what a document is about
_TRIED = 12  # questions at most
SUMMARY = "Summarise the text."
"""The question that asks for a summary."""


def suggest(answer: Callable[[str], Answer], text: str, wanted: int = 3, before: Collection[Answer] = ()) -> list[str]:
    """At most `wanted` questions that are answered, by `answer`, with words on what they name; each by other words.

    What was asked or quoted `before` is not suggested again.
    """
    chosen: list[str] = []
    asked = {one.question.casefold() for one in before}
    shown = {_place(one) for found in before for one in found.citations}
    for tried, (question, name) in enumerate(_candidates(text[:_READ])):
        if len(chosen) == wanted or tried == _TRIED:
            break
        if question.casefold() in asked:
            continue
        found = answer(question)
        if found.status != "answered":
            continue
        first = found.citations[0]
        if name.split()[-1] in first.quote and _place(first) not in shown:
            shown.add(_place(first))
            chosen.append(question)
    return chosen or [one for one in (SUMMARY,) if one.casefold() not in asked]


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.document.id, citation.start, citation.end


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    """Questions with the name that each is about, the most promising first."""
    known = bearers(names_in(text))
    persons = [name for name in known if name.person and " " in name.text]
    others = sorted((name for name in known if name not in persons), key=lambda name: -text.count(name.text))
    if persons:
        yield f"Who is {persons[0].text}?", persons[0].text
    for name in (*persons[1:2], *others, *persons[2:]):
        yield f"What is said about {name.text}?", name.text
