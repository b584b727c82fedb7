"""The commands for what runs: `footnote serve`, `telegram` and `doctor`; `deliveries` for what `serve` sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.interfaces.cli.options import DataDir, Debug, Json, Quiet, opened
from bot.interfaces.text import columns, counted_noun, one_line
from bot.settings import read_settings
from retrieval.errors import FootnoteError
from retrieval.types import SHARED

if TYPE_CHECKING:
    from bot.storage.deliveries import Delivery

commands = typer.Typer()
deliveries = typer.Typer(
    no_args_is_help=True, help="The answers on their way to reply URLs: list them, send them again."
)
commands.add_typer(deliveries, name="deliveries")

_TIMES = ("next_at", "created_at", "ended_at")


@commands.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen at; others than loopback need keys.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes any that is free.")] = 8000,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Answer by HTTP: a JSON API, the OpenAI protocol and webhooks, documented at /docs.

    Example: footnote serve --port 8000
    """
    settings = read_settings(data_dir)
    from bot.interfaces.http.server import serve as run

    run(settings, host, port)


@commands.command("open")
def open_page(
    document: Annotated[
        str | None, typer.Argument(help="The id, its beginning, the path or the title; without it, the page to ask on.")
    ] = None,
    span: Annotated[
        str | None, typer.Option("--span", metavar="START:END", help="Mark these characters.", show_default=False)
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes any that is free.")] = 0,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Read a document in the browser, the words of a citation marked; or ask there. For this machine alone.

    Example: footnote open 3f9c --span 548:708
    """
    path = ""
    if document is not None:
        with opened(data_dir, quiet, seed=True) as bot:
            from bot.interfaces.cli.options import source_or_id, span_of
            from bot.interfaces.shared_documents import LOCAL
            from retrieval.library.catalogue import readable_by

            entry = bot.library.find(source_or_id(document), readable_by(LOCAL))
            start, end = (0, 0) if span is None else span_of(span, entry.characters)
        path = f"read/{entry.id}" + ("" if span is None else f"?start={start}&end={end}#words")
    # Whoever sits at this machine needs no key, and nobody else is served.
    settings = read_settings(data_dir).model_copy(update={"api_keys": "", "log_level": "warning"})

    def show(found: int) -> None:
        import webbrowser

        address = f"http://localhost:{found}/{path}"
        if not quiet:
            typer.echo(f"Open at {address} until Ctrl-C.", err=True)
        webbrowser.open(address)

    from bot.interfaces.http.server import serve as run

    run(settings, "127.0.0.1", port, show)


@commands.command()
def feedback(
    export: Annotated[
        bool, typer.Option("--export", help="Print a question set for `footnote eval`, to be corrected by hand.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """List what people thought of answers, by 👍 and 👎 in chats, on the page and by HTTP.

    Example: footnote feedback --export > questions.jsonl
    """
    with opened(data_dir, quiet) as bot:
        given = bot.feedback.given()
        if export:
            from bot.interfaces.cli.output import print_json
            from bot.storage.feedback import rows_of

            owners = {SHARED, *(one.asker for one in given)}
            texts = {
                entry.id: (entry.title, bot.library.words(entry.id, owners)) for entry in bot.library.entries(owners)
            }
            for row in rows_of(given, texts):
                print_json(row, indent=None)
        elif as_json:
            shown = [
                {
                    **{name: getattr(one, name) for name in ("asker", "conversation", "turn", "helpful", "comment")},
                    "given_at": _time(one.given_at).isoformat().replace("+00:00", "Z"),
                    "answer": one.answer.to_json(),
                }
                for one in given
            ]
            from bot.interfaces.cli.output import print_json

            print_json(shown)
        elif given:
            typer.echo(
                columns(
                    [
                        (
                            "👍" if one.helpful else "👎",
                            f"{one.asker} {one.conversation} {one.turn}",
                            one_line(one.answer.question),
                            one_line(one.comment or one.answer.text),
                        )
                        for one in given
                    ]
                )
            )
        elif not quiet:
            typer.echo("Nobody has said what they thought of an answer yet.", err=True)


@commands.command()
def telegram(
    host: Annotated[str, typer.Option("--host", help="The address where it tells how it is.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="The port; 0 takes any that is free.")] = 8002,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Chat on Telegram, with the bot whose token is set: polling, or by webhook where a public URL is set.

    How it is stands at /healthz, /readyz and /metrics of its port.

    Example: FOOTNOTE_TELEGRAM_TOKEN=123456:ABC footnote telegram
    """
    settings = read_settings(data_dir)
    from bot.interfaces.telegram.process import serve as run

    run(settings, host, port)


@commands.command()
def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve by HTTP on loopback, at /mcp, instead.")] = False,
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="The port of --http.")] = 8003,
    write: Annotated[
        bool, typer.Option("--write", help="Let them add files of this machine and web pages, too.")
    ] = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Let assistants ask, search and read your documents, by the Model Context Protocol on standard input and output.

    Example: claude mcp add footnote -- footnote mcp
    """
    try:
        from bot.interfaces.mcp import build
    except ImportError as error:
        if not (error.name or "").startswith("mcp"):
            raise
        raise FootnoteError("The protocol's SDK is missing.", "Install it: pip install 'footnote-bot[mcp]'.") from error
    with opened(data_dir, quiet=True, seed=True, reads=True) as bot:
        server = build(bot, write)
        if http:
            from bot.interfaces.listening import listen

            listen("127.0.0.1", port).close()  # says in one line where that cannot be
            server.run("streamable-http", host="127.0.0.1", port=port)
        else:
            server.run()


@commands.command()
def doctor(quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False) -> None:
    """Check the settings, the data folder, the database, the vectors and the model; say what to do about each fault.

    Example: footnote doctor
    """
    from bot.interfaces.cli.doctor import examine

    healthy = True
    for finding in examine(data_dir):
        healthy = healthy and finding.well
        if not (quiet and finding.well):
            typer.echo(f"{'ok   ' if finding.well else 'FAULT'} {finding.subject}: {finding.says}")
    if not healthy:
        raise typer.Exit(1)


@deliveries.command("list")
def list_deliveries(
    as_json: Json = False, quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False
) -> None:
    """List the deliveries of the last 30 days, the newest last.

    Example: footnote deliveries list
    """
    with opened(data_dir, quiet) as bot:
        entries = bot.deliveries.entries()
    if as_json:
        typer.echo(json.dumps([_as_json(entry) for entry in entries], indent=2))
    elif entries:
        typer.echo(_lines(entries))
    elif not quiet:
        typer.echo("There are no deliveries. Questions by webhook that have a reply_url make them.", err=True)


@deliveries.command()
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
    with opened(data_dir, quiet) as bot:
        identifier = bot.deliveries.retry(delivery)
    if as_json:
        typer.echo(json.dumps({"id": identifier}))
    elif not quiet:
        typer.echo(f"{identifier} is sent again by `footnote serve`: at once where it runs.", err=True)


def _as_json(entry: Delivery) -> dict[str, Any]:
    found = entry._asdict()
    return found | {name: found[name] and _time(found[name]).isoformat().replace("+00:00", "Z") for name in _TIMES}


def _lines(entries: list[Delivery]) -> str:
    """The deliveries, a line each: id, state, attempts, asker, host, and what is next or was last."""
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
    return columns(rows)


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
