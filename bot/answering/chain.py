"""The way from a stand-alone question to what may be said, as one LangChain (LCEL) chain.

It is retriever | answerer | verification.

The steps are generators, so that a caller who streams the chain sees the passages before the answer is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

from langchain_core.runnables import Runnable, RunnableGenerator

from bot.answering.draft import Draft, Findings, Query, Statement
from bot.answering.support import Judge
from bot.answering.verification import Said, Verification, Verified, Words
from bot.answers import Exchange
from bot.understanding.disfluency import corrected, meant, readable
from bot.understanding.followups import StandAlone, asked_with, stand_alone
from bot.understanding.questions import core, parts
from retrieval.query import FollowUp, SearchQuery
from retrieval.retriever import LibraryRetriever
from retrieval.search import Search

PASSAGES = 5
"""Passages of which an answer is quoted."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the retriever gave: findings for each part of the query's question."""

    query: Query
    findings: tuple[Findings, ...]


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the answerer made of it: one statement of its draft that is there already, or the draft."""

    query: Query
    made: Statement | Draft


class Answerer(Protocol):
    """Drafts an answer from passages."""

    def drafting(self, query: Query, findings: tuple[Findings, ...]) -> Iterator[Statement | Draft]:
        """A draft whose statements each name the quotes that are to bear them out; before it, the first ones of them,
        as soon as they are there.
        """


def build_chain(
    search: Search, answerer: Answerer, judge: Judge, words: Callable[[str], Words], limit: int = PASSAGES
) -> Runnable[Query, Found | Said | Verified]:
    """The chain. Streaming it gives a Found, what may be said sentence by sentence, then a Verified.

    `words(asker)` reads the library as that asker; `limit` are the passages that the answerer gets.
    """

    def retrieve(queries: Iterator[Query]) -> Iterator[Found]:
        for query in queries:
            yield Found(query, tuple(_each(search, query, limit)))

    def answer(steps: Iterator[Found]) -> Iterator[Found | Drafted]:
        for found in steps:
            yield found
            drafting = answerer.drafting(found.query, found.findings)
            # LangChain reads a step to its end also when whoever streams the chain has gone.
            while not found.query.ended.is_set() and (made := next(drafting, None)) is not None:
                yield Drafted(found.query, made)

    def check(steps: Iterator[Found | Drafted]) -> Iterator[Found | Said | Verified]:
        verification: Verification | None = None
        for step in steps:
            if isinstance(step, Found):
                verification = Verification(words(step.query.asker), judge, titled=step.query.each)
                yield step
            elif verification is not None:
                statements = step.made.statements if isinstance(step.made, Draft) else (step.made,)
                for statement in statements:
                    yield from verification.say(statement)
                if isinstance(step.made, Draft):
                    yield verification.result(step.made)

    return RunnableGenerator(retrieve) | RunnableGenerator(answer) | RunnableGenerator(check)


def _each(search: Search, query: Query, limit: int) -> Iterator[Findings]:
    """What is found for each part of the question; or, where each document is asked by itself, in each."""
    if not query.each:
        yield from (_findings(search, query, one, limit) for one in _asked(query))
        return
    asked = StandAlone(query.question, query.context, before=query.before)
    for document in query.documents or ():
        whole = document if query.whole is not None else None
        found = _findings(search, replace(query, documents=(document,), whole=whole), asked, limit)
        if found.passages:
            yield replace(found, document=found.passages[0].origin.title)


def _asked(query: Query) -> list[StandAlone]:
    """Each part of the question with the questions that it leans on."""
    asked = [] if query.whole else parts(meant(query.question))
    first = StandAlone(query.question, query.context, before=query.before)
    if len(asked) < 2:
        return [first]  # whole: words that were taken back help to find
    leaning = [stand_alone(one, [Exchange(before)]) for before, one in pairwise(asked)]
    return [replace(first, question=asked[0]), *leaning]


def prepared(question: str, context: str = "", before: tuple[str, ...] = ()) -> SearchQuery:
    """How a question is searched for, together with the earlier questions that it leans on (`context`) and what was
    said `before`, as `StandAlone` has them.

    Words that were taken back help to find a text, but mislead who reads it.
    """
    words = f"{context} {core(question)}".strip()
    follow_up = FollowUp(meant(question), before) if before else None
    return SearchQuery(words, readable(asked_with(context, question)), corrected(question), follow_up)


def finding(search: Search, limit: int) -> Callable[[Query, str], Findings]:
    """What searches for other words than a query's, where the query may be answered from."""
    return lambda query, words: _findings(search, query, StandAlone(words), limit)


def _findings(search: Search, query: Query, asked: StandAlone, limit: int) -> Findings:
    retriever = LibraryRetriever(
        search=search,
        asker=query.asker,
        documents=query.documents,
        prepare=lambda question: replace(prepared(question, asked.context, asked.before), section=query.section),
        whole=query.whole,
        places=tuple(place for several in query.stated for place in several),
        section=query.section,
        limit=limit,
    )
    passages = tuple(document.metadata["passage"] for document in retriever.invoke(asked.question))
    whole = asked_with(asked.context, asked.question)
    weights, searched = search.statistics(core(whole), query.asker, query.documents)
    return Findings(whole, passages, weights, searched)
