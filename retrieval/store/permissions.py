"""The data folder is its owner's alone: other users of the machine read none of what people wrote. Knows no content."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# The database with its logs, what is locked, and the vectors. Whoever names a folder with other files in it, such as a
# home, keeps those as they are.
_OURS = re.compile(r"footnote\.db(-\w+)?|footnote\.\w+\.lock|chroma(\.(lock|opened|damaged))?")
_BESIDE = re.compile(r"\..*|lost\+found|models")  # what may lie in a folder that is for nothing but the library


def make_private(folder: Path) -> None:
    """Make the data folder where there is none; take from others what they may do with it and with what is ours in it.

    Nothing is allowed that was not before. Raises OSError when the folder cannot be made; what cannot be changed stays
    as it is, and `open_to_others` finds it.
    """
    folder.mkdir(mode=stat.S_IRWXU, parents=True, exist_ok=True)
    with suppress(OSError):
        found = [*folder.iterdir()]
        for path in filter(_is_ours, found):
            narrow(path)
        if all(_is_ours(path) or _BESIDE.fullmatch(path.name) for path in found):
            _narrow(folder.resolve())


def narrow(path: Path) -> None:
    """Take from others what they may do with a file, or with a folder and all that it holds; links are passed over."""
    for found in _within(path):
        _narrow(found)


def open_to_others(folder: Path) -> Path | None:
    """The data folder, or what is ours in it, that other users of the machine may use; None where they may nothing."""
    if os.name != "posix":
        return None
    ours = (found for path in sorted(filter(_is_ours, folder.iterdir())) for found in _within(path))
    return next((path for path in (folder.resolve(), *ours) if _mode(path) & _OTHERS), None)


def create_private(file: Path) -> None:
    """Make an empty file where there is none, for its owner alone, before a library makes it for everybody."""
    with suppress(OSError):  # whoever opens it says why it cannot be
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR))


def _is_ours(path: Path) -> bool:
    return _OURS.fullmatch(path.name) is not None


def _within(path: Path) -> Iterator[Path]:
    yield path
    for folder, folders, files in os.walk(path):
        yield from (Path(folder, name) for name in (*folders, *files))


def _narrow(path: Path) -> None:
    # Never opened: closing a database's file would let go of the locks that SQLite holds on it in this process.
    with suppress(OSError):  # it may be gone again, or another user's
        mode = _mode(path)
        if mode & _OTHERS and not mode & stat.S_ISVTX:  # not a folder that is there for all, like /tmp
            path.chmod(mode & ~_OTHERS)


def _mode(path: Path) -> int:
    """The permissions of a file or folder; none for a link, since they would be those of what it leads to."""
    with suppress(FileNotFoundError):
        mode = path.lstat().st_mode
        return 0 if stat.S_ISLNK(mode) else stat.S_IMODE(mode)
    return 0
