"""Answers, documents and progress on a terminal or in a file. Knows no commands and makes no decisions about answers.

Everything shown comes from documents and questions, so it is cleaned first.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from bot.answering.confidence import needed
from bot.answers import Answer, Citation, Source
from bot.interfaces.highlights import pieces
from bot.interfaces.shared_documents import LOCAL
from bot.interfaces.text import clean, columns, counted_noun, one_line, under
from prompts import ENGLISH, reply
from retrieval.chunking.markup import said
from retrieval.library.catalogue import Entry, readable_by
from retrieval.models.similarity_calibration import DEFAULT_SIMILARITY

if TYPE_CHECKING:
    from retrieval.library.library import Library, Progress

_UNSEEN = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\U000e0000-\U000e007f]")
_TITLE = 48
_NEAR = 160  # characters of a passage that came near
_WIDEST = 100
_BAR_LABEL = 40  # characters

Bold = Callable[[str], str]


def decorated(stream: TextIO) -> bool:
    """Whether bold words and progress may be shown on `stream`: a terminal, and NO_COLOR not set."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bold_for(stream: TextIO) -> Bold:
    """How words are made bold on `stream`; they stay as they are where that cannot be."""
    return (lambda words: f"\x1b[1m{words}\x1b[0m") if decorated(stream) else (lambda words: words)


def answer_lines(answer: Answer, shown_id: Callable[[str], str], hint: str = "") -> str:
    """An answer as people read it on standard output: the text, then where each footnote stands.

    `shown_id` shortens a document's id; `hint` is added to the commands that open a footnote, so that they find the
    same library.
    """
    from bot.assistant import language_of_words  # here, since other commands need not wait for it

    bold, language = bold_for(sys.stdout), language_of_words(answer.question, ENGLISH)
    blocks = [_wrapped([(one.words, one.bold) for one in pieces(answer)], bold)]
    if answer.unanswered:
        blocks.append(_wrapped([(reply("unanswered", language, questions=" ".join(answer.unanswered)), False)], bold))
    if answer.citations:
        blocks.append("\n".join(f"[{one.id}] {_place(one, shown_id, hint)}" for one in answer.citations))
    if answer.note:
        blocks.append(_wrapped([(answer.note, False)], bold))
    if answer.related:
        blocks.append(reply("nearest", language))
    for one in answer.related:
        quote = textwrap.shorten(clean(said(one.quote)), _NEAR, placeholder=" …")
        blocks[-1] += f"\n[{one.id}] {quote}\n    {_place(one, shown_id, hint)}"
    return "\n\n".join(blocks)


def _place(citation: Citation, shown_id: Callable[[str], str], hint: str) -> str:
    title = one_line(textwrap.shorten(citation.document.title, _TITLE, placeholder=" …"))
    part = f"paragraph {citation.paragraph}" if citation.page is None else f"page {citation.page}"
    where = f"{under(citation.section)}{part}"
    place = f"{title}, {where}"
    opens = f"footnote show {shown_id(citation.document.id)} --span {citation.start}:{citation.end}{hint}"
    # A command that is broken over two lines cannot be pasted.
    narrow = sys.stdout.isatty() and len(place) + len(opens) + 8 > shutil.get_terminal_size().columns
    return f"{place}\n    {opens}" if narrow else f"{place} · {opens}"


def _wrapped(pieces: Sequence[tuple[str, bool]], bold: Bold) -> str:
    """The pieces as text, wrapped on a terminal only, so that a file or a pipe gets each paragraph as one line."""
    text = clean("".join(words for words, _ in pieces))
    marked = [m for words, is_bold in pieces for m in [is_bold] * len(clean(words))]
    if not sys.stdout.isatty():
        return text
    lines, at = [], 0
    widest = min(_WIDEST, shutil.get_terminal_size().columns)
    for line in [
        line for part in text.split("\n") for line in textwrap.wrap(part, widest, break_on_hyphens=False) or [""]
    ]:
        at = text.index(line.split(" ")[0], at) if line else at
        flags = marked[at : at + len(line)]
        lines.append(_emphasised(line, flags, bold))
        at += len(line)
    return "\n".join(lines)


def _emphasised(line: str, flags: Sequence[bool], bold: Bold) -> str:
    runs = re.finditer(r"1+|0+", "".join("1" if flag else "0" for flag in flags))
    shown = [bold(line[r.start() : r.end()]) if r.group()[0] == "1" else line[r.start() : r.end()] for r in runs]
    return "".join(shown) + line[len(flags) :]


def context_lines(text: str, start: int, end: int) -> str:
    """The words `text[start:end]` in their paragraph: bold on a terminal, between ⟦ and ⟧ elsewhere."""
    before = max(text.rfind("\n\n", 0, start), text.rfind("\r\n\r\n", 0, start))
    after = min((i for i in (text.find("\n\n", end), text.find("\r\n\r\n", end)) if i >= 0), default=len(text))
    mark: Bold = bold_for(sys.stdout) if decorated(sys.stdout) else (lambda words: f"⟦{words}⟧")
    opening = text[before + 1 : start].lstrip() if before >= 0 else text[:start].lstrip()
    return f"{clean(opening)}{mark(clean(text[start:end]))}{clean(text[end:after]).rstrip()}"


def source_line(source: Source, identifier: str, explain: bool) -> str:
    """A passage that was found with its scores; with `explain` also what the reader makes of it."""
    scores = f"keyword {source.keyword:.3f}, similarity {source.similarity:.3f}"
    if source.answer is not None:
        scores += f", answer {source.answer:.3f}"
    line = f"{source.score:.3f} ({scores}) {identifier} {source.start}:{source.end} {one_line(source.text)}"
    if not explain:
        return line
    if source.highlight is None:
        return f"{line}\n      not read"
    start, end = (place - source.start for place in source.highlight)
    return f"{line}\n      most likely: {one_line(source.text[start:end])}"


def explained(answer: Answer, found: Sequence[Source], strictness: str) -> str:
    """Whether a question is answered, how sure that is, and how sure it has to be."""
    answered = answer.status == "answered"
    does = "answered" if answered else "not answered"
    threshold = needed(answer.standalone_question, strictness=strictness)
    least = f"{threshold:.3f}"
    # Less is enough, too, where keywords stand in the text one after the other.
    if all(source.answer is None for source in found) or (answered and answer.confidence < threshold):
        least = f"{DEFAULT_SIMILARITY.least_confidence:.3f}, by likeness alone"
    return f"Confidence {answer.confidence:.3f}, needed {least}: {does}."


def short_ids(library: Library) -> Callable[[str], str]:
    """A function from the id of a document which the user of this machine may read to its shortest beginning that fits
    no other, of four characters at least.
    """
    ids = [entry.id for entry in library.entries(readable_by(LOCAL))]

    def short(one: str) -> str:
        for length in range(4, len(one)):
            if sum(other.startswith(one[:length]) for other in ids) <= 1:
                return one[:length]
        return one

    return short


def data_dir_option(data_dir: Path | None) -> str:
    """What a printed command needs to find the same library."""
    return "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"


def print_json(value: Any, indent: int | None = 2) -> None:
    """Print JSON, with what the encoding lacks, and what could steer a terminal, written as escapes."""
    readable = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(value, ensure_ascii=not readable, indent=indent)
    typer.echo(_UNSEEN.sub(lambda match: _escaped(match.group()), text))


def _escaped(character: str) -> str:
    """A character as JSON has it in ASCII, where one that is seen stands for itself."""
    return f"\\u{ord(character):04x}" if character <= "\xff" else json.dumps(character)[1:-1]


def listing(entries: Sequence[Entry], shown_id: Callable[[str], str]) -> str:
    """The documents, a line each: id, title, passages, where from."""
    rows = [
        (
            shown_id(entry.id),
            one_line(textwrap.shorten(entry.title, _TITLE, placeholder=" …")),
            counted_noun(entry.passages, "passage")
            + (f", {counted_noun(len(entry.pages), 'page')}" if entry.pages else ""),
            one_line(entry.source),
        )
        for entry in entries
    ]
    return columns(rows)


class Bar:
    """A bar over `total` things, done one after the other; it is not drawn where none may be shown."""

    def __init__(self, quiet: bool, total: int) -> None:
        self._drawn = not quiet and decorated(sys.stderr)
        self._done = 0
        if not self._drawn:
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,  # results belong where they were sent to
        )
        self._task = self._bar.add_task("", total=total)

    def one(self, what: str) -> Progress:
        """Begin the next thing; what it tells of its steps moves the bar by parts of one."""
        before = self._done
        self._done += 1

        def show(step: str, done: int, total: int) -> None:
            if self._drawn and step == "indexed":
                self._bar.start()
                self._bar.update(
                    self._task, completed=before + done / max(1, total), description=one_line(what)[:_BAR_LABEL]
                )

        return show

    def parts(self, what: str) -> Progress:
        """Tell of the parts of one long work, which are what the bar counts then."""

        def show(step: str, done: int, total: int) -> None:
            if self._drawn and step in {"indexed", "asked"}:
                self._bar.start()
                self._bar.update(self._task, completed=done, total=total, description=what)
                if done >= total:
                    self.hide()

        return show

    def hide(self) -> None:
        """Take the bar away, so that something can be printed; it comes back when it moves."""
        if self._drawn:
            self._bar.stop()


def counted(quiet: bool, what: str = "") -> Progress:
    """A bar over the parts of one long work."""
    return Bar(quiet, 1).parts(what)
