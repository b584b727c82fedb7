"""Excel workbooks (.xlsx) to text: each visible sheet under its name, each row as one line with its columns' names.

Knows no files. A formula is read as the value that was saved with it. Charts, comments and hidden sheets are not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from retrieval.loaders.formats.cell_values import shown
from retrieval.loaders.formats.rows import Row, rows_text
from retrieval.loaders.sandbox import Extracted, ExtractionError
from retrieval.loaders.zip_archive import DAMAGED, Archive, harmless

_NEEDED = re.compile(r"\[Content_Types\]|_rels/|docProps/core|xl/(?:_rels/|workbook|styles|sharedStrings|worksheets/)")
# The library reads these, which may be large, as a stream that refuses entities.
_STREAMED = re.compile(r"xl/(?:sharedStrings|worksheets/)")


def read_xlsx(data: bytes) -> Extracted:
    """The text and title of a workbook. Raises ExtractionError when it is damaged."""
    from openpyxl import load_workbook

    archive = Archive(data)
    clean = archive.repacked(
        [name for name in archive.names() if _NEEDED.match(name)],
        lambda name, content: content if _STREAMED.match(name) else harmless(content),
    )
    try:
        book = load_workbook(clean, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        for sheet in sheets:
            # The size that a sheet states of itself may be the largest there is, or wrong.
            sheet.reset_dimensions()
        texts = [(sheet.title, rows_text(_shown(sheet.iter_rows()))) for sheet in sheets]
        title = " ".join((book.properties.title or "").split())
    except (ExtractionError, RecursionError, MemoryError):
        raise
    # What a broken workbook does to the library may be any of Python's errors.
    except Exception as error:
        raise ExtractionError(DAMAGED) from error
    written = [(name, text) for name, text in texts if text]
    if len(written) == 1:
        return Extracted(written[0][1], title)
    return Extracted("\n\n".join(f"# {' '.join(name.split())}\n\n{text}" for name, text in written), title)


def _shown(rows: Iterable[Iterable[Any]]) -> Iterator[Row]:
    for row in rows:
        yield ["" if cell.value is None else shown(cell.value, cell.number_format) for cell in row]
