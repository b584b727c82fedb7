"""Which document a call for a summary means: the one that it names, the one that was cited last, or one of several.

Knows no search and no database: the documents that may be meant are given to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.answers import CitedDocument, Exchange
from bot.understanding.summary_requests import asks_for_summary, place_meant, summarised, titles_meant
from retrieval.library.catalogue import Entry

MOST_CHOICES = 10
"""Documents that are named to choose from."""


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """A call for a summary, and the documents that it may mean: one, several to choose from, or none."""

    question: str
    documents: tuple[Entry, ...]

    @property
    def choices(self) -> tuple[CitedDocument, ...]:
        """The documents to choose from, where there is more than one."""
        several = self.documents[:MOST_CHOICES] if len(self.documents) > 1 else ()
        return tuple(CitedDocument(entry.id, entry.title, entry.source) for entry in several)


def summary_request(
    question: str, standalone: str, history: Sequence[Exchange], readable: Callable[[], list[Entry]]
) -> SummaryRequest | None:
    """The call for a summary that a question is, or that it chooses a document for; None when it is another question.

    `question` is as it was typed, `standalone` without what was said before; `readable` gives the documents that may be
    meant.
    """
    if history and history[-1].choices and (chosen := _chosen(question, history[-1].choices, readable())):
        call = history[-1].question
        return SummaryRequest(
            f"{call.rstrip(' ?.!,;…')}: {chosen[0].title}" if len(chosen) == 1 else call, tuple(chosen)
        )
    if asks_for_summary(standalone):
        return SummaryRequest(standalone, _cited_last(readable(), history))
    if (name := summarised(standalone)) and (named := _named(name, readable())):
        return SummaryRequest(standalone, _cited_last(named, history))
    return None


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
