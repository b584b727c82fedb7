"""Answers by quoting: picks the sentences of the passages that answer, word for word, or none.

A sentence is judged by its likeness to the question (cosine), by the share of the question's words that it holds, and
by its passage's rank. Whether anything answers at all is a rule over the same figures. The numbers were fitted on
public question sets by `scripts/fit_answering.py`; docs/evaluation.md has the figures.
Knows no database, no conversation and no interface.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.answering.coverage import covered
from bot.answering.draft import Draft, Findings, Query, Quote, Statement, plain
from bot.answering.highlight import highlight
from bot.answering.questions import core, is_open
from bot.answering.quotable import in_sentences, quotable
from bot.answering.summary import choose_summary
from bot.answering.summary_calls import sentences_wanted
from retrieval.embedding import Embedder
from retrieval.passages import Span
from retrieval.remembered import Remembered

# A sentence's score is cosine + WORDS x (share of the question's words) + PASSAGE x (its passage's score over the
# best one's).
WORDS = 1.0
PASSAGE = 1.0

# Logistic regression of "about the documents" (rather than off-topic) on `features`, refused below these log-odds:
# among hundreds of documents the balanced accuracy is best there, and a false refusal is worse than a far-off quote.
INTERCEPT = -7.57
COEFFICIENTS = (18.97, 4.97, -0.654)
THRESHOLD = -0.5
# Logistic regression of "answered by the documents" on those log-odds, near misses included: what is on topic may
# still not be answered, and likeness cannot tell.
CALIBRATION = (-1.49, 0.26)

_MOST_SENTENCES = 3
_NEARLY_AS_GOOD = 0.85  # a further sentence's score over the best one's
_SAME = 0.9  # cosine from which two sentences say the same
_RELATED = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence with its figures: cosine with the question, share of its words, and both with its passage's rank."""

    quote: Quote
    vector: NDArray[np.float32]
    similarity: float
    coverage: float
    score: float


class ExtractiveAnswerer:
    """Drafts answers that are verbatim quotes."""

    def __init__(self, embedder: Callable[[], Embedder]) -> None:
        self._embedder = embedder
        self._sentences = Remembered(embedder)

    def draft(self, query: Query, findings: Sequence[Findings]) -> Draft:
        """A draft from what was found for each part of the question."""
        if query.whole is not None:
            return self._summary(query, findings)
        statements: list[Statement] = []
        unanswered: list[str] = []
        related: list[Quote] = []
        confidences: list[float] = []
        for found in findings:
            candidates = self.rank(found, query.seen)
            log_odds = on_topic(features(found, candidates))
            confidences.append(confidence_of(log_odds))
            if log_odds >= THRESHOLD and candidates:
                chosen = self._chosen(found.question, candidates)
                statements += [_statement(found.question, candidate.quote) for candidate in chosen]
            else:
                unanswered.append(found.question)
                related += [candidate.quote for candidate in candidates[:_RELATED]]
        return Draft(
            statements=tuple(_without_repetition(statements)),
            confidence=max(confidences, default=0.0),
            answered_by="extractive",
            unanswered=tuple(unanswered) if statements else (),
            related=() if statements else tuple(related[:_RELATED]),
        )

    def rank(self, found: Findings, seen: Sequence[tuple[str, Span]] = ()) -> list[Candidate]:
        """Every sentence of the passages with its scores, best first; those in `seen` are left out."""
        quotes = quotable(found.passages, seen)
        if not quotes:
            return []
        # With its document's title and its heading a sentence tells what "it" is: read so, it is found more often.
        texts = ["\n".join((q.passage.origin.title, q.lead, q.words)) for q in quotes]
        vectors = self._sentences.encode(texts)
        similarities = vectors @ self._embedder().encode([core(found.question)])[0]
        best = max(passage.score for passage in found.passages) or 1.0
        candidates = []
        for quote, text, vector, similarity in zip(quotes, texts, vectors, similarities, strict=True):
            coverage = covered(found.weights, text)
            score = float(similarity) + WORDS * coverage + PASSAGE * quote.passage.score / best
            candidates.append(Candidate(quote, vector, float(similarity), coverage, score))
        return sorted(candidates, key=lambda candidate: -candidate.score)

    def _chosen(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The best sentence; for open questions also others nearly as good that say something else."""
        chosen = [candidates[0]]
        if not is_open(question):
            return chosen
        for candidate in candidates[1:]:
            if len(chosen) == _MOST_SENTENCES or candidate.score < _NEARLY_AS_GOOD * candidates[0].score:
                break
            if all(float(candidate.vector @ other.vector) < _SAME for other in chosen):
                chosen.append(candidate)
        return chosen

    def _summary(self, query: Query, findings: Sequence[Findings]) -> Draft:
        quotes = in_sentences([quote for found in findings for quote in quotable(found.passages)])
        vectors = self._sentences.encode([quote.words for quote in quotes])
        lengths = [len(quote.words) for quote in quotes]
        chosen = [quotes[index] for index in choose_summary(vectors, lengths, sentences_wanted(query.question))]
        return Draft(
            statements=tuple(Statement(plain(quote.words), quote) for quote in chosen),
            confidence=1.0 if chosen else 0.0,
            answered_by="extractive",
        )


def features(found: Findings, candidates: Sequence[Candidate]) -> tuple[float, float, float]:
    """What the refusal rule looks at.

    The best cosine of a sentence or passage with the question, the largest share of the question's words in one
    sentence, and the logarithm of how many passages were searched: among many, one is a little like it by chance.
    """
    return (
        max([c.similarity for c in candidates] + [p.similarity for p in found.passages], default=0.0),
        max((candidate.coverage for candidate in candidates), default=0.0),
        math.log(max(1, found.searched)),
    )


def on_topic(values: Sequence[float]) -> float:
    """The log-odds, from `features`, that the question is about what the documents are about."""
    return INTERCEPT + sum(weight * value for weight, value in zip(COEFFICIENTS, values, strict=True))


def confidence_of(log_odds: float) -> float:
    """The probability, between 0 and 1, that the documents answer, from `on_topic`."""
    return 1 / (1 + math.exp(-(CALIBRATION[0] + CALIBRATION[1] * log_odds)))


def _statement(question: str, quote: Quote) -> Statement:
    answering = highlight(question, quote.words)
    if answering is not None:
        answering = Span(quote.span.start + answering.start, quote.span.start + answering.end)
    return Statement(plain(quote.words), quote, answering)


def _without_repetition(statements: Sequence[Statement]) -> list[Statement]:
    """The same words, said once: two parts of a question, or two documents, may lead to one sentence."""
    unique: dict[str, Statement] = {}
    for statement in statements:
        unique.setdefault(statement.text, statement)
    return list(unique.values())
