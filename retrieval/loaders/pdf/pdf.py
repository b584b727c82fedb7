"""PDF to text: paragraphs in reading order, and the code point at which each page begins.

Knows no files. The text is made here, so it is what is shown and cited, and the same file always gives the same text.

A paragraph that runs over the end of a page reads on: the page begins within it, where the first word on the new page
stands (a word that is cut in two belongs to the page on which it begins), so a sentence is on the page of its first
word. Headers, footers and page numbers, which are boilerplate, stand before the first paragraph that begins
on their page or a later one; notes at the foot of a page stand before the paragraph that goes on overleaf. Words that
run upward or downward come last on their page.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from retrieval.loaders.about import about
from retrieval.loaders.pdf.characters import PageWord, page_words
from retrieval.loaders.pdf.headers import split_headers
from retrieval.loaders.pdf.layout import in_reading_order
from retrieval.loaders.pdf.paragraphs import Paragraph, paragraphs
from retrieval.loaders.sandbox import Extracted, ExtractionError, locked
from retrieval.types import Span

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument

MOST_PAGES = 5000
MOST_CHARACTERS = 20_000_000
_DAMAGED = "is damaged: open it in its own program, save or print it as a new PDF, add that"
_PASSWORD = 4
_TITLE_LONGEST = 200
_WORD = re.compile(r"[^\W\d_]{3}|[\u3040-\uffff]")
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint|excel)|word|powerpoint|openoffice|libreoffice)\b.*|"
    r"untitled(?:[ -]?\d*| document)?|title|slide \d+|(?:document|doc|file|layout|book|print)[ _-]?\d*|"
    r"\S*\.(?:docx?|pdf|tex|dvi|indd|qxd|rtf|odt|html?|pptx?|xlsx?|ps|cdr|fm|p65)|[\W\d_]*|\(?anonymous\)?|about:blank",
    re.I,
)


def read_pdf(data: bytes) -> Extracted:
    """The text, pages, boilerplate and title of a PDF.

    Raises ExtractionError when it is damaged, protected with a password, too long, or has no text on any page.
    """
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise (locked() if error.err_code == _PASSWORD else ExtractionError(_DAMAGED)) from error
    count = len(document)
    if not count:
        raise ExtractionError(_DAMAGED)
    if count > MOST_PAGES:
        raise ExtractionError(f"has {count:,} pages, more than {MOST_PAGES:,}: split it into smaller files")
    words, heights = _words(document)
    if not any(words):
        pages = "1 page" if count == 1 else f"{count:,} pages"
        what = f"holds pictures of pages and no text ({pages})"
        raise ExtractionError(f"{what}: run text recognition (OCR) over it, then add it", "no_text")
    bodies, boilerplate = split_headers(words, heights)
    lines = [in_reading_order(body) for body in bodies]
    for number, page in enumerate(lines):
        for line in page:
            line.page = number
    found = paragraphs(lines)
    written = _written(found, boilerplate, _title(document) or _heading(found))
    told = document.get_metadata_dict()
    return replace(written, about=about([told.get("Author")], told.get("CreationDate")))


def _words(document: PdfDocument) -> tuple[list[list[PageWord]], list[float]]:
    """The words of each page, and the pages' heights; a page that cannot be read has none."""
    import pypdfium2

    words: list[list[PageWord]] = []
    heights: list[float] = []
    letters = broken = 0
    for number in range(len(document)):
        try:
            page = document[number]
            words.append(page_words(page))
            heights.append(page.get_height())
            page.close()
        except pypdfium2.PdfiumError:
            broken += 1
            words.append([])
            heights.append(1.0)
        letters += sum(len(word.text) for word in words[-1])
        if letters > MOST_CHARACTERS:
            raise ExtractionError("holds too much text to be read at once: split it into smaller files")
    if broken == len(document):
        raise ExtractionError(_DAMAGED)
    # Letters that the file gives no meaning to are pictures of letters.
    unknown = sum(word.text.count("\ufffd") for page in words for word in page)
    return ([[] for _ in words] if 2 * unknown > letters else words), heights


def _written(found: list[Paragraph], boilerplate: list[list[str]], title: str) -> Extracted:
    """The text with the boilerplate of each page in its place."""
    pieces: list[str] = []
    length = 0
    pages: dict[int, int] = {}
    spans: list[Span] = []
    before: Paragraph | None = None
    shown = 0

    def put(words: str, gap: str) -> int:
        nonlocal length
        gap = gap if length else ""
        pieces.append(gap + words)
        length += len(gap) + len(words)
        return length - len(words)

    def show(page: int) -> None:
        nonlocal shown
        for number in range(shown, page + 1):
            for index, row in enumerate(boilerplate[number]):
                goes_on = bool(spans) and spans[-1].end == length
                start = put(row, "\n" if index else "\n\n")
                spans.append(Span(spans.pop().start if goes_on else start, length))
                pages.setdefault(number, start)
        shown = max(shown, page + 1)

    for paragraph in found:
        owed = shown <= paragraph.page
        show(paragraph.page)
        # Rows and items stand below each other.
        close = not owed and before and (_one_table(before, paragraph) or (before.item and paragraph.item))
        start = put(paragraph.text, "\n" if close else "\n\n")
        pages.setdefault(paragraph.page, start)
        for page, place in paragraph.marks:
            pages.setdefault(page, start + place)
        before = paragraph
    show(len(boilerplate) - 1)
    # A page without words begins and ends where the next one begins.
    begins: list[int] = []
    for number in reversed(range(len(boilerplate))):
        following = begins[-1] if begins else length
        begins.append(min(pages.get(number, following), following))
    begins.reverse()
    begins[0] = 0
    return Extracted("".join(pieces), title, tuple(begins), tuple(spans))


def _one_table(above: Paragraph, below: Paragraph) -> bool:
    """Whether two rows stand in one table: of blocks that only stand beside each other those with as many cells."""
    if not (above.row and below.row):
        return False
    one, other = above.lines[-1], below.lines[0]
    return not (one.alone or other.alone) or (one.alone and other.alone and len(one.cells) == len(other.cells) > 2)


def _title(document: PdfDocument) -> str:
    """The title that the file gives itself, "" when it is the name of a file or a program."""
    title = " ".join(document.get_metadata_dict().get("Title", "").split())
    return "" if _NO_TITLE.fullmatch(title) or len(title) > _TITLE_LONGEST or "\ufffd" in title else title


def _heading(found: list[Paragraph]) -> str:
    """The paragraph in the largest letters on the first page with any, when they are larger than the rest and hold more
    than a page's label ("B-1191").
    """
    first = [paragraph for paragraph in found if paragraph.page == found[0].page]
    largest = max(first, key=lambda paragraph: paragraph.lines[0].size)
    smaller = any(line.size < 0.9 * largest.lines[0].size for each in found for line in each.lines)
    tells = len(largest.text) <= _TITLE_LONGEST and _WORD.search(largest.text) is not None
    return largest.text if smaller and tells else ""
