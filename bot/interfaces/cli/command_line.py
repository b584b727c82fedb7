"""The command line: its commands put together, and what fails told in one line.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from bot.interfaces.cli import backup_commands, document_commands, question_commands, server_commands
from bot.interfaces.text import one_line
from retrieval.errors import FootnoteError


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
    if isinstance(error, FootnoteError):
        return one_line(error.whole)
    cause = getattr(error, "orig", None) or error  # SQLAlchemy's own messages quote the whole statement
    text = one_line(str(cause))
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


app = typer.Typer(
    name="footnote",
    cls=OneLineFailures,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (question_commands, document_commands, server_commands, backup_commands):
    app.add_typer(module.commands)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"footnote {version('footnote-bot')}")
        raise typer.Exit


@app.callback()
def footnote(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Answers questions about documents, each answer with footnotes that open the exact words of the text.

    Example: footnote ask "Who is China's foreign ministry spokesperson?"
    """


def main() -> None:
    """Run the command line."""
    os.umask(os.umask(0o077) | 0o077)  # what any library makes, too, is for nobody else
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter gets its code
    app()
