"""Answers in a chat model's words, as far as quotes bear them out; else by quoting.

The model is asked only where the reader finds something near an answer. Each sentence that it writes is bound to one or
two quotable sentences of the passages, by the ids that it names or by likeness, and has to pass the gates; one that
fails gives way to the quote where that answers by itself, or is dropped. With nothing left, or without a model that
answers, the quoted answer is what is said. A sentence that has passed is given on while the model writes the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from bot.answering.draft import Draft, Findings, Query, Quote, Statement
from bot.answering.extractive import ExtractiveAnswerer, Ranked
from bot.answering.generation.chat_model import ChatModel
from bot.answering.generation.gates import SURE, SURER, Evidence, borne_out, passes_vetoes, says_nothing_new
from bot.answering.generation.model_call import ModelError, Usage
from bot.answering.generation.prompt import PromptError, Written, messages, tokens_of, written
from bot.answering.ranking import Candidate
from bot.answering.support import Judge
from retrieval.library.catalogue import is_other
from retrieval.types import Span

_MOST_SENTENCES = 12  # that the model is shown, the likeliest to answer: others could not be cited
_REPLY = 300  # tokens that are left for a reply of three sentences
_RELEVANT = 2.0  # log-odds that the score of what is cited may lie under the best one's
_NAMED = 2  # ids of a sentence that are believed
_ALIGNED = 4  # quotable sentences most like it that may bear a sentence out, one or two together: docs/chat-model.md
_log = logging.getLogger("footnote.model")


class GenerativeAnswerer:
    """Drafts answers that a model wrote, sentence by sentence borne out by quotes."""

    def __init__(self, model: ChatModel, quoting: ExtractiveAnswerer, judge: Judge, window: int) -> None:
        """`window`: the tokens that the model takes in, with its reply."""
        self._model, self._quoting, self._judge, self._window = model, quoting, judge, window

    def drafting(self, query: Query, findings: Sequence[Findings]) -> Iterator[Statement | Draft]:
        """Statements that have passed the gates, as they come, and the draft that has them all."""
        if query.whole is not None:
            yield self._quoting.draft(query, findings)
            return
        ranked = [self._quoting.ranked(query, found) for found in findings]
        quoted = self._quoting.drafted(ranked)
        found: dict[str, Statement] = {}
        given, by_model, away = 0, False, False
        unanswered: list[str] = []
        usages: list[Usage] = []
        for one in ranked:
            before = len(found)
            try:
                for statement in () if away else self._said(one, query, usages):
                    own = statement.text != statement.quote.said
                    # A quote that bears out what was said is not said beside it.
                    if own or all(statement.quote not in other.quotes for other in found.values()):
                        found.setdefault(statement.text, statement)
                    by_model = by_model or own
                    if by_model:  # before that all may yet be left to quoting
                        yield from list(found.values())[given:]
                        given = len(found)
            except (ModelError, PromptError) as error:
                _log.warning("the model is away: %s", error)
                away = True
            if len(found) == before:  # a part that the model says nothing to is left to quoting
                found |= {statement.text: statement for statement in one.statements if statement.text not in found}
            if len(found) == before and not one.statements:
                unanswered.append(one.found.question)
        tokens = sum(usage.read for usage in usages), sum(usage.written for usage in usages)
        if not by_model:
            yield replace(quoted, away=away, tokens=tokens)
            return
        statements = tuple(found.values())
        yield replace(
            quoted,
            statements=statements,
            answered_by="generative",
            unanswered=tuple(unanswered),
            related=(),
            away=away,
            tokens=tokens,
        )

    def _said(self, one: Ranked, query: Query, usages: list[Usage]) -> Iterator[Statement]:
        """What the model says to one part of the question, as far as it may be said. Raises ModelError."""
        # Whether a sentence says what was asked can be told of English questions alone: docs/chat-model.md.
        if not (one.judged.is_near if query.language in ("", "en") else one.judged.answers):
            return  # nothing near an answer: no call
        rules = sum(tokens_of(str(message.content)) for message in messages(one.found.question, {}))
        shown = dict(_named(one.candidates, self._window - rules - _REPLY))
        asked = messages(one.found.question, {name: candidate.quote.said for name, candidate in shown.items()})
        reply, done = "", 0
        for line in _counted(self._model.lines(asked, query.asker), usages):
            reply += f"{line}\n"
            sentences = written(reply) or []
            for sentence in sentences[done:]:
                yield from self._checked(sentence, shown, one)
            done = max(done, len(sentences))

    def _checked(self, sentence: Written, shown: Mapping[str, Candidate], one: Ranked) -> Iterator[Statement]:
        """A sentence with what bears it out; else the quotes that it names, where they answer by themselves."""
        question = one.found.question
        bound = [] if says_nothing_new(sentence.text, question) else list(self._bound(sentence, shown))
        evidence = [_evidence(quotes, question) for quotes in bound]
        standing = [pair for pair in zip(bound, evidence, strict=True) if passes_vetoes(sentence.text, pair[1])]
        least = SURE if one.judged.answers else SURER
        supported = borne_out(self._judge, sentence.text, [each.words for _, each in standing], least)
        best = next((quotes for (quotes, _), good in zip(standing, supported, strict=True) if good), None)
        if best is not None:
            marked = next((each.highlight for each in one.statements if each.quote == best[0]), None)
            yield Statement(sentence.text, best[0], marked, best[1] if len(best) > 1 else None)
            return
        named = [shown[name].quote for name in sentence.ids if name in shown]
        yield from (statement for statement in one.statements if statement.quote in named)

    def _bound(self, sentence: Written, shown: Mapping[str, Candidate]) -> Iterator[list[Quote]]:
        """The quotes that may bear a sentence out, one or two of them together: those that it names, where they may
        answer; then those most like it.
        """
        best = max((candidate.score for candidate in shown.values()), default=0.0)
        relevant = {name: one for name, one in shown.items() if one.score >= best - _RELEVANT}
        named = [relevant[name] for name in sentence.ids if name in relevant]
        candidates = list(relevant.values())
        alike = [candidates[n] for n in np.argsort(-self._quoting.alike(sentence.text, candidates))[:_ALIGNED]]
        for bound in (named if len(sentence.ids) <= _NAMED else [], alike):
            yield from ([one.quote] for one in bound)
            yield from (_in_order(one.quote, other.quote) for one, other in combinations(bound, 2))


def _in_order(one: Quote, other: Quote) -> list[Quote]:
    return sorted((one, other), key=lambda quote: (quote.passage.origin.id, quote.span.start))


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


def _named(candidates: Sequence[Candidate], most: int) -> Iterator[tuple[str, Candidate]]:
    """The best candidates by ids of passage and place, in the order of the text: of at most so many tokens, or one."""
    best = list(candidates[:_MOST_SENTENCES])
    while len(best) > 1 and sum(tokens_of(one.quote.said) for one in best) > most:
        best.pop()
    passages = list(dict.fromkeys((one.quote.passage.origin.id, one.quote.passage.passage.number) for one in best))
    for letter, passage in zip("ABCDEFGHJKLMNOPQRSTUVWXYZ", passages, strict=False):
        mine = [one for one in best if (one.quote.passage.origin.id, one.quote.passage.passage.number) == passage]
        for number, one in enumerate(sorted(mine, key=lambda each: each.quote.span.start), 1):
            yield f"{letter}{number}", one
