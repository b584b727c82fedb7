"""Answers in the language of the question, where the text is in another: sentences that a chat model translates.

A sentence and its translation are put into English by calls that know nothing of each other, as far as they are not in
it. The translation is said only where the judge finds that both say the same; else the sentence stays as it is. How far
that is to be trusted: docs/chat-model.md. Knows no search.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace

from bot.answering.chain import Answerer
from bot.answering.draft import Draft, Findings, Query, Statement, Translation
from bot.answering.generation.chat_model import ChatModel
from bot.answering.generation.model_call import ModelError, Usage
from bot.answering.generation.prompt import PromptError, plain_line, template, without_tokens
from bot.answering.generation.wording import are_in_order
from bot.answering.support import Judge
from bot.understanding.names import names_in
from retrieval.index.tokenizer import tokens
from retrieval.models.language import question_language

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

SAME = 0.85
"""The probability from which two sentences in English say the same, each told by the other."""

_LONGER = 3  # times as many bytes in one language as in another
_BEGINNING = 5  # letters by which two forms of a name are taken for one: "Russia", "Russian"
_FIGURE = re.compile(r"\d+(?:[.,\u00a0\u202f ’']\d+)*")
_QUOTES = "\"'“”„«»"
_WORD = re.compile(r"\b[a-z]{3,}\b")
_log = logging.getLogger("footnote.model")


class Translator:
    """Translates sentences with a model, and tells whether that went well."""

    def __init__(self, model: ChatModel, judge: Judge) -> None:
        self._model, self._judge = model, judge

    def translated(self, sentence: str, source: str, target: str, asker: str) -> tuple[Translation | None, Usage]:
        """A sentence in another language, None where it may not be said; and what that has cost.

        `source` and `target` are two languages of NAMES. Raises ModelError and PromptError.
        """
        asked = Asked(self._model, asker)
        text = asked.for_translation(sentence, target)
        if not _is_like(text, sentence, target):
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
        if not one or not other or not are_in_order(one, other):
            return 0.0
        if not (_names(one) <= _beginnings(other) and _names(other) <= _beginnings(one)):
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
        lines = [line for line in map(without_tokens, reply.splitlines()) if line]
        quoted = sentence[0] in _QUOTES or sentence[-1] in _QUOTES
        return "" if len(lines) != 1 else lines[0] if quoted else plain_line(lines[0])


class TranslatingAnswerer:
    """Answers as another answerer does, in the language of the question as far as that can be."""

    def __init__(self, answerer: Answerer, translator: Translator) -> None:
        self._answerer, self._translator = answerer, translator

    def drafting(self, query: Query, findings: tuple[Findings, ...]) -> Iterator[Statement | Draft]:
        """The other's statements and draft, with translations."""
        work = _Translating(self._translator, query)
        for made in self._answerer.drafting(query, findings):
            yield work.statement(made) if isinstance(made, Statement) else work.draft(made)


class _Translating:
    """The sentences of one answer; each is translated once, and none after the model has failed."""

    def __init__(self, translator: Translator, query: Query) -> None:
        self._translator, self._query = translator, query
        self._known: dict[str, Translation | None] = {}
        self._read = self._written = 0
        self._away = False

    def draft(self, draft: Draft) -> Draft:
        """A draft in the language of the question. Without the model that made it, nothing is translated."""
        self._away = self._away or draft.away
        statements = tuple(map(self.statement, draft.statements))
        translated = any(one.translation is not None for one in statements)
        return replace(
            draft,
            statements=statements,
            answered_by="generative" if translated else draft.answered_by,
            away=self._away,
            tokens=(draft.tokens[0] + self._read, draft.tokens[1] + self._written),
        )

    def statement(self, statement: Statement) -> Statement:
        """A statement with its translation, where it is in another language than the question and can be translated."""
        source, target = statement.quote.passage.origin.language or "en", self._query.language
        if source == target or source not in NAMES or target not in NAMES:
            return statement
        if statement.text not in self._known and not self._away:
            try:
                translation, usage = self._translator.translated(statement.text, source, target, self._query.asker)
            except (ModelError, PromptError) as error:
                _log.warning("the model is away: %s", error)
                self._away = True
            else:
                self._known[statement.text] = translation
                self._read, self._written = self._read + usage.read, self._written + usage.written
        return replace(statement, translation=self._known.get(statement.text))


def _is_like(text: str, sentence: str, target: str) -> bool:
    """Whether a text may be the translation of a sentence, by its language, figures and length."""
    if question_language(text) != target or not _figures(text) <= _figures(sentence):
        return False
    # Words of the sentence that were left as they are, between others of another script.
    left = set(_WORD.findall(sentence)) & set(_WORD.findall(text)) if not text.isascii() else set()
    mixed = bool(left) and _letters(text, latin=False) > _letters(text, latin=True)
    short, long = sorted(len(words.encode()) for words in (text, sentence))
    return not mixed and long <= _LONGER * short


def _names(text: str) -> set[str]:
    return _beginnings(" ".join(name.text for name in names_in(f"So {text}")))


def _beginnings(text: str) -> set[str]:
    return {token[:_BEGINNING] for token in tokens(text)}


def _figures(text: str) -> set[str]:
    """The figures of a text, of any script, without what parts their digits."""
    return {re.sub(r"\D", "", unicodedata.normalize("NFKC", found)) for found in _FIGURE.findall(text)}


def _letters(text: str, *, latin: bool) -> int:
    return sum(unicodedata.name(letter, "").startswith("LATIN") == latin for letter in text if letter.isalpha())
