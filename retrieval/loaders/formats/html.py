"""HTML to text: blocks, lists, tables and headings as lines that read well, and which of them are boilerplate.

This module knows no file, no encoding and no network: it takes decoded markup. Nothing here recurses, so that markup
of any depth can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.loaders.boilerplate import covers_all, merged, recognise
from retrieval.loaders.formats.html_text import (
    HEADINGS,
    HOLDS_LAYOUT,
    HOLDS_MAIN,
    HOLDS_TITLE,
    NO_ATTRIBUTES,
    Node,
    PageWriter,
)
from retrieval.loaders.sandbox import Extracted
from retrieval.types import Span

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_DROPPED = _set(
    "script style template noscript noframes noembed head title svg iframe object canvas audio video annotation"
)
_LAYOUT_SIGNS = frozenset({"table", "pre", "article", "main", "form", *HEADINGS})

_BOILERPLATE_TAGS = _set("nav aside dialog button select")
_BOILERPLATE_ROLES = _set("navigation contentinfo complementary dialog alertdialog")

_SENTENCE_ENDS = tuple(".!?…。！？:")


@dataclass(frozen=True, slots=True)
class HtmlPage(Extracted):
    """A web page as text; `links` are the words that are links, as sorted spans."""

    links: tuple[Span, ...] = ()


def read_page(markup: str) -> HtmlPage:
    """The text, boilerplate and title of a page's decoded markup, in time that hostile markup can make endless."""
    from selectolax.lexbor import LexborHTMLParser

    parser = LexborHTMLParser(markup)
    nodes = _flatten(parser.root)
    _judge(nodes)
    writer = PageWriter()
    writer.write(nodes)
    text = "".join(writer.pieces)
    by_words = recognise(text)
    boilerplate = merged([*(_trimmed(text, span) for span in _whole_lines(text, writer.spans)), *by_words])
    if covers_all(text, boilerplate):
        boilerplate = by_words
    heading = next((_words(nodes, i) for i, node in enumerate(nodes) if node.tag == "h1"), "")
    title, canonical = _head(parser, heading)
    return HtmlPage(text, title, (), boilerplate, canonical, links=tuple(writer.links))


def _flatten(root: LexborNode | None) -> list[Node]:
    """The page in document order, without comments and what is never shown."""
    nodes: list[Node] = []
    opened: list[tuple[LexborNode, int]] = []
    node = root
    while node is not None or opened:
        if node is None:
            closing, index = opened.pop()
            nodes[index].end = len(nodes)
            node = closing.next if opened else None
            continue
        parent = opened[-1][1] if opened else -1
        if node.is_text_node:
            text = node.text_content or ""
            nodes.append(Node("", parent, text, end=len(nodes) + 1, weight=len("".join(text.split()))))
        elif node.is_element_node and (tag := (node.tag or "").lower()) not in _DROPPED:
            attributes = {name: value or "" for name, value in node.attributes.items()} or NO_ATTRIBUTES
            if not _is_hidden(tag, attributes):
                opened.append((node, len(nodes)))
                nodes.append(Node(tag, parent, attributes=attributes))
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


def _judge(nodes: list[Node]) -> None:
    """Marks the elements that are boilerplate, none when they would leave less than a tenth of the page."""
    sole_article = sum(node.tag == "article" for node in nodes) == 1
    for node in reversed(nodes):
        if node.parent < 0:
            continue
        above = nodes[node.parent]
        above.weight += node.weight
        above.holds |= node.holds
        if node.tag in _LAYOUT_SIGNS:
            above.holds |= HOLDS_LAYOUT | (HOLDS_TITLE if node.tag == "h1" else 0)
        if node.tag == "main" or node.attributes.get("role") == "main" or (node.tag == "article" and sole_article):
            above.holds |= HOLDS_MAIN
    inside: list[tuple[int, bool]] = []
    covered = kept_until = 0
    for index, node in enumerate(nodes):
        while inside and inside[-1][0] <= index:
            inside.pop()
        in_article = bool(inside) and inside[-1][1]
        if node.tag:
            node.boilerplate = _is_boilerplate(node, nodes[max(node.parent, 0)].tag, in_article)
            is_article = node.tag in ("article", "main") or node.attributes.get("role") == "main"
            inside.append((node.end, in_article or is_article))
            if node.boilerplate and index >= kept_until:
                covered += node.weight
                kept_until = node.end
    if nodes and covered * 10 > nodes[0].weight * 9:
        for node in nodes:
            node.boilerplate = False


def _is_boilerplate(node: Node, above: str, in_article: bool) -> bool:
    tag, attributes = node.tag, node.attributes
    role = attributes.get("role", "").lower()
    if tag in ("html", "body", "main", "article", *HEADINGS) or role == "main" or node.holds & HOLDS_MAIN:
        return False
    if tag == "aside" and (role.startswith(("doc-", "note")) or "footnote" in attributes.get("class", "").lower()):
        return False
    if tag in _BOILERPLATE_TAGS or role in _BOILERPLATE_ROLES:
        return True
    if tag == "footer":
        # The footer of a quotation names who said it.
        return above not in ("blockquote", "figure")
    if node.holds & HOLDS_TITLE:
        return False
    return tag == "form" or role == "banner" or (tag == "header" and not in_article)


def _words(nodes: list[Node], index: int) -> str:
    return " ".join("".join(node.text for node in nodes[index : nodes[index].end] if not node.tag).split())


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


def _head(parser: LexborHTMLParser, heading: str) -> tuple[str, str]:
    """The page's title and canonical link, from the elements directly within its head."""

    def first(selector: str, attribute: str = "") -> str:
        nodes = parser.css(f"head > {selector}")
        found = ((node.attributes.get(attribute) if attribute else node.text()) or "" for node in nodes)
        return next(filter(None, (" ".join(words.split()) for words in found)), "")

    shared, title = first('meta[property="og:title" i]', "content"), first("title")
    return shared or _without_site_name(title, heading) or heading, first('link[rel~="canonical" i]', "href")


def _without_site_name(title: str, heading: str) -> str:
    for separator in reversed(list(re.finditer(r" [|–—-] ", title[:1000]))):
        rest = title[: separator.start()].strip()
        if rest and heading.casefold().startswith(rest.casefold()):
            return rest
    return title
