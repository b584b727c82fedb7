"""The metrics of a question set and of a claim set, from what each question or claim got. Asks nothing.

Ranking comes from `ir-measures`; words are compared as SQuAD's official scorer compares them.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.answers import Answer, Source
from bot.evaluation.dataset import Claim, Row
from bot.evaluation.statistics import Judged, arrays, crossfitted, share, told_auc, told_balanced, told_calibration
from retrieval.types import Span


@dataclass(frozen=True, slots=True)
class Scored:
    """What one question got: the answer, the passages found, and whether the citations equal their slices."""

    row: Row
    answer: Answer
    retrieved: tuple[Source, ...]
    exact: bool


def summary(scored: Sequence[Scored], off_topic: Sequence[Scored] = ()) -> dict[str, Any]:
    """The metrics of a set: each share with its 95 % bootstrap interval and the number of questions it is over.

    `off_topic` is what questions got that the documents have nothing to do with: a block of its own, of which nothing
    enters the other figures.
    """
    answerable = [s for s in scored if s.row.answerable]
    answered = [s for s in answerable if s.answer.status == "answered"]
    refusable = [s for s in scored if not s.row.answerable]
    found = [s for s in scored if s.row.evidence]
    told: dict[str, Any] = {"questions": len(scored), "answerable": len(answerable)}
    told |= _ranking(found)
    told["evidence@5"] = share([_evidence_found(s) for s in found])
    told["answer in first citation"] = share([_first_citation_answers(s) for s in answerable])
    told["the same, of those answered"] = share([_first_citation_answers(s) for s in answered])
    told["highlight EM"] = share([exact_match(highlighted(s), s.row.answers) for s in answerable])
    told["highlight F1"] = share([f1(highlighted(s), s.row.answers) for s in answerable])
    told["coverage"] = share([s.answer.status == "answered" for s in answerable])
    told["false refusals"] = share([s.answer.status == "not_in_documents" for s in answerable])
    told["refused of the unanswerable"] = share([s.answer.status != "answered" for s in refusable])
    told |= _refusing(scored)
    told |= told_calibration(_judged(scored))
    precision, recall = _characters([s for s in answered if s.row.evidence])
    told["characters cited, precision"] = precision
    told["characters cited, recall"] = recall
    told["citations equal to their slice"] = share([s.exact for s in scored])
    lengths = [sum(len(c.quote.split()) for c in s.answer.citations) for s in answered]
    told["quoted words an answer"] = round(sum(lengths) / len(lengths), 1) if lengths else None
    times = sorted(s.answer.timings_ms["total"] for s in scored)
    told["milliseconds, p50"] = times[len(times) // 2]
    told["milliseconds, p95"] = times[min(len(times) - 1, int(0.95 * len(times)))]
    if off_topic:
        told |= {f"off-topic: {name}": value for name, value in _off_topic(answerable, off_topic).items()}
    return told


def _off_topic(answerable: Sequence[Scored], off_topic: Sequence[Scored]) -> dict[str, Any]:
    return {
        "questions": len(off_topic),
        "refused": share([s.answer.status != "answered" for s in off_topic]),
        **_refusing([*answerable, *off_topic]),
        "citations equal to their slice": share([s.exact for s in off_topic]),
    }


def _refusing(scored: Sequence[Scored]) -> dict[str, Any]:
    """How well the answerable are told from the others: as shipped, and by a threshold chosen on the other half."""
    judged = _judged(scored)
    shipped = np.array([s.answer.status == "answered" for s in scored], dtype=bool)
    told: dict[str, Any] = {"balanced accuracy": told_balanced(shipped, judged)}
    if (fitted := crossfitted(judged)) is not None:
        told["balanced accuracy, cross-fitted"] = told_balanced(fitted.taken, judged)
        kept = [taken for taken, one in zip(fitted.taken.tolist(), judged, strict=True) if one.truth]
        told["false refusals, cross-fitted"] = share([not taken for taken in kept])
        told["thresholds, cross-fitted"] = "{:.3f} and {:.3f}".format(*fitted.thresholds)
    told["AUC of confidence"] = told_auc(judged)
    return told


def _judged(scored: Sequence[Scored]) -> list[Judged]:
    return [Judged(s.answer.confidence, s.row.answerable, s.row.group) for s in scored]


def highlighted(scored: Scored) -> str:
    """The words that are shown to answer: the first highlight; nothing where there is none, or nothing was answered."""
    for citation in scored.answer.citations:
        if citation.highlight is not None:
            start, end = citation.highlight
            return citation.quote[start - citation.start : end - citation.start]
    return ""


def _ranking(found: Sequence[Scored]) -> dict[str, str | None]:
    """Document hit@1 and recall@5 over the questions that have evidence."""
    if not found:
        return {"hit@1": None, "recall@5": None}
    import ir_measures
    from ir_measures import R, Success

    relevant = {s.row.id: dict.fromkeys([document for document, _ in s.row.evidence], 1) for s in found}
    # Of a document's several places the first, which is the last to be set, counts.
    run = {
        s.row.id: {one.document.source: float(-at) for at, one in reversed(list(enumerate(s.retrieved)))} for s in found
    }
    names = {Success @ 1: "hit@1", R @ 5: "recall@5"}
    values: dict[str, dict[str, float]] = {name: {} for name in names.values()}
    for metric in ir_measures.iter_calc(list(names), relevant, run):
        values[names[metric.measure]][metric.query_id] = metric.value
    return {name: share([of_question.get(s.row.id, 0.0) for s in found]) for name, of_question in values.items()}


def _evidence_found(scored: Scored) -> bool:
    return any(
        passage.document.source == document and Span(passage.start, passage.end).overlaps(span)
        for passage in scored.retrieved[:5]
        for document, span in scored.row.evidence
    )


def _first_citation_answers(scored: Scored) -> bool:
    return any(holds_answer(first.quote, scored.row.answers) for first in scored.answer.citations[:1])


def _characters(scored: Sequence[Scored]) -> tuple[str | None, str | None]:
    """Shares of the cited characters that are evidence, and of the evidence's that are cited; means over questions."""
    precision, recall = [], []
    for s in scored:
        gold = {(document, at) for document, span in s.row.evidence for at in range(span.start, span.end)}
        cited = {(c.document.source, at) for c in s.answer.citations for at in range(c.start, c.end)}
        precision.append(len(gold & cited) / max(1, len(cited)))
        recall.append(len(gold & cited) / max(1, len(gold)))
    return share(precision), share(recall)


def claims_summary(claims: Sequence[Claim], support: Sequence[float], enough: float) -> dict[str, Any]:
    """AUC, balanced accuracy and calibration of support over the claims that have a label; AUC by source, too.

    `enough` is the support from which a sentence may be said; cross-fitted, a threshold is chosen on one half of the
    texts and judged on the other, both ways. One threshold serves all sources. Intervals draw whole texts.
    """
    known = [(claim, told) for claim, told in zip(claims, support, strict=True) if claim.supported is not None]
    judged = [Judged(float(told), bool(claim.supported), claim.group) for claim, told in known]
    figures: dict[str, Any] = {"claims": len(claims), "supported": sum(one.truth for one in judged)}
    if not known:
        return figures
    fitted, (said, _) = crossfitted(judged), arrays(judged)
    figures["balanced accuracy"] = told_balanced(said >= enough, judged, by_group=True)
    for source in ("", *sorted({claim.source for claim, _ in known if claim.source})):
        places = [at for at, (claim, _) in enumerate(known) if source in ("", claim.source)]
        some, of = [judged[at] for at in places], f"{source}: " if source else ""
        figures[f"{of}AUC of support"] = told_auc(some, by_group=True)
        if fitted is not None:
            balanced = told_balanced(fitted.taken[places], some, by_group=True)
            figures[f"{of}balanced accuracy, cross-fitted"] = balanced
    if fitted is not None:
        figures["thresholds, cross-fitted"] = "{:.3f} and {:.3f}".format(*fitted.thresholds)
    return figures | told_calibration(judged)


def holds_answer(quote: str, answers: Sequence[str]) -> bool:
    """Whether one of `answers` stands in `quote`, as whole words."""
    normal = f" {_normal(quote)} "
    return any(f" {_normal(answer)} " in normal for answer in answers)


def exact_match(words: str, answers: Sequence[str]) -> float:
    """1 if `words` are one of `answers`, else 0."""
    return float(any(_normal(words) == _normal(answer) for answer in answers))


def f1(words: str, answers: Sequence[str]) -> float:
    """The overlap of words with the best of `answers`: harmonic mean of precision and recall."""
    said, gold = Counter(_normal(words).split()), [Counter(_normal(answer).split()) for answer in answers]
    # Of two texts without words each is the other.
    return max(
        (2 * (said & one).total() / ((said + one).total() or 1) or float(said == one) for one in gold), default=0.0
    )


def _normal(text: str) -> str:
    """Lower case, without punctuation and articles."""
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())
