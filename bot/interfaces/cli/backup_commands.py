"""The commands that keep the library safe: `footnote backup` and `footnote restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.interfaces.cli.options import DataDir, Debug, Quiet, opened
from bot.interfaces.text import counted_noun, one_line

commands = typer.Typer()

_MEGABYTE = 1_000_000


@commands.command()
def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write it; an earlier backup there is replaced.")
    ],
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Write the whole library (documents, conversations, what waits) into one file, while it is in use.

    Example: footnote backup library.zip
    """
    with opened(data_dir, quiet) as bot:
        from retrieval.library.backup import back_up

        made = back_up(bot.engine, file)
    if not quiet:
        size = f"{file.stat().st_size / _MEGABYTE:.1f} MB"
        typer.echo(f"Backed up {counted_noun(made.documents, 'document')} to {one_line(str(file))} ({size}).")


@commands.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of what the library holds, which is then gone.")
    ] = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Have the library hold what a backup holds; nothing else may use the library meanwhile.

    Example: footnote restore library.zip
    """
    with opened(data_dir, quiet) as bot:
        from retrieval.library.backup import restore as put_back

        made = put_back(bot.engine, bot.vectors, file, bot.settings.data_dir, replace=replace)
    # Opened anew: it is another library now, perhaps of an earlier version, and its vectors are put back.
    with opened(data_dir, quiet) as bot:
        bot.library.repair()
        other = made.embedding not in (None, bot.embedder().name)
    if not quiet:
        documents = f"{counted_noun(made.documents, 'document')} of {one_line(made.made_at)}"
        typer.echo(f"Restored {documents} from {one_line(str(file))}.")
    if other:
        typer.echo(
            f"Its documents were embedded with {one_line(str(made.embedding))}. Set FOOTNOTE_EMBEDDING to that, or run "
            "`footnote reindex` to embed them anew.",
            err=True,
        )
