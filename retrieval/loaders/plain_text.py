"""Plain text and Markdown: what is boilerplate in them, and the title that a Markdown file gives itself.

Each line takes a bounded time, so that the whole takes a time in proportion to the length; of a long text that is too
much for whoever waits beside it. Knows no file name.
"""

from __future__ import annotations

from retrieval.loaders.about import about
from retrieval.loaders.boilerplate import covers_all, merged, recognise
from retrieval.loaders.encoding import decoded
from retrieval.loaders.html_blocks import html_tags
from retrieval.loaders.main_text import read_article
from retrieval.loaders.registry import HTML, by_opening
from retrieval.loaders.sandbox import Extracted
from retrieval.loaders.titles import front_matter, front_matter_field, markdown_title
from retrieval.types import About


def read_text(data: bytes) -> Extracted:
    """A plain text. Raises DecodingError."""
    return _extracted(decoded(data, page=False), markdown=False)


def read_markdown(data: bytes) -> Extracted:
    """A Markdown text. Raises DecodingError."""
    return _extracted(decoded(data, page=False), markdown=True)


def read_untold(data: bytes) -> Extracted:
    """What has no name that tells: plain text, Markdown or a page. Raises DecodingError, and as `read_article` does."""
    text = decoded(data, page=False)
    return read_article(data) if by_opening(text) is HTML else _extracted(text, markdown=_is_markdown(text))


def is_page(data: bytes) -> bool:
    """Whether what has no name that tells is a page. Raises DecodingError."""
    return by_opening(decoded(data, page=False)) is HTML


def _extracted(text: str, *, markdown: bool) -> Extracted:
    front = front_matter(text) if markdown else None
    boilerplate = merged([*([front] if front else []), *(html_tags(text) if markdown else ()), *recognise(text)])
    title = markdown_title(text, front) if markdown else ""
    told = About()
    if front:
        told = about([front_matter_field(text, front, "authors?")], front_matter_field(text, front, "date"))
    return Extracted(text, title, boilerplate=() if covers_all(text, boilerplate) else boilerplate, about=told)


def _is_markdown(text: str) -> bool:
    return front_matter(text) is not None or text.lstrip().startswith(("# ", "## "))
