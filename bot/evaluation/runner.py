"""One run of a set against Footnote: a line for each question or claim, then the summary.

What a set needs, documents or a judge, is made for the run and thrown away afterwards. The documents are named by the
set's ids throughout.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.answering.support import ENOUGH, Judge
from bot.answers import Answered, Citation, Exchange, Source, Sources, Turn
from bot.bootstrap import Footnote
from bot.evaluation.dataset import Claim, EvaluationError, Row, holds_claims, read_claims, read_rows
from bot.evaluation.drafting import draft_set
from bot.evaluation.file_questions import asks_of_files
from bot.evaluation.file_runner import run_files
from bot.evaluation.metrics import Scored, claims_summary, summary
from bot.settings import Settings

if TYPE_CHECKING:
    from retrieval.library.library import Progress

_ASKER = "local"
_AT_ONCE = 16  # claims


def judged(judge: Judge, claims: Sequence[Claim], progress: Progress) -> Iterator[float]:
    """The support of each claim, in order."""
    for start in range(0, len(claims), _AT_ONCE):
        some = claims[start : start + _AT_ONCE]
        yield from judge.support([one.claim for one in some], [one.source_text for one in some])
        progress("asked", start + len(some), len(claims))


def run_set(
    file: Path,
    settings: Settings,
    *,
    limit: int | None = None,
    mode: str = "pooled",
    history: str = "full",
    forced: bool = False,
    others: Path | None = None,
    progress: Progress = lambda *_: None,
) -> Iterator[dict[str, Any]]:
    """A JSON object for each question or claim, then `{"summary": …}`.

    `mode` is `pooled` (all documents are searched) or `given` (each question's own); `history` how much of what was
    said is known: `full`, `user` (the user's turns) or `none`; with `forced` nothing is refused for want of confidence;
    the questions of the set in `others` are asked too, as ones that these documents have nothing to do with. `limit`
    holds for each of the two sets. Raises EvaluationError.
    """
    with _apart(settings, refuse=not forced) as bot:
        if asks_of_files(file):
            if others is not None or mode != "pooled" or history != "full":
                raise EvaluationError(
                    f"{file} names the file of each question, and what goes before it: leave out --mode, --history "
                    "and --off-topic."
                )
            yield from run_files(bot, file, limit, progress)
        elif not holds_claims(file):
            yield from _asked(bot, file, limit, mode, history, others, progress)
        elif forced or others is not None:
            raise EvaluationError(f"{file} holds claims, of which none can be refused or off topic.")
        else:
            yield from _judged(bot, file, limit, progress)


def draft_about(
    files: Sequence[Path], settings: Settings, progress: Progress = lambda *_: None
) -> Iterator[dict[str, Any]]:
    """The rows of a first question set about `files`. Raises LoadingError."""
    with _apart(settings) as bot:
        yield from draft_set(bot, files, progress)


@contextmanager
def _apart(settings: Settings, refuse: bool = True) -> Iterator[Footnote]:
    """A bot with a library of its own, which is thrown away; servers keep the one that is in use."""
    with tempfile.TemporaryDirectory(prefix="footnote-eval-") as folder:
        apart = settings.model_copy(update={"data_dir": Path(folder), "database_url": "", "chroma_url": ""})
        with closing(Footnote(apart, refuse=refuse)) as bot:
            yield bot


def _asked(
    bot: Footnote, file: Path, limit: int | None, mode: str, history: str, others: Path | None, progress: Progress
) -> Iterator[dict[str, Any]]:
    rows = read_rows(file)[:limit]
    foreign = off_topic(read_rows(others), rows, mode)[:limit] if others is not None else []
    if others is not None and not foreign:
        raise EvaluationError(f"{others} holds no answerable question about other documents than {file} does.")
    library = _PooledLibrary(bot, rows, mode, history, progress)
    scored: list[Scored] = []
    for number, row in enumerate([*rows, *foreign], 1):
        scored.append(library.asked(row))
        yield line_of(scored[-1]) | ({} if number <= len(rows) else {"off_topic": True})
        progress("asked", number, len(rows) + len(foreign))
    yield {"summary": summary(scored[: len(rows)], scored[len(rows) :])}


def _judged(bot: Footnote, file: Path, limit: int | None, progress: Progress) -> Iterator[dict[str, Any]]:
    claims = read_claims(file)[:limit]
    support = []
    for claim, told in zip(claims, judged(bot.judge, claims, progress), strict=True):
        support.append(told)
        yield {"id": claim.id, "support": round(float(told), 4)}
    yield {"summary": claims_summary(claims, support, ENOUGH)}


class _PooledLibrary:
    """A library that holds the documents of a set; `mode` and `history` are those of `run_set`."""

    def __init__(self, bot: Footnote, rows: Sequence[Row], mode: str, history: str, progress: Progress) -> None:
        self._bot, self._mode, self._history = bot, mode, history
        self._texts = {document.source: document for row in rows for document in row.documents}
        self._ids: dict[str, str] = {}
        for number, document in enumerate(self._texts.values(), 1):
            self._ids[document.source] = bot.library.add(document).id
            progress("indexed", number, len(self._texts))

    def asked(self, row: Row) -> Scored:
        """What a question gets."""
        given = tuple(self._ids[document.source] for document in row.documents) if self._mode == "given" else None
        turn = Turn(row.question, _ASKER, documents=given, history=_exchanges(row.history, self._history))
        retrieved: tuple[Source, ...] = ()
        for event in self._bot.assistant.ask(turn):
            if isinstance(event, Sources):
                retrieved = event.passages
            if isinstance(event, Answered):
                citations = (*event.answer.citations, *event.answer.related)
                exact = all(self._texts[c.document.source].text[c.start : c.end] == c.quote for c in citations)
                return Scored(row, event.answer, retrieved, exact)
        raise AssertionError("a turn ends with its answer")


def off_topic(others: Sequence[Row], rows: Sequence[Row], mode: str) -> list[Row]:
    """The answerable questions of another set as ones that the documents of this set do not answer.

    Those about a document, or under a title, of this set are left out. In `given` mode each is asked of the documents
    of one row of this set, in turn.
    """
    texts = {document.text for row in rows for document in row.documents}
    titles = {document.title for row in rows for document in row.documents if document.title}
    foreign = [
        row for row in others if row.answerable and not any(d.text in texts or d.title in titles for d in row.documents)
    ]
    return [
        replace(row, documents=asked_of.documents, answers=(), answerable=False, evidence=())
        for row, asked_of in zip(foreign, cycle(rows) if mode == "given" else foreign, strict=False)
    ]


def _exchanges(turns: Sequence[tuple[str, str]], known: str) -> tuple[Exchange, ...]:
    exchanges: list[Exchange] = []
    for role, content in turns:
        if known == "none":
            break
        if role == "user":
            exchanges.append(Exchange(content))
        elif known == "full" and exchanges:
            exchanges[-1] = Exchange(exchanges[-1].question, content)
    return tuple(exchanges)


def line_of(scored: Scored) -> dict[str, Any]:
    """What a question got, as the JSON object that anyone can score anew."""
    answer = scored.answer
    row: dict[str, Any] = {"id": scored.row.id}
    row |= _fields(answer, "status", "text", "standalone_question", "confidence", "timings_ms")
    row["citations"] = [_place(one, "quote", "highlight", "support") for one in answer.citations]
    row["retrieved"] = [_place(one, "score") for one in scored.retrieved]
    return row


def _place(of: Citation | Source, *more: str) -> dict[str, Any]:
    return {"document": of.document.source, **_fields(of, "start", "end", *more)}


def _fields(of: object, *names: str) -> dict[str, Any]:
    return {name: getattr(of, name) for name in names}
