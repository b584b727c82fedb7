"""The commands for documents: `footnote add`, `list`, `show`, `remove` and `reindex`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.interfaces.cli.options import DataDir, Debug, Json, Quiet, opened, source_or_id, span_of
from bot.interfaces.shared_documents import LOCAL
from bot.interfaces.text import clean, one_line
from retrieval.loaders.registry import SHORT_LIST

commands = typer.Typer()


_ADD_HELP = f"""Add or replace documents ({SHORT_LIST}), web pages, and folders with all they hold.

Example: footnote add notes.md reports/ https://example.org/news"""


@commands.command(help=_ADD_HELP)
def add(
    paths: Annotated[list[str], typer.Argument(help="Files, folders, web addresses; - reads standard input.")],
    title: Annotated[str | None, typer.Option("--title", help="The title of the document.", show_default=False)] = None,
    as_json: Json = False,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Add or replace documents."""
    with opened(data_dir, quiet) as bot:
        from bot.interfaces.cli.adding import add_all

        if title is not None and len(paths) > 1:
            raise typer.BadParameter("--title names one document, and there are several paths.")
        failed = add_all(bot, paths, title, as_json, quiet)
    if failed:
        raise typer.Exit(1)


@commands.command()
def reindex(as_json: Json = False, quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False) -> None:
    """Rebuild the indexes from the texts, with the embedding model that is set; what was begun is gone on with.

    Example: FOOTNOTE_EMBEDDING=multilingual-e5-small footnote reindex
    """
    with opened(data_dir, quiet) as bot:
        from bot.interfaces.cli.output import counted, print_json

        try:
            bot.calibrate()
            passages = bot.library.reindex(counted(quiet, "passages"))
        except KeyboardInterrupt:
            typer.echo("\nInterrupted. The old index goes on serving; the same command goes on from here.", err=True)
            raise
        if as_json:
            print_json({"passages": passages, "embedding": bot.embedder().name})
        else:
            typer.echo(f"Rebuilt the index of {passages} passages with {bot.embedder().name}.")


@commands.command()
def calibrate(
    model: Annotated[
        str | None,
        typer.Option("--model", help="How well this chat model chooses, provider:name.", show_default=False),
    ] = None,
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Measure what the embedding model that is set takes for similar, so that refusals fit it; seconds.

    With --model, ask a chat model sixty questions instead, beside quoting: one that is no better is not asked later.

    Example: FOOTNOTE_EMBEDDING=intfloat/multilingual-e5-base footnote calibrate
    Example: footnote calibrate --model openai:gpt-4.1-mini
    """
    if model:
        _calibrate_chat(model, data_dir, quiet)
        return
    with opened(data_dir, quiet=True) as bot:
        model, fitted = bot.embedder().name, bot.calibrate()
        if fitted is None:
            typer.echo(f"{model} ships with its calibration: there is nothing to do.")
            return
        typer.echo(
            f"Calibrated {model} with {fitted.pairs} questions: {fitted.told_apart:.0%} of them are nearer to the "
            f"sentence that answers than to any of another topic ({fitted.told_apart_by_default:.0%} with the default "
            "model)."
        )


def _calibrate_chat(model: str, data_dir: Path | None, quiet: bool) -> None:
    from bot.evaluation.model_trust import measure
    from bot.interfaces.cli.output import counted
    from bot.storage.trust import keep_trust

    with opened(data_dir, quiet, model=model) as bot:
        trust = measure(bot.settings, counted(quiet))
        keep_trust(bot.engine, bot.settings.model, bot.settings.model_base_url, trust)
        typer.echo(f"{model}: right {trust.right} of {trust.of}, quoting {trust.quoting}.")
        if not trust.earned:
            typer.echo(
                "That is no better, beyond chance: with this model set, answers are quotes, and it is not asked."
            )


@commands.command("list")
def list_documents(as_json: Json = False, quiet: Quiet = False, data_dir: DataDir = None, debug: Debug = False) -> None:
    """List the documents.

    Example: footnote list
    """
    with opened(data_dir, quiet, seed=True) as bot:
        from bot.interfaces.cli.output import listing, print_json, short_ids
        from retrieval.library.catalogue import readable_by

        entries = bot.library.entries(readable_by(LOCAL))
        if as_json:
            print_json([asdict(entry) | {"pages": len(entry.pages) or None} for entry in entries])
        elif entries:
            typer.echo(listing(entries, short_ids(bot.library)))
        elif not quiet:
            typer.echo("There are no documents. Add one with `footnote add PATH`.", err=True)


@commands.command()
def remove(
    documents: Annotated[list[str], typer.Argument(help="Ids, or the beginnings of ids.")],
    quiet: Quiet = False,
    data_dir: DataDir = None,
    debug: Debug = False,
) -> None:
    """Remove documents; what was quoted from them stays in remembered conversations.

    Example: footnote remove 3f9c
    """
    with opened(data_dir, quiet) as bot:
        from retrieval.library.catalogue import readable_by

        entries = [bot.library.find(source_or_id(reference), readable_by(LOCAL)) for reference in documents]
        for entry in {entry.id: entry for entry in entries}.values():
            bot.library.remove(entry.id, readable_by(LOCAL))
            if not quiet:
                typer.echo(f"Removed {entry.id} {one_line(entry.title)}", err=True)


@commands.command()
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
    with opened(data_dir, quiet, seed=True) as bot:
        from bot.interfaces.cli.output import context_lines, print_json
        from retrieval.library.catalogue import readable_by
        from retrieval.types import page_at

        entry = bot.library.find(source_or_id(document), readable_by(LOCAL))
        text = bot.library.words(entry.id, readable_by(LOCAL))
        start, end = (0, len(text)) if span is None else span_of(span, len(text))
        page = page_at(entry.pages, start)
        if as_json:
            told = {"id": entry.id, "title": entry.title, "source": entry.source, "start": start, "end": end}
            print_json({**told, "page": page, "text": text[start:end]})
        elif span is None:
            typer.echo(clean(text), nl=not text.endswith("\n"))
        else:
            if not quiet:
                where = "" if page is None else f" · page {page}"
                typer.echo(f"{one_line(entry.title)}{where} · characters {start}–{end}\n", err=True)
            typer.echo(context_lines(text, start, end))
