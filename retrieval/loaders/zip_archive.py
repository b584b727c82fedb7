"""A ZIP archive of XML that may be hostile, read within bounds. Knows no kind of document; never writes a file.

What an archive says of its own sizes is not believed: what is decompressed is counted while it is read. A broken one
raises whatever zipfile, zlib and defusedxml raise: this runs in the sandbox.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from retrieval.loaders.registry import MOST_ENTRIES
from retrieval.loaders.sandbox import DAMAGED, ExtractionError, locked

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 100 * 1024 * 1024
"""Bound on what is decompressed of one archive, in bytes."""
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1


class Archive:
    """The entries of a ZIP archive by name. A name is a name here and never a path.

    Raises ExtractionError when there are too many.
    """

    def __init__(self, data: bytes) -> None:
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        self._left = MOST_BYTES
        self.names = self._zip.NameToInfo.keys()
        if len(self._zip.infolist()) > MOST_ENTRIES:
            raise ExtractionError(f"holds more than {MOST_ENTRIES:,} files: split it into smaller ones")

    def read(self, name: str) -> bytes:
        """An entry's content. Raises ExtractionError when it is encrypted or too much."""
        entry = self._zip.getinfo(name)
        if entry.flag_bits & _ENCRYPTED:
            raise locked()
        if entry.compress_type not in _METHODS:
            raise ExtractionError(DAMAGED)
        with self._zip.open(entry) as file:
            content = file.read(self._left + 1)
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
    """The root of an XML file, which is refused when it has entities of its own."""
    from defusedxml.ElementTree import fromstring

    root: Element = fromstring(content)
    return root


def harmless(content: bytes) -> bytes:
    """An XML file anew, for libraries that expand entities."""
    from defusedxml.ElementTree import tostring

    written: bytes = tostring(parsed(content), "utf-8")
    return written
