"""A page of a PDF as a picture, the words of a quote marked on it; drawn in the sandbox, as PDFs are read there."""

from __future__ import annotations

import base64
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from retrieval.loaders.pdf.characters import PageWord, page_words
from retrieval.loaders.pdf.layout import in_reading_order
from retrieval.loaders.sandbox import DAMAGED, Extracted, ExtractionError, sandboxed
from retrieval.types import Span

if TYPE_CHECKING:
    from PIL.Image import Image
    from pypdfium2 import PdfPage

_SECONDS = 10.0
_WIDTH = 1000  # pixels
_MOST_PIXELS = 3_000_000
_COLOURS = 64
_MARK = (255, 229, 138)
_BETWEEN = re.compile(r"[|\n\r]+")  # cells and lines, which need not stand beside each other on the page
_SHORTEST = 3  # characters of a cell that is looked for by itself
_LEVEL, _WIDEST = (
    0.3,
    3.0,
)  # of words that one box holds: how much one is lower, and the gap between, in times their size
_FEWEST_TOGETHER = 2  # words of a part that is nowhere whole, which are marked where they stand together

_Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as a PNG, its width and height in pixels, and the box around all marks: left, top, right, bottom."""

    png: bytes
    width: int
    height: int
    marked: _Box | None


def page_picture(data: bytes, page: int, text: str = "", quote: Span | None = None) -> Picture:
    """A page (from 1) of a PDF with the words of a quote marked; `text` is the page's text, `quote` their place in it.

    Raises ExtractionError when the page cannot be drawn.
    """
    head = json.dumps({"page": page, "text": text, "quote": quote and [quote.start, quote.end]}).encode("ascii") + b"\n"
    drawn = json.loads(sandboxed(draw, head + data, seconds=_SECONDS).text)
    return Picture(base64.b64decode(drawn["png"]), drawn["width"], drawn["height"], drawn["marked"] or None)


def draw(data: bytes) -> Extracted:
    """What the sandbox calls: a line of JSON says what to draw of the PDF after it; the text is a Picture in JSON."""
    import pypdfium2
    from PIL import Image, ImageChops, ImageDraw

    head, _, pdf = data.partition(b"\n")
    asked = json.loads(head)
    try:
        page = pypdfium2.PdfDocument(pdf)[asked["page"] - 1]
        width, height = page.get_size()
        scale = min(_WIDTH / width, (_MOST_PIXELS / (width * height)) ** 0.5)
        image: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
        boxes = list(_boxes(_of_quote(_read(page), asked["text"], Span(*asked["quote"])))) if asked["quote"] else []
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError) as error:
        raise ExtractionError(DAMAGED) from error
    marks = Image.new("RGB", image.size, "white")
    pen = ImageDraw.Draw(marks)
    boxes = [tuple(scale * edge for edge in box) for box in boxes]
    for box in boxes:
        pen.rectangle(box, fill=_MARK)
    lefts, tops, rights, bottoms = zip(*boxes, strict=True) if boxes else ([], [], [], [])
    around = [min(lefts), min(tops), max(rights), max(bottoms)] if boxes else []
    png = base64.b64encode(_png(ImageChops.multiply(image, marks))).decode("ascii")
    return Extracted(json.dumps({"png": png, "width": image.width, "height": image.height, "marked": around}))


def _png(image: Image) -> bytes:
    file = io.BytesIO()
    image.quantize(_COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _read(page: PdfPage) -> list[PageWord]:
    """The words of a page in the order in which its text has them."""
    lines = in_reading_order(page_words(page))
    return [
        word
        for line in lines
        for words in ([run for cell in line.cells for run in cell] or [line.words])
        for word in words
    ]


def _boxes(runs: Iterator[Sequence[PageWord]]) -> Iterator[_Box]:
    """One box for the words of a run that stand beside each other on a line."""
    for run in runs:
        beside: list[PageWord] = []
        for word in run:
            if beside and not _goes_on(beside[-1], word):
                yield _around(beside)
                beside = []
            beside.append(word)
        if beside:
            yield _around(beside)


def _goes_on(before: PageWord, word: PageWord) -> bool:
    level = not (before.turned or word.turned) and abs(word.base - before.base) < _LEVEL * word.size
    return level and -_WIDEST < (word.x0 - before.x1) / max(word.size, 1.0) < _WIDEST


def _around(words: Sequence[PageWord]) -> _Box:
    tops = [word.top if word.turned else word.base - 0.9 * word.size for word in words]
    bottoms = [word.bottom if word.turned else word.base + 0.25 * word.size for word in words]
    return min(word.x0 for word in words) - 1, min(tops), max(word.x1 for word in words) + 1, max(bottoms)


def _of_quote(words: Sequence[PageWord], text: str, quote: Span) -> Iterator[Sequence[PageWord]]:
    """The words of a page that a quote consists of: all of it where it stands together, else part by part.

    What stands on the page more than once is the same occurrence there as in its text.
    """
    letters = [_letters(word.text) for word in words]
    page = "".join(letters)
    owners = [number for number, word in enumerate(letters) for _ in word]
    said = text[quote.start : quote.end]
    whole = _letters(said)
    if not whole:
        return
    if whole in page:
        before = len(_letters(text[: quote.start]))
        earlier = sum(1 for _ in _places(_letters(text), whole, before))
        *_, place = [place for _, place in zip(range(earlier + 1), _places(page, whole), strict=False)]
        yield words[owners[place] : owners[place + len(whole) - 1] + 1]
        return
    at = 0
    for part in filter(str.strip, _BETWEEN.split(said)):
        sought = _letters(part)
        place = page.find(sought, at) if len(sought) >= _SHORTEST else -1
        place = page.find(sought) if place < 0 and len(sought) >= _SHORTEST else place
        if place >= 0:
            yield words[owners[place] : owners[place + len(sought) - 1] + 1]
            at = place + len(sought)
            continue
        found = SequenceMatcher(None, letters, [_letters(word) for word in part.split()], autojunk=False)
        for first, _, count in found.get_matching_blocks():
            if count >= _FEWEST_TOGETHER:
                yield words[first : first + count]


def _places(text: str, part: str, end: int | None = None) -> Iterator[int]:
    """Where a part of a text begins, again and again, before `end`."""
    place = text.find(part)
    while place >= 0 and (end is None or place < end):
        yield place
        place = text.find(part, place + 1)


def _letters(words: str) -> str:
    """Letters and digits alone: hyphens, spaces and ligatures differ between a page and its text."""
    return "".join(c for c in unicodedata.normalize("NFKC", words).casefold() if c.isalnum())
