"""Answers in the language of the question, where the text is in another: sentences that a chat model translates.

A sentence and its translation are put into English by calls that know nothing of each other, as far as they are not in
it. The translation is said only where the judge finds that both say the same; else the sentence stays as it is. How far
that is to be trusted: docs/chat-model.md. Knows no search.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.answering.chain import Answerer
from bot.answering.draft import Draft, Findings, Query, Statement, Translation
from bot.answering.generation.chat_model import ChatModel
from bot.answering.generation.model_call import ModelError, Usage
from bot.answering.generation.prompt import PromptError, lines_of, plain_line, template, without_markup
from bot.answering.generation.translations import are_one, goes_wrong, is_like, may_say_the_same
from bot.answering.support import Judge
from bot.answering.verification import Words
from retrieval.models.language import question_language
from retrieval.types import Span

NAMES = dict(
    one.split(":")
    for one in (
        "en:English de:German fr:French es:Spanish pt:Portuguese it:Italian ru:Russian uk:Ukrainian tr:Turkish "
        "ar:Arabic fa:Persian he:Hebrew hi:Hindi bn:Bengali ta:Tamil th:Thai zh:Chinese ja:Japanese ko:Korean "
        "vi:Vietnamese id:Indonesian nl:Dutch pl:Polish cs:Czech sv:Swedish no:Norwegian da:Danish fi:Finnish "
        "hu:Hungarian ro:Romanian el:Greek"
    ).split()
)
"""What a model calls the languages that it translates from and into."""

SAME = 0.9
"""The probability from which two sentences in English say the same, each told by the other."""

_BEFORE = 4000  # characters before a sentence in which names stand as a whole
_MOST = 6  # sentences of an answer that are translated: where there are more, none is
_log = logging.getLogger("footnote.model")


class Translator:
    """Translates sentences with a model, and tells whether that went well."""

    def __init__(self, model: ChatModel, judge: Judge) -> None:
        self._model, self._judge = model, judge

    def translated(
        self, sentence: str, source: str, target: str, asker: str, before: str
    ) -> tuple[Translation | None, Usage]:
        """A sentence in another language, None where it may not be said; and what that has cost.

        `source` and `target` are two languages of NAMES, `before` is the text before the sentence. Raises ModelError
        and PromptError.
        """
        asked = Asked(self._model, asker)
        if goes_wrong(sentence, before, target):
            return None, asked.usage
        text = asked.for_translation(sentence, target)
        if not is_like(text, sentence, target):
            return None, asked.usage
        said = text if target == "en" else asked.for_translation(text, "en")
        meant = sentence
        if source != "en":
            # By way of a third language, so that a mistake is not made twice.
            other = asked.for_translation(sentence, "de" if source == "fr" else "fr") if target == "en" else sentence
            meant = asked.for_translation(other, "en")
        support = self.same(meant, said)
        return Translation(text, support) if support >= SAME else None, asked.usage

    def same(self, one: str, other: str) -> float:
        """The probability that two sentences in English say the same; 0 where their names, hedges or the order of their
        words differ.
        """
        if not one or not other or not may_say_the_same(one, other):
            return 0.0
        return min(self._judge.support([one, other], [other, one]))


class Asked:
    """A model that is asked for some translations, and what they have cost."""

    def __init__(self, model: ChatModel, asker: str) -> None:
        self._model, self._asker = model, asker
        self.usage = Usage()

    def for_translation(self, sentence: str, language: str) -> str:
        """A sentence in another language of NAMES; "" where what comes is not one line.

        Raises ModelError and PromptError.
        """
        if not sentence:
            return ""
        messages = template("translate", "language", "sentence").format_messages(
            language=NAMES[language], sentence=" ".join(sentence.split())
        )
        reply, usage = self._model.complete(messages, self._asker)
        self.usage = Usage(self.usage.read + usage.read, self.usage.written + usage.written)
        lines = lines_of(reply)
        if len(lines) != 1:
            return ""
        # A sentence in quotation marks keeps them.
        return without_markup(lines[0]) if plain_line(sentence) != without_markup(sentence) else plain_line(lines[0])


class TranslatingAnswerer:
    """Answers as another answerer does, in the language of the question as far as that can be."""

    def __init__(self, answerer: Answerer, translator: Translator, words: Callable[[str], Words]) -> None:
        """`words(asker)` reads the library as that asker."""
        self._answerer, self._translator, self._words = answerer, translator, words

    def drafting(self, query: Query, findings: tuple[Findings, ...]) -> Iterator[Statement | Draft]:
        """The other's statements and draft, with translations."""
        work = _Translating(self._translator, query, self._words(query.asker))
        for made in self._answerer.drafting(query, findings):
            if isinstance(made, Statement):
                yield work.statement(made)
            else:
                yield from work.draft(made)


class _Translating:
    """The sentences of one answer; each is translated once, and none after the model has failed."""

    def __init__(self, translator: Translator, query: Query, words: Words) -> None:
        self._translator, self._query, self._words = translator, query, words
        self._known: dict[str, Translation | None] = {}
        self._read = self._written = 0
        self._away = self._many = False

    def draft(self, draft: Draft) -> Iterator[Statement | Draft]:
        """The statements of a draft in the language of the question, each as soon as it is there, then the draft.

        Without the model that was to make it, nothing is translated.
        """
        self._away = self._away or draft.away
        self._many = len(draft.statements) > _MOST
        statements = []
        for statement in draft.statements:
            statements.append(self.statement(statement))
            yield statements[-1]
        translated = any(one.translation is not None for one in statements)
        yield replace(
            draft,
            statements=tuple(statements),
            answered_by="generative" if translated else draft.answered_by,
            away=self._away,
            tokens=(draft.tokens[0] + self._read, draft.tokens[1] + self._written),
        )

    def statement(self, statement: Statement) -> Statement:
        """A statement with its translation, where it is in another language than the question and can be translated."""
        text, target, quote = statement.text, self._query.language, statement.quote
        source = quote.passage.origin.language or "en"
        if source not in NAMES or target not in NAMES or are_one(source, target) or question_language(text) == target:
            return statement
        if text not in self._known and not self._away and not self._many:
            before = self._words(quote.passage.origin, Span(max(0, quote.span.start - _BEFORE), quote.span.end))
            try:
                found = self._translator.translated(text, source, target, self._query.asker, before)
            except (ModelError, PromptError) as error:
                _log.warning("the model is away: %s", error)
                self._away = True
            else:
                self._known[text], usage = found
                self._read, self._written = self._read + usage.read, self._written + usage.written
        return replace(statement, translation=self._known.get(text))
