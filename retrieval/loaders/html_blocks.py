"""The tags of raw HTML in Markdown: they lay out pictures and tables, and are no words of the text.

Those of blocks alone, after the list in the CommonMark specification (0.31, "HTML blocks"), pictures, and places that
are marked on a line of their own: a tag within a sentence stays. What stands in code is shown, and stays too.
"""

from __future__ import annotations

import re

from retrieval.types import Span

_BLOCKS = (
    "address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd|details|dialog|dir|div|dl|dt|"
    "fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|img|legend|li|link|main|menu|"
    "menuitem|nav|noframes|ol|optgroup|option|p|param|picture|search|section|source|summary|table|tbody|td|tfoot|th|thead|"
    "title|tr|track|ul"
)
_ANCHOR = r"^[ \t]*<a\s+(?:name|id)=[^<>\n]*></a>[ \t]*$"
_TAG = rf"</?(?:{_BLOCKS})(?:[\s/][^<>]*)?>"
_FENCED = r"^[ \t]*(?P<fence>```|~~~)[\s\S]*?(?:^[ \t]*(?P=fence)|\Z)"
_INDENTED, _TICKED = r"(?:^|\n\n)(?: {4}|\t)[^\n]*", r"(?P<ticks>`+)[^`\n]*(?P=ticks)"
_CODE_OR_TAGS = re.compile(
    rf"{_FENCED}|{_INDENTED}|{_TICKED}|(?P<tags>{_ANCHOR}|{_TAG}(?:\s*{_TAG})*)", re.MULTILINE | re.IGNORECASE
)


def html_tags(text: str) -> list[Span]:
    """Where tags of blocks stand in a Markdown text, those side by side in one span."""
    return [Span(*found.span("tags")) for found in _CODE_OR_TAGS.finditer(text) if found["tags"]]
