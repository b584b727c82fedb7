"""Answers by quoting: picks the sentences of the passages that answer, word for word, or none.

Which sentence is best (`ranking`) and how sure that is (`confidence`) is told by a reader of the passages, where they
were read. Knows no database, no conversation and no interface.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bot.answering.confidence import Verdict, verdict
from bot.answering.differences import with_differences
from bot.answering.draft import Draft, Findings, Query, Quote, Related, Statement
from bot.answering.quotes import in_sentences, quotable, tidied
from bot.answering.ranking import Candidate, Ranker
from bot.answering.summary import FEWEST, STANDS_ALONE, against, in_summary
from bot.answering.table_cells import cell_of, own_share, siblings, told
from bot.understanding.questions import asks_for_several, asks_yes_or_no, is_open
from bot.understanding.summary_requests import sentences_wanted
from retrieval.models.comparison import Comparison
from retrieval.types import Span

_MOST_SENTENCES = 3
_MOST_ITEMS = 20  # of a list
_NEARLY_AS_GOOD = 0.85  # a further sentence's score over the best one's, where nothing was read
_NEARLY_AS_SURE = 1.0  # how far its score, which is log-odds, may lie under the best one's, where it was
_AS_LIKELY = 0.5  # how far, where one sentence is asked for, and it is not clear which: docs/evaluation.md
_FEWER_WORDS = 0.1  # how much less of the question it may hold
_RELATED = 3
_OF_EACH = 2  # sentences of a summary, where several stand side by side


@dataclass(frozen=True, slots=True)
class Ranked:
    """What was found for one part of a question: its sentences, best first, and those that answer it, if any do."""

    found: Findings
    candidates: Sequence[Candidate]
    judged: Verdict
    statements: Sequence[Statement]


class ExtractiveAnswerer:
    """Drafts answers that are verbatim quotes."""

    def __init__(
        self,
        english: Comparison,
        others: Comparison | None = None,
        refuse: bool = True,
        strictness: str = "balanced",
    ) -> None:
        """`refuse`: whether to answer nothing where nothing seems to answer, and how readily (`strictness`)."""
        self._ranker = Ranker(english, others)
        self._similarity = english.similarity
        self._refuse, self._strictness = refuse, strictness

    def draft(self, query: Query, findings: Sequence[Findings]) -> Draft:
        """A draft from what was found for each part of the question."""
        if query.stated:
            return _quoted(query, findings)
        if query.whole is not None:
            return self._summary(query, findings)
        return self.drafted([self.ranked(query, found) for found in findings])

    def drafting(self, query: Query, findings: Sequence[Findings]) -> Iterator[Draft]:
        """The draft, as answerers give it that have parts of it earlier."""
        yield self.draft(query, findings)

    def ranked(self, query: Query, found: Findings) -> Ranked:
        """The sentences of what was found for one part of a question, and those that answer it, if any do."""
        candidates = self._ranker.rank(found, query.seen)
        if query.holding is not None:
            candidates = [one for one in candidates if query.holding.search(one.quote.words)]
        judged = verdict(found, candidates, self._similarity(), self._strictness)
        answers = candidates and (judged.answers or not self._refuse)
        chosen = self._chosen(found, candidates) if answers else []
        statements = [replace(_statement(found.question, one), sure=judged.is_sure) for one in chosen]
        return Ranked(found, candidates, judged, statements)

    def alike(self, sentence: str, candidates: Sequence[Candidate]) -> NDArray[np.float32]:
        """The cosine of a sentence with each of some candidates."""
        return self._ranker.alike(sentence, candidates)

    def statement(self, ranked: Ranked, quote: Quote) -> Statement:
        """A quote that somebody else chose, as it is said and marked where the reader has read it."""
        candidate = next((one for one in ranked.candidates if one.quote == quote), None)
        return Statement(quote.said, quote) if candidate is None else _statement(ranked.found.question, candidate)

    def drafted(self, ranked: Sequence[Ranked]) -> Draft:
        """A draft from the sentences of each part of the question, or of each document that was asked by itself; said
        plainly where each is sure.
        """
        sure = all(statement.sure for one in ranked for statement in one.statements)
        statements = [replace(statement, sure=sure) for one in ranked for statement in one.statements]
        unanswered: list[str] = []
        related: list[Related] = []
        for one in ranked:
            if not one.statements:
                unanswered.append(one.found.asked)
                chance = one.judged.confidence
                nearest = [each.quote for each in one.candidates[:_RELATED]]
                shown = {(near.quote.passage.origin.id, near.quote.span) for near in related}
                related += [
                    Related(quote, 0.0 if n else chance)
                    for n, quote in enumerate(nearest)
                    if (quote.passage.origin.id, quote.span) not in shown
                ]
        if any(one.found.document for one in ranked):
            statements = with_differences(statements)
        else:
            unique = {one.text: one for one in reversed(statements)}  # several parts or documents may say the same
            statements = [one for one in statements if unique[one.text] is one]
        return Draft(
            statements=tuple(statements),
            confidence=max((one.judged.confidence for one in ranked), default=0.0),
            answered_by="extractive",
            unanswered=tuple(unanswered) if statements else (),
            related=() if statements else tuple(sorted(related, key=lambda one: -one.chance)[:_RELATED]),
        )

    def _chosen(self, found: Findings, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The best sentence; to open questions also others nearly as good; of a list or table all that is asked for."""
        best = candidates[0]
        if asks_for_several(found.question) and (items := _items(found, candidates)):
            return items
        chosen, openly = [best], is_open(found.question)
        if asks_yes_or_no(found.question) or (best.place is None and not openly):
            return chosen  # of several quotes nobody says which means yes, and which no
        margin = _NEARLY_AS_SURE if openly else _AS_LIKELY
        least = best.score * _NEARLY_AS_GOOD if best.place is None else best.score - margin
        own = own_share(found.weights, best.quote)
        beside = {quote.span for quote in siblings(best.quote, [one.quote for one in candidates])}
        for candidate in candidates[1:]:
            if len(chosen) == _MOST_SENTENCES or candidate.score < least:
                break
            if candidate.quote.span in beside and own_share(found.weights, candidate.quote) < own:
                continue  # another row or item than is meant
            about = best.place is None or not openly or candidate.coverage >= best.coverage - _FEWER_WORDS
            if about and not any(self._repeats(candidate, other, openly) for other in chosen):
                chosen.append(candidate)
        return chosen

    def _repeats(self, one: Candidate, other: Candidate, openly: bool) -> bool:
        """Whether it says the same: by the words alone where one thing is asked for, since "on Monday" is much like "on
        Friday".
        """
        return one.quote.said == other.quote.said or (openly and self._ranker.says_the_same(one, other))

    def _summary(self, query: Query, findings: Sequence[Findings]) -> Draft:
        if query.each:
            chosen = [quote for found in findings for quote in self._summed_up([found], _OF_EACH)]
        else:
            chosen = self._summed_up(findings, sentences_wanted(query.question))
        return Draft(
            statements=tuple(Statement(quote.said, quote) for quote in chosen),
            confidence=1.0 if chosen else 0.0,
            answered_by="extractive",
        )

    def _summed_up(self, findings: Sequence[Findings], wanted: int | None) -> list[Quote]:
        """The sentences of a summary, as many as are wanted."""
        passages = [passage for found in findings for passage in found.passages]
        found = quotable(passages)
        quotes = in_sentences(found)
        if sum(against(quote.said) < STANDS_ALONE for quote in quotes) < FEWEST:
            quotes = found  # a form or a table: what it is about stands in its rows
        if not quotes:
            return []
        likeness = self._ranker.likeness(quotes, passages[0].origin.title)
        return [quotes[n] for n in in_summary(quotes, likeness, wanted, self._similarity().repeated_in_summary)]


def _quoted(query: Query, findings: Sequence[Findings]) -> Draft:
    """The sentences and headings in which something is stated, word for word: of each group of places the first that
    stands in one.
    """
    passages = [passage for found in findings for passage in found.passages]
    cut = [(passage, sentence) for passage in passages for sentence in passage.passage.sentences]
    chosen: dict[Span, Statement] = {}
    for places in query.stated:
        found = ((one, place) for place in places for one in cut if one[1].start <= place.start < one[1].end)
        if (first := next(found, None)) is None:
            continue
        (passage, sentence), place = first
        quote = Quote(passage, sentence.span, sentence.paragraph)
        before = chosen.get(sentence.span)
        shown = Span(place.start if before is None or before.highlight is None else before.highlight.start, place.end)
        chosen[sentence.span] = Statement(quote.said, quote, shown if shown.end - shown.start > 1 else None)
    statements = tuple(chosen[span] for span in sorted(chosen, key=lambda span: span.start))
    return Draft(statements, confidence=float(bool(statements)), answered_by="extractive")


def _items(found: Findings, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best one and the items beside it that hold as much of the question, in order; none where it is no item."""
    best = candidates[0].quote
    spans = {quote.span for quote in siblings(best, [one.quote for one in candidates])}
    least = own_share(found.weights, best)
    items = [one for one in candidates if one.quote.passage == best.passage and one.quote.span in spans]
    items = [one for one in items if own_share(found.weights, one.quote) >= least]
    return sorted(items, key=lambda one: one.quote.span.start)[:_MOST_ITEMS]


def _statement(question: str, candidate: Candidate) -> Statement:
    quote, read = candidate.quote, candidate.place
    if read is None:
        return Statement(quote.said, quote)
    cell = cell_of(question, quote, candidate.likelihood)
    answering = cell or _tidied(quote, read.answer)
    # A yes or no stands in no words, and a sentence that answers as a whole has no part that does.
    shown = not asks_yes_or_no(question) and answering != quote.span
    text = (told(quote, answering) if cell else None) or quote.said
    return Statement(text, quote, answering if shown else None)


def _tidied(quote: Quote, answer: Span) -> Span:
    """The place in the document of the words that answer, from their place in the passage."""
    offset = quote.span.start - quote.passage.passage.start
    place = tidied(quote.words, Span(answer.start - offset, answer.end - offset))
    return Span(quote.span.start + place.start, quote.span.start + place.end)
