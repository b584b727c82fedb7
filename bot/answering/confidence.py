"""How sure one can be that the documents answer a question, and whether that is enough to answer it.

Where passages were read, the reader and likeness together tell; elsewhere likeness alone. Knows no wording.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bot.answering.draft import Findings
from bot.answering.ranking import Candidate
from bot.understanding.english import words_of
from bot.understanding.questions import core, in_keywords
from retrieval.models.calibration import ENGLISH, MULTILINGUAL, calibration
from retrieval.models.language import crosses, is_english, is_understood
from retrieval.models.similarity_calibration import SimilarityCalibration

STRICTNESS = {"strict": 0.8, "balanced": 0.0, "helpful": -0.8}
"""What each setting adds to the log-odds from which a question is answered; docs/reader.md has what each gives."""

_FAR_AHEAD = 5.0  # of the next sentence's score, in log-odds: more says nothing more


class Verdict(NamedTuple):
    """The probability that the documents answer, and from which on an answer is given; `on_topic` are the log-odds that
    they are about the question at all, `signs` what `plain_signs` has of the best sentence, and `certainty` their sum.
    """

    confidence: float
    threshold: float
    on_topic: float = 0.0
    signs: tuple[float, ...] = ()
    certainty: float = 0.0

    @property
    def answers(self) -> bool:
        """Whether to answer."""
        return self.confidence >= self.threshold

    @property
    def is_sure(self) -> bool:
        """Whether an answer is said plainly, without "This may be it:"."""
        return self.certainty >= 0


def verdict(
    found: Findings, candidates: Sequence[Candidate], similarity: SimilarityCalibration, strictness: str = "balanced"
) -> Verdict:
    """What to think of the best of `candidates`, the sentences of what was found, best first; `strictness` is one of
    STRICTNESS.
    """
    log_odds = similarity.on_topic(likeness_features(found, candidates))
    odds = [passage.reading.odds for passage in found.passages if passage.reading is not None]
    if not candidates:
        return Verdict(0.0, 1.0)
    best = candidates[0]
    alike = Verdict(similarity.confidence(log_odds), similarity.least_confidence, on_topic=log_odds)
    if not odds or best.place is None or best.quote.passage.reading is None:
        return alike
    numbers = calibration(best.quote.passage.reading.network)
    weights = numbers.confidence
    # A reader is less sure of what it reads in another language than it is asked in.
    crossed = float(weights[-1] != 0 and crosses(found.question, best.quote.passage.origin.language))
    # In the order in which `scripts.training.calibrating` fitted their weights.
    values = (max(odds), best.quote.passage.reading.odds, best.place.likelihood, log_odds, crossed)
    total = _weighed(weights, values)
    signs = plain_signs(total, candidates)
    least = needed(found.question, best.quote.passage.reading.network, strictness)
    read = Verdict(1 / (1 + math.exp(-total)), least, log_odds, signs, _weighed(numbers.plain, signs))
    # Of what only names something, likeness alone may be sure enough.
    return alike if alike.answers and not read.answers and _names(found.question, best) else read


def _weighed(weights: Sequence[float], values: Sequence[float]) -> float:
    return weights[0] + sum(weight * value for weight, value in zip(weights[1:], values, strict=True))


def plain_signs(log_odds: float, candidates: Sequence[Candidate]) -> tuple[float, float, float]:
    """What tells whether the best sentence is the right one, weighed by `scripts.training.plainness`: the log-odds that
    the documents answer, the share of the question's words in it, and by how much its score is above that of the next.
    """
    ahead = candidates[0].score - candidates[1].score if len(candidates) > 1 else _FAR_AHEAD
    return log_odds, candidates[0].coverage, min(ahead, _FAR_AHEAD)


def needed(question: str, network: str | None = None, strictness: str = "balanced") -> float:
    """The confidence from which a question is answered, where passages were read by `network`: by default the one that
    reads texts in the question's language. More than can be in a language that none of them knows.
    """
    if not is_understood(question):
        return math.inf
    least = calibration(network or (ENGLISH if is_english(question) else MULTILINGUAL)).threshold
    return 1 / (1 + (1 - least) / least * math.exp(-STRICTNESS[strictness]))


def _names(question: str, candidate: Candidate) -> bool:
    """Whether a sentence has the question's keywords one after the other, so that they ask for nothing but it."""
    if not in_keywords(question):
        return False
    said, asked = ([word.base for word in words_of(text)] for text in (candidate.quote.words, core(question)))
    return any(said[start : start + len(asked)] == asked for start in range(len(said)))


def likeness_features(found: Findings, candidates: Sequence[Candidate]) -> tuple[float, float, float]:
    """What likeness goes by: the cosines of sentences and passages, the shares of the question's words in them."""
    similarities = [c.similarity for c in candidates] + [p.similarity for p in found.passages]
    return likeness_values(similarities, [c.coverage for c in candidates], found.searched)


def likeness_values(
    similarities: Iterable[float], coverages: Iterable[float], searched: int
) -> tuple[float, float, float]:
    """The best cosine with the question, the largest share of its words in one sentence, and the logarithm of how many
    passages were searched: among many, one is a little like it by chance.
    """
    return max(similarities, default=0.0), max(coverages, default=0.0), math.log(max(1, searched))
