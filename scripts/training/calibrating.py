"""Chooses the numbers that turn what the reader says into an order, a quote, a confidence and a refusal.

All are chosen on the development sets, with the 8-bit network as it ships. What is said of them is cross-fitted: chosen
on one half of the documents, judged on the other, both ways.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from bot.answering.confidence import likeness_values
from bot.answering.ranking import sentence_features
from bot.answering.support import support_features
from retrieval.models.calibration import ENGLISH, calibration
from retrieval.models.reading import Reader, log_probability
from retrieval.models.similarity_calibration import DEFAULT_SIMILARITY
from retrieval.query import READ, READ_AT_ONCE, is_enough
from retrieval.search import score_read
from scripts.training.collecting import Passage, Sample, Sentence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEAR_MISSES = ("squad2", "disflqa", "people")  # sets with questions that their text does not answer
_WEIGHTS = (0.0, 0.03, 0.06, 0.09, 0.12, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.3)
_COUNTS = (2, 3, 4, 5, 6)
_THRESHOLDS = tuple(cut / 100 for cut in range(20, 66, 5))
_OFF_TOPIC_COUNTS = 2.0  # an off-topic question beside a near miss: with less, those among many documents are missed
_LOSS = 0.01  # of hit@1 that no set may lose by reading


@dataclass(frozen=True, slots=True)
class Read:
    """A sample as the search gives it with some weight: passages in their order with scores, sentences likewise."""

    sample: Sample
    passages: tuple[tuple[float, Passage], ...]
    sentences: tuple[tuple[Floats, Sentence], ...]


def calibrate(samples: Sequence[Sample], claims: Path, reader: Reader, say: Callable[[str], None]) -> dict[str, Any]:
    """The numbers for `reader.json`; `say` is told what they achieve."""
    passage = passage_weight(samples, say)
    reads = [read_with(sample, passage, READ) for sample in samples]
    sentence = sentence_weights(reads, say)
    confidence, threshold = confidence_weights(reads, sentence, say)
    return {
        "passage": passage,
        "sentence": sentence,
        "confidence": confidence,
        "threshold": threshold,
        "plain": list(calibration(ENGLISH).plain),  # `plainness` chooses them, on questions about files
        "support": support_weights(claims, reader, say),
    }


def read_with(sample: Sample, weight: float, count: int) -> Read:
    """At most `count` passages, read and put in order as the search does, and their sentences with what speaks for
    them.
    """
    scored: list[tuple[float, int, Passage]] = []
    for number, one in enumerate(sample.passages[:count]):
        scores, odds = [score for score, _, _ in scored], [read.odds for _, _, read in scored]
        if number % READ_AT_ONCE == 0 and is_enough(scores, odds, one.score):
            break
        scored.append((score_read(one.score, log_probability(one.odds), weight), number, one))
    best = max((score for score, _, _ in scored), default=1.0) or 1.0
    of_number = {number: (score / best, one.odds) for score, number, one in scored}
    sentences = tuple(
        (
            np.array(
                sentence_features(one.similarity, one.coverage, *of_number[one.passage], one.likelihood, one.share)
            ),
            one,
        )
        for one in sample.sentences
        if one.passage in of_number
    )
    ordered = sorted(scored, key=lambda one: -one[0])
    return Read(sample, tuple((score, one) for score, _, one in ordered), sentences)


def passage_weight(samples: Sequence[Sample], say: Callable[[str], None]) -> float:
    """The weight with which the right document comes first most often, sets counting alike, and none much worse."""
    asked = [s for s in samples if s.pooled and not s.off_topic and s.answerable and s.passages]
    sets = sorted({sample.set for sample in asked})
    best, unread = (-1.0, 0.0), dict.fromkeys(sets, 0.0)
    for count in _COUNTS:
        for weight in _WEIGHTS:
            reads = [read_with(sample, weight, count) for sample in asked]
            hits = {name: np.mean([r.passages[0][1].right for r in reads if r.sample.set == name]) for name in sets}
            mean = float(np.mean(list(hits.values())))
            told = ", ".join(f"{name} {share:.3f}" for name, share in hits.items())
            say(f"hit@1, up to {count} passages read, weight {weight}: {told}, mean {mean:.4f}")
            if count == READ:
                unread = unread if weight else hits
                if all(share >= unread[name] - _LOSS for name, share in hits.items()):
                    best = max(best, (mean, weight))
    return best[1]


def sentence_weights(reads: Sequence[Read], say: Callable[[str], None]) -> list[float]:
    """Logistic regression of "holds the answer" on what speaks for a sentence, with no weight below zero.

    Where a weight would be, in a few texts a sentence less like the question was more often right, by chance.
    """
    asked = [r for r in reads if r.sample.answerable and r.sample.set != "quotesum" and r.sentences]

    def fit(chosen: Sequence[Read]) -> Floats:
        values = np.array([features for read in chosen for features, _ in read.sentences])
        holds = np.array([one.holds for read in chosen for _, one in read.sentences])
        weights: Floats = np.zeros(values.shape[1])
        used = np.arange(values.shape[1])
        while True:
            spread = values[:, used].std(axis=0)
            found = LogisticRegression(C=1.0, max_iter=2000).fit(values[:, used] / spread, holds).coef_[0] / spread
            if (found >= 0).all():
                weights[used] = found
                return weights
            used = used[found >= 0]

    quoted = {id(r): best_sentence(r, weights)[1] for weights, half in _halves(asked, fit) for r in half}
    for name in sorted({r.sample.set for r in asked}):
        for pooled in (False, True):
            judged = [quoted[id(r)] for r in asked if r.sample.set == name and r.sample.pooled == pooled]
            if judged:
                say(
                    f"best sentence, {name} {'pooled' if pooled else 'given'}, n={len(judged)}: holds the answer "
                    f"{np.mean([one.holds for one in judged]):.3f}, F1 of its likeliest words "
                    f"{np.mean([one.f1 for one in judged]):.3f}"
                )
    return [round(float(one), 4) for one in fit(asked)]


def best_sentence(read: Read, weights: Sequence[float] | Floats) -> tuple[Floats, Sentence]:
    """The sentence that would be quoted."""
    return max(read.sentences, key=lambda one: float(one[0] @ np.asarray(weights)))


def confidence_weights(
    reads: Sequence[Read],
    sentence: Sequence[float],
    say: Callable[[str], None],
    near_misses: tuple[str, ...] = NEAR_MISSES,
) -> tuple[list[float], float]:
    """Logistic regression of "is answered" on what speaks for it, and the confidence from which to answer.

    Its scale is that of near misses alone, of which half are answered.
    """
    having = [r for r in reads if r.sample.set in near_misses and r.sentences]

    def fit(chosen: Sequence[Read]) -> Floats:
        values = np.array([confidence_values(r, sentence) for r in chosen])
        truth = np.array([r.sample.answerable for r in chosen])
        spread = values.std(axis=0)
        spread[spread == 0] = 1  # no text in another language
        counts = [_OFF_TOPIC_COUNTS if r.sample.off_topic else 1.0 for r in chosen]
        model = LogisticRegression(C=1.0, max_iter=2000).fit(values / spread, truth, counts)
        near = np.array([not r.sample.off_topic for r in chosen])
        scale = LogisticRegression(C=1.0).fit(model.decision_function(values / spread)[near, None], truth[near])
        weights: Floats = scale.coef_[0] * np.concatenate([model.intercept_, model.coef_[0] / spread])
        weights[0] += scale.intercept_[0]
        return weights

    judged = {
        id(r): chance(confidence_values(r, sentence), weights) for weights, half in _halves(having, fit) for r in half
    }
    for pooled in (False, True):
        for off_topic in (False, True):
            for names in (*((name,) for name in near_misses), near_misses):
                chosen = [
                    r
                    for r in having
                    if r.sample.set in names
                    and r.sample.pooled == pooled
                    and (r.sample.answerable or r.sample.off_topic == off_topic)
                ]
                if not chosen:
                    continue  # whoever asks means the one document
                kind = f"{'off-topic' if off_topic else 'near misses'}, {'pooled' if pooled else 'given'}"
                say(f"{kind}, {' and '.join(names)}, {_told(chosen, judged)}")
    near = [r for r in having if not r.sample.off_topic and not r.sample.pooled]
    holds = {id(r): best_sentence(r, sentence)[1].holds for r in near}
    right = {cut: _right(near, judged, holds, cut) for cut in _THRESHOLDS}
    for cut, share in right.items():
        refused = np.mean([judged[id(r)] < cut for r in near if r.sample.answerable])
        missed = np.mean([judged[id(r)] >= cut for r in near if not r.sample.answerable])
        say(f"from {cut:.2f} on: right {share:.3f}, false refusals {refused:.3f}, near misses answered {missed:.3f}")
    threshold = max(_THRESHOLDS, key=lambda cut: right[cut])
    return [round(float(one), 4) for one in fit(having)], threshold


def _right(reads: Sequence[Read], judged: dict[int, float], holds: dict[int, bool], cut: float) -> float:
    """The share of questions that are answered by the right sentence, or refused where nothing answers, when answered
    from a confidence of `cut` on: sets counting alike, and the answerable twice as much as near misses.
    """
    found = []
    for name in sorted({r.sample.set for r in reads}):
        some = [r for r in reads if r.sample.set == name]
        answered = [judged[id(r)] >= cut and holds[id(r)] for r in some if r.sample.answerable]
        refused = [judged[id(r)] < cut for r in some if not r.sample.answerable]
        found.append((2 * np.mean(answered) + np.mean(refused)) / 3)
    return float(np.mean(found))


def _told(chosen: Sequence[Read], judged: dict[int, float]) -> str:
    truth = np.array([r.sample.answerable for r in chosen])
    chances = np.array([judged[id(r)] for r in chosen])
    balanced, threshold = _best_threshold(truth, chances)
    return (
        f"n={len(chosen)}: AUC {roc_auc_score(truth, chances):.3f}, balanced at best {balanced:.3f} (from "
        f"{threshold:.3f} on), false refusals there {np.mean(chances[truth] < threshold):.3f}, Brier "
        f"{np.mean((chances - truth) ** 2):.3f}"
    )


def confidence_values(read: Read, sentence: Sequence[float]) -> tuple[float, ...]:
    """What speaks for an answer."""
    _, best = best_sentence(read, sentence)
    odds = [one.odds for _, one in read.passages]
    sentences = [one for _, one in read.sentences]
    similarities = [one.similarity for one in (*read.sample.passages, *sentences)]
    likeness = likeness_values(similarities, [one.coverage for one in sentences], read.sample.searched)
    # In the order in which `bot.answering.confidence` weighs them.
    quoted = read.sample.passages[best.passage]
    on_topic = DEFAULT_SIMILARITY.on_topic(likeness)
    return (max(odds), quoted.odds, best.likelihood, on_topic, float(quoted.crossed))


def chance(values: Sequence[float], weights: Floats) -> float:
    """The probability, from what speaks for an answer and the weights, the intercept first."""
    return float(1 / (1 + np.exp(-(weights[0] + np.asarray(values) @ weights[1:]))))


def support_weights(claims: Path, reader: Reader, say: Callable[[str], None]) -> list[float]:
    """Logistic regression of "is borne out" on the judge's log-odds and on what the rules see."""
    rows = [json.loads(line) for line in claims.read_text("utf-8").splitlines()]
    texts = [row["claim"] for row in rows], [row["source_text"] for row in rows]
    chances = reader.support(*texts)
    values = np.array([support_features(*one) for one in zip(chances, *texts, strict=True)])
    truth = np.array([row["label"] == "supported" for row in rows])
    model = LogisticRegression(C=1.0).fit(values, truth)
    for name, odds in (("judge", values[:, 0]), ("judge and rules", model.decision_function(values))):
        balanced, _ = _best_threshold(truth, odds)
        say(f"{name}, n={len(rows)}: AUC {roc_auc_score(truth, odds):.3f}, balanced at best {balanced:.3f}")
    return [round(float(one), 4) for one in (*model.intercept_, *model.coef_[0])]


def _best_threshold(truth: NDArray[np.bool_], chances: Floats) -> tuple[float, float]:
    """The best balanced accuracy, and the middle of the two values between which it is reached."""
    values = np.unique(chances)
    cuts = (values[1:] + values[:-1]) / 2
    balanced = [((chances >= cut)[truth].mean() + (chances < cut)[~truth].mean()) / 2 for cut in cuts]
    best = int(np.argmax(balanced))
    return float(balanced[best]), float(cuts[best])


def _halves(reads: Sequence[Read], fit: Callable[[Sequence[Read]], Floats]) -> Iterator[tuple[Floats, list[Read]]]:
    """Both halves by document, each with what was fitted on the other."""
    first = [r for r in reads if _half(r.sample.group)]
    second = [r for r in reads if not _half(r.sample.group)]
    yield fit(second), first
    yield fit(first), second


def _half(group: str) -> bool:
    return hashlib.sha256(group.encode()).digest()[0] % 2 == 0
