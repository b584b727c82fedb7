"""The command line: reads the words typed, asks the one assistant, prints what came of it.

Results go to standard output, everything else to standard error. Makes no decision about answers.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bot.interfaces.cli.arguments import source_or_id, span_of, standard_input
from bot.interfaces.cli.failures import DataFolderError, OneLineFailures, blamed
from bot.settings import read_settings
from retrieval.loaders.file_types import SHORT_LIST

ASKER = "local"

if TYPE_CHECKING:
    from bot.answers import Answer
    from bot.bootstrap import Footnote

_UNANSWERED = 3
_UNSEEN = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

app = typer.Typer(
    name="footnote",
    cls=OneLineFailures,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _remember_debug(ctx: typer.Context, value: bool) -> bool:
    ctx.meta["debug"] = ctx.meta.get("debug", False) or value
    return value


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"footnote {version('footnote-bot')}")
        raise typer.Exit


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


@app.callback()
def footnote(
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Answers questions about documents, each answer with footnotes that open the exact words of the text.

    Example: footnote ask "Who is China's foreign ministry spokesperson?"
    """


@app.command()
def ask(
    question: Annotated[
        list[str] | None, typer.Argument(help="The question; - or nothing reads it from standard input.")
    ] = None,
    document: Documents = None,
    conversation: Conversation = None,
    fail_if_unanswered: Annotated[
        bool, typer.Option("--fail-if-unanswered", help="Exit with 3 when the documents do not answer.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Answer a question and exit.

    Example: footnote ask "Where did Blinken speak about China?"
    """
    words = " ".join(question or [])
    if words in {"", "-"}:
        words = standard_input("Type a question, then Ctrl-D:", quiet).strip()
    if not words.strip():
        raise typer.BadParameter('There is no question. Example: footnote ask "Who is Mao Ning?"')
    with _opened(data_dir, quiet, seed=True, reads=True) as bot:
        from bot.answers import Turn

        turn = Turn(words, ASKER, conversation, _chosen(bot, document))
        answer = bot.assistant.answer(turn)
        _print_answer(bot, answer, as_json, data_dir)
    if fail_if_unanswered and answer.status == "not_in_documents":
        raise typer.Exit(_UNANSWERED)


@app.command()
def chat(
    document: Documents = None,
    conversation: Conversation = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Talk with Footnote in the terminal: /sources, /new, /quit.

    Example: footnote chat --conversation friday
    """
    with _opened(data_dir, quiet, seed=True, reads=True) as bot:
        from bot.interfaces.cli.chat import converse

        converse(bot, ASKER, conversation or _new_name(), _chosen(bot, document), quiet, _hint(data_dir))


_ADD_HELP = f"""Add or replace documents ({SHORT_LIST}), web pages, and folders with all they hold.

Example: footnote add notes.md reports/ https://example.org/news"""


@app.command(help=_ADD_HELP)
def add(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, web addresses; - reads standard input.")],
    title: Annotated[str | None, typer.Option("--title", help="The title of the document.", show_default=False)] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Add or replace documents."""
    with _opened(data_dir, quiet) as bot:
        from bot.interfaces.cli.adding import add_all

        if title is not None and len(paths) > 1:
            raise typer.BadParameter("--title names one document, and there are several paths.")
        failed = add_all(bot, paths, title, as_json, quiet)
    if failed:
        raise typer.Exit(1)


@app.command()
def reindex(as_json: Json = False, quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False) -> None:
    """Rebuild the indexes from the texts, with the embedding model that is set; what was begun is gone on with.

    Example: FOOTNOTE_EMBEDDING=intfloat/multilingual-e5-small footnote reindex
    """
    with _opened(data_dir, quiet) as bot:
        from bot.interfaces.cli.progress import counted

        try:
            passages = bot.library.reindex(counted(quiet, "passages"))
        except KeyboardInterrupt:
            typer.echo("\nInterrupted. The old index goes on serving; the same command goes on from here.", err=True)
            raise
        if as_json:
            _print_json({"passages": passages, "embedding": bot.embedder().name})
        else:
            typer.echo(f"Rebuilt the index of {passages} passages with {bot.embedder().name}.")


@app.command("list")
def list_documents(as_json: Json = False, quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False) -> None:
    """List the documents.

    Example: footnote list
    """
    with _opened(data_dir, quiet, seed=True) as bot:
        from bot.interfaces.cli.output import listing

        entries = bot.library.entries(_owners())
        if as_json:
            _print_json([asdict(entry) | {"pages": len(entry.pages) or None} for entry in entries])
        elif entries:
            typer.echo(listing(entries, _short(bot)))
        elif not quiet:
            typer.echo("There are no documents. Add one with `footnote add PATH`.", err=True)


@app.command()
def remove(
    documents: Annotated[list[str], typer.Argument(help="Ids, or the beginnings of ids.")],
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Remove documents; what was quoted from them stays in remembered conversations.

    Example: footnote remove 3f9c
    """
    with _opened(data_dir, quiet) as bot:
        from bot.interfaces.cli.output import clean

        entries = [bot.library.find(source_or_id(reference), _owners()) for reference in documents]
        for entry in {entry.id: entry for entry in entries}.values():
            bot.library.remove(entry.id, _owners())
            if not quiet:
                typer.echo(f"Removed {entry.id} {clean(entry.title)}", err=True)


@app.command()
def show(
    document: Annotated[str, typer.Argument(help="The id, or the beginning of it, or the path.")],
    span: Annotated[
        str | None, typer.Option("--span", metavar="START:END", help="Only these characters, in their paragraph.")
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Print a document, or the words of a citation in their paragraph.

    Example: footnote show 3f9c --span 548:708
    """
    with _opened(data_dir, quiet, seed=True) as bot:
        from bot.interfaces.cli.output import clean, context_lines
        from retrieval.types import page_at

        entry = bot.library.find(source_or_id(document), _owners())
        text = bot.library.words(entry.id, _owners())
        start, end = (0, len(text)) if span is None else span_of(span, len(text))
        if as_json:
            _print_json(
                {
                    "id": entry.id,
                    "title": entry.title,
                    "source": entry.source,
                    "start": start,
                    "end": end,
                    "page": page_at(entry.pages, start),
                    "text": text[start:end],
                }
            )
        elif span is None:
            typer.echo(clean(text), nl=not text.endswith("\n"))
        else:
            if not quiet:
                page = page_at(entry.pages, start)
                where = "" if page is None else f" · page {page}"
                typer.echo(f"{clean(entry.title)}{where} · characters {start}–{end}\n", err=True)
            typer.echo(context_lines(text, start, end))


@app.command()
def search(
    query: Annotated[list[str], typer.Argument(help="What to look for.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="How many passages.")] = 5,
    document: Documents = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what the reader makes of each, and whether it would be answered.")
    ] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Print the passages that fit best, with their scores, for people who tune.

    Example: footnote search "Who is Mao Ning?" --explain
    """
    if not " ".join(query).strip():
        raise typer.BadParameter('There is nothing to look for. Example: footnote search "dual-use items"')
    with _opened(data_dir, quiet, seed=True, reads=True) as bot:
        from dataclasses import asdict

        from bot.answers import Turn
        from bot.assistant import source_of
        from bot.interfaces.cli.output import explained, source_line
        from bot.understanding.disfluency import corrected, readable
        from retrieval.loaders.encoding import storable

        short = _short(bot)
        words, chosen = storable(" ".join(query)), _chosen(bot, document)
        ranked = bot.search.search(words, ASKER, chosen, limit, readable(words), corrected(words))
        found = [source_of(passage) for passage in ranked]
        if as_json:
            _print_json([asdict(source) for source in found])
            return
        for source in found:
            typer.echo(source_line(source, short(source.document.id), explain))
        if explain:
            typer.echo(explained(bot.assistant.answer(Turn(words, ASKER, documents=chosen)), found))


@app.command("eval")
def evaluate(
    file: Annotated[Path, typer.Argument(help="A question set or a claim set, one JSON object a line.")],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Take only the first rows.", show_default=False)
    ] = None,
    mode: Annotated[
        Literal["pooled", "given"], typer.Option("--mode", help="Search all documents, or each question's own.")
    ] = "pooled",
    history: Annotated[
        Literal["full", "user", "none"], typer.Option("--history", help="How much of what was said before is known.")
    ] = "full",
    forced: Annotated[bool, typer.Option("--forced", help="Refuse nothing: quote the likeliest words.")] = False,
    off_topic: Annotated[
        Path | None,
        typer.Option(
            "--off-topic", help="Ask another set's questions, too, which are to be refused.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score the bot on a question set, or its judge on a claim set. A library is made for it and thrown away.

    Example: footnote eval questions.jsonl --limit 100 --json
    """
    from bot.evaluation import run_set
    from bot.interfaces.cli.progress import counted

    results = run_set(
        file,
        read_settings(),
        limit=limit,
        mode=mode,
        history=history,
        forced=forced,
        others=off_topic,
        progress=counted(quiet),
    )
    for line in results:
        if as_json:
            _print_json(line, indent=None)
        elif "summary" in line:
            for name, value in line["summary"].items():
                if not isinstance(value, list):  # the points of a curve are for drawing
                    typer.echo(f"{name:44} {value}")


@app.command()
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


@app.command()
def telegram(data_dir: DataDir = None, debug: Debug = False) -> None:
    """Chat on Telegram, with the bot whose token is set: polling, or by webhook where a public URL is set.

    Example: FOOTNOTE_TELEGRAM_TOKEN=123456:ABC footnote telegram
    """
    settings = read_settings(data_dir)
    from bot.interfaces.telegram.process import serve as run

    run(settings)


@app.command()
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


@contextmanager
def _opened(data_dir: Path | None, quiet: bool, *, seed: bool = False, reads: bool = False) -> Iterator[Footnote]:
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
        if (why := blamed(error, settings)) is not None:
            raise DataFolderError(why) from error
        raise
    finally:
        bot.close()


def _owners() -> tuple[str, str]:
    from retrieval.library.catalogue import readable_by

    return readable_by(ASKER)


def _chosen(bot: Footnote, references: Iterable[str] | None) -> tuple[str, ...] | None:
    """The ids of the documents named."""
    if not references:
        return None
    from bot.interfaces.cli.adding import ids_of

    return tuple(dict.fromkeys(identifier for reference in references for identifier in ids_of(bot, reference)))


def _print_answer(bot: Footnote, answer: Answer, as_json: bool, data_dir: Path | None) -> None:
    if as_json:
        _print_json(answer.to_json())
        return
    from bot.interfaces.cli.output import answer_lines

    typer.echo(answer_lines(answer, _short(bot), _hint(data_dir)))


def _hint(data_dir: Path | None) -> str:
    """What a printed command needs to find the same library."""
    return "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"


def _short(bot: Footnote) -> Any:
    from bot.interfaces.cli.output import shortened

    return shortened([entry.id for entry in bot.library.entries(_owners())])


def _print_json(value: Any, indent: int | None = 2) -> None:
    readable = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not readable, indent=indent)
    # The same JSON, with what could steer a terminal written as escapes.
    typer.echo(_UNSEEN.sub(lambda match: f"\\u{ord(match.group()):04x}", text))


def _new_name() -> str:
    return f"chat-{datetime.now():%Y%m%d-%H%M%S}"


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter gets its code
    from bot.interfaces.cli.deliveries_command import commands  # which takes its options from here

    app.add_typer(commands, name="deliveries")
    app()
