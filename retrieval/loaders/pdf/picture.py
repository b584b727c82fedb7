"""A page of a PDF as a picture, the words of a quote marked on it; drawn in the sandbox, as PDFs are read there."""

from __future__ import annotations

import base64
import io
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from retrieval.loaders.pdf.characters import PageWord, page_words
from retrieval.loaders.sandbox import DAMAGED, Extracted, ExtractionError, sandboxed

if TYPE_CHECKING:
    from PIL.Image import Image

_SECONDS = 10.0
_WIDTH = 1000  # pixels
_MOST_PIXELS = 3_000_000
_COLOURS = 64
_MARK = (255, 229, 138)
_BETWEEN = re.compile(r"[|\n\r]+")  # cells and lines, which need not stand beside each other on the page
_SHORTEST = 3  # characters of a cell that is looked for by itself


def page_picture(data: bytes, page: int, quote: str) -> bytes:
    """A page (from 1) of a PDF as a PNG, with the words of `quote` marked, as far as they are found on it.

    Raises ExtractionError when the page cannot be drawn.
    """
    head = json.dumps({"page": page, "quote": quote}).encode("ascii") + b"\n"
    drawn = sandboxed(draw, head + data, seconds=_SECONDS)
    return base64.b64decode(drawn.text)


def draw(data: bytes) -> Extracted:
    """What the sandbox calls: a line of JSON says what to draw of the PDF after it; the text is the PNG in base64."""
    import pypdfium2
    from PIL import Image, ImageChops, ImageDraw

    head, _, pdf = data.partition(b"\n")
    asked = json.loads(head)
    try:
        page = pypdfium2.PdfDocument(pdf)[asked["page"] - 1]
        width, height = page.get_size()
        scale = min(_WIDTH / width, (_MOST_PIXELS / (width * height)) ** 0.5)
        image: Image.Image = page.render(scale=scale).to_pil().convert("RGB")
        marks = Image.new("RGB", image.size, "white")
        pen = ImageDraw.Draw(marks)
        upright = [word for word in page_words(page) if not word.turned]  # of others it is not told how high they are
        for word in _of_quote(upright, asked["quote"]):
            top, bottom = word.base - 0.9 * word.size, word.base + 0.25 * word.size
            pen.rectangle([scale * edge for edge in (word.x0 - 1, top, word.x1 + 1, bottom)], fill=_MARK)
    except (pypdfium2.PdfiumError, IndexError, ZeroDivisionError) as error:
        raise ExtractionError(DAMAGED) from error
    return Extracted(base64.b64encode(_png(ImageChops.multiply(image, marks))).decode("ascii"))


def _png(image: Image) -> bytes:
    file = io.BytesIO()
    image.quantize(_COLOURS).save(file, "PNG", optimize=True)
    return file.getvalue()


def _of_quote(words: Sequence[PageWord], quote: str) -> Iterator[PageWord]:
    """The words of a page that a quote consists of: all of it where it stands together, else cell by cell."""
    letters = [_letters(word.text) for word in words]
    text = "".join(letters)
    owners = [number for number, word in enumerate(letters) for _ in word]
    whole = _letters(quote)
    parts = [whole] if whole in text else [_letters(part) for part in _BETWEEN.split(quote)]
    found: set[int] = set()
    at = 0
    for part in parts:
        if len(part) < _SHORTEST and part != whole:
            continue
        # In their order where that can be, since a number may stand on the page more than once.
        place = text.find(part, at)
        place = text.find(part) if place < 0 else place
        if part and place >= 0:
            found.update(owners[place : place + len(part)])
            at = place + len(part)
    return (words[number] for number in sorted(found))


def _letters(words: str) -> str:
    """Letters and digits alone: hyphens, spaces and ligatures differ between a page and its text."""
    return "".join(c for c in unicodedata.normalize("NFKC", words).casefold() if c.isalnum())
