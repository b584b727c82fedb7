"""What a cosine of one embedding model means: the thresholds and weights fitted to the default model, and scales that
carry the cosines of any other model over to it.

A scale maps quantiles onto quantiles: both models embed the pairs in `similarity_pairs.jsonl`, and a cosine counts as
much as the default model's at the same rank among them. Knows no passages.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from retrieval.models.embedder import DEFAULT, MULTILINGUAL, Embedder, EmbeddingError, OnnxEmbedder
from retrieval.models.onnx import WEIGHTS
from retrieval.store.database import reading, writing
from retrieval.store.state import set_state, text_of

Cosines = TypeVar("Cosines", float, NDArray[np.float32])

_PAIRS = Path(__file__).with_name("similarity_pairs.jsonl")
_ROUGHLY = 24  # pairs that are enough until a model is calibrated
_KNOTS = 33
_STATE = "similarity"


class Pair(NamedTuple):
    """A question with the sentence that answers it, and what both are about."""

    topic: str
    question: str
    sentence: str


@dataclass(frozen=True, slots=True)
class CosineScale:
    """A rising map from a model's cosines to the default model's, both ascending; without knots, the identity."""

    own: tuple[float, ...] = ()
    default: tuple[float, ...] = ()

    def __call__(self, cosines: Cosines) -> Cosines:
        """The cosines on the default model's scale, of the same shape."""
        if not self.own:
            return cosines
        return np.interp(cosines, self.own, self.default)  # type: ignore[return-value]  # as it was given


@dataclass(frozen=True, slots=True)
class SimilarityCalibration:
    """The numbers that a similarity is judged by, and the scales that make a model's cosines similarities.

    The numbers were chosen with the default model, whose cosines are similarities as they stand; docs/evaluation.md has
    the figures. `with_question` is the scale of a question's vector with a passage's or sentence's, `between_texts`
    that of two texts.
    """

    with_question: CosineScale = CosineScale()
    between_texts: CosineScale = CosineScale()

    search_weight: float = 2.0
    """Of the similarity beside BM25 / (best BM25) in a passage's score."""
    corrected_search_weight: float = 1.0
    """The same for a question that holds words that were taken back: its vector means them, too."""
    on_topic_intercept: float = -7.57
    on_topic_weights: tuple[float, float, float] = (18.97, 4.97, -0.654)
    """Logistic regression of "about the documents" (rather than off-topic) on the best similarity of a sentence or
    passage with the question, the largest share of the question's words in one sentence, and the logarithm of how many
    passages were searched."""
    on_topic_threshold: float = -0.5
    """Refused below these log-odds: among hundreds of documents the balanced accuracy is best there, and a false
    refusal is worse than a far-off quote."""
    answered_intercept: float = -1.49
    answered_weight: float = 0.26
    """Logistic regression of "answered by the documents" on those log-odds, near misses included: what is on topic may
    still not be answered, and similarity cannot tell."""
    same_statement: float = 0.9
    """From which two sentences say the same."""
    repeated_in_summary: float = 0.75
    """From which a sentence of a summary repeats another."""

    def on_topic(self, values: Sequence[float]) -> float:
        """The log-odds that the question is about what the documents are about."""
        return self.on_topic_intercept + sum(w * value for w, value in zip(self.on_topic_weights, values, strict=True))

    def confidence(self, on_topic: float) -> float:
        """The probability, between 0 and 1, that the documents answer, from these log-odds."""
        return 1 / (1 + math.exp(-(self.answered_intercept + self.answered_weight * on_topic)))

    @property
    def least_confidence(self) -> float:
        """The confidence from which a question is answered where nothing was read."""
        return self.confidence(self.on_topic_threshold)

    def says_the_same(self, first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
        """Whether two sentences with these vectors (dimensions,) say the same."""
        return self.between_texts(float(first @ second)) >= self.same_statement


DEFAULT_SIMILARITY = SimilarityCalibration()
"""That of the default model."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration, and the share of questions that are more similar to the sentence that answers them than to any
    sentence of another topic, for the model and for the default one: how well it can tell topics apart.
    """

    calibration: SimilarityCalibration
    told_apart: float
    told_apart_by_default: float
    pairs: int


def read_pairs() -> list[Pair]:
    """The pairs that ship: our own sentences and questions, most of them about ten everyday documents."""
    return [Pair(**json.loads(line)) for line in _PAIRS.read_text("utf-8").splitlines()]


def fit(embedder: Embedder, pairs: Sequence[Pair]) -> Fit:
    """Fit the scales of a model. Raises EmbeddingError."""
    own, default = _samples(embedder, pairs), _samples(OnnxEmbedder(), pairs)
    return Fit(
        SimilarityCalibration(
            _scale(own.with_question, default.with_question), _scale(own.between_texts, default.between_texts)
        ),
        own.told_apart,
        default.told_apart,
        len(pairs),
    )


def calibration_of(engine: sa.Engine, embedder: Embedder) -> SimilarityCalibration:
    """A model's calibration: as it ships, as the library keeps it, or fitted roughly. Raises EmbeddingError."""
    if embedder.name == DEFAULT:
        return DEFAULT_SIMILARITY
    if embedder.name == MULTILINGUAL:
        return shipped(MULTILINGUAL)
    return kept(engine, embedder) or fit(embedder, read_pairs()[:_ROUGHLY]).calibration


def is_calibrated(engine: sa.Engine, embedder: Embedder) -> bool:
    """Whether the calibration of a model is known: it ships, or the library keeps it."""
    return embedder.name in (DEFAULT, MULTILINGUAL) or kept(engine, embedder) is not None


def calibrate(engine: sa.Engine, embedder: Embedder) -> Fit | None:
    """Fit a model to all the pairs and keep that in the library; None for one that ships. Raises EmbeddingError."""
    if embedder.name in (DEFAULT, MULTILINGUAL):
        return None
    fitted = fit(embedder, read_pairs())
    keep(engine, embedder, fitted.calibration)
    return fitted


def kept(engine: sa.Engine, embedder: Embedder) -> SimilarityCalibration | None:
    """The calibration that a library keeps for a model; None when there is none."""
    with reading(engine) as connection:
        scales = json.loads(text_of(connection, _STATE) or "{}").get(_key(embedder))
    return None if scales is None else _with_scales(scales)


def shipped(name: str, folder: Path = WEIGHTS) -> SimilarityCalibration:
    """The calibration in the file `name`.json. Raises EmbeddingError where it is missing or damaged."""
    file = folder / f"{name}.json"
    try:
        held = json.loads(file.read_text("utf-8"))
        weights = {name: held[name] for name in ("search_weight", "corrected_search_weight")}
        return replace(_with_scales(held["scales"]), **weights)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EmbeddingError(
            f"The embedding model's numbers in {file} are missing or damaged: install footnote-bot again."
        ) from error


def scales_of(calibration: SimilarityCalibration) -> list[Any]:
    """The scales as they are kept and shipped."""
    return [(scale.own, scale.default) for scale in (calibration.with_question, calibration.between_texts)]


def _with_scales(scales: list[Any]) -> SimilarityCalibration:
    with_question, between_texts = (CosineScale(tuple(own), tuple(default)) for own, default in scales)
    return SimilarityCalibration(with_question, between_texts)


def keep(engine: sa.Engine, embedder: Embedder, calibration: SimilarityCalibration) -> None:
    """Keep the calibration of a model in a library, in the place of the one before."""
    with writing(engine) as connection:
        known = json.loads(text_of(connection, _STATE) or "{}")
        set_state(connection, _STATE, json.dumps({**known, _key(embedder): scales_of(calibration)}))


def _key(embedder: Embedder) -> str:
    return f"{embedder.name} {embedder.dimensions}"


class _Samples(NamedTuple):
    with_question: NDArray[np.float32]
    between_texts: NDArray[np.float32]
    told_apart: float


def _samples(embedder: Embedder, pairs: Sequence[Pair]) -> _Samples:
    """Cosines of one model, those of the same texts in the same places whichever the model.

    Of each question those with the sentence that answers, with the nearest of another topic, and with one of another
    topic by chance; of each sentence those with the nearest other one, the nearest of another topic, and one by chance.
    """
    topic_of = {pair.sentence: pair.topic for pair in pairs}
    sentences = list(topic_of)
    topics = np.array(list(topic_of.values()))
    vectors = embedder.encode(sentences)

    asked = np.stack([embedder.encode_query(pair.question) for pair in pairs]) @ vectors.T
    elsewhere = np.array([[pair.topic] for pair in pairs]) != topics
    answering = asked[np.arange(len(pairs)), [sentences.index(pair.sentence) for pair in pairs]]
    off_topic = _nearest(asked, elsewhere)

    alike, apart = vectors @ vectors.T, topics[:, None] != topics
    nearest = [_nearest(alike, mask) for mask in (~np.eye(len(vectors), dtype=bool), apart)]
    return _Samples(
        np.concatenate([answering, off_topic, _by_chance(asked, elsewhere)]),
        np.concatenate([*nearest, _by_chance(alike, apart)]),
        float(np.mean(answering > off_topic)),
    )


def _nearest(cosines: NDArray[np.float32], allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The highest of each row among those that are allowed."""
    highest: NDArray[np.float32] = np.where(allowed, cosines, -1).max(axis=1)
    return highest


def _by_chance(cosines: NDArray[np.float32], allowed: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Of each row one of those that are allowed, the same ones each time."""
    columns = [np.flatnonzero(row)[(7 * n) % int(row.sum())] for n, row in enumerate(allowed)]
    return cosines[np.arange(len(cosines)), columns]


def _scale(own: NDArray[np.float32], default: NDArray[np.float32]) -> CosineScale:
    ranks = np.linspace(0, 1, _KNOTS)
    knots = [(-1.0, *np.quantile(cosines, ranks).tolist(), 1.0) for cosines in (own, default)]
    return CosineScale(*(tuple(round(knot, 5) for knot in side) for side in knots))
