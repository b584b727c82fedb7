"""Whether the data folder takes files, and why not. Knows no database: what failed on the folder says less than this."""

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
        return said_of(place, error)
    return None


def said_of(place: Path, error: OSError) -> str:
    """What a failure to write at `place` means, in one line that says what to do."""
    why = error.strerror or type(error).__name__
    if error.errno in _FULL:
        return f"{place} has no room left ({why}). Make room, or name another folder with --data-dir."
    return f"{place} cannot be written ({why}). Make it yours to write, or name another folder with --data-dir."
