"""Answers in a chat model's words, as far as quotes bear them out; else by quoting.

The model is asked only where the reader finds something near an answer. Each sentence that it writes is bound to one
quotable sentence of the passages, by the id that it names or by likeness, and has to pass the gates; one that fails
gives way to the quote where that answers by itself, or is dropped. With nothing left, or without a model that answers,
the quoted answer is what is said.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from bot.answering.chat_model import ChatModel, ModelError
from bot.answering.draft import Draft, Findings, Query, Quote, Statement
from bot.answering.extractive import ExtractiveAnswerer, Ranked
from bot.answering.gates import Evidence, borne_out, passes_vetoes
from bot.answering.prompt import Written, messages, written
from bot.answering.ranking import Candidate
from bot.answering.support import Judge

_MOST_SENTENCES = 12  # that the model is shown, the likeliest to answer: others could not be cited
_RELEVANT = 2.0  # log-odds that the score of what is cited may lie under the best one's
_ALIGNED = 2  # sentences that one without an id is compared with
_log = logging.getLogger("footnote.model")


class GenerativeAnswerer:
    """Drafts answers that a model wrote, sentence by sentence borne out by a quote."""

    def __init__(self, model: ChatModel, quoting: ExtractiveAnswerer, judge: Judge) -> None:
        self._model, self._quoting, self._judge = model, quoting, judge

    def draft(self, query: Query, findings: Sequence[Findings]) -> Draft:
        """A draft from what was found for each part of the question."""
        if query.whole is not None:
            return self._quoting.draft(query, findings)
        ranked = [self._quoting.ranked(query, found) for found in findings]
        quoted = self._quoting.drafted(ranked)
        statements: list[Statement] = []
        by_model = False
        for one in ranked:
            if not one.judged.is_near:
                continue  # nothing near an answer: no call
            try:
                said = self._said(one)
            except ModelError as error:
                _log.warning("the model is away: %s", error)
                return quoted
            by_model = by_model or any(statement.text != statement.quote.said for statement in said)
            statements += said
        if not by_model:
            return quoted
        answered = {statement.quote.passage.origin.id for statement in statements}
        return replace(
            quoted,
            statements=tuple({statement.text: statement for statement in statements}.values()),
            answered_by="generative",
            unanswered=quoted.unanswered if quoted.statements else (),
            related=() if answered else quoted.related,
        )

    def _said(self, one: Ranked) -> list[Statement]:
        """What the model says to one part of the question, as far as it may be said. Raises ModelError."""
        shown = dict(_named(one.candidates))
        reply = self._model.complete(
            messages(one.found.question, {name: candidate.quote.said for name, candidate in shown.items()})
        )
        sentences = written(reply.text)
        if sentences is None:
            return []
        bound = [(sentence, candidate) for sentence in sentences for candidate in self._bound(sentence, shown)]
        beside = one.found.question
        standing = [
            (sentence, candidate)
            for sentence, candidate in bound
            if passes_vetoes(sentence.text, Evidence(candidate.quote.words, f"{beside} {_title(candidate.quote)}"))
        ]
        supported = borne_out(
            self._judge,
            [sentence.text for sentence, _ in standing],
            [candidate.quote.words for _, candidate in standing],
        )
        kept = {
            sentence.text: candidate
            for (sentence, candidate), good in reversed(list(zip(standing, supported, strict=True)))
            if good
        }
        statements = []
        for sentence in sentences:
            if (candidate := kept.get(sentence.text)) is not None:
                statements.append(Statement(sentence.text, candidate.quote))
            else:
                statements += self._instead(sentence, shown, one)
        return statements

    def _bound(self, sentence: Written, shown: Mapping[str, Candidate]) -> list[Candidate]:
        """The quotes that may bear a sentence out: those it names, where they may answer; else those most like it."""
        best = max(candidate.score for candidate in shown.values())
        relevant = {name: one for name, one in shown.items() if one.score >= best - _RELEVANT}
        named = [relevant[name] for name in sentence.ids if name in relevant]
        if named and len(sentence.ids) <= _ALIGNED:
            return named
        candidates = list(relevant.values())
        likeness = self._quoting.alike(sentence.text, candidates)
        return [candidates[index] for index in np.argsort(-likeness)[:_ALIGNED]]

    def _instead(self, sentence: Written, shown: Mapping[str, Candidate], one: Ranked) -> list[Statement]:
        """The quote that a sentence names, where that answers by itself: what is not borne out gives way to it."""
        named = [shown[name] for name in sentence.ids if name in shown]
        return [statement for statement in one.statements if any(statement.quote == each.quote for each in named)]


def _named(candidates: Sequence[Candidate]) -> Iterator[tuple[str, Candidate]]:
    """The best candidates by ids of passage and place, in the order of the text."""
    best = list(candidates[:_MOST_SENTENCES])
    passages = list(dict.fromkeys((one.quote.passage.origin.id, one.quote.passage.passage.number) for one in best))
    for letter, passage in zip("ABCDEFGHJKLMNOPQRSTUVWXYZ", passages, strict=False):
        mine = [one for one in best if (one.quote.passage.origin.id, one.quote.passage.passage.number) == passage]
        for number, one in enumerate(sorted(mine, key=lambda each: each.quote.span.start), 1):
            yield f"{letter}{number}", one


def _title(quote: Quote) -> str:
    return f"{quote.passage.origin.title} {quote.lead}"
