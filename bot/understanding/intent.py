"""What a message is: small talk, something asked of a document itself, or a question, made to stand alone.

Knows no search and no interface; what was said before and which documents may be meant are given to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from bot.answers import CitedDocument, Exchange
from bot.understanding.comparisons import Comparison, comparison
from bot.understanding.document_names import documents_named, only_named, pointed
from bot.understanding.document_questions import Property, document_question, may_ask_of_a_document
from bot.understanding.english import LISTS, written_out
from bot.understanding.followups import StandAlone, stand_alone
from bot.understanding.questions import asks_nothing
from bot.understanding.summary_requests import asks_for_summary, place_meant, summarised, titles_meant
from retrieval.library.catalogue import DocumentName, Entry
from retrieval.loaders.titles import LONGEST_TITLE

Readable = Callable[[], list[Entry]]
"""Gives the documents that a question may be about."""

Names = Callable[[], list[DocumentName]]
"""Gives what these documents are called."""

MOST_CHOICES = 10
"""Documents that are named to choose from."""

_LONGEST = 12  # words of small talk
_ASKING = ("?", "？", "؟")
_BETWEEN = re.compile(r"[.!?,;:]+|\band\b", re.IGNORECASE)

_LISTS = LISTS["smalltalk"]
_BEFORE, _AFTER = "|".join(_LISTS["before"]), "|".join(_LISTS["after"])
_PATTERNS = {
    name: re.compile(f"(?:(?:{_BEFORE}) )*(?:{'|'.join(phrases)})(?: (?:{_AFTER}))*")
    for name, phrases in _LISTS["said"].items()
}


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """What needs no search; `name` is that of the reply in `prompts`."""

    name: str


@dataclass(frozen=True, slots=True)
class NamedDocument:
    """A document's name, and nothing that is asked of it."""

    document: DocumentName


@dataclass(frozen=True, slots=True)
class DocumentRequest:
    """A call for a summary of a document, or a question about one, with those that it may mean: one, several to choose
    from, or none. What is not `this` document's for sure may be asked of something in a text, too. `named` is what
    the document is said to be about, where no title tells it.
    """

    question: str
    documents: tuple[Entry, ...]
    wanted: Property | Literal["summary"] = "summary"
    this: bool = True
    named: str = ""

    @property
    def choices(self) -> tuple[CitedDocument, ...]:
        """The documents to choose from, where there is more than one."""
        several = self.documents[:MOST_CHOICES] if len(self.documents) > 1 else ()
        return tuple(CitedDocument(entry.id, entry.title, entry.source) for entry in several)


def intent_of(
    question: str, history: Sequence[Exchange], readable: Readable, names: Names = list
) -> SmallTalk | NamedDocument | DocumentRequest | Comparison | StandAlone:
    """What a message is, after the exchanges of `history` (oldest first; small talk in it is passed over).

    `names` gives what the documents are called that may be meant.
    """
    if (name := smalltalk(question)) is not None:
        return SmallTalk(name)
    history = [exchange for exchange in history if smalltalk(exchange.question) is None]
    alone = stand_alone(question, history)
    if asks_nothing(alone.whole):
        return SmallTalk("lost")
    if history and not history[-1].choices:
        history[-1] = _with_choices(history[-1], readable, names)
    if (request := _document_request(question, alone.question, history, readable, names)) is not None:
        return request
    if (compared := comparison(question, history, names())) is not None:
        return compared
    brief = len(question) <= LONGEST_TITLE and not question.rstrip().endswith(_ASKING)
    named = only_named(question, names()) if brief else None
    return alone if named is None else NamedDocument(named)


def smalltalk(question: str) -> str | None:
    """The name of the reply that small talk gets, or None for a question that is to be looked up.

    "OK great, thanks so much!" gets "thanks", "hey what did Blinken say?" nothing.
    """
    if (name := _phrase(question)) is not None:
        return name
    # "hi! who are you and what can you do?": of several phrases the last one counts.
    names = [_phrase(part) for part in _BETWEEN.split(question) if part.strip()]
    return names[-1] if names and len(question) <= _LONGEST * 12 and None not in names else None


def _phrase(words: str) -> str | None:
    said = written_out(words, _LONGEST)
    return next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(said)), None)


def _document_request(
    question: str, standalone: str, history: Sequence[Exchange], readable: Readable, names: Names
) -> DocumentRequest | None:
    """What a question asks of a document itself, or chooses a document for; None when it is another question.

    `question` is as it was typed, `standalone` without what was said before; `readable` gives the documents that may be
    meant.
    """
    if history and history[-1].choices and (chosen := _chosen(question, history[-1].choices, readable())):
        call = history[-1].question
        about = document_question(call)
        call = f"{call.rstrip(' ?.!,;…')}: {chosen[0].title}" if len(chosen) == 1 else call
        return DocumentRequest(call, tuple(chosen), about.wanted if about else "summary")
    if asks_for_summary(standalone):
        return DocumentRequest(standalone, _cited_last(readable(), history))
    if (name := summarised(standalone)) and (named := _named(name, readable())):
        return DocumentRequest(standalone, _cited_last(named, history))
    return _about_request(question, history, readable, names)


def _about_request(
    question: str, history: Sequence[Exchange], readable: Readable, names: Names
) -> DocumentRequest | None:
    """The question about a document that this is: about one that it names, that was spoken of, or the only one."""
    asked = document_question(question)
    if asked is None:
        if not may_ask_of_a_document(question) or not (called := documents_named(question, names())):
            return None
        # Of "Who wrote Three Men in a Boat?" nothing is left but what is asked for.
        asked = document_question(pointed(question, called))
        meant = {one.id for one in called}
        entries = [entry for entry in readable() if entry.id in meant] if asked else []
    elif asked.leans and history:
        return None
    else:
        entries = _named(asked.named, readable()) if asked.named else readable()
    documents = _cited_last(entries, history)
    if asked is not None and asked.leans and not history:
        asked = asked._replace(this=True)
    if asked is None or not (asked.this or len(documents) == 1 or asked.named):
        return None
    return DocumentRequest(question, documents, asked.wanted, asked.this, asked.named)


def _chosen(question: str, choices: Sequence[CitedDocument], entries: Sequence[Entry]) -> list[Entry]:
    """What is chosen, by place among the choices or by name."""
    place = place_meant(question, len(choices))
    if place is None:
        return _named(question, entries)
    return [entry for entry in entries if entry.id == choices[place].id]


def _named(name: str, entries: Sequence[Entry]) -> list[Entry]:
    """The documents whose titles a name may mean."""
    return [entries[n] for n in titles_meant(name, [entry.title for entry in entries])]


def _cited_last(entries: Sequence[Entry], history: Sequence[Exchange]) -> tuple[Entry, ...]:
    """Of several documents the one that the conversation cited last, if it is among them; else all."""
    cited = [citation.document.id for exchange in history for citation in exchange.quotes]
    return tuple(entry for entry in entries if cited and entry.id == cited[-1]) or tuple(entries)


def _with_choices(last: Exchange, readable: Readable, names: Names) -> Exchange:
    """An exchange that was handed over as words alone, with the documents that were named to choose from."""
    asked = None if last.quotes else _document_request(last.question, last.question, (), readable, names)
    return last if asked is None else replace(last, choices=asked.choices)
