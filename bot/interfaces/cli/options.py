"""The options that commands share, and what was typed or sent to standard input. Knows no library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

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
