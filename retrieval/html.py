"""HTML to text: blocks, lists, tables and headings as lines that read well, and which of them are page furniture.

This module knows no file, no encoding and no network: it takes decoded markup. Nothing here recurses, so that markup
of any depth can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from retrieval.furniture import covers_all, merged, recognise
from retrieval.passages import Span

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

MOST_WORK = 2_000_000_000
"""Bound on the sum of nesting depths over all start tags: parsing takes time in proportion (about 2 ns each)."""


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_DROPPED = _set(
    "script style template noscript noframes noembed head title svg iframe object canvas audio video annotation"
)
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_BLOCKS = _set(
    "address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav ol optgroup option p pre search "
    "section select summary table tbody td textarea tfoot th thead tr ul"
)
_LISTS = frozenset({"ul", "ol", "menu", "dir"})
_LAYOUT_SIGNS = frozenset({"table", "pre", "article", "main", "form", *_HEADINGS})

_FURNITURE_TAGS = _set("nav aside dialog button select")
_FURNITURE_ROLES = _set("navigation contentinfo complementary dialog alertdialog")

# A class or id says furniture when it has one of the subjects and otherwise only companions: "share-buttons" and
# "social-media-links" do, "market-share" and "social-science" do not.
_SUBJECTS = _set(
    "cookie cookies consent gdpr newsletter newsletters share sharing sharedaddy sharethis addtoany addthis social "
    "breadcrumb breadcrumbs related advert adverts advertisement advertisements ads"
)
_COMPANIES = _set(
    "article articles banner bar block box btn button buttons component container content cta entry follow footer form "
    "header icon icons inline item items js large law link links list media menu message modal module nav notice "
    "overlay page panel popup post posts prompt section settings side sidebar sign signup site slot small sticky "
    "stories story subscribe td top tool toolbar tools up widget widgets wrap wrapper wp"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WHITE = re.compile(r"[ \t\n\r\f]+")
_BREAK_IN_CJK = re.compile(r"(?<=[⺀-鿿豈-﫿＀-｠])\n(?=[⺀-鿿豈-﫿＀-｠])")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
# Elements that hold nothing, or that the parser closes when their sibling opens.
_FLAT_TAGS = _set(
    "area base br col embed hr img input link meta param source track wbr p li dt dd tr td th thead tbody tfoot option "
    "optgroup"
)
_FORMATTING = _set("a b big code em font i nobr s small strike strong tt u")
_ATTRIBUTE = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'>])+""")
_USUAL_DEPTH = 200
_HOLDS_MAIN, _HOLDS_TITLE, _HOLDS_LAYOUT = 1, 2, 4
_NO_ATTRIBUTES: dict[str, str] = {}
_NONE, _SPACE, _LINE, _BLANK = range(4)
_GAPS = ("", " ", "\n", "\n\n")
_SENTENCE_ENDS = tuple(".!?…。！？:")


class PageError(Exception):
    """The markup cannot be read; the message is a clause that says why."""


@dataclass(frozen=True, slots=True)
class Page:
    """A web page as text. `title` is empty when the page names none; `canonical` is the link as written."""

    text: str
    furniture: tuple[Span, ...]
    title: str
    canonical: str | None


@dataclass(slots=True)
class _Node:
    """An element or, when `tag` is empty, a stretch of text; `parent` and `end` index the flattened page.

    `weight` counts the characters below it outside white space, `holds` says by bits what else is below it.
    """

    tag: str
    parent: int
    text: str = ""
    attributes: dict[str, str] = field(default_factory=lambda: _NO_ATTRIBUTES)
    end: int = 0
    weight: int = 0
    holds: int = 0
    furniture: bool = False


def read_page(markup: str) -> Page:
    """The text, furniture and title of a page's decoded markup.

    Raises PageError when the page is nested beyond what can be parsed in reasonable time or holds no text.
    """
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    if _work(markup) > MOST_WORK:
        raise PageError("its elements are nested too deeply")
    try:
        parser = LexborHTMLParser(markup)
    except SelectolaxError as error:
        raise PageError("it cannot be parsed as HTML") from error
    root = parser.root
    if root is None:
        raise PageError("it holds no text")
    nodes = _flatten(root)
    _judge(nodes)
    writer = _Writer()
    writer.write(nodes)
    text = "".join(writer.pieces)
    if not text.strip():
        raise PageError("it holds no text, only scripts or pictures")
    by_words = recognise(text)
    furniture = merged([*(_trimmed(text, span) for span in _whole_lines(text, writer.spans)), *by_words])
    if covers_all(text, furniture):
        furniture = by_words
    heading = next((_words(nodes, i) for i, node in enumerate(nodes) if node.tag == "h1"), "")
    title, canonical = _head(parser.head, heading)
    return Page(text, furniture, title, canonical)


def _work(markup: str) -> int:
    """An estimate of what parsing costs, in steps: what the parser does for a tag grows with the tags still open."""
    depth = work = 0
    for tag in _TAG.finditer(markup):
        name = tag[2].lower()
        if tag[1]:
            if name in _FORMATTING and depth > _USUAL_DEPTH:
                # Closing what is wrongly nested copies the elements in between.
                work += (depth - _USUAL_DEPTH) * 1000
            if name not in _FLAT_TAGS:
                depth = max(0, depth - 1)
            continue
        if name not in _FLAT_TAGS:
            depth += 1
        work += depth
        end = markup.find(">", tag.end(), tag.end() + 5000)
        if end < 0:
            end = markup.find(">", tag.end())
            attributes = sum(1 for _ in _ATTRIBUTE.finditer(markup, tag.end(), end if end >= 0 else len(markup)))
            work += attributes * attributes
        if work > MOST_WORK:
            break
    return work


def _flatten(root: LexborNode) -> list[_Node]:
    """The page in document order, without comments and what is never shown."""
    nodes: list[_Node] = []
    opened: list[tuple[LexborNode, int]] = []
    node: LexborNode | None = root
    while node is not None or opened:
        if node is None:
            closing, index = opened.pop()
            nodes[index].end = len(nodes)
            node = closing.next if opened else None
            continue
        parent = opened[-1][1] if opened else -1
        if node.is_text_node:
            text = node.text_content or ""
            nodes.append(_Node("", parent, text, end=len(nodes) + 1, weight=len("".join(text.split()))))
        elif node.is_element_node and (tag := (node.tag or "").lower()) not in _DROPPED:
            attributes = {name: value or "" for name, value in node.attributes.items()} or _NO_ATTRIBUTES
            if not _is_hidden(tag, attributes):
                opened.append((node, len(nodes)))
                nodes.append(_Node(tag, parent, attributes=attributes))
                node = node.first_child
                continue
        node = node.next if opened else None
    return nodes


def _is_hidden(tag: str, attributes: dict[str, str]) -> bool:
    # Pages saved while a dialog was open hide their whole body.
    if tag in ("html", "body"):
        return False
    if "hidden" in attributes and attributes["hidden"].lower() != "until-found":
        return True
    style = "".join(attributes.get("style", "").lower().split())
    return attributes.get("aria-hidden", "").lower() == "true" or "display:none" in style


def _judge(nodes: list[_Node]) -> None:
    """Marks the elements that are furniture, none when they would leave less than a tenth of the page."""
    sole_article = sum(node.tag == "article" for node in nodes) == 1
    for node in reversed(nodes):
        if node.parent < 0:
            continue
        above = nodes[node.parent]
        above.weight += node.weight
        above.holds |= node.holds
        if node.tag in _LAYOUT_SIGNS:
            above.holds |= _HOLDS_LAYOUT | (_HOLDS_TITLE if node.tag == "h1" else 0)
        if node.tag == "main" or node.attributes.get("role") == "main" or (node.tag == "article" and sole_article):
            above.holds |= _HOLDS_MAIN
    inside: list[tuple[int, bool]] = []
    covered = kept_until = 0
    for index, node in enumerate(nodes):
        while inside and inside[-1][0] <= index:
            inside.pop()
        in_article = bool(inside) and inside[-1][1]
        if node.tag:
            slug = _first_heading_slug(nodes, index) if node.attributes.get("id") else ""
            node.furniture = _is_furniture(node, nodes[max(node.parent, 0)].tag, in_article, slug)
            is_article = node.tag in ("article", "main") or node.attributes.get("role") == "main"
            inside.append((node.end, in_article or is_article))
            if node.furniture and index >= kept_until:
                covered += node.weight
                kept_until = node.end
    if nodes and covered * 10 > nodes[0].weight * 9:
        for node in nodes:
            node.furniture = False


def _is_furniture(node: _Node, above: str, in_article: bool, heading_slug: str) -> bool:
    tag, attributes = node.tag, node.attributes
    role = attributes.get("role", "").lower()
    if tag in ("html", "body", "main", "article", *_HEADINGS) or role == "main" or node.holds & _HOLDS_MAIN:
        return False
    names = attributes.get("class", "").split()
    if tag == "aside" and (role.startswith(("doc-", "note")) or any("footnote" in name.lower() for name in names)):
        return False
    if tag in _FURNITURE_TAGS or role in _FURNITURE_ROLES:
        return True
    if tag == "footer":
        # The footer of a quotation names who said it.
        return above not in ("blockquote", "figure")
    if node.holds & _HOLDS_TITLE:
        return False
    if tag == "form" or role == "banner" or (tag == "header" and not in_article):
        return True
    # Generators name a section after its heading: <section id="cookies"><h2>Cookies</h2> is a chapter, no banner.
    identity = attributes.get("id", "")
    if identity and _slug(identity) != heading_slug:
        names.append(identity)
    return any(_says_furniture(name) for name in names)


def _says_furniture(name: str) -> bool:
    tokens = [token for token in re.split(r"[-_:.]+", _CAMEL.sub("-", name[:80]).lower()) if token]
    if not any(token in _SUBJECTS for token in tokens):
        return False
    return all(token in _SUBJECTS or token in _COMPANIES or len(token) == 1 or token.isdigit() for token in tokens)


def _slug(words: str) -> str:
    return "".join(character for character in words.casefold() if character.isalnum())


def _first_heading_slug(nodes: list[_Node], index: int) -> str:
    # A section's heading is its first or second element; looking no further keeps this linear.
    for i in range(index + 1, min(index + 6, nodes[index].end)):
        if nodes[i].tag in _HEADINGS:
            return _slug("".join(node.text for node in nodes[i : min(nodes[i].end, i + 20)]))
    return ""


def _words(nodes: list[_Node], index: int) -> str:
    return " ".join("".join(node.text for node in nodes[index : nodes[index].end] if not node.tag).split())


@dataclass(slots=True)
class _Open:
    """An element that is being written: its list's items or its table's rows so far, and whether its cells are flat."""

    node: _Node
    count: int = 0
    data_table: bool = False
    flat: bool = False


class _Writer:
    """Writes the flattened page; white space between blocks is held back until something follows it."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.spans: list[Span] = []
        self._length = 0
        self._gap = _NONE
        self._bars = 0
        self._row_begins = False
        self._prefix = ""
        self._pre_tail = ""
        self._flat = self._pre = self._furniture = 0
        self._furniture_start: int | None = None
        self._opened: list[_Open] = []
        self._lists: list[_Open] = []
        self._tables: list[_Open] = []

    def write(self, nodes: list[_Node]) -> None:
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

    def _open(self, node: _Node) -> None:
        tag, here = node.tag, _Open(node)
        self._opened.append(here)
        if node.furniture:
            self._furniture += 1
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
            if tag in _HEADINGS and not self._flat:
                self._prefix = _HEADINGS[tag]
                here.flat = True
            elif tag == "pre" and not self._flat:
                self._pre += 1
        self._flat += here.flat

    def _close(self, here: _Open) -> None:
        tag = here.node.tag
        self._flat -= here.flat
        if here.node.furniture:
            self._furniture -= 1
            if not self._furniture and self._furniture_start is not None:
                self.spans.append(Span(self._furniture_start, self._length))
                self._furniture_start = None
        if tag in _LISTS:
            self._lists.pop()
        elif tag == "table":
            self._tables.pop()
            self._bars = 0
            self._row_begins = False
        elif tag == "pre" and self._pre and not self._flat:
            self._pre -= 1
            self._pre_tail = ""
        if tag == "li" or tag in _HEADINGS:
            self._prefix = ""
        if tag in _BLOCKS and not (here.flat and tag in ("td", "th")):
            self._part(_LINE if self._lists and (tag == "li" or tag in _LISTS) else _BLANK)

    @staticmethod
    def _is_layout(node: _Node) -> bool:
        return bool(node.holds & _HOLDS_LAYOUT) or node.attributes.get("role") in ("presentation", "none")

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
        if self._furniture and self._furniture_start is None:
            self._furniture_start = self._length + len(gap)
        piece = gap + self._prefix + words
        self._gap, self._prefix = _NONE, ""
        self.pieces.append(piece)
        self._length += len(piece)


def _whole_lines(text: str, spans: list[Span]) -> Iterator[Span]:
    """The spans that fill whole lines, list markers and the like aside, or that follow the end of a sentence.

    A button within a sentence is part of the sentence: `press <button>Start</button> to go on`.
    """
    joined: list[Span] = []
    for span in spans:
        if joined and not _has_words(between := text[joined[-1].end : span.start]) and "\n" not in between:
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    line_end = -1
    for index, span in enumerate(joined):
        floor = joined[index - 1].end if index else 0
        line_start = text.rfind("\n", floor, span.start) + 1 or floor
        if line_end < span.end:
            line_end = text.find("\n", span.end)
            line_end = len(text) if line_end < 0 else line_end
        ceiling = min(line_end, joined[index + 1].start) if index + 1 < len(joined) else line_end
        before, after = text[line_start : span.start], text[span.end : ceiling]
        if _has_words(after):
            continue
        if not _has_words(before):
            yield Span(span.start - len(before.lstrip()), span.end + len(after.rstrip()))
        elif before.rstrip().endswith(_SENTENCE_ENDS):
            yield span


def _trimmed(text: str, span: Span) -> Span:
    words = span.of(text)
    return Span(span.start + len(words) - len(words.lstrip()), span.start + len(words.rstrip()))


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _head(head: LexborNode | None, heading: str) -> tuple[str, str | None]:
    """The page's title and canonical link, from the elements directly within its head."""
    shared = title = ""
    canonical: str | None = None
    node = head.first_child if head is not None else None
    while node is not None:
        if node.is_element_node:
            attributes = {name: value or "" for name, value in node.attributes.items()}
            if node.tag == "title" and not title:
                title = " ".join((node.text() or "").split())
            elif node.tag == "meta" and attributes.get("property", "").lower() == "og:title" and not shared:
                shared = " ".join(attributes.get("content", "").split())
            elif node.tag == "link" and "canonical" in attributes.get("rel", "").lower().split():
                canonical = canonical or attributes.get("href", "").strip() or None
        node = node.next
    return shared or _without_site_name(title, heading) or heading, canonical


def _without_site_name(title: str, heading: str) -> str:
    for separator in reversed(list(re.finditer(r" [|–—-] ", title[:1000]))):
        rest = title[: separator.start()].strip()
        if rest and heading.casefold().startswith(rest.casefold()):
            return rest
    return title
