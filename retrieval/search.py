"""Both indexes fused into ranked passages of what an asker may read.

Every hit is joined to the row of a ready revision before anything else sees it, so a stale vector is harmless.
Knows nothing of answers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from retrieval.index import keyword_index
from retrieval.index.vector_index import Key, VectorIndex
from retrieval.library.catalogue import holds_others, is_other, passage_of, readable_by
from retrieval.models.calibration import calibration
from retrieval.models.comparison import Comparison
from retrieval.models.language import is_english
from retrieval.models.reading import Reader, Reading
from retrieval.query import READ_AT_ONCE, SearchQuery, Section, is_enough
from retrieval.ranked_passage import Origin, RankedPassage
from retrieval.store.database import reading
from retrieval.store.state import SharedState, vector_state
from retrieval.store.tables import among, documents, passages, revisions
from retrieval.types import Span

CONTEXT = 32  # characters kept on both sides of a passage, for the prefix and suffix of a citation
_POOL = 40  # passages taken from each index before fusion
_OUTLINE = 40  # passages that stand for a whole document: its first ones, some that begin under a heading, others
_OPENING, _UNDER_HEADINGS = 3, 16
_MOST_WITHIN = 1000  # passages of a section that are compared with the question
_TRIES = 5  # searches when the library changes underneath

# Built once, since that takes longer than to execute them.
_OWNERS = sa.select(documents.c.owner).where(among(documents.c.owner, "owners")).distinct()
_KEYS = sa.select(
    *passages.c["id", "document_id", "revision", "number", "owner", "start", "end"], revisions.c.language
).join_from(passages, revisions)
_OF_KEYS = _KEYS.where(among(sa.tuple_(*passages.c["document_id", "revision", "number"]), "keys"))
_OF_ROWS = _KEYS.where(among(passages.c.owner, "owners"), among(passages.c.id, "rows"))
_OF_DOCUMENT = _KEYS.where(
    passages.c.document_id == sa.bindparam("document"), among(passages.c.owner, "owners")
).order_by(passages.c.number)
# The flag of the first sentence, as JSON has it, says that the passage begins with a heading.
_HEADED = sa.select(passages.c.number).where(
    passages.c.document_id == sa.bindparam("document"), passages.c.sentences[0][3].as_integer() == 1
)
_COUNT = (
    sa.select(sa.func.count())
    .select_from(passages)
    .where(among(passages.c.owner, "owners"), among(passages.c.document_id, "documents"))
)
_BEGIN = sa.case((passages.c.start > CONTEXT, passages.c.start - CONTEXT), else_=0)
_WINDOW = sa.func.substr(revisions.c.text, _BEGIN + 1, passages.c.end + CONTEXT - _BEGIN)
_HEAD = sa.func.substr(revisions.c.text, passages.c.head_start + 1, passages.c.head_end - passages.c.head_start)
_DETAILS = (
    sa.select(passages, documents.c.source, *revisions.c["title", "url", "pages", "language"])
    .add_columns(_BEGIN.label("window_start"), _WINDOW.label("window"), _HEAD.label("head"))
    .join_from(passages, revisions)
    .join(documents, documents.c.id == passages.c.document_id)
    .where(among(passages.c.id, "rows"), revisions.c.state == "ready")
)


@dataclass(frozen=True, slots=True)
class _Scored:
    key: Key
    row: int  # id in `passages`
    keyword: float = 0.0
    similarity: float = 0.0
    score: float = 0.0
    multilingual: bool = False


def _spread(rows: Sequence[Any], most: int) -> list[Any]:
    """At most so many rows, evenly spread."""
    step = max(1.0, len(rows) / max(1, most))
    return [rows[int(number * step)] for number in range(min(len(rows), most))]


def _found(row: Any) -> _Scored:
    return _Scored((row.document_id, row.revision, row.number), row.id, multilingual=is_other(row.language))


@dataclass(frozen=True, slots=True)
class Models:
    """What finds and reads passages, in English or in other languages.

    `vectors` are those that the embedder of `comparison` makes; `reader` gives None where passages are not to be read.
    `fill` makes the vectors that documents of some owners (those of some ids alone) may lack.
    """

    comparison: Comparison
    vectors: VectorIndex
    reader: Callable[[], Reader | None] = lambda: None
    fill: Callable[[Collection[str], Collection[str] | None], object] = lambda owners, documents: None


def score_read(score: float, log_probability: float, weight: float) -> float:
    """The score of a passage after it was read: times the probability that it answers, to the power of `weight`.

    A score that is not above zero stays.
    """
    return score * math.exp(weight * log_probability) if score > 0 else score


class Search:
    """Search over one library.

    Questions in English on documents in English are for the models `english`, all others for `others`, where there are
    any. `recover` makes lost vectors again, and is called when a search comes upon a loss.
    """

    def __init__(
        self,
        engine: sa.Engine,
        state: SharedState,
        recover: Callable[[], object],
        english: Models,
        others: Models | None = None,
    ) -> None:
        self._engine = engine
        self._state = state
        self._recover = recover
        self._english = english
        self._others = others

    def search(
        self, query: SearchQuery | str, asker: str, documents: Collection[str] | None = None, limit: int = 5
    ) -> list[RankedPassage]:
        """The passages that fit `query` best among the shared ones and the asker's own, best first: those that were
        read, then the others.

        A `str` is searched for and read as it stands. `documents` (ids) narrows the search; ids that the asker may not
        read find nothing.
        """
        if isinstance(query, str):
            query = SearchQuery(query, query)
        english = is_english(query.question or query.words)
        vectors: dict[bool, NDArray[np.float32]] = {}
        for multilingual in self._asked(english, asker, documents):
            vectors[multilingual] = self._models(multilingual).comparison.question(query.words)
        for left in reversed(range(_TRIES)):
            for multilingual in vectors:
                self._models(multilingual).fill(readable_by(asker), documents)
            with reading(self._engine) as connection:
                before = vector_state(connection)
                owners = sorted(connection.execute(_OWNERS, {"owners": readable_by(asker)}).scalars())
            ranked = self._ranked(query, vectors, owners, documents)[: max(limit, query.read)]
            with reading(self._engine) as connection:
                after, found = vector_state(connection), self._details(connection, ranked, query.section)
            if left and after.lost:  # known only now: the look at the vectors may be what found them gone
                self._recover()
                continue  # another process may have lost them once more
            if len(found) == len(ranked) and after.generation == before.generation:
                break
        return self._read(query, english, found)[:limit]

    def _models(self, multilingual: bool) -> Models:
        return self._others if multilingual and self._others is not None else self._english

    def _asked(self, english: bool, asker: str, documents: Collection[str] | None) -> list[bool]:
        """Which models are asked: those of other languages (True), those of English (False), or both."""
        if self._others is None:
            return [False]
        if not english:
            return [True]
        return [False, True] if holds_others(self._engine, readable_by(asker), documents) else [False]

    def _read(self, query: SearchQuery, english: bool, found: list[RankedPassage]) -> list[RankedPassage]:
        """The passages in their order after the best have been read, which is done where there is a reader for them."""
        if not found or not query.question:
            return found
        read: list[RankedPassage] = []
        odds: list[float] = []
        for begin in range(0, min(query.read, len(found)), READ_AT_ONCE):
            some = found[begin : begin + READ_AT_ONCE]
            # What a follow-up leans on hardly tells passages apart, nor do the few of a section: all of them are read.
            # Nor does a reader tell from one part of a table whether another has the row that is meant.
            in_table = any(passage.head for passage in some)
            done = is_enough([passage.score for passage in read], odds, some[0].score)
            if done and query.follow_up is None and query.section is None and not in_table:
                break
            readings = self._readings(query, english, some)
            if readings is None:
                break
            odds += [one.odds for one in readings]
            for passage, one in zip(some, readings, strict=True):
                score = score_read(passage.score, one.log_probability, calibration(one.network).passage)
                read.append(replace(passage, reading=one, score=score))
        if not read:
            return found
        unread = found[len(read) :]
        read.sort(key=lambda passage: -passage.score)
        # Scores fall from first to last, whatever reading took from those that were read.
        lower = min(0.0, read[-1].score - max((passage.score for passage in unread), default=-math.inf))
        return read + [replace(one, score=min(one.score + lower, read[-1].score)) for one in unread]

    def _readings(self, query: SearchQuery, english: bool, some: Sequence[RankedPassage]) -> list[Reading] | None:
        """A reading of each passage; None where one has no reader."""
        made: dict[int, Reading] = {}
        for multilingual in {passage.multilingual for passage in some}:
            reader = self._models(multilingual).reader() if multilingual or english else None
            if reader is None:
                return None
            mine = [number for number, passage in enumerate(some) if passage.multilingual == multilingual]
            texts = [some[number].text for number in mine]
            if multilingual and query.follow_up is not None:
                readings = reader.read(query.follow_up.question, texts, query.follow_up.before)
            else:
                readings = reader.read(query.question, texts)
            made |= zip(mine, readings, strict=True)
        return [made[number] for number in range(len(some))]

    def at(self, document_id: str, asker: str, places: Collection[Span]) -> list[RankedPassage]:
        """The passages of a document in which some places of its text stand, in its order; none where the asker may not
        read it.
        """
        with reading(self._engine) as connection:
            values = {"document": document_id, "owners": readable_by(asker)}
            rows = [
                row
                for row in connection.execute(_OF_DOCUMENT, values)
                if any(Span(row.start, row.end).overlaps(place) for place in places)
            ]
            return self._details(connection, [_found(row) for row in rows])

    def outline(self, document_id: str, asker: str, section: Section | None = None) -> list[RankedPassage]:
        """Passages that stand for a whole document, or for a section of it: all when it is short, else its first ones,
        those that begin under a heading and others, evenly spread; none where the asker may not read it.
        """
        with reading(self._engine) as connection:
            values = {"document": document_id, "owners": readable_by(asker)}
            rows = [
                row
                for row in connection.execute(_OF_DOCUMENT, values)
                if section is None or section.holds(row.document_id, row.number)
            ]
            headed = set(connection.execute(_HEADED, {"document": document_id}).scalars())
            first = rows[:_OPENING]
            under = _spread([row for row in rows[_OPENING:] if row.number in headed], _UNDER_HEADINGS)
            taken = {row.number for row in (*first, *under)}
            others = _spread([row for row in rows if row.number not in taken], _OUTLINE - len(taken))
            chosen = sorted([*first, *under, *others], key=lambda row: row.number)
            return self._details(connection, [_found(row) for row in chosen], section)

    def statistics(
        self, question: str, asker: str, documents: Collection[str] | None = None
    ) -> tuple[dict[str, float], int]:
        """How much each search token of `question` tells (its inverse document frequency in what the asker may read),
        and how many passages a search of these documents looks at.
        """
        owners = readable_by(asker)
        with reading(self._engine) as connection:
            weights, searched = keyword_index.term_weights(connection, question, owners)
            if documents is not None:
                chosen = {"owners": owners, "documents": list(documents)}
                searched = connection.execute(_COUNT, chosen).scalar_one()
            return weights, searched

    def _ranked(
        self,
        query: SearchQuery,
        vectors: Mapping[bool, NDArray[np.float32]],
        owners: Sequence[str],
        chosen: Collection[str] | None,
    ) -> list[_Scored]:
        """The best passages of either index, each scored by both, best first; `vectors` are the query's by models."""
        nearest = {
            multilingual: self._models(multilingual).vectors.query(vector, owners, _POOL, chosen)
            for multilingual, vector in vectors.items()
        }
        candidates = {key for keys in nearest.values() for key in keys}
        if query.section is not None:  # all of it: few of the whole document's nearest may be in it
            candidates |= {
                (query.section.document, row.revision, row.number) for row in self._within(query.section, owners)
            }
        found, keyword = self._candidates(query.words, owners, candidates, chosen)
        if (section := query.section) is not None:
            found = {key: row for key, row in found.items() if section.holds(row.document_id, row.number)}
        of_models: dict[bool, list[Key]] = {multilingual: [] for multilingual in vectors}
        for key, row in found.items():
            of_models[is_other(row.language) if len(vectors) > 1 else next(iter(vectors))].append(key)
        best = max((keyword.get(row.id, 0.0) for row in found.values()), default=0.0) or 1.0
        scored = []
        for multilingual, keys in of_models.items():
            models, cosines = self._models(multilingual), nearest[multilingual]
            for owner in owners:
                unknown = [key for key in keys if key not in cosines and found[key].owner == owner]
                cosines |= {
                    key: float(v @ vectors[multilingual]) for key, v in models.vectors.vectors(owner, unknown).items()
                }
            similarity = models.comparison.similarity()
            weight = similarity.corrected_search_weight if query.corrected else similarity.search_weight
            for key in keys:
                by_words = keyword.get(found[key].id, 0.0) / best
                by_vector = float(similarity.with_question(cosines.get(key, 0.0)))
                score = by_words + weight * by_vector
                scored.append(_Scored(key, found[key].id, by_words, by_vector, score, multilingual))
        return sorted(scored, key=lambda one: (-one.score, one.key))

    def _within(self, section: Section, owners: Sequence[str]) -> list[Any]:
        """The passages of a section."""
        values = {"document": section.document, "owners": list(owners)}
        with reading(self._engine) as connection:
            return [
                row for row in connection.execute(_OF_DOCUMENT, values) if section.holds(row.document_id, row.number)
            ][:_MOST_WITHIN]

    def _candidates(
        self, question: str, owners: Sequence[str], nearest: Collection[Key], chosen: Collection[str] | None
    ) -> tuple[dict[Key, sa.Row[Any]], dict[int, float]]:
        """The rows of the best passages of either index by key, and the BM25 score of each by row id."""
        with reading(self._engine) as connection:
            # Owners are told apart here: asked for both, SQLite looks through all passages of the owners.
            nearby = connection.execute(_OF_KEYS, {"keys": list(nearest)})
            rows: list[Any] = [row for row in nearby if row.owner in owners]
            scores = keyword_index.search(connection, question, owners, chosen, also=[row.id for row in rows])
            best = {"owners": owners, "rows": list(islice(scores, _POOL))}
            rows = [*rows, *connection.execute(_OF_ROWS, best)]
        return {(row.document_id, row.revision, row.number): row for row in rows}, scores

    def _details(
        self, connection: sa.Connection, scored: Sequence[_Scored], section: Section | None = None
    ) -> list[RankedPassage]:
        """What is shown of the passages, in their order, or of their parts in a section; those that the library no
        longer has are left out.
        """
        found = connection.execute(_DETAILS, {"rows": [one.row for one in scored]})
        # By key, since the database gives the row ids of passages that are gone to others.
        rows = {(row.document_id, row.revision, row.number): row for row in found}
        cut = {
            key: passage_of(row.number, row.start, row.end, row.sentences, row.head_start, row.head_end)
            for key, row in rows.items()
        }
        parts = cut if section is None else {key: part for key, one in cut.items() if (part := section.part_of(one))}
        return [
            RankedPassage(
                origin=Origin(
                    row.document_id,
                    row.owner,
                    row.revision,
                    row.title,
                    row.source,
                    row.url,
                    tuple(row.pages),
                    row.language or "",
                ),
                passage=parts[one.key],
                window=row.window,
                window_start=row.window_start,
                head=row.head or "",
                keyword=one.keyword,
                similarity=one.similarity,
                score=one.score,
                multilingual=one.multilingual,
            )
            for one in scored
            if one.key in parts and (row := rows[one.key])
        ]
