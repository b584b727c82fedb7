"""A chat model chooses what answers; what is shown are the exact words of the text.

The model sees ten whole passages and names the sentences that answer, each line with its own wording. Its choice is
taken as it is: a verbatim quote cannot be an invention. Its wording is said where the quotes bear it out by the gates
and the judge, else the quotes are said as they stand. Where it finds nothing it may say once what to search for
instead. Without a model that answers, the quoted answer is what is said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from bot.answering.chain import PASSAGES as QUOTED
from bot.answering.draft import Draft, Findings, Query, Quote, Statement
from bot.answering.extractive import ExtractiveAnswerer, Ranked
from bot.answering.generation.chat_model import ChatModel
from bot.answering.generation.computing import computed
from bot.answering.generation.gates import Evidence, borne_out, has_address, passes_vetoes, says_nothing_new
from bot.answering.generation.model_call import ModelError, Usage
from bot.answering.generation.orders import Orders
from bot.answering.generation.prompt import PromptError, Written, messages, searches, tokens_of, written
from bot.answering.generation.shown import Shown, shown
from bot.answering.support import Judge
from retrieval.library.catalogue import is_other
from retrieval.query import Section
from retrieval.ranked_passage import RankedPassage
from retrieval.types import Span

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

PASSAGES = 10
"""Passages that a model is shown."""

_REPLY = 400  # tokens that are left for a reply
_MOST = 12  # quotes of an answer
_WORDED = 3  # quotes of a line up to which its wording is compared with them
_RELEVANT = 2.0  # log-odds that the score of what a line without ids is bound to may lie under the best one's
_FAR = -8.0  # log-odds of being on topic below which no model is asked: under one answerable question in 100 is there
_ALIGNED = 4  # quotable sentences most like such a line that may bear it out
_CHOSEN, _NONE = 0.95, 0.05  # the probability that the documents answer, where a model says so or says that they do not
_log = logging.getLogger("footnote.model")

Find = Callable[[Query, str], Findings]
"""What a search for some words finds, for a query."""


@dataclass(slots=True)
class _Reading:
    """What a model has said to one part of a question so far; `refused` where it says that nothing answers."""

    statements: list[Statement] = field(default_factory=list)
    searches: tuple[str, ...] = ()
    refused: bool = False


class GenerativeAnswerer:
    """Drafts answers whose quotes a model chose."""

    def __init__(
        self,
        model: ChatModel,
        quoting: ExtractiveAnswerer,
        judge: Judge,
        orders: Orders,
        window: int,
        find: Find,
        sections: Callable[[str, Collection[str]], Sequence[Section]],
    ) -> None:
        """`window`: the tokens that the model takes in, with its reply; `find` searches once more; `sections` are those
        of documents (ids) that an asker may read.
        """
        self._model, self._quoting, self._judge, self._orders = model, quoting, judge, orders
        self._window, self._find, self._sections = window, find, sections

    def drafting(self, query: Query, findings: Sequence[Findings]) -> Iterator[Statement | Draft]:
        """Statements as they come, and the draft that has them all."""
        if query.whole is not None:
            yield self._quoting.draft(query, findings)
            return
        ranked = [self._quoting.ranked(query, replace(found, passages=found.passages[:QUOTED])) for found in findings]
        usages: list[Usage] = []
        said: dict[str, Statement] = {}
        readings: list[_Reading] = []
        away = False
        for one, found in zip(ranked, findings, strict=True):
            readings.append(reading := _Reading())
            try:
                reading.refused = one.judged.on_topic < _FAR and bool(one.candidates)
                for statement in () if away or reading.refused else self._read(query, found, one, reading, usages):
                    told = (statement.restated or statement).text
                    if told not in said and not _repeats(statement, said.values()):
                        said[told] = statement
                        yield statement
            except (ModelError, PromptError) as error:
                _log.warning("the model is away: %s", error)
                away = True
            if not (reading.statements or reading.refused):  # a part of which the model says nothing is quoted
                said |= {statement.text: statement for statement in one.statements if statement.text not in said}
        chosen = any(reading.statements for reading in readings)
        refused = [reading.refused for reading in readings]
        quoted = self._quoting.drafted(
            [replace(one, statements=()) if no else one for one, no in zip(ranked, refused, strict=True)]
        )
        sure = _CHOSEN if chosen else min(quoted.confidence, _NONE) if all(refused) else quoted.confidence
        silent = (no or not one.statements for one, no in zip(ranked, refused, strict=True))
        missing = [
            one.found.asked
            for one, reading, empty in zip(ranked, readings, silent, strict=True)
            if not reading.statements and empty
        ]
        # What the reader thinks of it counts for nothing where the model has read and refused it.
        near = tuple(one._replace(chance=0.0) for one in quoted.related) if any(refused) else quoted.related
        yield replace(
            quoted,
            statements=tuple(said.values()),
            confidence=sure,
            answered_by="generative" if chosen or all(refused) else quoted.answered_by,
            unanswered=tuple(missing) if said else (),
            related=() if said else near,
            away=away,
            tokens=(sum(usage.read for usage in usages), sum(usage.written for usage in usages)),
        )

    def _read(
        self, query: Query, found: Findings, one: Ranked, reading: _Reading, usages: list[Usage]
    ) -> Iterator[Statement]:
        """What the model says to one part of the question, from what was found and, once, from what it searches for.

        Raises ModelError and PromptError.
        """
        yield from self._asked(query, found, one, reading, usages, may_search=True)
        if reading.searches and not reading.statements:
            known = {_key(passage) for passage in found.passages}
            passages = {_key(one): one for words in reading.searches for one in self._find(query, words).passages}
            new = [passage for key, passage in passages.items() if key not in known][: PASSAGES - QUOTED]
            if new:
                again = replace(found, passages=(*new, *found.passages[:QUOTED]))
                yield from self._asked(query, again, one, reading, usages, may_search=False)

    def _asked(
        self, query: Query, found: Findings, one: Ranked, reading: _Reading, usages: list[Usage], *, may_search: bool
    ) -> Iterator[Statement]:
        def told(passages: str) -> list[BaseMessage]:
            return messages(found.question, passages, query.said, may_search)

        rules = sum(tokens_of(str(message.content)) for message in told(""))
        sections = self._sections(query.asker, {passage.origin.id for passage in found.passages})
        view = shown(found.passages, self._window - rules - _REPLY, sections, query.seen)
        if not view.quotes:
            return
        reply, done = "", 0
        for line in _counted(self._model.lines(told(view.text), query.asker), usages):
            reply += f"{line}\n"
            sentences = written(reply) or []
            for sentence in sentences[done:]:
                for statement in self._checked(sentence, view, one):
                    if len(reading.statements) < _MOST:
                        reading.statements.append(statement)
                        yield statement
            done = max(done, len(sentences))
        reading.searches = searches(reply) if may_search else ()
        reading.refused = not reading.statements and (written(reply) is None or bool(reading.searches))

    def _checked(self, sentence: Written, view: Shown, one: Ranked) -> Iterator[Statement]:
        """A line in the model's words, where its quotes bear it out; else the quotes as they stand."""
        named = list(dict.fromkeys(view.quotes[name] for name in sentence.ids if name in view.quotes))
        # Whoever names all names none.
        named = self._orders.without(named, one) if len(named) <= _MOST else []
        if sentence.compute:
            known = {name: quote for name, quote in view.quotes.items() if quote in named}
            statement = computed(sentence.compute, sentence.text, known)
            yield from [statement] if statement else (self._quoting.statement(one, quote) for quote in named)
            return
        question = one.found.question
        bearing = None
        if sentence.text and not says_nothing_new(sentence.text, question) and len(named) <= _WORDED:
            bearing = self._bearing(sentence.text, list(_together(named or self._alike(sentence.text, one))), question)
        left = named
        if bearing is not None:
            left = [quote for quote in named if quote not in bearing]
            if left and self._holds(sentence.text, [*bearing, *left]):
                bearing, left = [*bearing, *left], []
            marked = self._quoting.statement(one, bearing[0]).highlight
            yield Statement(sentence.text, bearing[0], marked, tuple(bearing[1:]))
        yield from (self._quoting.statement(one, quote) for quote in left)

    def _bearing(self, text: str, bound: Sequence[list[Quote]], question: str) -> list[Quote] | None:
        """The first of some sets of quotes that bears a sentence out."""
        evidence = [_evidence(quotes, question) for quotes in bound]
        standing = [pair for pair in zip(bound, evidence, strict=True) if passes_vetoes(text, pair[1])]
        supported = borne_out(self._judge, text, [each.words for _, each in standing])
        return next((quotes for (quotes, _), good in zip(standing, supported, strict=True) if good), None)

    def _holds(self, text: str, quotes: Sequence[Quote]) -> bool:
        return borne_out(self._judge, text, [" ".join(quote.words for quote in quotes)])[0]

    def _alike(self, text: str, one: Ranked) -> list[Quote]:
        """Of the sentences that may answer by the reader, those most like a line that names none."""
        best = max((candidate.score for candidate in one.candidates), default=0.0)
        relevant = [each for each in one.candidates if each.score >= best - _RELEVANT]
        if not relevant or has_address(text):
            return []
        return [relevant[n].quote for n in np.argsort(-self._quoting.alike(text, relevant))[:_ALIGNED]]


def _key(passage: RankedPassage) -> tuple[str, int]:
    return passage.origin.id, passage.passage.number


def _together(quotes: Sequence[Quote]) -> Iterator[list[Quote]]:
    """Each quote by itself, then two together, in the order of the text."""
    yield from ([quote] for quote in quotes)
    for pair in combinations(quotes, 2):
        yield sorted(pair, key=lambda quote: (quote.passage.origin.id, quote.span.start))


def _repeats(statement: Statement, others: Iterable[Statement]) -> bool:
    """Whether a quote that is to be said bears out already what was said."""
    verbatim = statement.text == statement.quote.said
    return verbatim and any(statement.quote in other.quotes for other in others)


def _counted(lines: Generator[str, None, Usage], usages: list[Usage]) -> Iterator[str]:
    usages.append((yield from lines))


def _evidence(quotes: Sequence[Quote], question: str) -> Evidence:
    titles = " ".join(f"{quote.passage.origin.title} {quote.lead} {quote.columns}" for quote in quotes)
    judged = not any(is_other(quote.passage.origin.language) for quote in quotes)
    words = tuple(quote.words for quote in quotes)
    return Evidence(words, question, titles, judged, joined=len(quotes) == 1 or _follow(*quotes))


def _follow(one: Quote, other: Quote) -> bool:
    """Whether two quotes stand one after the other."""
    passage = one.passage
    same = passage.origin == other.passage.origin and one.paragraph == other.paragraph
    return same and not passage.words(Span(one.span.end, other.span.start)).strip()
