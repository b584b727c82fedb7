"""Asks the questions of a set about files: a line for each, then the summary.

The files are read as `footnote add` reads them. A question is asked of its own file, one whose file is "*" of all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.answering.chain import prepared
from bot.answers import Turn
from bot.bootstrap import Footnote
from bot.evaluation.dataset import EvaluationError
from bot.evaluation.file_metrics import DEPTHS, Asked, files_summary
from bot.evaluation.file_questions import EVERY_FILE, FileQuestion, conversations, files_of, read_questions
from retrieval.errors import FootnoteError
from retrieval.library.catalogue import LibraryError
from retrieval.loaders.loading import LoadingError, load_path
from retrieval.query import SearchQuery

if TYPE_CHECKING:
    from retrieval.library.library import Progress

_ASKER = "local"


def run_files(bot: Footnote, file: Path, limit: int | None, progress: Progress) -> Iterator[dict[str, Any]]:
    """A JSON object for each question of the set `file`, then `{"summary": …}`; `bot` has an empty library.

    Raises EvaluationError when no file can be read.
    """
    rows = read_questions(file)[:limit]
    ids: dict[str, str] = {}
    faults: dict[str, FootnoteError] = {}
    paths = files_of(rows, file.resolve().parent)
    for number, path in enumerate(paths, 1):
        try:
            ids[path.name] = bot.library.add(load_path(path)).id
        except (LoadingError, LibraryError) as error:
            faults[path.name] = error
        progress("indexed", number, len(paths))
    if not ids:
        raise EvaluationError(f"{file}: no file could be read. {next(iter(faults.values()), '')}".strip())
    said_in = conversations(rows)
    asked: list[Asked] = []
    for number, row in enumerate(rows, 1):
        if row.file in faults:
            asked.append(Asked(row, None))
        else:
            documents = None if row.file == EVERY_FILE else (ids[row.file],)
            asked.append(_asked(bot, row, documents, said_in.get(row.id)))
        yield _line(asked[-1], faults.get(row.file))
        progress("asked", number, len(rows))
    yield {"summary": files_summary(asked)}


def _asked(bot: Footnote, row: FileQuestion, documents: tuple[str, ...] | None, conversation: str | None) -> Asked:
    answer = bot.assistant.answer(Turn(row.question, _ASKER, conversation, documents))
    words = prepared(answer.standalone_question).words
    found = bot.search.search(SearchQuery(words, ""), _ASKER, documents, max(DEPTHS))  # nothing is read for it
    return Asked(row, answer, tuple(passage.text for passage in found))


def _line(asked: Asked, fault: FootnoteError | None) -> dict[str, Any]:
    """What a question got, as a JSON object."""
    row, answer = asked.row, asked.answer
    line: dict[str, Any] = {"id": row.id, "verdict": asked.verdict, "document": row.file, "question": row.question}
    if answer is None:
        return line | {"fault": str(fault)}
    return line | {
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "confidence": answer.confidence,
        "quotes": [citation.quote for citation in answer.citations],
        "bold": asked.highlighted,
        "found_among": next((depth for depth in DEPTHS if asked.found_among(depth)), None) if row.answerable else None,
        "timings_ms": answer.timings_ms,
        **({"note": answer.note} if answer.note else {}),
        **({"tokens": answer.tokens} if answer.tokens else {}),
    }
