"""One run of a set against Footnote: its lines, then its summary. Knows no metric and no interface.

What a set needs, documents or a judge, is made for the run and thrown away afterwards.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.answering.support import ENOUGH
from bot.bootstrap import Footnote
from bot.evaluation.claim_metrics import claims_summary, judged
from bot.evaluation.dataset import EvaluationError, holds_claims, read_claims, read_rows
from bot.evaluation.predictions import Prediction, Scored, Told, line_of, off_topic
from bot.evaluation.question_metrics import summary
from bot.settings import Settings


def _unseen(step: str, done: int, total: int, /) -> None:
    """Progress that nobody watches."""


def run_set(
    file: Path,
    settings: Settings,
    *,
    limit: int | None = None,
    mode: str = "pooled",
    history: str = "full",
    forced: bool = False,
    others: Path | None = None,
    progress: Told = _unseen,
) -> Iterator[dict[str, Any]]:
    """A JSON object for each question or claim, then `{"summary": …}`.

    `mode` is `pooled` (all documents are searched) or `given` (each question's own); `history` how much of what was
    said is known: `full`, `user` (the user's turns) or `none`; with `forced` nothing is refused for want of confidence;
    the questions of the set in `others` are asked too, as ones that these documents have nothing to do with. `limit`
    holds for each of the two sets. Raises EvaluationError.
    """
    with tempfile.TemporaryDirectory(prefix="footnote-eval-") as folder:
        own = {
            "data_dir": Path(folder),
            "database_url": "",
            "chroma_url": "",
        }  # servers keep the library that is in use
        apart = settings.model_copy(update=own)
        with closing(Footnote(apart, refuse=not forced)) as bot:
            if not holds_claims(file):
                yield from _asked(bot, file, limit, mode, history, others, progress)
            elif forced or others is not None:
                raise EvaluationError(f"{file} holds claims, of which none can be refused or off topic.")
            else:
                yield from _judged(bot, file, limit, progress)


def _asked(
    bot: Footnote, file: Path, limit: int | None, mode: str, history: str, others: Path | None, progress: Told
) -> Iterator[dict[str, Any]]:
    rows = read_rows(file)[:limit]
    foreign = off_topic(read_rows(others), rows, mode)[:limit] if others is not None else []
    if others is not None and not foreign:
        raise EvaluationError(f"{others} holds no answerable question about other documents than {file} does.")
    asking = Prediction(bot, rows, mode, history, progress)
    scored: list[Scored] = []
    apart: list[Scored] = []
    for number, result in enumerate(asking.ask([*rows, *foreign], progress)):
        about = number < len(rows)
        (scored if about else apart).append(result)
        yield line_of(result) if about else line_of(result) | {"off_topic": True}
    yield {"summary": summary(scored, apart)}


def _judged(bot: Footnote, file: Path, limit: int | None, progress: Told) -> Iterator[dict[str, Any]]:
    claims = read_claims(file)[:limit]
    support = []
    for claim, told in zip(claims, judged(bot.judge, claims, progress), strict=True):
        support.append(told)
        yield {"id": claim.id, "support": round(float(told), 4)}
    yield {"summary": claims_summary(claims, support, ENOUGH)}
