"""Files and bytes to documents: which kinds can be read, how they are decoded, and what they are called.

This module knows no database, no index and no network. The text of a document is what was decoded: line ends are kept
and nothing is normalised, except that U+0000 and lone surrogates become U+FFFD one for one, since databases cannot hold
them, and that a byte order mark is dropped.
"""

from __future__ import annotations

import importlib.resources
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path, PurePath
from urllib.parse import urljoin, urlsplit

from retrieval.decoding import LONE_SURROGATE, DecodingError, decoded
from retrieval.furniture import covers_all, merged, recognise
from retrieval.html import PageError, read_page
from retrieval.passages import Document
from retrieval.titles import front_matter, markdown_title, opening, title_of

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is read, in bytes (20 MiB)."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_TEXT, _MARKDOWN, _HTML = "text", "markdown", "html"
_KINDS = {
    ".txt": _TEXT,
    ".text": _TEXT,
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".html": _HTML,
    ".htm": _HTML,
}
_READABLE = "text (.txt, .text), markdown (.md, .markdown) and HTML (.html, .htm) can be read"
_UNREADABLE = _set(".pdf .docx .doc .epub .odt .rtf .pptx .xlsx .zip .gz .png .jpg .jpeg .gif .webp .mp3 .mp4")
_PAGE_BEGINS = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


class LoadingError(Exception):
    """A file or text cannot be taken in; the message is one line that says what happened and what to do."""


def find_files(path: Path) -> list[Path]:
    """The file `path` itself, or the files of readable kinds below the folder `path`, sorted.

    Names that begin with a dot are left out, and so is what was already met by another link. Raises LoadingError when
    nothing is there, the folder cannot be listed, or it holds no readable file.
    """
    if not _status(path).is_dir:
        return [path]
    found: dict[str, Path] = {}
    folders, seen = [path], set[str]()
    while folders:
        folder = folders.pop()
        real = os.path.realpath(folder)
        if real in seen:
            continue
        seen.add(real)
        try:
            entries = sorted(folder.iterdir())
        except OSError as error:
            if folder == path:
                raise LoadingError(f"{_shown(path)} cannot be listed: check its permissions.") from error
            continue
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                if entry.is_dir():
                    folders.append(entry)
                elif entry.suffix.lower() in _KINDS and entry.is_file():
                    real = os.path.realpath(entry)
                    found[real] = min(entry, found.get(real, entry))
            except OSError:
                continue
    if not found:
        raise LoadingError(f"{_shown(path)} holds no file that can be read: {_READABLE}.")
    return sorted(found.values())


def load_path(path: Path, *, title: str | None = None) -> Document:
    """One file as a document; its source is "seeds/NAME" for an article that is shipped, else its absolute path.

    Raises LoadingError when it is missing, not a file, too large, not permitted, empty or of no readable kind.
    """
    status = _status(path)
    if status.is_dir:
        raise LoadingError(f"{_shown(path)} is a folder: name a file in it.")
    if not status.is_file:
        raise LoadingError(f"{_shown(path)} is not a regular file: copy it into a file, or pass it by standard input.")
    if status.size > MAX_BYTES:
        raise _too_large(_shown(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LoadingError(f"{_shown(path)} cannot be read: {_reason(error)}.") from error
    return _load(data, source_of(path), path.name, title, _shown(path))


def load_bytes(data: bytes, *, source: str, name: str | None = None, title: str | None = None) -> Document:
    """What was read elsewhere as a document; `name` is a file name for its ending, without it the content decides.

    `source` is kept as given; when it is a web address it also becomes the document's `url`, or the page's canonical
    link on the same host does. Raises LoadingError when the data are too large, empty or of no readable kind.
    """
    return _load(data, source, name, title, _shown(name or source))


def _load(data: bytes, source: str, name: str | None, title: str | None, shown: str) -> Document:
    if len(data) > MAX_BYTES:
        raise _too_large(shown)
    ending = PurePath(name).suffix.lower() if name else ""
    if ending in _UNREADABLE:
        raise LoadingError(f"{shown} is a {ending} file: only {_READABLE}.")
    kind = _KINDS.get(ending)
    try:
        text = decoded(data, page=kind == _HTML or (kind is None and _is_page(data[:2048].decode("latin-1"))))
    except DecodingError as error:
        raise LoadingError(f"{shown} {error}: only {_READABLE}; text is best saved as UTF-8.") from error
    if not text.strip():
        raise LoadingError(f"{shown} is empty: there is nothing to read in it.")
    kind = kind or _kind_of(text)
    address = source if source.lower().startswith(("http://", "https://")) else None
    if kind == _HTML:
        try:
            page = read_page(text)
        except PageError as error:
            raise LoadingError(f"{shown} cannot be used: {error}. Save the page as text and add that.") from error
        found = page.title or opening(page.text, page.furniture)
        url = _canonical(address, page.canonical) if address else None
        return Document(source, title_of(title, found, name, source), page.text, page.furniture, url)
    front = front_matter(text) if kind == _MARKDOWN else None
    furniture = merged([*([front] if front else []), *recognise(text)])
    if covers_all(text, furniture):
        furniture = ()
    found = markdown_title(text, front) if kind == _MARKDOWN else ""
    found = found or opening(text, furniture)
    return Document(source, title_of(title, found, name, source), text, furniture, address)


@dataclass(frozen=True, slots=True)
class _Status:
    is_dir: bool
    is_file: bool
    size: int


def _status(path: Path) -> _Status:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LoadingError(f"{_shown(path)} does not exist: check the path.") from error
    except (OSError, ValueError) as error:
        raise LoadingError(f"{_shown(path)} cannot be read: {_reason(error)}.") from error
    return _Status(stat.S_ISDIR(found.st_mode), stat.S_ISREG(found.st_mode), found.st_size)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "permission denied, so change its permissions or ask its owner"
    return (error.strerror or "input or output failed") if isinstance(error, OSError) else "its name is not valid"


def _too_large(shown: str) -> LoadingError:
    return LoadingError(f"{shown} is larger than {MAX_BYTES // 1024 // 1024} MiB: split it into smaller files.")


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


def _is_page(text: str) -> bool:
    return _PAGE_BEGINS.match(text.lstrip("\ufeff")) is not None


def _kind_of(text: str) -> str:
    if _is_page(text):
        return _HTML
    return _MARKDOWN if front_matter(text) or text.lstrip().startswith(("# ", "## ")) else _TEXT


def _canonical(address: str, link: str | None) -> str:
    """The page's canonical link when it is on the address's own host, else the address."""
    try:
        target = urljoin(address, link or "")
        there, here = urlsplit(target), urlsplit(address)
        same = (there.hostname or "").removeprefix("www.") == (here.hostname or "").removeprefix("www.")
    except ValueError:
        return address
    return target if same and there.scheme in ("http", "https") else address
