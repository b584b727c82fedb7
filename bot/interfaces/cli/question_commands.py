"""The commands that ask: `footnote ask`, `chat`, `search` and `eval`. Makes no decision about answers."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from bot.interfaces.cli.options import Conversation, DataDir, Debug, Documents, Json, Quiet, opened, standard_input
from bot.interfaces.shared_documents import LOCAL
from bot.settings import read_settings

commands = typer.Typer()

_UNANSWERED = 3  # the exit code


@commands.command()
def ask(
    question: Annotated[
        list[str] | None, typer.Argument(help="The question; - or nothing reads it from standard input.")
    ] = None,
    document: Documents = None,
    conversation: Conversation = None,
    fail_if_unanswered: Annotated[
        bool, typer.Option("--fail-if-unanswered", help="Exit with 3 when the documents do not answer.")
    ] = False,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Let this chat model write, provider:name.", show_default=False),
    ] = None,
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
    with opened(data_dir, quiet, seed=True, reads=True, model=model) as bot:
        from bot.answers import Turn
        from bot.interfaces.cli.adding import chosen
        from bot.interfaces.cli.output import answer_lines, data_dir_option, print_json, short_ids

        turn = Turn(words, LOCAL, conversation, chosen(bot, document))
        answer = bot.assistant.answer(turn)
        if as_json:
            print_json(answer.to_json())
        else:
            typer.echo(answer_lines(answer, short_ids(bot.library), data_dir_option(data_dir)))
    if fail_if_unanswered and answer.status == "not_in_documents":
        raise typer.Exit(_UNANSWERED)


@commands.command()
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
    with opened(data_dir, quiet, seed=True, reads=True) as bot:
        from bot.interfaces.cli.adding import chosen
        from bot.interfaces.cli.chat import converse
        from bot.interfaces.cli.output import data_dir_option

        name = conversation or f"chat-{datetime.now():%Y%m%d-%H%M%S}"
        converse(bot, name, chosen(bot, document), quiet, data_dir_option(data_dir))


@commands.command()
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
    with opened(data_dir, quiet, seed=True, reads=True) as bot:
        from bot.answering.chain import prepared
        from bot.answers import Turn
        from bot.assistant import source_of
        from bot.interfaces.cli.adding import chosen
        from bot.interfaces.cli.output import explained, print_json, short_ids, source_line
        from retrieval.loaders.encoding import storable

        short = short_ids(bot.library)
        words, documents = storable(" ".join(query)), chosen(bot, document)
        ranked = bot.search.search(prepared(words), LOCAL, documents, limit)
        found = [source_of(passage) for passage in ranked]
        if as_json:
            print_json([asdict(source) for source in found])
            return
        for source in found:
            typer.echo(source_line(source, short(source.document.id), explain))
        if explain:
            answer = bot.assistant.answer(Turn(words, LOCAL, documents=documents))
            typer.echo(explained(answer, found, bot.settings.strictness))


@commands.command("eval")
def evaluate(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", help="A question set or a claim set, one JSON object a line; with --draft documents."
        ),
    ],
    draft: Annotated[
        bool, typer.Option("--draft", help="Print a first question set about the documents, to be corrected by hand.")
    ] = False,
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
    model: Annotated[
        str | None,
        typer.Option("--model", help="Let this chat model choose and write, provider:name.", show_default=False),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(
            "--replay", help="Keep a model's prompts in this folder, and take its replies from it.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Score the bot on a question set, or its judge on a claim set. A library is made for it and thrown away.

    Example: footnote eval questions.jsonl --limit 100 --json

    Example: footnote eval --draft report.pdf > questions.jsonl
    """
    from bot.evaluation import draft_about, run_set
    from bot.interfaces.cli.output import counted, print_json

    settings, progress = read_settings(), counted(quiet)
    if model or replay:
        settings = settings.model_copy(update={"model": model or f"replay:{replay}"})
    if draft:
        for row in draft_about(files, settings, progress):
            print_json(row, indent=None)
        return
    if len(files) > 1:
        raise typer.BadParameter("Only one set is asked at a time; several documents are for --draft.")
    results = run_set(
        files[0], settings, limit=limit, mode=mode, history=history, forced=forced, others=off_topic, progress=progress
    )
    for line in results:
        if as_json:
            print_json(line, indent=None)
        elif "summary" in line:
            for name, value in line["summary"].items():
                if not isinstance(value, list):  # the points of a curve are for drawing
                    typer.echo(f"{name:44} {value}")
