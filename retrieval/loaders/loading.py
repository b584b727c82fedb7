"""Files and bytes to documents: how each is read by its type, decoded, and what it is called.

This module knows no database, no index and no network. The text of a document is what was decoded: line ends are kept
and nothing is normalised, except that U+0000 and lone surrogates become U+FFFD one for one, since databases cannot hold
them, and that a byte order mark is dropped. The text of any other type (a page, a PDF, a table) is what its loader
writes.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.resources
import os
import stat
from collections.abc import Callable
from pathlib import Path, PurePath
from urllib.parse import urljoin, urlsplit

from retrieval.errors import FootnoteError
from retrieval.loaders.encoding import LONE_SURROGATE, DecodingError
from retrieval.loaders.gutenberg import without_notice
from retrieval.loaders.main_text import read_html
from retrieval.loaders.plain_text import is_page, read_markdown, read_text, read_untold
from retrieval.loaders.registry import (
    HTML,
    MARKDOWN,
    OLD_OFFICE,
    READABLE,
    SAVE_AS,
    SUFFIXES,
    TEXT,
    UNREADABLE,
    ZIP,
    FileType,
    by_content,
    by_opening,
)
from retrieval.loaders.sandbox import Extracted, ExtractionError, Fault, locked, nothing_to_check, sandboxed
from retrieval.loaders.titles import file_title, opening, title_of
from retrieval.types import Document

_PDF = b"%PDF-"  # how a PDF begins
MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is read, in bytes (20 MiB)."""

MAX_QUICK = 64 * 1024
"""The largest plain text, in bytes, that is read at once: a process of its own takes longer to start than that."""

_HEAD = 1024
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")


class LoadingError(FootnoteError):
    """A file or text cannot be taken in; `fault` says why in a word."""

    def __init__(self, message: str, fault: Fault = "unreadable") -> None:
        super().__init__(message)
        self.fault = fault


def find_files(path: Path) -> list[Path]:
    """The file `path` itself, or the files of readable kinds below the folder `path`, sorted.

    Names that begin with a dot are left out, and so is what was already met by another link. Raises LoadingError when
    nothing is there, the folder cannot be listed, or it holds no readable file.
    """
    if not stat.S_ISDIR(_status(path).st_mode):
        return [path]
    try:
        os.scandir(path).close()
    except OSError as error:
        raise LoadingError(f"{_shown(path)} cannot be listed: check its permissions.") from error
    found: dict[str, Path] = {}
    seen: set[str] = set()
    for folder, names, files in os.walk(path, followlinks=True):
        if (real := os.path.realpath(folder)) in seen:
            names.clear()
            continue
        seen.add(real)
        names[:] = sorted((name for name in names if not name.startswith(".")), reverse=True)
        for entry in (Path(folder, name) for name in files if not name.startswith(".")):
            with contextlib.suppress(OSError):
                if entry.suffix.lower() in SUFFIXES and entry.is_file():
                    real = os.path.realpath(entry)
                    found[real] = min(entry, found.get(real, entry))
    if not found:
        raise LoadingError(f"{_shown(path)} holds no file that can be read: {READABLE}.")
    return sorted(found.values())


def load_path(path: Path, *, title: str | None = None) -> Document:
    """One file as a document; its source is "seeds/NAME" for an article that is shipped, else its absolute path.

    Raises LoadingError when it is missing, not a file, too large, not permitted, empty, of no readable type, or cannot
    be read as its type.
    """
    status = _status(path)
    if stat.S_ISDIR(status.st_mode):
        raise LoadingError(f"{_shown(path)} is a folder: name a file in it.")
    if not stat.S_ISREG(status.st_mode):
        raise LoadingError(f"{_shown(path)} is not a regular file: copy it into a file, or pass it by standard input.")
    if status.st_size > MAX_BYTES:
        raise _too_large(_shown(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LoadingError(f"{_shown(path)} cannot be read: {_reason(error)}.") from error
    source = source_of(path)
    # An article that is shipped is called by its first words: its file's name was not given by a reader.
    name = None if source.startswith("seeds/") else path.name
    return load_bytes(data, source=source, name=name, title=title, called=str(path))


def load_bytes(
    data: bytes,
    *,
    source: str,
    name: str | None = None,
    title: str | None = None,
    called: str | None = None,
    check: Callable[[], None] = nothing_to_check,
) -> Document:
    """What was read elsewhere as a document; `name` is a file name for its ending, without it the content decides.

    `called` is what it is called in messages, the name or the source if nothing else is given. `check` is called every
    moment while a long one is read, and ends that by raising.

    `source` is kept as given; when it is a web address it also becomes the `url` of a text or page, or the page's
    canonical link on the same host does. Raises LoadingError when the data are too large, empty, of no readable type,
    or cannot be read as their type.
    """
    shown = _shown(called or name or source)
    from_web = source.lower().startswith(("http://", "https://"))
    if len(data) > MAX_BYTES:
        raise _too_large(shown)
    if not data.strip():
        raise LoadingError(f"{shown} is empty: there is nothing to read in it.", "no_text")
    kind = _type_of(data, PurePath(name).suffix.lower() if name else "", shown)
    try:
        found = without_notice(_read(kind, data, check))
    except (DecodingError, ExtractionError) as error:
        raise LoadingError(f"{shown} {error}.", error.fault) from error
    if not found.text.strip():
        what = "holds no text" if kind and kind.loader else "is empty"
        raise LoadingError(f"{shown} {what}: there is nothing to read in it.", "no_text")
    words = found.title or (
        "" if kind and kind.named and name else opening(found.text, found.boilerplate, file_title(name or ""))
    )
    url = _canonical(source, found.canonical) if from_web and not (kind and kind.loader) else None
    line = title_of(title, words, name, source)
    original = data if found.pages and data.startswith(_PDF) else None
    return Document(source, line, found.text, found.boilerplate, url, found.pages, original, found.about)


def is_quick(data: bytes, name: str | None = None) -> bool:
    """Whether `load_bytes` reads this at once: a short plain text, or what it refuses by its first bytes."""
    try:
        return _is_quick(_type_of(data, PurePath(name).suffix.lower() if name else "", ""), data)
    except FootnoteError:
        return True


def _is_quick(kind: FileType | None, data: bytes) -> bool:
    """Whether a file is a short plain text. Raises DecodingError."""
    return len(data) <= MAX_QUICK and (kind in (TEXT, MARKDOWN) or (kind is None and not is_page(data)))


def _read(kind: FileType | None, data: bytes, check: Callable[[], None]) -> Extracted:
    """What a file says, read in a process of its own unless it is a short plain text. Raises as its reader does."""
    if kind and kind.loader:
        module, _, name = kind.loader.partition(":")
        return sandboxed(getattr(importlib.import_module(module), name), data, check=check)
    quick = _is_quick(kind, data)
    if kind is HTML or (kind is None and not quick and len(data) <= MAX_QUICK):
        return read_html(data, check)
    reader = read_text if kind is TEXT else read_markdown if kind is MARKDOWN else read_untold
    return reader(data) if quick else sandboxed(reader, data, check=check)


def _type_of(data: bytes, suffix: str, shown: str) -> FileType | None:
    """The type of a file, None where its text is to tell. Raises LoadingError for what cannot be read."""
    if data.startswith(OLD_OFFICE):
        if _ENCRYPTED_OFFICE in data:
            raise LoadingError(f"{shown} {locked()}.", "password")
        new = SAVE_AS.get(suffix) or (suffix if suffix in SUFFIXES else ".docx, .xlsx or .pptx")
        raise LoadingError(f"{shown} is an old Office file: open it, save it as {new} and add that.", "not_a_document")
    if kind := by_content(data, suffix):
        return kind
    kind = SUFFIXES.get(suffix)
    if kind is not None and (kind.begins or kind.entries):
        raise LoadingError(f"{shown} is no {suffix} file, whatever its name: only {READABLE}.", "not_a_document")
    if suffix in UNREADABLE:
        raise LoadingError(f"{shown} is a {suffix} file: only {READABLE}.", "not_a_document")
    if data.startswith(ZIP) and b"\0" in data[:_HEAD]:
        raise LoadingError(f"{shown} is a ZIP archive: unpack it; only {READABLE}.", "not_a_document")
    return kind or by_opening(data[: _HEAD * 8].decode("latin-1").replace("\r\n", "\n"))


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LoadingError(f"{_shown(path)} does not exist: check the path.") from error
    except (OSError, ValueError) as error:
        raise LoadingError(f"{_shown(path)} cannot be read: {_reason(error)}.") from error


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "permission denied, so change its permissions or ask its owner"
    return (error.strerror or "input or output failed") if isinstance(error, OSError) else "its name is not valid"


def _too_large(shown: str) -> LoadingError:
    most = f"{MAX_BYTES // 1024 // 1024} MiB"
    return LoadingError(f"{shown} is larger than {most}: split it into smaller files.", "too_large")


def _printable(path: str) -> str:
    # A name that is not valid UTF-8 arrives with lone surrogates, which no database holds.
    return os.fsencode(path).decode("utf-8", "backslashreplace") if LONE_SURROGATE.search(path) else path


def _shown(name: Path | str) -> str:
    words = "".join(c if c.isprintable() else "\ufffd" for c in _printable(str(name)))
    return words if len(words) <= 200 else f"{words[:100]}…{words[-99:]}"


def source_of(path: Path) -> str:
    """What a file is called in the library: its real absolute path; "seeds/<name>" for what ships in `seeds`."""
    real = path.resolve()
    try:
        shipped = importlib.resources.files("seeds").joinpath(real.name)
    except ModuleNotFoundError:
        shipped = None
    if isinstance(shipped, Path) and shipped.resolve() == real:
        return f"seeds/{_printable(real.name)}"
    return _printable(real.as_posix())


def _canonical(address: str, link: str) -> str:
    """The page's canonical link when it is on the address's own host, else the address."""
    try:
        target = urljoin(address, link)
        there, here = urlsplit(target), urlsplit(address)
        same = (there.hostname or "").removeprefix("www.") == (here.hostname or "").removeprefix("www.")
    except ValueError:
        return address
    return target if same and there.scheme in ("http", "https") else address
