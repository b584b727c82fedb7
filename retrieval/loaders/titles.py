"""What a document is called: what it says of itself, its file's name, or its first words. Knows no files."""

from __future__ import annotations

import re
import unicodedata

from retrieval.types import Span

LONGEST_TITLE = 200
"""The longest title, in code points."""

_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?=[ \t]*[\w-]+[ \t]*:)")
_FRONT_MATTER_END = re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$", re.M)
_FRONT_MATTER_FIELD = r"^{name}[ \t]*:[ \t]*(\S[^\r\n]*)"
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()\s]*\)")
_TITLE_TEXT_LONGEST, _OPENING_LONGEST = 120, 40
_SENTENCE_ENDS = tuple(".!?…。！？;；,，:：")
_LETTERS, _VOWEL = re.compile(r"[^\W\d_]{2,}"), re.compile("[aeiouy]")
_NAMES_NOTHING = frozenset(
    "scan scanned img image picture photo document doc docs dokument documento file files datei fichier archivo "
    "download downloads untitled unbenannt unnamed new neu copy kopie copie copia print output temp tmp export page "
    "text txt message attachment anhang readme index default main data draft entwurf".split()
)
_LABEL = re.compile(r"[^:：]{1,40}[:：]\s*\S")
_FUNCTION_WORDS = frozenset(
    "a an the of in on at to for by with from and or but as is are was were its his her their this that has have had "
    "der die das den dem ein eine und oder von zu im le la les un une des de du et ou à el los y en".split()
)


def title_of(given: str | None, found: str, name: str | None, source: str) -> str:
    """One line of at most LONGEST_TITLE code points: what was given, what was found, or a name."""
    candidates = (given or "", found, name or "", source.rpartition("/")[2])
    return next((line for line in map(one_line, candidates) if line), "Untitled")


def one_line(words: str) -> str:
    """Words in one line of at most LONGEST_TITLE code points, without characters that are not seen."""
    # Joiners shape words in Persian and Hindi and are kept; other invisible characters could disguise a title.
    shown = (
        " " if c.isspace() else c
        for c in words[: LONGEST_TITLE * 20]
        if c.isspace() or c in "\u200c\u200d" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    )
    line = " ".join("".join(shown).split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"


def front_matter(text: str) -> Span | None:
    """The block of settings between two lines of dashes at the start of a Markdown file."""
    begin = _FRONT_MATTER.match(text)
    end = _FRONT_MATTER_END.search(text, begin.end()) if begin else None
    return Span(0, end.start() + 3) if end else None


def front_matter_field(text: str, front: Span, name: str) -> str:
    """What the front matter of a Markdown text has under a name; "" where it has nothing."""
    found = re.search(_FRONT_MATTER_FIELD.format(name=name), front.of(text), re.I | re.M)
    value = found[1].strip() if found else ""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def markdown_title(text: str, front: Span | None) -> str:
    """The title that a Markdown text gives itself, in its front matter or as a heading; empty when it does not."""
    if front and (named := front_matter_field(text, front, "title")):
        return named
    fence, before = "", ""
    for line in text[front.end if front else 0 :].splitlines():
        stripped = line.strip()
        if stripped.startswith(("```", "~~~")) and (not fence or stripped.startswith(fence)):
            fence = "" if fence else stripped[:3]
        elif not fence:
            if line.startswith("# ") and (heading := _without_markup(line[2:].rstrip().rstrip("#"))):
                return heading
            if before and stripped and not stripped.strip("="):
                return _without_markup(before)
        before = stripped
    return ""


def _without_markup(line: str) -> str:
    return _TAG.sub("", _LINK.sub(r"\1", line[:1000])).replace("**", "").replace("__", "").replace("`", "").strip(" *")


def file_title(name: str) -> str:
    """What a file's name says of it, without its ending; "" where that is nothing, as in "scan0042.pdf"."""
    stem = name.rpartition(".")[0] or name
    telling = set(_LETTERS.findall(stem.casefold())) - _NAMES_NOTHING
    return stem.strip() if any(_VOWEL.search(word) or not word.isascii() for word in telling) else ""


def opening(text: str, boilerplate: tuple[Span, ...], otherwise: str = "") -> str:
    """The first line when it looks like a title; else `otherwise`, or, without that, the first words, cut at a word."""
    parts, position = [], 0
    for span in boilerplate[:50]:
        parts.append(text[position : span.start])
        position = span.end
    lines = "".join([*parts, text[position:]])[:100_000].strip().splitlines()
    first = lines[0].strip() if lines else ""
    rest = len(lines) > 2 and not lines[1].strip()
    following = next((line for line in lines[1:] if line.strip()), "")
    cells = "|" in first or "\t" in first or (_LABEL.match(first) and _LABEL.match(following))  # of a table or a form
    if rest and not cells and len(first) <= _TITLE_TEXT_LONGEST and not first.endswith(_SENTENCE_ENDS):
        return _without_markup(first.lstrip("# ")) or first
    if otherwise:
        return otherwise
    words = one_line(" ".join(lines[:40]))
    if len(words) <= _OPENING_LONGEST:
        return words
    cut = words[: _OPENING_LONGEST + 1]
    # Chinese and Japanese have no spaces to cut at.
    kept = cut.rsplit(" ", 1)[0].split() if " " in cut else [cut[:_OPENING_LONGEST]]
    while len(kept) > 1 and kept[-1].casefold().strip(",;:–—-") in _FUNCTION_WORDS | {""}:
        kept.pop()
    return " ".join(kept).rstrip(" ,;:–—-") + " …"
