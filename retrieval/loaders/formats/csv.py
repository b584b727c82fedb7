"""CSV files to text: each row as one line, every cell with the name of its column.

The text is what is written here, as that of a page is, not the file's own characters: offsets count in it. The encoding
is found as that of any text, the separator by which of them gives rows of one width.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice

from retrieval.loaders.encoding import decoded
from retrieval.loaders.formats.rows import rows_text
from retrieval.loaders.sandbox import Extracted

_SEPARATORS = ",;\t|"
_SAMPLE = 100
_STATED = re.compile(r"sep=(.)\r?\n")  # as Excel writes it


def read_csv(data: bytes) -> Extracted:
    """The text of a CSV file. Raises DecodingError when it is no text."""
    text = decoded(data, page=False)
    stated = _STATED.match(text)
    text = text[stated.end() :] if stated else text
    csv.field_size_limit(len(text) + 1)
    separator = stated[1] if stated else max(_SEPARATORS, key=lambda one: _fit(text, one))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    return Extracted(rows_text(rows))


def _fit(text: str, separator: str) -> tuple[float, int]:
    """How well a separator explains the first rows: the share of the commonest width over one, and that width."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    widths = Counter(len(row) for row in islice(rows, _SAMPLE) if row)
    width, count = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
    return (count / widths.total(), width) if width > 1 else (0.0, 0)
