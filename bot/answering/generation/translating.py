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
from bot.answering.draft import Draft, Findings, Query, Restated, Statement
from bot.answering.generation.chat_model import ChatModel
from bot.answering.generation.gates import has_address
from bot.answering.generation.model_call import ModelError, Usage
from bot.answering.generation.prompt import PromptError, lines_of, plain_line, template, without_markup
from bot.answering.generation.translation_gates import BY_CHARACTERS, goes_wrong, is_like, may_say_the_same
from bot.answering.support import Judge
from bot.answering.verification import Words
from retrieval.models.language import is_one_language, question_language
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

_SAME = 0.86  # the probability from which two sentences in English say the same, each told by the other
_BEFORE = 4000  # characters before a sentence in which names stand as a whole
_MOST = 6  # sentences of an answer that are translated: where there are more, none is
_log = logging.getLogger("footnote.model")


class Translator:
    """Asks a model for translations, for one asker, and counts what they have cost."""

    def __init__(self, model: ChatModel, asker: str) -> None:
        self._model, self._asker = model, asker
        self.usage = Usage()

    def translate(self, sentence: str, language: str) -> str:
        """A sentence in another language of NAMES, unchecked; "" where what comes is not one line.

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


def translated(translator: Translator, judge: Judge, sentence: str, source: str, target: str) -> Restated | None:
    """A sentence in another language, and the probability that it says the same: 0 where there was a doubt before.

    None where it is none. `source` and `target` are two languages of NAMES. Raises ModelError and PromptError.
    """
    text = translator.translate(sentence, target)
    if not is_like(text, sentence, target):
        return None
    said = text if target == "en" else translator.translate(text, "en")
    meant = sentence
    if source != "en":
        # By way of a third language, so that a mistake is not made twice.
        other = translator.translate(sentence, "de" if source == "fr" else "fr") if target == "en" else sentence
        meant = translator.translate(other, "en")
    alike = said and meant and may_say_the_same(said, meant)
    return Restated(text, min(judge.support([said, meant], [meant, said])) if alike else 0.0)


class TranslatingAnswerer:
    """Answers as another answerer does, in the language of the question as far as that can be."""

    def __init__(self, answerer: Answerer, model: ChatModel, judge: Judge, words: Callable[[str], Words]) -> None:
        """`words(asker)` reads the library as that asker."""
        self._answerer, self._model, self._judge, self._words = answerer, model, judge, words

    def drafting(self, query: Query, findings: tuple[Findings, ...]) -> Iterator[Statement | Draft]:
        """The other's statements and draft, with translations.

        They are made when the draft is there: a server may answer one request at a time.
        """
        for made in self._answerer.drafting(query, findings):
            if isinstance(made, Draft):
                yield from self._translating(query, made)
            elif not _crosses(query, made):
                yield made

    def _translating(self, query: Query, draft: Draft) -> Iterator[Statement | Draft]:
        """The statements of a draft in the language of the question, each as soon as it is there, then the draft.

        Without the model that was to make it, or when it has failed, nothing more is translated.
        """
        translator, away = Translator(self._model, query.asker), draft.away
        few = sum(_crosses(query, one) for one in draft.statements) <= _MOST
        statements = []
        for one in draft.statements:
            statement = one
            if few and not away and _crosses(query, one):
                try:
                    statement = self._translated(translator, query, one)
                except (ModelError, PromptError) as error:
                    _log.warning("the model is away: %s", error)
                    away = True
            statements.append(statement)
            yield statement
        yield replace(
            draft,
            statements=tuple(statements),
            answered_by="generative" if any(one.restated for one in statements) else draft.answered_by,
            away=away,
            tokens=(draft.tokens[0] + translator.usage.read, draft.tokens[1] + translator.usage.written),
        )

    def _translated(self, translator: Translator, query: Query, statement: Statement) -> Statement:
        """The statement with its translation: to be said in its place, or beside it where that is not sure."""
        origin, span, target = statement.quote.passage.origin, statement.quote.span, query.language
        # Only there it matters who is meant.
        begin = max(0, span.start - _BEFORE) if target in BY_CHARACTERS else span.start
        if has_address(statement.text):
            return statement
        source, words = origin.language or "en", self._words(query.asker)(origin, Span(begin, span.end))
        if goes_wrong(statement.text, words, target):
            text = translator.translate(statement.text, target)
            found = Restated(text, 0.0) if is_like(text, statement.text, target) else None
        else:
            found = translated(translator, self._judge, statement.text, source, target)
        sure = found is not None and found.support >= _SAME
        return replace(statement, restated=found if sure else None, unchecked=found.text if found and not sure else "")


def _crosses(query: Query, statement: Statement) -> bool:
    """Whether a statement is in another language than the question, both of which are known."""
    source, target = statement.quote.passage.origin.language or "en", query.language
    if statement.restated is not None or source not in NAMES or target not in NAMES or is_one_language(source, target):
        return False
    return question_language(statement.text) != target
