"""The inputs: of a seed and a number, always the same file."""

from __future__ import annotations

import random
from dataclasses import dataclass

from retrieval.loaders.registry import SUFFIXES, ZIP
from tests.fuzz.inside import in_xml, inside_pdf, inside_zip
from tests.fuzz.mutation import mutated
from tests.fuzz.samples import Samples

_NAMES = (*SUFFIXES, ".zip", ".doc", ".bin", "")
_USUAL = 200_000  # bytes; larger files are taken less often, as they take longer


@dataclass(frozen=True, slots=True)
class Case:
    """An input: what kind it was made of, and the name that it goes by, None where it has none."""

    number: int
    kind: str
    name: str | None
    data: bytes


def case(found: Samples, seed: int, number: int) -> Case:
    """The input of that number."""
    chance = random.Random(f"{seed} {number}")
    kind = chance.choice(list(found))
    whole, other = (
        _one(found[kind], chance),
        _one(found[kind if chance.random() < 0.7 else chance.choice(list(found))], chance),
    )
    suffix = chance.choice(_NAMES) if chance.random() < 0.1 else kind
    name = None if chance.random() < 0.05 else f"input{suffix}"
    return Case(number, kind, name, _changed(whole, other, chance))


def _one(files: list[bytes], chance: random.Random) -> bytes:
    (one,) = chance.choices(files, [1 / (1 + len(file) / _USUAL) for file in files])
    return one


def _changed(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """Packed files are changed inside more often than outside, where most changes only break them; mail at its head."""
    if chance.random() < 0.75:
        if data.startswith(ZIP):
            return inside_zip(data, chance, other)
        if data.startswith(b"%PDF-"):
            return inside_pdf(data, chance, other)
        if data.startswith((b"<?xml", b"<html")):
            return in_xml(data, chance, other)
        if data.startswith(b"Subject:"):
            head, gap, body = data.partition(b"\r\n\r\n")
            return mutated(head, chance, other) + gap + body
    return mutated(data, chance, other)
