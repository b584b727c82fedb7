"""The command line: reads the words typed, asks the one assistant, prints what came of it.

Results go to standard output, everything else to standard error. Makes no decision about answers.
"""

from __future__ import annotations

import contextlib
import json
import os
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
from typer.core import TyperGroup

from bot.settings import read_settings

ASKER = "local"

if TYPE_CHECKING:
    from bot.answers import Answer
    from bot.bootstrap import Footnote
    from bot.settings import Settings

_UNANSWERED = 3
_LONGEST_INPUT = 32_000  # bytes: twice what the longest question can have
_STORES = frozenset({"retrieval.database", "retrieval.chroma"})  # where failures of what keeps the library come from
_UNSEEN = re.compile("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class DataFolderError(Exception):
    """The data folder takes nothing; the message is one line that says what to do."""


class _Commands(TyperGroup):
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
    from bot.interfaces.cli_text import one_line

    cause = getattr(error, "orig", None) or error  # SQLAlchemy's own messages quote the whole statement
    text = one_line(str(cause))
    if type(error).__module__.split(".")[0] in {"bot", "retrieval"}:
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


app = typer.Typer(
    name="footnote",
    cls=_Commands,
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
        words = _standard_input("Type a question, then Ctrl-D:", quiet).strip()
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
        from bot.interfaces.chat import converse

        converse(bot, ASKER, conversation or _new_name(), _chosen(bot, document), quiet, _hint(data_dir))


@app.command()
def add(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, web addresses; - reads standard input.")],
    title: Annotated[str | None, typer.Option("--title", help="The title of the document.", show_default=False)] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Add or replace documents: txt, md, html, pdf, docx, epub; web pages; folders with all they hold.

    Example: footnote add notes.md reports/ https://example.org/news
    """
    with _opened(data_dir, quiet) as bot:
        from bot.interfaces.adding import add_all

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
        from bot.interfaces.progress import counted

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
        from bot.interfaces.cli_text import listing

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
        from bot.interfaces.cli_text import clean

        entries = [bot.library.find(_source_or_id(reference), _owners()) for reference in documents]
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
        from bot.interfaces.cli_text import clean, context_lines
        from retrieval.passages import page_at

        entry = bot.library.find(_source_or_id(document), _owners())
        text = bot.library.words(entry.id, _owners())
        start, end = (0, len(text)) if span is None else _span(span, len(text))
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
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Print the passages that fit best, with their scores, for people who tune.

    Example: footnote search "dual-use items" --limit 3
    """
    if not " ".join(query).strip():
        raise typer.BadParameter('There is nothing to look for. Example: footnote search "dual-use items"')
    with _opened(data_dir, quiet, seed=True, reads=True) as bot:
        from bot.interfaces.cli_text import clean
        from retrieval.decoding import storable

        short = _short(bot)
        found = bot.search.search(storable(" ".join(query)), ASKER, _chosen(bot, document), limit)
        if as_json:
            _print_json(
                [
                    {
                        "document": {"id": p.origin.id, "title": p.origin.title, "source": p.origin.source},
                        "start": p.passage.start,
                        "end": p.passage.end,
                        "text": p.text,
                        "score": round(p.score, 4),
                        "keyword": round(p.keyword, 4),
                        "similarity": round(p.similarity, 4),
                    }
                    for p in found
                ]
            )
            return
        for p in found:
            typer.echo(
                f"{p.score:.3f} (keyword {p.keyword:.3f}, similarity {p.similarity:.3f}) "
                f"{short(p.origin.id)} {p.passage.start}:{p.passage.end} {clean(' '.join(p.text.split()))}"
            )


@app.command("eval")
def evaluate(
    file: Annotated[Path, typer.Argument(help="A question set, one JSON object a line.")],
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Ask only the first questions.", show_default=False)
    ] = None,
    mode: Annotated[
        Literal["pooled", "given"], typer.Option("--mode", help="Search all documents, or each question's own.")
    ] = "pooled",
    history: Annotated[
        Literal["full", "user", "none"], typer.Option("--history", help="How much of what was said before is known.")
    ] = "full",
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score the bot on a question set. A library of its own is made for it and thrown away.

    Example: footnote eval questions.jsonl --limit 100 --json
    """
    from bot.evaluation import run_set
    from bot.interfaces.progress import counted

    settings = read_settings()
    results = run_set(file, settings, limit=limit, mode=mode, history=history, progress=counted(quiet))
    for line in results:
        if as_json:
            _print_json(line, indent=None)
        elif "summary" in line:
            for name, value in line["summary"].items():
                typer.echo(f"{name:32} {value}")


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
def doctor(quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False) -> None:
    """Check the settings, the data folder, the database, the vectors and the model; say what to do about each fault.

    Example: footnote doctor
    """
    from bot.interfaces.doctor import examine

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
        if (why := _blamed(error, settings)) is not None:
            raise DataFolderError(why) from error
        raise
    finally:
        bot.close()


def _blamed(error: Exception, settings: Settings) -> str | None:
    """What is wrong with the data folder, when that may be why a database, the vectors or a file failed."""
    if settings.database_url and settings.chroma_url:
        return None
    module = type(error).__module__
    if not isinstance(error, OSError) and module not in _STORES and not module.startswith("sqlalchemy."):
        return None
    from bot.interfaces.data_folder import no_room, refusal

    if (why := refusal(settings.data_dir)) is not None:
        return why
    return no_room(settings.data_dir) if "disk is full" in str(error) else None


def _owners() -> tuple[str, str]:
    from retrieval.catalogue import readable_by

    return readable_by(ASKER)


def _chosen(bot: Footnote, references: Iterable[str] | None) -> tuple[str, ...] | None:
    """The ids of the documents named."""
    if not references:
        return None
    from bot.interfaces.adding import ids_of

    return tuple(dict.fromkeys(identifier for reference in references for identifier in ids_of(bot, reference)))


def _source_or_id(reference: str) -> str:
    """A path or a web address as the library names it; anything else as it was typed."""
    if reference.lower().startswith(("http://", "https://")):
        from retrieval.addresses import AddressError, read_address

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
    from retrieval.loading import source_of

    return source_of(path)


def _print_answer(bot: Footnote, answer: Answer, as_json: bool, data_dir: Path | None) -> None:
    if as_json:
        _print_json(answer.to_json())
        return
    from bot.interfaces.cli_text import answer_lines

    typer.echo(answer_lines(answer, _short(bot), _hint(data_dir)))


def _hint(data_dir: Path | None) -> str:
    """What a printed command needs to find the same library."""
    return "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"


def _short(bot: Footnote) -> Any:
    from bot.interfaces.cli_text import shortened

    return shortened([entry.id for entry in bot.library.entries(_owners())])


def _span(text: str, length: int) -> tuple[int, int]:
    start, colon, end = text.partition(":")
    digits = start.isdecimal() and end.isdecimal() and len(start) + len(end) < 40
    if not (colon and digits and int(start) < int(end) <= length):
        raise typer.BadParameter(
            f"--span takes START:END within 0:{length}, such as 0:{min(100, length)}; got {text!r}."
        )
    return int(start), int(end)


def _standard_input(prompt: str, quiet: bool) -> str:
    if sys.stdin and sys.stdin.isatty() and not quiet:
        typer.echo(prompt, err=True)
    if sys.stdin is None:
        return ""
    data = sys.stdin.buffer.read(_LONGEST_INPUT + 1)
    if len(data) > _LONGEST_INPUT:  # whatever else comes, it may never end
        from bot.assistant import LONGEST_QUESTION, QuestionError

        raise QuestionError(f"The question has more than {LONGEST_QUESTION:,} characters, the most that is read.")
    return data.decode("utf-8", errors="replace")


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
    app()
