"""The rows of a question set and of a claim set, read from JSON lines. Knows nothing of answers and of scores."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from retrieval.errors import FootnoteError
from retrieval.types import Document, Span

_LABELS = {"supported": True, "not_supported": False, None: None}

T = TypeVar("T")


class EvaluationError(FootnoteError):
    """A set cannot be read or run; the message is one line that names the line at fault."""


@dataclass(frozen=True, slots=True)
class Row:
    """One question of a set, as CONTRACT of the format has it; `evidence` are (document id, span)."""

    id: str
    documents: tuple[Document, ...]
    history: tuple[tuple[str, str], ...]
    question: str
    answers: tuple[str, ...]
    answerable: bool
    evidence: tuple[tuple[str, Span], ...]

    @property
    def group(self) -> str:
        """What the questions about one document have in common."""
        return min((document.source for document in self.documents), default=self.id)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence with the text that may bear it out: `supported` is None where no label says whether it does.

    `source` is where the claim was taken from, `group` what the claims about one text have in common.
    """

    id: str
    claim: str
    source_text: str
    supported: bool | None
    source: str
    group: str


def read_rows(file: Path) -> list[Row]:
    """The questions of a set. Raises EvaluationError naming the line that is not one."""
    return read_lines(file, _row, "question")


def read_claims(file: Path) -> list[Claim]:
    """The claims of a set. Raises EvaluationError naming the line that is not one."""
    return read_lines(file, _claim, "claim")


def holds_claims(file: Path) -> bool:
    """Whether a file is a claim set, by its first row; what cannot be read is none, so that read_rows says why."""
    first = first_row(file)
    return "claim" in first and "source_text" in first


def first_row(file: Path) -> dict[str, Any]:
    """The first row of a set; nothing where it is none. Raises EvaluationError when the file cannot be read."""
    try:
        first = json.loads(next((line for _, line in _lines(file)), "{}"))
    except ValueError:
        return {}
    return first if isinstance(first, dict) else {}


def read_lines(file: Path, parse: Callable[[dict[str, Any]], T], noun: str) -> list[T]:
    """What `parse` makes of each row; `noun` says what one is. Raises EvaluationError naming the line at fault."""
    rows = []
    for number, line in _lines(file):
        try:
            rows.append(parse(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvaluationError(
                f"{file}, line {number} is not a {noun} ({type(error).__name__}: {error})."
            ) from error
    if not rows:
        raise EvaluationError(f"{file} holds no {noun}s.")
    return rows


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        lines = file.read_text("utf-8").split("\n")  # nothing else ends a line of JSON
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{file} cannot be read ({error}). Name a question set in JSON lines.") from error
    return ((number, line) for number, line in enumerate(lines, 1) if line.strip())


def _row(data: dict[str, Any]) -> Row:
    return Row(
        id=data["id"],
        documents=tuple(Document(d["id"], d["title"], d["text"]) for d in data["documents"]),
        history=tuple((turn["role"], turn["content"]) for turn in data["history"]),
        question=data["question"],
        answers=tuple(data["answers"]),
        answerable=data["answerable"],
        evidence=tuple((e["document"], Span(e["start"], e["end"])) for e in data["evidence"]),
    )


def _claim(data: dict[str, Any]) -> Claim:
    claim, text, label = data["claim"], data["source_text"], data.get("label")
    if not isinstance(claim, str) or not isinstance(text, str):
        raise TypeError("claim and source_text are strings")
    if label not in _LABELS:
        raise ValueError("label is supported or not_supported")
    return Claim(
        id=data["id"],
        claim=claim,
        source_text=text,
        supported=_LABELS[label],
        source=data.get("source", ""),
        group=str(data.get("doc", data["id"])),
    )
