"""A conversation in the terminal. Knows how to read lines and print answers, nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import typer

from bot.answers import Answer, Turn
from bot.assistant import QuestionError
from bot.interfaces.cli.output import answer_lines, bold_for, short_ids
from bot.interfaces.shared_documents import LOCAL
from bot.interfaces.text import clean, one_line
from retrieval.library.catalogue import readable_by
from retrieval.search import CONTEXT

if TYPE_CHECKING:
    from bot.bootstrap import Footnote

_HELP = "/sources shows the words behind the last answer, /new starts afresh, /quit ends."


def converse(bot: Footnote, name: str, documents: tuple[str, ...] | None, quiet: bool, hint: str = "") -> None:
    """Read questions until /quit or the end of input, and answer each; the conversation is remembered as `name`."""
    if not quiet:
        titles = ", ".join(one_line(entry.title) for entry in bot.library.entries(readable_by(LOCAL))[:3])
        typer.echo(f"Ask about {titles or 'your documents'}. {_HELP}", err=True)
    last: Answer | None = None
    fresh = 0
    for line in _lines():
        match line.split():
            case []:
                continue
            case ["/quit" | "/exit"]:
                return
            case ["/new"]:
                fresh += 1
                last = None
                typer.echo("A new conversation.", err=True)
            case ["/sources"]:
                _print_sources(last)
            case ["/help"]:
                typer.echo(_HELP, err=True)
            case [command] if command.startswith("/") and command != "/start":
                typer.echo(f"There is no {clean(command)}. {_HELP}", err=True)
            case _:
                conversation = f"{name}-{fresh + 1}" if fresh else name
                try:
                    last = bot.assistant.answer(Turn(line.strip(), LOCAL, conversation, documents))
                except QuestionError as error:
                    typer.echo(f"footnote: {one_line(str(error))}", err=True)
                    continue
                typer.echo(f"{answer_lines(last, short_ids(bot.library), hint)}\n")


def _lines() -> Iterator[str]:
    """The lines typed; with history and editing where the terminal has them."""
    if sys.stdin.isatty():
        with suppress(ImportError):  # not on every platform: lines are then plain
            import readline  # noqa: F401  # importing it gives input() its history
    while True:
        try:
            yield input("> " if sys.stdin.isatty() else "")
        except EOFError:
            return
        except KeyboardInterrupt:
            typer.echo("", err=True)  # so that the shell's prompt begins a line
            raise


def _print_sources(answer: Answer | None) -> None:
    if answer is None or not answer.opened:
        typer.echo("There are no sources to show yet.", err=True)
        return
    bold = bold_for(sys.stdout)
    for citation in answer.opened:
        # Half words at the edges are left out.
        before = citation.prefix.partition(" ")[2] if len(citation.prefix) == CONTEXT else citation.prefix
        after = citation.suffix.rpartition(" ")[0] if len(citation.suffix) == CONTEXT else citation.suffix
        words = " ".join(f"{clean(before)}{bold(clean(citation.quote))}{clean(after)}".split())
        typer.echo(f"[{citation.id}] … {words} …")
