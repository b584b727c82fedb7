"""The rows of a question set about files, read from JSON lines, and the order in which they are asked.

A row names a file, which lies beside the set or in `files/` there, and says what the quotes of a right answer hold
(`bot.evaluation.gold`). docs/evaluation.md has the format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.evaluation.dataset import EvaluationError, first_row, read_lines
from bot.evaluation.gold import Gold

EVERY_FILE = "*"
"""The name of all files together."""


@dataclass(frozen=True, slots=True)
class FileQuestion:
    """A question about one file, or about all; `after` is the id of the question before it in a conversation."""

    id: str
    file: str
    question: str
    kind: str
    language: str
    answerable: bool
    gold: Gold
    after: str | None = None

    @property
    def group(self) -> str:
        """What the questions about one file have in common; one about all of them stands for itself."""
        return self.id if self.file == EVERY_FILE else self.file


def asks_of_files(file: Path) -> bool:
    """Whether a file is such a set, by its first row."""
    first = first_row(file)
    return "question" in first and "document" in first and "gold" in first


def read_questions(file: Path) -> list[FileQuestion]:
    """The questions of a set, each after the one that it follows. Raises EvaluationError naming the line at fault."""
    rows = read_lines(file, _question, "question about a file")
    known: set[str] = set()
    for row in rows:
        if row.after is not None and row.after not in known:
            raise EvaluationError(f"{file}: question {row.id} comes after {row.after}, which does not stand before it.")
        if row.id in known:
            raise EvaluationError(f"{file}: there are two questions called {row.id}.")
        known.add(row.id)
    return rows


def conversations(rows: Sequence[FileQuestion]) -> dict[str, str]:
    """The name of its conversation for each question that others follow, or that follows one."""
    of: dict[str, str] = {}
    for row in rows:
        if row.after is not None:
            of[row.id] = of.setdefault(row.after, row.after)
    return of


def files_of(rows: Sequence[FileQuestion], folder: Path) -> list[Path]:
    """The files that the questions need, those of `folder` or of `files/` in it. Raises EvaluationError."""
    place = folder / "files" if (folder / "files").is_dir() else folder
    names = {row.file for row in rows if row.file != EVERY_FILE}
    if unnamed := next((name for name in sorted(names) if Path(name).name != name), None):
        raise EvaluationError(f"{unnamed} is not the name of a file: name one that lies in {place}.")
    if any(row.file == EVERY_FILE for row in rows) and place != folder:
        names |= {path.name for path in place.iterdir() if path.is_file() and not path.name.startswith(".")}
    if not names:
        raise EvaluationError(f"The questions name no file: put those that they are asked of into {folder / 'files'}.")
    return [place / name for name in sorted(names)]


def _question(data: dict[str, Any]) -> FileQuestion:
    gold = data["gold"]
    each = tuple((one,) if isinstance(one, str) else tuple(one) for one in gold.get("all", ()))
    for entry in (*gold.get("any", ()), *(entry for some in each for entry in some), gold.get("best", "")):
        if entry.startswith("re:"):
            try:
                re.compile(entry.removeprefix("re:"))
            except re.error as error:
                raise ValueError(f"{entry} is no regular expression: {error}") from error
    return FileQuestion(
        id=data["id"],
        file=data["document"],
        question=data["question"],
        kind=data.get("type", "question"),
        language=data.get("language", ""),
        answerable=data["answerable"],
        gold=Gold(tuple(gold.get("any", ())), each, gold.get("best", "")),
        after=data.get("after"),
    )
