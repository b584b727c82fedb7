"""Suggested questions that a document answers: made from the names in it, each asked before it is suggested.

Knows no interface, and of a document only its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bot.answers import Answer
from bot.understanding.names import bearers, names_in

_READ = 20_000  # characters from the beginning, which say what a document is about
_TRIED = 12  # questions at most
SUMMARY = "Summarise the text."
"""The question that asks for a summary."""


def suggest(answer: Callable[[str], Answer], text: str, wanted: int = 3) -> list[str]:
    """At most `wanted` questions that are answered, by `answer`, with words on what they name; each by other words."""
    chosen: list[str] = []
    shown: set[tuple[int, int]] = set()
    for tried, (question, name) in enumerate(_candidates(text[:_READ])):
        if len(chosen) == wanted or tried == _TRIED:
            break
        found = answer(question)
        if found.status != "answered":
            continue
        first = found.citations[0]
        if name.split()[-1] in first.quote and (first.start, first.end) not in shown:
            shown.add((first.start, first.end))
            chosen.append(question)
    return chosen or [SUMMARY]


def _candidates(text: str) -> Iterator[tuple[str, str]]:
    """Questions with the name that each is about, the most promising first."""
    known = bearers(names_in(text))
    persons = [name for name in known if name.person and " " in name.text]
    others = sorted((name for name in known if name not in persons), key=lambda name: -text.count(name.text))
    if persons:
        yield f"Who is {persons[0].text}?", persons[0].text
    for name in (*persons[1:2], *others, *persons[2:]):
        yield f"What is said about {name.text}?", name.text
