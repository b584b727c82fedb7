"""Boilerplate in plain text and markdown: lines that belong to the page a text was copied from, not to the text.

This module knows no file and no HTML: it reads lines. It is conservative, since a line that is wrongly called
boilerplate can never be found again, while a menu that stays does little harm: only whole lines are boilerplate, and
single words ("Share.") only where they stand apart from the text around them.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from retrieval.types import Span

LONGEST_LINE = 300
"""A longer line, in code points, is always text; this also bounds the work a line can cause."""

_LISTS = tomllib.loads(Path(__file__).with_name("boilerplate.toml").read_text("utf-8"))


def _table(name: str) -> re.Pattern[str]:
    rows = (row.replace("NETWORK", f"(?:{_LISTS['networks']})") for row in _LISTS[name])
    return re.compile("|".join(f"(?:{row})" for row in rows))


_WORD, _PHRASE, _POINTER = _table("words"), _table("phrases"), _table("pointers")
_COOKIES, _COOKIE_TALK, _COPYRIGHT = _table("cookie_openings"), _table("cookie_talk"), _table("copyright")
_MENU_WORDS = frozenset(word for row in _LISTS["menus"] for word in row.split("|"))
_POINTER_LONGEST = 120

_MARKER = re.compile(r"(?:[-*+•>]|#{1,6})[ \t]+")
_FENCE = re.compile("(```|~~~)")
_LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_FILLED = re.compile(rf"\S[^{_LINE_ENDS}]*")
_ONE_END = re.compile(rf"[^\S{_LINE_ENDS}]*(?:\r\n|[{_LINE_ENDS}])[^\S{_LINE_ENDS}]*")
_BELOW = re.compile(rf"(?:\r\n|[{_LINE_ENDS}])([^{_LINE_ENDS}]*)")
_MENU_BAR = re.compile("[|·•]")
_SENTENCE_ENDS = tuple(".!?…。！？»”\"'’)")
_KNOWN, _MAYBE = "known", "maybe"


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that holds something: its place without outer white space, its number, and what it was taken for."""

    start: int
    end: int
    number: int
    words: str
    verdict: str | None


def recognise(text: str) -> tuple[Span, ...]:
    """The boilerplate of plain text or markdown, as sorted spans of `text`, each one whole line without outer blanks.

    A text that is nothing but boilerplate has none. Lines in fenced code are always text.
    """
    boilerplate: list[Span] = []
    sound = False
    before: _Line | None = None
    group: list[_Line] = []
    for line in chain(_lines(text), (None,)):
        if line is not None and line.verdict is not None and (not group or line.number == group[-1].number + 1):
            group.append(line)
            continue
        if group:
            known = [each for each in group if each.verdict == _KNOWN]
            found = group if known or _set_apart(before, group, line) else known
            boilerplate += [Span(each.start, each.end) for each in found]
            sound = sound or len(found) < len(group)
            before = group[-1]
        if line is not None and line.verdict is not None:
            group = [line]
        elif line is not None:
            group = []
            before, sound = line, True
    return tuple(boilerplate) if sound else ()


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans sorted, empty ones left out, those that overlap or touch made one."""
    result: list[Span] = []
    for span in sorted((s for s in spans if s.start < s.end), key=lambda s: (s.start, s.end)):
        if result and span.start <= result[-1].end:
            result[-1] = Span(result[-1].start, max(result[-1].end, span.end))
        else:
            result.append(span)
    return tuple(result)


def covers_all(text: str, spans: Iterable[Span]) -> bool:
    """Whether nothing but white space lies outside the sorted `spans` of `text`."""
    position = 0
    for span in spans:
        if text[position : span.start].strip():
            return False
        position = span.end
    return not text[position:].strip()


def _lines(text: str) -> Iterator[_Line]:
    """The lines that hold something; those with blank ones between have numbers that do not follow each other."""
    at, number, fence, above = 0, 0, "", ""
    for found in _FILLED.finditer(text):
        start = found.start()
        words = found.group().rstrip()
        glued = _ONE_END.fullmatch(text, at, start) is not None
        number += 1 if glued else 2
        verdict = None
        mark = _FENCE.match(words)
        if mark and _opens_line(text, start) and (not fence or mark[1] == fence):
            fence = "" if fence else mark[1]
        elif not fence:
            verdict = _verdict(words)
            if verdict == _KNOWN and "|" in words:
                below = _BELOW.match(text, found.end())
                if _in_table(above if glued else "", below[1] if below else ""):
                    verdict = None
        yield _Line(start, start + len(words), number, words, verdict)
        at, above = found.end(), words


def _opens_line(text: str, start: int) -> bool:
    """Whether at most three spaces stand between the start of the line and `start`."""
    gap = text[max(0, start - 4) : start]
    edge = start - (len(gap) - len(gap.rstrip(" ")))
    return start - edge <= 3 and (edge == 0 or text[edge - 1] in _LINE_ENDS)


def _verdict(line: str) -> str | None:
    # A document's own title is never boilerplate, whatever it says.
    if len(line) > LONGEST_LINE or line.startswith("# "):
        return None
    folded = " ".join(line.casefold().replace("’", "'").split())
    plain = _plain(folded)
    if _PHRASE.fullmatch(plain) or _COPYRIGHT.fullmatch(folded) or _is_menu(folded):
        return _KNOWN
    if len(plain) <= _POINTER_LONGEST and not line.endswith((".", "。")) and _POINTER.fullmatch(plain):
        return _KNOWN
    if (opening := _COOKIES.fullmatch(plain)) and _speaks_of_the_web(opening.group()):
        return _KNOWN
    return _MAYBE if _WORD.fullmatch(plain) else None


def _speaks_of_the_web(notice: str) -> bool:
    rest = notice.partition("cookie")[2].removeprefix("s")
    return not rest.strip() or _COOKIE_TALK.search(notice) is not None


def _plain(line: str) -> str:
    marker = _MARKER.match(line)
    start, end = marker.end() if marker else 0, len(line)
    while start < end and _is_outer(line[start]):
        start += 1
    while end > start and _is_outer(line[end - 1]):
        end -= 1
    return line[start:end]


def _is_outer(character: str) -> bool:
    return character.isspace() or unicodedata.category(character)[0] in "PS"


def _is_menu(line: str) -> bool:
    if line.startswith("|") or not _MENU_BAR.search(line):
        return False
    items = [item.strip().strip(" .") for item in _MENU_BAR.split(line)]
    items = [item for item in items if item]
    known = sum(item in _MENU_WORDS for item in items)
    return len(items) >= 2 and known >= 2 and known * 3 >= len(items) * 2 and all(len(item) <= 40 for item in items)


def _in_table(above: str, below: str) -> bool:
    near = [line.casefold().strip() for line in (above, below)]
    return any("|" in line and not _is_menu(line) for line in near)


def _set_apart(before: _Line | None, group: list[_Line], after: _Line | None) -> bool:
    """Whether a group of lines of single words stands apart from its surroundings, as buttons do.

    Entries of a word list, verses, dictionary headwords and titles do not.
    """
    if before is None:
        # The first line may be the title; it is boilerplate only at the head of more boilerplate.
        return len(group) > 1 or (after is not None and after.verdict is not None)
    if before.number == group[0].number - 1 and not _is_prose(before):
        return False
    if after is not None and after.number == group[-1].number + 1 and not _is_prose(after):
        return False
    if before.words.endswith((":", "：")) and group[0].words.startswith(("-", "*", "•", "+")):
        return False
    if after is not None and len(group) == 1 and _explains(after.words, group[0].words):
        return False
    return any(side is None or side.verdict is not None or _is_prose(side) for side in (before, after))


def _is_prose(line: _Line) -> bool:
    # A character of Chinese or Japanese carries about as much as two or three letters.
    width = sum(3 if character >= "⺀" else 1 for character in line.words[:200])
    return width >= 80 or (width >= 40 and line.words.endswith(_SENTENCE_ENDS))


def _explains(line: str, headword: str) -> bool:
    opening = re.findall(r"\w+", line[:80].casefold())[:5]
    words = re.findall(r"\w+", headword.casefold())
    return bool(words) and (words[-1] in opening or words[-1] + "s" in opening)
