"""The documents of the campaign: small ones, each edition of which can be told from every other by one word."""

from __future__ import annotations

import re

from retrieval.types import Document, Span

PLACES = "harbour orchard library windmill bakery observatory foundry chapel quarry theatre".split()
GERMAN = "Brief"
"""The beginning of the sources of texts in German."""


def document(source: str, edition: int) -> Document:
    """The text of a source in an edition: facts of a few words (even numbers), long paragraphs (odd), or German."""
    kind, number = source.split("-")
    place, lamp = PLACES[int(number) % len(PLACES)], word(edition)
    if kind == GERMAN:
        text = (
            f"Der Leuchtturm von {place} steht seit vielen Jahren am Meer. Die Wärterin putzt dort {lamp} jeden Abend."
        )
        return Document(source, f"Der Brief aus {place}", text)
    if int(number) % 2:
        return Document(source, f"The {place}", "\n\n".join(_paragraph(place, lamp, part) for part in range(2)))
    text, boilerplate = "", []
    for fact in range(2 + edition % 2):
        text += f"Fact {fact}: the keeper of the {place} trims {lamp}.\n\n"
        boilerplate.append(Span(len(text), len(text) + len("Share.")))
        text += "Share.\n\n"
    return Document(source, f"The {place}", text, tuple(boilerplate))


def _paragraph(place: str, lamp: str, part: int) -> str:
    """More than the short model reads at once."""
    return (
        f"In year {1700 + part} the {place} was closed by the river until the frost, and {lamp} burned in its window. "
        f"The keeper of that year kept {part + 3} geese and sold flour to the villages on the other side of the hill. "
        f"Then the wheel was mended by a carpenter, who came from the coast with his tools and stayed until spring."
    )


def word(edition: int) -> str:
    """The word that only this edition holds."""
    return f"lamp{edition:05}"


def words(text: str) -> set[str]:
    """The words of editions in a text."""
    return set(re.findall(r"lamp\d{5}", text))
