"""`footnote deliveries`: the answers on their way to reply URLs, listed and had sent again. Sends nothing itself."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.interfaces.cli.command_line import DataDir, Debug, Json, Quiet
from bot.settings import read_settings

if TYPE_CHECKING:
    from bot.bootstrap import Footnote
    from bot.storage.deliveries import Delivery

commands = typer.Typer(no_args_is_help=True, help="The answers on their way to reply URLs: list them, send them again.")

_TIMES = ("next_at", "created_at", "ended_at")


@commands.command("list")
def list_deliveries(
    as_json: Json = False, quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False
) -> None:
    """List the deliveries of the last 30 days, the newest last.

    Example: footnote deliveries list
    """
    with closing(_opened(data_dir)) as bot:
        entries = bot.deliveries.entries()
    if as_json:
        typer.echo(json.dumps([_as_json(entry) for entry in entries], indent=2))
    elif entries:
        typer.echo(_lines(entries))
    elif not quiet:
        typer.echo("There are no deliveries. Questions by webhook that have a reply_url make them.", err=True)


@commands.command()
def retry(
    delivery: Annotated[str, typer.Argument(metavar="ID", help="The id, or the beginning of it.")],
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Send an answer again, as often as the first time.

    Example: footnote deliveries retry msg_3f9c
    """
    with closing(_opened(data_dir)) as bot:
        identifier = bot.deliveries.retry(delivery)
    if as_json:
        typer.echo(json.dumps({"id": identifier}))
    elif not quiet:
        typer.echo(f"{identifier} is sent again by `footnote serve`: at once where it runs.", err=True)


def _opened(data_dir: Path | None) -> Footnote:
    settings = read_settings(data_dir)
    from bot.bootstrap import Footnote

    return Footnote(settings)


def _as_json(entry: Delivery) -> dict[str, Any]:
    found = asdict(entry)
    return found | {name: found[name] and _time(found[name]).isoformat().replace("+00:00", "Z") for name in _TIMES}


def _lines(entries: list[Delivery]) -> str:
    """The deliveries, a line each: id, state, attempts, asker, host, and what is next or was last."""
    from bot.interfaces.cli.output import counted_noun, one_line

    rows = [
        (
            entry.id,
            entry.state,
            counted_noun(entry.attempts, "attempt"),
            entry.asker,
            entry.host,
            one_line(_story(entry)),
        )
        for entry in entries
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[5]]) for row in rows
    )


def _story(entry: Delivery) -> str:
    if entry.state == "delivered":
        return _shown(entry.ended_at)
    if entry.state == "failed":
        return f"{_shown(entry.ended_at)}: {entry.last_error}"
    why = "" if entry.last_error is None else f": {entry.last_error}"
    return f"next at {_shown(entry.next_at)}{why}"


def _time(at: float) -> datetime:
    return datetime.fromtimestamp(round(at), UTC)


def _shown(at: float | None) -> str:
    return "" if at is None else f"{_time(at):%Y-%m-%d %H:%M:%S} UTC"
