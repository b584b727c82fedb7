"""Books of Project Gutenberg: the notice before the book and the licence after it are no part of it. Knows no files.

The lines between which the book stands are those that the project puts into every file, whatever its type:
https://www.gutenberg.org/policy/license.html.
"""

from __future__ import annotations

import re
from dataclasses import replace

from retrieval.loaders.about import about
from retrieval.loaders.boilerplate import covers_all, merged
from retrieval.loaders.sandbox import Extracted
from retrieval.types import Span

_START, _END = (
    re.compile(
        rf"^[ \t#>*-]*\*\*\* ?{word} OF (?:THE|THIS) PROJECT GUTENBERG EBOOK\b[^\n]*", re.MULTILINE | re.IGNORECASE
    )
    for word in ("START", "END")
)
_LONGEST_NOTICE = 20_000  # characters in which the book begins
_FIELD = r"^[ \t*-]*\**{name}\**:\**[ \t]*(\S[^\r\n]*)"


def without_notice(found: Extracted) -> Extracted:
    """The book with its notice and licence as boilerplate, called by the title and the author that the notice names.

    What is no such book is returned as it is.
    """
    start = _START.search(found.text, 0, _LONGEST_NOTICE)
    if start is None:
        return found
    end = _END.search(found.text, start.end())
    outside = [Span(0, start.end()), *([Span(end.start(), len(found.text))] if end else [])]
    boilerplate = merged([*found.boilerplate, *outside])
    if covers_all(found.text, boilerplate):
        return found
    notice = found.text[: start.start()]
    title, author = (re.search(_FIELD.format(name=name), notice, re.MULTILINE) for name in ("Title", "Author"))
    told = about([author[1].strip(" *")] if author else [], found.about.date)
    return replace(
        found,
        boilerplate=boilerplate,
        title=title[1].strip(" *") if title else found.title,
        about=told if told.authors else found.about,
    )
