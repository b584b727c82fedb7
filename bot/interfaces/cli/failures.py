"""What failed, as one line for whoever typed the command: what happened and what to do. Knows no command."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from retrieval.errors import FootnoteError, StorageError

if TYPE_CHECKING:
    from bot.settings import Settings


class DataFolderError(FootnoteError):
    """The data folder takes nothing; the message is one line that says what to do."""

    code = "data-folder"


class OneLineFailures(TyperGroup):
    """Turns every known failure into one line on standard error."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; exit 1 with a line for a failure; a traceback only for --debug."""
        try:
            return super().invoke(ctx)
        except (typer.TyperException, typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:
            sys.stderr.close()  # whoever read the output has gone: nothing to tell, and nobody to tell it to
            raise typer.Exit(0) from None
        except Exception as error:
            if ctx.meta.get("debug"):
                raise
            typer.echo(f"footnote: {_line(error)}", err=True)
            _give_up_output()
            raise typer.Exit(1) from None


def _give_up_output() -> None:
    """Where results cannot be written, do not try once more on leaving: Python would end with a status of its own."""
    with contextlib.suppress(ValueError):  # there is no file behind it
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _line(error: Exception) -> str:
    """One line that says what happened; for what nobody foresaw, how to learn more."""
    from bot.interfaces.cli.output import one_line

    cause = getattr(error, "orig", None) or error  # SQLAlchemy's own messages quote the whole statement
    text = one_line(str(cause))
    if isinstance(error, FootnoteError):
        return text
    if isinstance(error, OSError):
        if error.filename:
            return (
                f"{error.strerror or text}: {one_line(str(error.filename))}. `footnote doctor` checks the data folder."
            )
        if isinstance(error, FileNotFoundError):  # only the working folder has no name
            return "The working folder is gone. Change to another one."
        return f"{error.strerror or text}: what was to be printed, or kept, could not be. Check where the output goes."
    if cause is not error:
        return f"The database cannot be used ({text}). `footnote doctor` checks it."
    return f"{type(error).__name__}: {text[:300]} (--debug shows where it happened)"


def blamed(error: Exception, settings: Settings) -> str | None:
    """What is wrong with the data folder, when that may be why a database, the vectors or a file failed."""
    if settings.database_url and settings.chroma_url:
        return None
    from sqlalchemy.exc import SQLAlchemyError

    if not isinstance(error, (OSError, StorageError, SQLAlchemyError)):
        return None
    from bot.interfaces.cli.data_folder import no_room, refusal

    if (why := refusal(settings.data_dir)) is not None:
        return why
    full = error.full if isinstance(error, StorageError) else _sqlite_code(error) == "SQLITE_FULL"
    return no_room(settings.data_dir) if full else None


def _sqlite_code(error: Exception) -> str:
    return getattr(getattr(error, "orig", None), "sqlite_errorname", "")
