"""Writes the elements of a web page as text that reads well, and notes which of it is boilerplate.

Knows no parser: it takes the page flattened, in document order. Nothing here recurses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from retrieval.types import Span

HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre search "
    "section select summary table tbody td textarea tfoot th thead tr ul".split()
)
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_WHITE = re.compile(r"[ \t\n\r\f]+")
_BREAK_IN_CJK = re.compile(r"(?<=[⺀-鿿豈-﫿＀-｠])\n(?=[⺀-鿿豈-﫿＀-｠])")
HOLDS_MAIN, HOLDS_TITLE, HOLDS_LAYOUT = 1, 2, 4
NO_ATTRIBUTES: dict[str, str] = {}
_NONE, _SPACE, _LINE, _BLANK = range(4)
_GAPS = ("", " ", "\n", "\n\n")


@dataclass(slots=True)
class Node:
    """An element or, when `tag` is empty, a stretch of text; `parent` and `end` index the flattened page.

    `weight` counts the characters below it outside white space, `holds` says by bits what else is below it.
    """

    tag: str
    parent: int
    text: str = ""
    attributes: dict[str, str] = field(default_factory=lambda: NO_ATTRIBUTES)
    end: int = 0
    weight: int = 0
    holds: int = 0
    boilerplate: bool = False


@dataclass(slots=True)
class _Open:
    """An element that is being written: its list's items or its table's rows so far, and whether its cells are flat."""

    node: Node
    count: int = 0
    data_table: bool = False
    flat: bool = False


class PageWriter:
    """Writes the flattened page; white space between blocks is held back until something follows it."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self.links: list[Span] = []
        self._length = 0
        self._gap = _NONE
        self._bars = 0
        self._row_begins = False
        self._prefix = ""
        self._pre_tail = ""
        self._flat = self._pre = self._boilerplate = self._links = 0
        self._boilerplate_start: int | None = None
        self._opened: list[_Open] = []
        self._lists: list[_Open] = []
        self._tables: list[_Open] = []

    def write(self, nodes: list[Node]) -> None:
        """Write the page; the text is then in `pieces`, its boilerplate in `spans`, the words of links in `links`."""
        for index, node in enumerate(nodes):
            while self._opened and self._opened[-1].node.end <= index:
                self._close(self._opened.pop())
            if not node.tag:
                self._text(node.text)
            elif node.tag == "br":
                self._break()
            else:
                self._open(node)
        while self._opened:
            self._close(self._opened.pop())

    def _open(self, node: Node) -> None:
        tag, here = node.tag, _Open(node)
        self._opened.append(here)
        if node.boilerplate:
            self._boilerplate += 1
        self._links += tag == "a"
        if tag in _LISTS:
            self._part(_LINE if self._lists else _BLANK)
            self._lists.append(here)
        elif tag == "li":
            self._item()
        elif tag == "table":
            self._part(_BLANK)
            here.data_table = not self._flat and not self._is_layout(node)
            self._tables.append(here)
        elif tag == "tr":
            self._row()
        elif tag in ("td", "th"):
            self._cell(here)
        elif tag in _BLOCKS:
            self._part(_BLANK)
            if tag in HEADINGS and not self._flat:
                self._prefix = HEADINGS[tag]
                here.flat = True
            elif tag == "pre" and not self._flat:
                self._pre += 1
        self._flat += here.flat

    def _close(self, here: _Open) -> None:
        tag = here.node.tag
        self._flat -= here.flat
        self._links -= tag == "a"
        if here.node.boilerplate:
            self._boilerplate -= 1
            if not self._boilerplate and self._boilerplate_start is not None:
                self.spans.append(Span(self._boilerplate_start, self._length))
                self._boilerplate_start = None
        if tag in _LISTS:
            self._lists.pop()
        elif tag == "table":
            self._tables.pop()
            self._bars = 0
            self._row_begins = False
        elif tag == "pre" and self._pre and not self._flat:
            self._pre -= 1
            self._pre_tail = ""
        if tag == "li" or tag in HEADINGS:
            self._prefix = ""
        if tag in _BLOCKS and not (here.flat and tag in ("td", "th")):
            self._part(_LINE if self._lists and (tag == "li" or tag in _LISTS) else _BLANK)

    @staticmethod
    def _is_layout(node: Node) -> bool:
        return bool(node.holds & HOLDS_LAYOUT) or node.attributes.get("role") in ("presentation", "none")

    def _item(self) -> None:
        if self._flat or not self._lists:
            self._part(_BLANK)
        marker = "- "
        if self._flat:
            return
        if self._lists:
            here = self._lists[-1]
            if here.count:
                self._gap = _LINE
            here.count += 1
            marker = f"{here.count}. " if here.node.tag == "ol" else "- "
        self._prefix = marker

    def _row(self) -> None:
        if not self._tables or not self._tables[-1].data_table:
            self._part(_BLANK)
            return
        table = self._tables[-1]
        if table.count:
            self._gap = _LINE
        table.count += 1
        self._bars, self._row_begins = -1, True

    def _cell(self, here: _Open) -> None:
        if self._tables and self._tables[-1].data_table and self._tables[-1].count:
            self._bars += 1
            here.flat = True
        else:
            self._part(_BLANK)

    def _part(self, gap: int) -> None:
        # Between a list marker and its item's first block there is no gap.
        if not self._prefix:
            self._gap = max(self._gap, _SPACE if self._flat else gap)

    def _break(self) -> None:
        if self._pre:
            self._pre_tail += "\n"
        else:
            self._part(_BLANK if self._gap == _LINE else _LINE)

    def _text(self, text: str) -> None:
        if self._pre:
            self._verbatim(text.replace("\r\n", "\n"))
            return
        if "\n" in text and not text.isascii():
            text = _BREAK_IN_CJK.sub("", text)
        words = _WHITE.sub(" ", text)
        core = words.strip(" ")
        # A paragraph of nothing but no-break spaces is a paragraph of nothing.
        if not core or (core.isspace() and self._gap != _NONE):
            self._part(_SPACE if words else _NONE)
            return
        if words[0] == " ":
            self._part(_SPACE)
        self._put(core)
        if words[-1] == " ":
            self._part(_SPACE)

    def _verbatim(self, text: str) -> None:
        text = self._pre_tail + text
        body = text.rstrip()
        self._pre_tail = text[len(body) :]
        if body:
            self._put(body)

    def _put(self, words: str) -> None:
        gap = _GAPS[self._gap] if self._length else ""
        if self._row_begins:
            gap += "| " * max(self._bars, 0)
        elif self._bars > 0:
            gap = " |" * self._bars + " "
        if self._bars > 0 or self._row_begins:
            self._bars, self._row_begins = 0, False
        if self._boilerplate and self._boilerplate_start is None:
            self._boilerplate_start = self._length + len(gap)
        piece = gap + self._prefix + words
        self._gap, self._prefix = _NONE, ""
        self.pieces.append(piece)
        self._length += len(piece)
        if self._links:
            self.links.append(Span(self._length - len(words), self._length))
