"""A ZIP archive of XML that may be hostile, read within bounds. Knows no kind of document; never writes a file.

What an archive says of its own sizes is not believed: what is decompressed is counted while it is read.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from retrieval.loaders.sandbox import ExtractionError, locked

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 100 * 1024 * 1024
"""Bound on what is decompressed of one archive, in bytes."""
MOST_ENTRIES = 10_000
DAMAGED = "is damaged: open it in its own program, save a new copy, add that"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1


class Archive:
    """The entries of a ZIP archive by name. A name is a name here and never a path."""

    def __init__(self, data: bytes) -> None:
        """Raises ExtractionError when the data are no ZIP archive or have too many entries."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, EOFError, OverflowError, NotImplementedError, OSError) as error:
            raise ExtractionError(DAMAGED) from error
        self._left = MOST_BYTES
        self._entries = {entry.filename: entry for entry in self._zip.infolist()}
        if len(self._zip.infolist()) > MOST_ENTRIES:
            raise ExtractionError(f"holds more than {MOST_ENTRIES:,} files: split it into smaller ones")

    def names(self) -> list[str]:
        """The names of the entries, in the archive's order."""
        return list(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def read(self, name: str) -> bytes:
        """An entry's content. Raises ExtractionError when it is missing, damaged, encrypted or too much."""
        entry = self._entries.get(name)
        if entry is None:
            raise ExtractionError(DAMAGED)
        if entry.flag_bits & _ENCRYPTED:
            raise locked()
        if entry.compress_type not in _METHODS:
            raise ExtractionError(DAMAGED)
        try:
            with self._zip.open(entry) as file:
                content = file.read(self._left + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            ValueError,
            EOFError,
            RuntimeError,
            NotImplementedError,
            OSError,
        ) as error:
            raise ExtractionError(DAMAGED) from error
        if len(content) > self._left:
            most = MOST_BYTES // 1024 // 1024
            raise ExtractionError(f"unpacks to more than {most} MiB: save its text as a .txt file and add that")
        self._left -= len(content)
        return content

    def repacked(self, names: Iterable[str], part: Callable[[str, bytes], bytes]) -> io.BytesIO:
        """An archive anew of these entries, each what `part` makes of its name and content; what is no XML is empty.

        For libraries that trust an archive's sizes. Raises ExtractionError as `read` does.
        """
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w") as archive:
            for name in names:
                archive.writestr(name, part(name, self.read(name)) if name.endswith((".xml", ".rels")) else b"")
        return copy


def parsed(content: bytes) -> Element:
    """The root of an XML file without entities of its own. Raises ExtractionError for any other."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(content)
    # What defusedxml refuses is a ValueError, an encoding that Python does not know a LookupError.
    except (ParseError, ValueError, LookupError) as error:
        raise ExtractionError(DAMAGED) from error
    return root


def harmless(content: bytes) -> bytes:
    """An XML file anew, for libraries that expand entities. Raises ExtractionError as `parsed` does."""
    from defusedxml.ElementTree import tostring

    written: bytes = tostring(parsed(content), "utf-8")
    return written
