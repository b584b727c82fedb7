"""What the commands share: their options, what was typed or sent to standard input, and the data folder, opened."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.settings import read_settings
from retrieval.errors import FootnoteError, StorageError

if TYPE_CHECKING:
    from bot.bootstrap import Footnote
    from bot.settings import Settings

_PROBE = 65_536  # bytes: what is written at least when a document is added
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_LONGEST_INPUT = 32_000  # bytes: twice what the longest question can have


def _remember_debug(ctx: typer.Context, value: bool) -> bool:
    ctx.meta["debug"] = ctx.meta.get("debug", False) or value
    return value


DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="The folder that holds the library.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback on failure.", callback=_remember_debug)]
Documents = Annotated[
    list[str] | None,
    typer.Option(
        "--document", "-d", help="Search only this document (id or path); may be repeated.", show_default=False
    ),
]
Conversation = Annotated[
    str | None, typer.Option("--conversation", "-c", help="Remember what is said under this name.", show_default=False)
]


def source_or_id(reference: str) -> str:
    """A path or a web address as the library names it; anything else as it was typed."""
    if reference.lower().startswith(("http://", "https://")):
        from retrieval.net.url import AddressError, read_address

        try:
            return read_address(reference).url
        except AddressError:
            return reference
    path = Path(reference)
    try:
        if not path.is_file():
            return reference
    except OSError:  # a name that no file can have
        return reference
    from retrieval.loaders.loading import source_of

    return source_of(path)


def span_of(text: str, length: int) -> tuple[int, int]:
    """START:END of a text of `length` characters. Raises BadParameter."""
    start, colon, end = text.partition(":")
    digits = start.isdecimal() and end.isdecimal() and len(start) + len(end) < 40
    if not (colon and digits and int(start) < int(end) <= length):
        raise typer.BadParameter(
            f"--span takes START:END within 0:{length}, such as 0:{min(100, length)}; got {text!r}."
        )
    return int(start), int(end)


def standard_input(prompt: str, quiet: bool) -> str:
    """What comes on standard input, asked for with `prompt` in a terminal. Raises QuestionError when it is too long."""
    if sys.stdin and sys.stdin.isatty() and not quiet:
        typer.echo(prompt, err=True)
    if sys.stdin is None:
        return ""
    data = sys.stdin.buffer.read(_LONGEST_INPUT + 1)
    if len(data) > _LONGEST_INPUT:  # whatever else comes, it may never end
        from bot.assistant import LONGEST_QUESTION, QuestionError

        raise QuestionError(f"The question has more than {LONGEST_QUESTION:,} characters, the most that is read.")
    return data.decode("utf-8", errors="replace")


@contextmanager
def opened(
    data_dir: Path | None, quiet: bool, *, seed: bool = False, reads: bool = False, model: str | None = None
) -> Iterator[Footnote]:
    """The parts on a data folder; with `seed`, a new library has the article; with `reads`, a question is coming.

    `model` is a chat model in the place of the one that is set.
    """
    settings = read_settings(data_dir, model)
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
            raise FootnoteError(why) from error
        raise
    finally:
        bot.close()


def refusal(folder: Path) -> str | None:
    """Why nothing can be written in `folder`, in one line that says what to do; None where files can be."""
    import tempfile

    from retrieval.store.permissions import make_private

    place = folder
    try:
        make_private(folder)
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
    code = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    full = error.full if isinstance(error, StorageError) else code == "SQLITE_FULL"
    return _no_room(settings.data_dir) if full else None
