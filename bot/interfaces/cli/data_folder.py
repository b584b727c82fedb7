"""The data folder that a command works on: opened, and why nothing can be written there."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.settings import read_settings
from retrieval.errors import FootnoteError, StorageError

if TYPE_CHECKING:
    from bot.bootstrap import Footnote
    from bot.settings import Settings

_PROBE = 65_536  # bytes: what is written at least when a document is added
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DataFolderError(FootnoteError):
    """The data folder takes nothing; the message is one line that says what to do."""

    code = "data-folder"


@contextmanager
def opened(data_dir: Path | None, quiet: bool, *, seed: bool = False, reads: bool = False) -> Iterator[Footnote]:
    """The parts on a data folder; with `seed`, a new library has the article; with `reads`, a question is coming."""
    settings = read_settings(data_dir)
    from bot.bootstrap import Footnote

    bot = Footnote(settings)
    try:
        if reads:
            bot.warm_up()
        if seed and bot.seed() and not quiet and sys.stderr.isatty():
            typer.echo("A new library: it knows the article in seeds/.", err=True)
        yield bot
    except Exception as error:
        if (why := _blamed(error, settings)) is not None:
            raise DataFolderError(why) from error
        raise
    finally:
        bot.close()


def refusal(folder: Path) -> str | None:
    """Why nothing can be written in `folder`, in one line that says what to do; None where files can be."""
    import tempfile

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
            return _no_room(folder, why)
        return f"{place} cannot be written ({why}). Make it yours to write, or name another folder with --data-dir."
    return None


def _no_room(folder: Path, why: str = "its disk is full") -> str:
    """That `folder` is full, in one line that says what to do."""
    return f"{folder} has no room left ({why}). Make room, or name another folder with --data-dir."


def _blamed(error: Exception, settings: Settings) -> str | None:
    """What is wrong with the data folder, when that may be why a database, the vectors or a file failed."""
    if settings.database_url and settings.chroma_url:
        return None
    from sqlalchemy.exc import SQLAlchemyError

    if not isinstance(error, (OSError, StorageError, SQLAlchemyError)):
        return None
    if (why := refusal(settings.data_dir)) is not None:
        return why
    full = error.full if isinstance(error, StorageError) else _sqlite_code(error) == "SQLITE_FULL"
    return _no_room(settings.data_dir) if full else None


def _sqlite_code(error: Exception) -> str:
    return getattr(getattr(error, "orig", None), "sqlite_errorname", "")
