"""Changes of bytes at random: bits, cuts, doubled and foreign blocks, huge numbers, marks of the formats, nesting."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

LARGEST = 3_000_000
"""Bytes beyond which a file is not made to grow."""

NUMBERS = tuple(
    number.encode()
    for number in (
        *("0", "-1", "255", "65535", "65536", "2147483647", "-2147483648", "4294967296", "9223372036854775807"),
        *("99999999999999999999", "1e308", "1e-320", "-0.0", "nan", "inf", "0.00000001", "1/0", "9" * 5000),
    )
)
_MARKS = (
    *(b"\0", b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xff" * 8, b"\xc3"),
    *("\u202e".encode(), "\u2028".encode(), "\ufffe".encode(), "\U000e0041".encode(), b"\r", b"\n\n", b"\x1b[31m"),
    *(b"<![CDATA[", b"]]>", b"<!--", b"<!DOCTYPE x [<!ENTITY e 'ee'>]>", b"&e;", b"&#0;", b"&#xD800;", b"&#1114112;"),
    *(b"</body>", b"<table>", b"<td rowspan=99999 colspan=99999>", b"<svg><title>", b"<template>", b"<plaintext>"),
    *(b"endobj", b"endstream", b"/Kids [1 0 R]", b"/Length 0", b"1 0 R", b"(\\", b"<<", b">>"),
    *(b" <", b"@,", b"?=", b"filename*0*=utf-8''%E9"),
    *(b" Tj ", b" 0 0 0 0 0 0 cm "),
    *(b"\\u-99999 ?", b"\\bin999999999 ", b"\\'zz", b"\\uc9999 ", b"{\\*\\", b"{\\upr{", b"\\ansicpg0 "),
    *(b'"', b"sep=\0\n", b",,,,,,,,", b'""', b"--a\n", b"=?utf-8?b?", b"=?x?q?=ff?="),
    b"charset=\"idna\"; boundary=\"\"",
    *(b"%PDF-", b"PK\x03\x04", b"{\\rtf", b"---\ntitle: ", b"```\n", b"| a | b |\n| - | - |\n", b"[^1]: "),
)  # fmt: skip
_NESTS = (
    *(b"<div>", b"<table><tr><td>", b"<b>", b"<ul><li>", b"<blockquote>", b"<font>", b"<a>", b"<!--", b"<"),
    *(b"(", b"{", b"[", b"<<", b"{\\b ", b"> ", b"- ", b"\t", b"*", b"_a ", b"`", b"&", b'"', b"'a ", b"q ", b"BT "),
    *(b"Content-Type: multipart/mixed; boundary=a\n\n--a\n", b"a. ", b"1) ", b"\n", b" "),
    *(b"|", b"A.B.", b"=", b"\xcc\x81"),
)  # fmt: skip
_DIGITS = re.compile(rb"-?\d+(?:\.\d+)?")


def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """The data with one to eight changes; blocks may come from `other`."""
    changed = bytearray(data or b"x")
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        chance.choice(_CHANGES)(changed, chance, other)
        if not changed:
            changed += b"x"
    return bytes(changed)


def _block(data: bytes | bytearray, chance: random.Random, most: int = 4096) -> slice:
    """A stretch, short more often than long."""
    length = min(len(data), int(most ** chance.random()))
    start = chance.randint(0, len(data) - length)
    return slice(start, start + length)


def _flip(data: bytearray, chance: random.Random, _other: bytes) -> None:
    for _ in range(chance.choice((1, 3, 20, 200))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _overwrite(data: bytearray, chance: random.Random, _other: bytes) -> None:
    part = _block(data, chance, 64)
    value = chance.choice((0, 0x7F, 0x80, 0xFF, 0x20, chance.randrange(256)))
    data[part] = bytes([value]) * (part.stop - part.start)


def _cut_end(data: bytearray, chance: random.Random, _other: bytes) -> None:
    del data[chance.randint(1, len(data)) :]


def _cut_out(data: bytearray, chance: random.Random, _other: bytes) -> None:
    del data[_block(data, chance, 1 << 16)]


def _double(data: bytearray, chance: random.Random, _other: bytes) -> None:
    part = _block(data, chance)
    times = min(chance.choice((1, 1, 2, 10, 1000)), (LARGEST - len(data)) // max(1, part.stop - part.start))
    data[part.stop : part.stop] = data[part] * times


def _splice(data: bytearray, chance: random.Random, other: bytes) -> None:
    if other and len(data) < LARGEST:
        data[_block(data, chance)] = other[_block(other, chance, 1 << 15)]


def _move(data: bytearray, chance: random.Random, _other: bytes) -> None:
    part = _block(data, chance)
    block = data[part]
    del data[part]
    at = chance.randint(0, len(data))
    data[at:at] = block


def _enlarge(data: bytearray, chance: random.Random, _other: bytes) -> None:
    """Makes a number another, near a place that chance picks: files may have millions."""
    start = chance.randrange(len(data))
    found = _DIGITS.search(data, start) or _DIGITS.search(data)
    if found:
        data[found.start() : found.end()] = chance.choice(NUMBERS)


def _mark(data: bytearray, chance: random.Random, _other: bytes) -> None:
    for _ in range(chance.choice((1, 1, 5))):
        at = chance.randint(0, len(data))
        data[at:at] = chance.choice(_MARKS)


def _nest(data: bytearray, chance: random.Random, _other: bytes) -> None:
    if len(data) < LARGEST:
        at = chance.randint(0, len(data))
        data[at:at] = chance.choice(_NESTS) * chance.choice((10, 300, 3000, 40_000))


_CHANGES: tuple[Callable[[bytearray, random.Random, bytes], None], ...] = (
    *(_flip, _overwrite, _cut_end, _cut_out, _double, _splice, _move, _enlarge, _enlarge, _mark, _mark, _nest),
)
