"""Whether the data folder takes files, and why not; what failed on it says less. Knows no database."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path

_PROBE = 65_536  # bytes: what is written at least when a document is added
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def refusal(folder: Path) -> str | None:
    """Why nothing can be written in `folder`, in one line that says what to do; None where files can be."""
    place = folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(_PROBE))
        for place in sorted(folder.iterdir()):
            if place.is_file():
                with place.open("r+b"):
                    pass
    except (FileExistsError, NotADirectoryError):
        return f"{folder} is no folder. Name another with --data-dir."
    except OSError as error:
        why = error.strerror or type(error).__name__
        if error.errno in _FULL:
            return no_room(folder, why)
        return f"{place} cannot be written ({why}). Make it yours to write, or name another folder with --data-dir."
    return None


def no_room(folder: Path, why: str = "its disk is full") -> str:
    """That `folder` is full, in one line that says what to do."""
    return f"{folder} has no room left ({why}). Make room, or name another folder with --data-dir."
