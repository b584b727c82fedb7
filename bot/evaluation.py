"""Runs a question set against the assistant and scores it: what `footnote eval` prints.

The documents of a set are pooled into a library of their own, which is thrown away afterwards; they are named by the
set's ids throughout. Metrics that rank come from `ir-measures`, AUC from scikit-learn. Knows no interface.
"""

from __future__ import annotations

import json
import re
import string
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.answers import Answer, Answered, Exchange, Source, Sources, Turn
from bot.bootstrap import Footnote
from bot.settings import Settings
from retrieval.passages import Document, Span

_ASKER = "local"
_BOOTSTRAPS = 2000
_BINS = 10


class EvaluationError(Exception):
    """A question set cannot be read; the message is one line that names the line at fault."""


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


@dataclass(frozen=True, slots=True)
class Scored:
    """What one question got: the answer, the passages found, and whether the citations equal their slices."""

    row: Row
    answer: Answer
    retrieved: tuple[Source, ...]
    exact: bool


def run_set(
    file: Path,
    settings: Settings,
    *,
    limit: int | None = None,
    mode: str = "pooled",
    history: str = "full",
    progress: Callable[[str, int, int], None] = lambda step, done, total: None,
) -> Iterator[dict[str, Any]]:
    """A JSON object for each question, then `{"summary": …}`.

    `mode` is `pooled` (all documents are searched) or `given` (each question's own); `history` how much of what was
    said is known: `full`, `user` (the user's turns) or `none`. Raises EvaluationError.
    """
    rows = read_rows(file)[:limit]
    with tempfile.TemporaryDirectory(prefix="footnote-eval-") as folder:
        bot = Footnote(settings.model_copy(update={"data_dir": Path(folder)}))
        try:
            texts = {document.source: document for row in rows for document in row.documents}
            ids: dict[str, str] = {}
            for number, document in enumerate(texts.values(), 1):
                ids[document.source] = bot.library.add(document).id
                progress("indexed", number, len(texts))
            scored = []
            for number, row in enumerate(rows, 1):
                result = _asked(bot, row, ids, texts, mode, history)
                scored.append(result)
                progress("asked", number, len(rows))
                yield _line(result)
            yield {"summary": summary(scored)}
        finally:
            bot.close()


def read_rows(file: Path) -> list[Row]:
    """The questions of a set. Raises EvaluationError naming the line that is not one."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{file} cannot be read ({error}). Name a question set in JSON lines.") from error
    rows = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            rows.append(_row(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise EvaluationError(
                f"{file}, line {number} is not a question ({type(error).__name__}: {error})."
            ) from error
    if not rows:
        raise EvaluationError(f"{file} holds no questions.")
    return rows


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


def _asked(bot: Footnote, row: Row, ids: dict[str, str], texts: dict[str, Document], mode: str, history: str) -> Scored:
    given = tuple(ids[document.source] for document in row.documents) if mode == "given" else None
    turn = Turn(row.question, _ASKER, documents=given, history=_exchanges(row.history, history))
    retrieved: tuple[Source, ...] = ()
    for event in bot.assistant.ask(turn):
        if isinstance(event, Sources):
            retrieved = event.passages
        if isinstance(event, Answered):
            citations = (*event.answer.citations, *event.answer.related)
            exact = all(texts[c.document.source].text[c.start : c.end] == c.quote for c in citations)
            return Scored(row, event.answer, retrieved, exact)
    raise AssertionError("a turn ends with its answer")


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


def _line(scored: Scored) -> dict[str, Any]:
    answer = scored.answer
    return {
        "id": scored.row.id,
        "status": answer.status,
        "text": answer.text,
        "standalone_question": answer.standalone_question,
        "citations": [
            {"document": c.document.source, "start": c.start, "end": c.end, "quote": c.quote, "highlight": c.highlight}
            for c in answer.citations
        ],
        "retrieved": [
            {"document": p.document.source, "start": p.start, "end": p.end, "score": p.score} for p in scored.retrieved
        ],
        "confidence": answer.confidence,
        "timings_ms": answer.timings_ms,
    }


def summary(scored: Sequence[Scored]) -> dict[str, Any]:
    """The metrics of a set: each share with its 95 % bootstrap interval and the number of questions it is over."""
    answerable = [s for s in scored if s.row.answerable]
    answered = [s for s in answerable if s.answer.status == "answered"]
    refusable = [s for s in scored if not s.row.answerable]
    found = [s for s in scored if s.row.evidence]
    told: dict[str, Any] = {"questions": len(scored), "answerable": len(answerable)}
    told |= _ranking(found)
    told["evidence@5"] = _share([_evidence_found(s) for s in found])
    told["answer in first citation"] = _share([_first_citation_answers(s) for s in answerable])
    told["the same, of those answered"] = _share([_first_citation_answers(s) for s in answered])
    told["coverage"] = _share([s.answer.status == "answered" for s in answerable])
    told["false refusals"] = _share([s.answer.status == "not_in_documents" for s in answerable])
    told["refused of the unanswerable"] = _share([s.answer.status != "answered" for s in refusable])
    told["balanced accuracy"] = _balanced(answerable, refusable)
    told["AUC of confidence"] = _auc([(s.answer.confidence, s.row.answerable) for s in scored])
    told |= _calibration([(s.answer.confidence, s.row.answerable) for s in scored])
    precision, recall = _characters([s for s in answered if s.row.evidence])
    told["characters cited, precision"] = precision
    told["characters cited, recall"] = recall
    told["citations equal to their slice"] = _share([s.exact for s in scored])
    told["quoted words an answer"] = _mean([sum(len(c.quote.split()) for c in s.answer.citations) for s in answered])
    times = sorted(s.answer.timings_ms["total"] for s in scored)
    told["milliseconds, p50"] = times[len(times) // 2]
    told["milliseconds, p95"] = times[min(len(times) - 1, int(0.95 * len(times)))]
    return told


def _ranking(found: Sequence[Scored]) -> dict[str, str | None]:
    """Document hit@1 and recall@5 over the questions that have evidence."""
    if not found:
        return {"hit@1": None, "recall@5": None}
    import ir_measures
    from ir_measures import R, Success

    relevant = {s.row.id: dict.fromkeys([document for document, _ in s.row.evidence], 1) for s in found}
    run: dict[str, dict[str, float]] = {}
    for s in found:
        ranking: dict[str, float] = {}
        for place, passage in enumerate(s.retrieved):
            ranking.setdefault(passage.document.source, float(-place))
        run[s.row.id] = ranking
    values: dict[str, dict[str, float]] = {"hit@1": {}, "recall@5": {}}
    names = {Success @ 1: "hit@1", R @ 5: "recall@5"}
    for metric in ir_measures.iter_calc(list(names), relevant, run):
        values[names[metric.measure]][metric.query_id] = metric.value
    return {name: _share([of_question.get(s.row.id, 0.0) for s in found]) for name, of_question in values.items()}


def _evidence_found(scored: Scored) -> bool:
    return any(
        passage.document.source == document and Span(passage.start, passage.end).overlaps(span)
        for passage in scored.retrieved[:5]
        for document, span in scored.row.evidence
    )


def _first_citation_answers(scored: Scored) -> bool:
    if not scored.answer.citations:
        return False
    return holds_answer(scored.answer.citations[0].quote, scored.row.answers)


def holds_answer(quote: str, answers: Sequence[str]) -> bool:
    """Whether one of `answers` stands in `quote`, as whole words."""
    normal = f" {_normal(quote)} "
    return any(f" {_normal(answer)} " in normal for answer in answers)


def _normal(text: str) -> str:
    """Text as SQuAD's scorer compares it: lower case, without punctuation and articles."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def _characters(scored: Sequence[Scored]) -> tuple[str | None, str | None]:
    """Shares of the cited characters that are evidence, and of the evidence's that are cited; means over questions."""
    precision, recall = [], []
    for s in scored:
        gold = {(document, at) for document, span in s.row.evidence for at in range(span.start, span.end)}
        cited = {(c.document.source, at) for c in s.answer.citations for at in range(c.start, c.end)}
        precision.append(len(gold & cited) / max(1, len(cited)))
        recall.append(len(gold & cited) / max(1, len(gold)))
    return _share(precision), _share(recall)


def _balanced(answerable: Sequence[Scored], refusable: Sequence[Scored]) -> float | None:
    if not answerable or not refusable:
        return None
    kept = sum(s.answer.status != "not_in_documents" for s in answerable) / len(answerable)
    refused = sum(s.answer.status != "answered" for s in refusable) / len(refusable)
    return round((kept + refused) / 2, 3)


def _auc(judged: Sequence[tuple[float, bool]]) -> float | None:
    if len({truth for _, truth in judged}) < 2:
        return None
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score([truth for _, truth in judged], [confidence for confidence, _ in judged])), 3)


def _calibration(judged: Sequence[tuple[float, bool]]) -> dict[str, float]:
    """Brier score, and expected calibration error over ten bins of equal mass."""
    brier = sum((confidence - truth) ** 2 for confidence, truth in judged) / len(judged)
    ordered = sorted(judged)
    bins = [ordered[len(ordered) * i // _BINS : len(ordered) * (i + 1) // _BINS] for i in range(_BINS)]
    error = sum(abs(sum(c for c, _ in one) - sum(t for _, t in one)) for one in bins) / len(judged)
    return {"Brier score": round(brier, 3), "expected calibration error": round(error, 3)}


def _share(values: Sequence[float]) -> str | None:
    """The mean with its 95 % bootstrap interval and n: "0.892 [0.852, 0.928] n=250"."""
    if not values:
        return None
    import numpy as np

    drawn = np.random.default_rng(0).choice(np.asarray(values, dtype=float), (_BOOTSTRAPS, len(values))).mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return f"{sum(values) / len(values):.3f} [{low:.3f}, {high:.3f}] n={len(values)}"


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 1) if values else None
