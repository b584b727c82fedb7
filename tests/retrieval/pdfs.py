"""PDF files of plain words for the tests of other things; tests/retrieval/loaders/test_pdf.py makes its own."""

from __future__ import annotations

import io
import textwrap
from typing import Any

from reportlab.pdfgen.canvas import Canvas


def pdf(*pages: str, **options: Any) -> bytes:
    """A PDF with these words on its pages; `options` are those of the canvas."""
    file = io.BytesIO()
    canvas = Canvas(file, invariant=True, **options)
    for page in pages:
        for number, line in enumerate(textwrap.wrap(page, 80)):
            canvas.drawString(72, 720 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()
