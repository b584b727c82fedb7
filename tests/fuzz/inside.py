"""Changes within files that are packed, which bytes changed at random would only break: ZIP archives, XML and PDF."""

from __future__ import annotations

import copy
import io
import random
import re
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tests.fuzz.mutation import LARGEST, NUMBERS, mutated
from tests.retrieval.loaders.sample_files import archive

_TEXTS = (
    "",
    " ",
    "\t\n",
    "x" * 100_000,
    "\u202e",
    "\ufffe",
    "a" + "\u0301" * 999,
    "=1+1",
    "<b>",
    "\ud7ff",
    "..",
    "/",
    "#",
)
_MOST_ELEMENTS = 30_000
_STREAM = re.compile(rb"stream\r?\n")
_LENGTH = re.compile(rb"/Length \d+(?! \d+ R)")


def inside_zip(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """The archive with some of its members changed, left out, renamed, swapped, or taken from another archive."""
    members, others = dict(_members(data)), _members(other)
    if not members:
        return mutated(data, chance, other)
    names = [name for name in members if name.endswith((".xml", ".rels", ".xhtml", ".opf"))] or list(members)
    for _ in range(chance.choice((1, 1, 2, 4))):
        name = chance.choice(names)
        foreign = chance.choice(list(others.values())) if others else b""
        match chance.randrange(12):
            case 0:
                members.pop(name, None)
            case 1:
                members[chance.choice(list(members) or ["a"])] = members.get(name, b"")
            case 2:
                members[name] = foreign
            case 3:
                renamed = mutated(name.encode(), chance, b"../").decode("utf-8", "replace").replace("\0", "")
                members[renamed[:9999] or "a"] = foreign
            case 4 | 5 | 6:
                members[name] = mutated(members.get(name, b"x"), chance, foreign)
            case _:
                members[name] = in_xml(members.get(name, b"x"), chance, foreign)
    return archive(members)


def in_xml(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """Well-formed XML with elements and attributes changed; what is none is changed as bytes."""
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return mutated(data, chance, other)
    for _ in range(chance.choice((1, 2, 5, 20))):
        every = list(root.iter())
        if len(every) > _MOST_ELEMENTS:
            break
        chance.choice(_XML_CHANGES)(chance.choice(every), chance.choice(every), chance)
    try:
        return bytes(ElementTree.tostring(root, "utf-8"))
    except (ValueError, RecursionError):
        return mutated(data, chance, other)


def inside_pdf(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """The PDF with the content of some packed streams changed: in place where it fits, so that the rest is found."""
    streams = _streams(data)
    if not streams:
        return mutated(data, chance, other)
    worded = [
        one for one in streams if b"Tj" in one[2] or b"TJ" in one[2] or b"begincmap" in one[2] or b"/Type" in one[2]
    ]
    chosen = {
        chance.choice(worded or streams if chance.random() < 0.8 else streams) for _ in range(chance.choice((1, 1, 3)))
    }
    changed = bytearray(data)
    for start, end, content in sorted(chosen, reverse=True):
        packed = zlib.compress(mutated(content, chance, chance.choice(streams)[2])[:LARGEST], 9)
        if len(packed) <= end - start:
            changed[start:end] = packed.ljust(end - start, b"\0")
            continue
        changed[start:end] = packed
        stated = list(_LENGTH.finditer(changed, max(0, start - 400), start))
        if stated:
            changed[stated[-1].start() : stated[-1].end()] = b"/Length %d" % len(packed)
    return bytes(changed)


@lru_cache(maxsize=64)
def _members(data: bytes) -> dict[str, bytes]:
    """The members of a sound archive; of anything else, none."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            return {name: file.read(name) for name in file.namelist() if not name.endswith("/")}
    except (zipfile.BadZipFile, ValueError):
        return {}


@lru_cache(maxsize=64)
def _streams(data: bytes) -> list[tuple[int, int, bytes]]:
    """The places and the content of the streams that can be unpacked, but the largest."""
    found = []
    for begin in _STREAM.finditer(data):
        end = data.find(b"endstream", begin.end())
        try:
            content = zlib.decompressobj().decompress(data[begin.end() : end], LARGEST)
        except zlib.error:
            continue
        if content:
            found.append((begin.end(), end, content))
    return found


def _text(element: Element, _other: Element, chance: random.Random) -> None:
    element.text = chance.choice((*_TEXTS, chance.choice(NUMBERS).decode()))


def _attribute(element: Element, other: Element, chance: random.Random) -> None:
    name = chance.choice(list(element.keys() or other.keys() or ["id"]))
    element.set(name, chance.choice((*_TEXTS, *(number.decode() for number in NUMBERS), *other.attrib.values())))


def _without_attribute(element: Element, _other: Element, chance: random.Random) -> None:
    if element.attrib:
        del element.attrib[chance.choice(list(element.attrib))]


def _emptied(element: Element, _other: Element, chance: random.Random) -> None:
    if len(element):
        element.remove(chance.choice(list(element)))


def _copied(element: Element, other: Element, chance: random.Random) -> None:
    one = copy.deepcopy(element)  # of what may hold the other, each copy would be larger than the last
    times = min(chance.choice((1, 1, 30, 2000)), LARGEST // len(ElementTree.tostring(element, "utf-8")))
    for _ in range(times):
        other.insert(0, copy.deepcopy(one))


def _shared(element: Element, other: Element, chance: random.Random) -> None:
    """Many elements that are alike, without children."""
    for _ in range(min(chance.choice((1, 100, 20_000)), _times(element))):
        other.append(element.makeelement(element.tag, dict(element.attrib)))


def _times(element: Element) -> int:
    """How often an element may be repeated without its children."""
    return LARGEST // (50 + sum(len(value) for value in element.attrib.values()))


def _retagged(element: Element, other: Element, _chance: random.Random) -> None:
    element.tag, other.tag = other.tag, element.tag


def _deepened(element: Element, other: Element, chance: random.Random) -> None:
    for _ in range(min(chance.choice((3, 50, 300)), _times(other))):
        inner = element.makeelement(other.tag, dict(other.attrib))
        element.append(inner)
        element = inner


_XML_CHANGES: tuple[Callable[[Element, Element, random.Random], None], ...] = (
    *(_text, _attribute, _attribute, _attribute, _without_attribute, _emptied, _copied, _shared, _retagged, _deepened),
)
