"""Fits the numbers that judge what was not read (`SimilarityCalibration`, `ranking.py`); prints them with their errors.

    python -m scripts.fit_similarity FILE.jsonl FILE.jsonl … [--seed 0]

Each set is asked in its pooled library and, as the small library of one article, restricted to one document at a time.
Off-topic questions are those of the other sets. Needs the `eval` extra. It changes no file.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import cross_val_predict

from bot.answering.confidence import likeness_features
from bot.answering.draft import Findings
from bot.answering.ranking import Ranker
from bot.bootstrap import Footnote
from bot.evaluation import Row, holds_answer, read_rows
from bot.settings import Settings
from retrieval.models.similarity_calibration import DEFAULT_SIMILARITY

ASKER = "local"
WEIGHTS = (0.0, 0.3, 0.6, 1.0, 1.5, 2.0)


@dataclass(frozen=True)
class Sample:
    """One question in one library: its features, and its sentences' figures with whether they hold the answer."""

    set: str
    pooled: bool
    off_topic: bool
    answerable: bool
    features: tuple[float, float, float]
    sentences: tuple[tuple[float, float, float, bool], ...]


def main() -> None:
    """Collect the samples, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sets = {file.stem: read_rows(file) for file in options.files}
    chance = random.Random(options.seed)  # noqa: S311  # draws questions, not secrets
    samples = [sample for name in sets for sample in collect(name, sets, chance)]
    fit_sentences(samples)
    fit_refusal(samples)


def collect(name: str, sets: dict[str, list[Row]], chance: random.Random) -> list[Sample]:
    """The samples of one set."""
    rows = sets[name]
    others = [row for other, found in sets.items() if other != name for row in found if row.answerable]
    off_topic = chance.sample(others, min(len(rows), len(others), 250))
    samples = []
    with tempfile.TemporaryDirectory() as folder:
        bot = Footnote(Settings(data_dir=Path(folder), reader="off"))
        ids = {d.source: bot.library.add(d).id for d in {d.source: d for row in rows for d in row.documents}.values()}
        answerer = Ranker(bot.comparison, bot.others)
        for row, off in [*((row, False) for row in rows), *((row, True) for row in off_topic)]:
            own = [ids[d.source] for d in row.documents] if not off else [chance.choice(list(ids.values()))]
            for documents in (None, own):
                samples.append(sample_of(name, bot, answerer, row, off, documents))
        bot.close()
    return samples


def sample_of(name: str, bot: Footnote, answerer: Ranker, row: Row, off: bool, documents: list[str] | None) -> Sample:
    """One question, in the pooled library or in a few documents of it."""
    passages = tuple(bot.search.search(row.question, ASKER, documents))
    weights, searched = bot.search.statistics(row.question, ASKER, documents)
    findings = Findings(row.question, passages, weights, searched)
    ranked = answerer.rank(findings)
    best = max((passage.score for passage in passages), default=1.0) or 1.0
    return Sample(
        set=name,
        pooled=documents is None,
        off_topic=off,
        answerable=row.answerable and not off,
        features=likeness_features(findings, ranked),
        sentences=tuple(
            (one.similarity, one.coverage, one.quote.passage.score / best, holds_answer(one.quote.words, row.answers))
            for one in ranked
        ),
    )


def fit_sentences(samples: Sequence[Sample]) -> None:
    """Print the share of questions whose best sentence holds the answer, for the best weights of words and passage."""
    chosen = [s for s in samples if s.answerable and s.sentences]
    results = []
    for words in WEIGHTS:
        for passage in WEIGHTS:
            hits = [max(s.sentences, key=lambda one: one[0] + words * one[1] + passage * one[2])[3] for s in chosen]
            results.append((float(np.mean(hits)), words, passage))
    print(f"Best sentence holds the answer, n={len(chosen)}: share, weights of shared words and passage")
    for result in sorted(results, reverse=True)[:6]:
        print("  {:.3f}  {:.1f}  {:.1f}".format(*result))


def fit_refusal(samples: Sequence[Sample]) -> None:
    """Print the logistic regressions and how they separate, cross-fitted."""
    values = np.array([s.features for s in samples])
    about = np.array([s.answerable for s in samples])
    off = np.array([s.off_topic for s in samples])
    used = about | off
    model = LogisticRegression(C=10, max_iter=1000).fit(values[used], about[used])
    print(f"on_topic_intercept = {model.intercept_[0]:.2f}")
    print(f"on_topic_weights = {tuple(model.coef_[0].round(3).tolist())}")
    least = DEFAULT_SIMILARITY.on_topic_threshold
    judged = cross_val_predict(model, values[used], about[used], cv=5, method="decision_function")
    for name, mask in (("pooled", [s.pooled for s in samples]), ("one document", [not s.pooled for s in samples])):
        inside = np.array(mask)[used]
        truth, odds = about[used][inside], judged[inside]
        print(
            f"  off-topic, {name}: n={len(truth)}, AUC {roc_auc_score(truth, odds):.4f}, balanced accuracy "
            f"{balanced_accuracy_score(truth, odds >= least):.3f}, false refusals "
            f"{np.mean(odds[truth] < least):.3f}"
        )
    # Near misses are as many as answerable questions only in sets that have them: the others would flatter.
    having = {s.set for s in samples if not s.answerable and not s.off_topic}
    inside = np.array([s.set in having for s in samples])
    if not inside.any():
        return
    odds = model.decision_function(values)[inside]
    calibration = LogisticRegression().fit(odds[:, None], about[inside])
    print(f"answered_intercept = {calibration.intercept_[0]:.2f}\nanswered_weight = {calibration.coef_[0][0]:.2f}")
    near = inside & ~off
    print(f"  near misses: AUC {roc_auc_score(about[near], model.decision_function(values)[near]):.3f}")


if __name__ == "__main__":
    main()
