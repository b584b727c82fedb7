"""`footnote add`: files, folders and standard input into the library, one after the other."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.interfaces.cli_text import clean
from bot.interfaces.progress import counted
from retrieval.catalogue import LibraryError
from retrieval.library import Added
from retrieval.loading import LoadingError, find_files, load_bytes, load_path
from retrieval.passages import Document

if TYPE_CHECKING:
    from bot.bootstrap import Footnote

_SHOWN_FURNITURE = 5
_LONGEST_SHOWN = 60


def add_all(bot: Footnote, paths: Sequence[str], title: str | None, as_json: bool, quiet: bool) -> int:
    """Add every document that `paths` name; tell of each on standard output. Returns how many failed.

    What cannot be read gets its line on standard error, and the others are added all the same.
    """
    failed = 0
    told: list[dict[str, object]] = []
    for document in _documents(paths, title):
        if isinstance(document, LoadingError):
            failed += 1
            typer.echo(f"footnote: {clean(str(document))}", err=True)
            continue
        try:
            added = bot.library.add(document, progress=counted(quiet, clean(document.title)))
        except LibraryError as error:
            failed += 1
            typer.echo(f"footnote: {clean(str(error))}", err=True)
            continue
        if as_json:
            told.append(asdict(added))
        else:
            typer.echo(_told(added))
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    return failed


def _documents(paths: Sequence[str], title: str | None) -> Iterator[Document | LoadingError]:
    """The documents one by one, so that a folder of thousands is never held at once."""
    for path in paths:
        try:
            if path == "-":
                yield _from_standard_input(title)
                continue
            files = find_files(Path(path))
        except LoadingError as error:
            yield error
            continue
        for file in files:
            try:
                yield load_path(file, title=title if len(files) == 1 else None)
            except LoadingError as error:
                yield error


def _from_standard_input(title: str | None) -> Document:
    document = load_bytes(sys.stdin.buffer.read(), source="stdin", title=title)
    # Named by its title, so that the same text typed anew replaces the old, and another one stands beside it.
    return Document(f"stdin/{document.title}", document.title, document.text, document.furniture)


def _told(added: Added) -> str:
    done = "Unchanged" if added.unchanged else "Replaced" if added.replaced else "Added"
    passages = f"{added.passages} passage{'s' if added.passages != 1 else ''}"
    return f"{done} {added.id} {clean(added.title)} ({passages}){_furniture(added.furniture)}"


def _furniture(found: Sequence[str]) -> str:
    """What was taken for page furniture, so that the reader can object."""
    if not found:
        return ""
    shown = [f"“{clean(' '.join(words.split()))[:_LONGEST_SHOWN]}”" for words in found[:_SHOWN_FURNITURE]]
    more = f" and {len(found) - _SHOWN_FURNITURE} more" if len(found) > _SHOWN_FURNITURE else ""
    return f"; page furniture, never cited: {', '.join(shown)}{more}"
