"""`footnote add`: files, folders and standard input into the library, one after the other."""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.interfaces.cli.output import Bar, print_json
from bot.interfaces.shared_documents import LOCAL, add_shared
from bot.interfaces.text import counted_noun, one_line
from retrieval.errors import FootnoteError
from retrieval.library.catalogue import LibraryError, readable_by
from retrieval.library.library import Added
from retrieval.loaders.loading import MAX_BYTES, LoadingError, find_files, load_bytes, load_path
from retrieval.net.url import AddressError, read_address
from retrieval.types import Document

if TYPE_CHECKING:
    from bot.bootstrap import Footnote

Load = Callable[[], Document]
"""Reads a document. Raises LoadingError."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.I)
_NEARLY_ADDRESS = re.compile(r"www\.|https?:", re.I)
_SHOWN_BOILERPLATE = 5
_LONGEST_SHOWN = 60


def add_all(bot: Footnote, paths: Sequence[str], title: str | None, as_json: bool, quiet: bool) -> int:
    """Add every document that `paths` name; tell of each on standard output. Returns how many failed.

    What cannot be read gets its line on standard error, and the others are added all the same.
    """
    failed = 0
    told: list[dict[str, object]] = []
    loads = [load for path in paths for load in _loads(bot, path, title, quiet)]
    bar = Bar(quiet, len(loads))
    try:
        for name, load in loads:
            progress = bar.one(name) if len(loads) > 1 else bar.parts(one_line(name))
            try:
                document = load()
                added = add_shared(bot.library, document, progress)
            except (LoadingError, LibraryError) as error:
                failed += 1
                bar.hide()
                _complain(error)
                continue
            bar.hide()
            if as_json:
                told.append(asdict(added))
            else:
                typer.echo(_told(added, document))
    except KeyboardInterrupt:
        bar.hide()
        typer.echo("\nInterrupted. What was told is kept; the same command goes on from there.", err=True)
        raise
    finally:
        bar.hide()
        if as_json:  # also where the rest cannot be added: what was, is
            print_json(told)
    return failed


def _complain(error: FootnoteError) -> None:
    typer.echo(f"footnote: {one_line(error.whole)}", err=True)


def _loads(bot: Footnote, path: str, title: str | None, quiet: bool) -> list[tuple[str, Load]]:
    """What loads each document that was named, one by one, so that a folder of thousands is never held at once."""
    if path == "-":
        return [("standard input", lambda: _from_standard_input(title))]
    if is_address(path):
        return [(path, lambda: bot.load_web(path, title))]
    if _NEARLY_ADDRESS.match(path) and not os.path.lexists(path):
        error = LoadingError(f"{path} does not exist: a web address begins with https:// or http://.")
        return [(path, partial(_fail, error))]
    try:
        files = find_files(path_of(path))
        if title is not None and len(files) > 1:
            raise LoadingError(f"{path} holds {len(files)} files, and --title names one: add that file alone.")
    except LoadingError as error:
        return [(path, partial(_fail, error))]
    left_out, closed = _others(path_of(path), files)
    if left_out and not quiet:
        names = ", ".join(one_line(file.name) for file in left_out[:3])
        typer.echo(f"Left out, of a kind that cannot be read: {names}{_more(left_out, 3)}", err=True)
    loads: list[tuple[str, Load]] = [(file.name, partial(load_path, file, title=title)) for file in files]
    for folder in closed:
        loads.append((folder.name, partial(_fail, LoadingError(f"{folder} cannot be listed: check its permissions."))))
    return loads


def _fail(error: LoadingError) -> Document:
    raise error


def is_address(words: str) -> bool:
    """Whether a web address was typed, not a path; of whatever scheme, so that its line speaks of addresses."""
    return _ADDRESS.match(words) is not None


def path_of(words: str) -> Path:
    """The path that was typed. Raises LoadingError for an empty one, which would mean the working folder."""
    if not words:
        raise LoadingError("The path is empty. Name a file or a folder; the working folder is called “.”.")
    return Path(words)


def _from_standard_input(title: str | None) -> Document:
    data = sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin else b""
    document = load_bytes(data, source="standard input", title=title)
    # With a title, a new text replaces the old one of that title; without, each text stands beside the others.
    name = document.title if title is not None else hashlib.sha256(data).hexdigest()[:12]
    return replace(document, source=f"stdin/{name}")


def chosen(bot: Footnote, references: Iterable[str] | None) -> tuple[str, ...] | None:
    """The ids of the documents that `references` name, each once; None for no reference. Raises as `ids_of` does."""
    if not references:
        return None
    return tuple(dict.fromkeys(identifier for reference in references for identifier in ids_of(bot, reference)))


def ids_of(bot: Footnote, reference: str) -> list[str]:
    """The ids of the documents that `reference` names: an id, a web page, or a file or folder as it is now.

    A file that the library knows is brought up to date, for whoever has it; another, or a web page that it does not
    know, is added for the command line's user alone. Raises LibraryError and LoadingError.
    """
    owners = readable_by(LOCAL)
    if is_address(reference):
        return [_page(bot, reference, owners)]
    path = path_of(reference)
    try:
        exists = path.exists()
    except OSError:
        exists = False  # a name that no file can have
    if not exists:
        return [bot.library.find(reference, owners).id]
    known = {entry.source: entry.owner for entry in bot.library.entries(owners)}
    found: list[str] = []
    failures: list[LoadingError | LibraryError] = []
    for file in find_files(path):
        try:
            document = load_path(file)
            found.append(bot.library.add(document, known.get(document.source, LOCAL)).id)
        except (LoadingError, LibraryError) as error:
            failures.append(error)
    if not found:
        raise failures[0]
    for failure in failures:  # of a folder, the others can be asked
        _complain(failure)
    return found


def _page(bot: Footnote, reference: str, owners: tuple[str, ...]) -> str:
    try:
        source = read_address(reference).url
    except AddressError as error:
        raise LoadingError(str(error)) from error
    for entry in bot.library.entries(owners):
        if entry.source == source:
            return entry.id
    return bot.library.add(bot.load_web(reference), LOCAL).id


def _told(added: Added, document: Document) -> str:
    done = "Unchanged" if added.unchanged else "Replaced" if added.replaced else "Added"
    pages = f"{counted_noun(len(document.pages), 'page')}, " if document.pages else ""
    passages = counted_noun(added.passages, "passage")
    return f"{done} {added.id} {one_line(added.title)} ({pages}{passages}){_boilerplate(added.boilerplate)}"


def _boilerplate(found: Sequence[str]) -> str:
    """What was taken for page furniture, so that the reader can object; page numbers and tags go without saying."""
    told = (one for one in found if any(c.isalpha() for c in one) and not one.lstrip().startswith("<"))
    words = list(dict.fromkeys(map(one_line, told)))
    if not words:
        return ""
    shown = [f"“{one[:_LONGEST_SHOWN]}”" for one in words[:_SHOWN_BOILERPLATE]]
    return f"; page furniture, never cited: {', '.join(shown)}{_more(words, _SHOWN_BOILERPLATE)}"


def _more(found: Sequence[object], shown: int) -> str:
    return f" and {len(found) - shown} more" if len(found) > shown else ""


def _others(path: Path, files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Below a folder, hidden ones aside: the files that are none of `files`, and the folders that cannot be listed."""
    left_out: list[Path] = []
    closed: list[Path] = []
    if not path.is_dir():
        return left_out, closed
    known = {os.path.realpath(file) for file in files}
    for folder, folders, names in os.walk(path, onerror=lambda error: closed.append(Path(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = (Path(folder, name) for name in names if not name.startswith("."))
        left_out += [file for file in below if os.path.realpath(file) not in known and file.is_file()]
    return sorted(left_out), sorted(closed)
