"""Which sentence of the passages answers best: by likeness, by the question's words, and by what the reader says.

A sentence of a passage that was read is judged by all of these, with weights that `python -m scripts.training` chose;
where nothing was read, by likeness, words and its passage's rank. Knows no thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.answering.draft import Findings, Quote
from bot.answering.quotes import quotable
from bot.answering.table_cells import own_share, siblings
from bot.understanding.questions import core, covered
from retrieval.chunking.markup import bare
from retrieval.models.calibration import calibration
from retrieval.models.comparison import Comparison
from retrieval.models.embedding_cache import EmbeddingCache
from retrieval.models.reading import AnswerSpan, Reading
from retrieval.ranked_passage import RankedPassage
from retrieval.search import score_read
from retrieval.types import Span

_LEAST_SHARE = 1e-4


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence's figures: `coverage` is its share of the question's words, `place` what the reader finds in it."""

    quote: Quote
    vector: NDArray[np.float32]
    similarity: float
    coverage: float
    score: float
    place: AnswerSpan | None = None

    def likelihood(self, span: Span) -> float:
        """The log-probability of an answer in a span of the document, where the passage was read."""
        place = _place(self.quote.passage, span)
        return -math.inf if place is None else place.likelihood


class Ranker:
    """Ranks the sentences of passages, those found by the models of other languages with `others`."""

    def __init__(self, english: Comparison, others: Comparison | None = None) -> None:
        self._comparisons = {False: english, True: others or english}
        self._sentences = {
            multilingual: EmbeddingCache(one.embedder) for multilingual, one in self._comparisons.items()
        }

    def rank(self, found: Findings, seen: Sequence[tuple[str, Span]] = ()) -> list[Candidate]:
        """Every sentence of the passages with its scores, best first; those in `seen` are left out.

        Where some passages were read, those that were not are left out, too: what is not read is not quoted.
        """
        read = [passage for passage in found.passages if passage.reading is not None]
        quotes = quotable(read or found.passages, seen)
        if not quotes:
            return []
        # With its document's title and its heading a sentence tells what "it" is: read so, it is found more often.
        texts = [bare("\n".join((q.passage.origin.title, q.lead, q.words))) for q in quotes]
        vectors, similarities = self._compared(core(found.question), texts, [q.passage.multilingual for q in quotes])
        best = max(passage.score for passage in found.passages) or 1.0
        candidates = []
        for quote, text, vector, similarity in zip(quotes, texts, vectors, similarities, strict=True):
            coverage, unseen = covered(found.weights, text), _unseen(quote.passage, seen)
            reading = quote.passage.reading
            place = _place(quote.passage, quote.span)
            score = _score(float(similarity), coverage, quote.passage.score, best, reading, unseen, place)
            candidates.append(Candidate(quote, vector, float(similarity), coverage, score, place))
        return _meant_first(found.weights, sorted(candidates, key=lambda candidate: -candidate.score))

    def _compared(
        self, question: str, texts: Sequence[str], multilingual: Sequence[bool]
    ) -> tuple[list[NDArray[np.float32]], list[float]]:
        """The vector of each text by the models that found it, and its similarity to the question."""
        vectors: dict[int, NDArray[np.float32]] = {}
        similarities: dict[int, float] = {}
        for models in set(multilingual):
            mine = [number for number, one in enumerate(multilingual) if one == models]
            comparison, found = self._comparisons[models], self._sentences[models].encode([texts[n] for n in mine])
            cosines = found @ comparison.question(question)
            vectors |= zip(mine, found, strict=True)
            similarities |= zip(mine, comparison.similarity().with_question(cosines).tolist(), strict=True)
        return [vectors[n] for n in range(len(texts))], [similarities[n] for n in range(len(texts))]

    def alike(self, sentence: str, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        """The cosine of a sentence with each of some candidates, by the models that compared them."""
        vectors = {
            models: self._sentences[models].encode([sentence])[0]
            for models in {one.quote.passage.multilingual for one in candidates}
        }
        return np.array([one.vector @ vectors[one.quote.passage.multilingual] for one in candidates], np.float32)

    def says_the_same(self, one: Candidate, other: Candidate) -> bool:
        """Whether two sentences say the same, as far as one model compares both."""
        models = one.quote.passage.multilingual
        if models != other.quote.passage.multilingual:
            return False
        return self._comparisons[models].similarity().says_the_same(one.vector, other.vector)

    def likeness(self, quotes: Sequence[Quote], title: str) -> NDArray[np.float32]:
        """How similar each sentence of a document is to each other one and, last, to its title, (n + 1, n + 1)."""
        multilingual = any(quote.passage.multilingual for quote in quotes)
        vectors = self._sentences[multilingual].encode([*(quote.words for quote in quotes), title])
        return self._comparisons[multilingual].similarity().between_texts(vectors @ vectors.T)


def sentence_features(
    similarity: float, coverage: float, rank: float, odds: float, likelihood: float, share: float
) -> tuple[float, ...]:
    """What speaks for a sentence that was read.

    Likeness, words, its passage's score over the best one's and log-odds of an answer, and the log-probabilities of its
    likeliest answer and of an answer anywhere in it.
    """
    return similarity, coverage, rank, odds, likelihood, math.log(max(share, _LEAST_SHARE))


def _meant_first(weights: Mapping[str, float], candidates: list[Candidate]) -> list[Candidate]:
    """Where a row or an item is best, the one beside it that holds most of the question in its own words comes first.

    Read with what stands over them they all hold it, and the reader does not tell them apart.
    """
    alike = {quote.span for quote in siblings(candidates[0].quote, [one.quote for one in candidates])}
    document = candidates[0].quote.passage.origin
    rows = [one for one in candidates if one.quote.span in alike and one.quote.passage.origin == document]
    if not rows:
        return candidates
    meant = max(rows, key=lambda one: own_share(weights, one.quote))  # the first of several
    return [meant, *(one for one in candidates if one is not meant)]


def _unseen(passage: RankedPassage, seen: Sequence[tuple[str, Span]]) -> float:
    """The share of a passage's answer outside the places quoted before, which speak for no other sentence of it."""
    places = [_place(passage, span) for document, span in seen if document == passage.origin.id]
    return max(_LEAST_SHARE, 1 - sum(place.share for place in places if place is not None))


def _score(
    similarity: float,
    coverage: float,
    passage: float,
    best: float,
    reading: Reading | None,
    unseen: float,
    place: AnswerSpan | None,
) -> float:
    """A sentence's score from its own figures, the scores of its passage and of the best one, and what was read."""
    if reading is None:
        return similarity + coverage + passage / best  # with weights of 1 each, see `scripts.fit_similarity`
    if place is None:  # not read to its end
        return -math.inf
    numbers = calibration(reading.network)
    rank = score_read(passage, math.log(unseen), numbers.passage) / best
    values = sentence_features(similarity, coverage, rank, _odds(reading, unseen), place.likelihood, place.share)
    return sum(weight * value for weight, value in zip(numbers.sentence, values, strict=True))


def _odds(reading: Reading, unseen: float) -> float:
    """The log-odds that a passage answers outside the places that were quoted before."""
    if unseen == 1.0:
        return reading.odds
    probability = reading.probability * unseen
    return math.log(probability) - math.log1p(-probability)


def _place(passage: RankedPassage, span: Span) -> AnswerSpan | None:
    """What the reader finds in a span of the document; None where it did not read there."""
    start = passage.passage.start
    return None if passage.reading is None else passage.reading.within(Span(span.start - start, span.end - start))
