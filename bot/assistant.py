"""One turn of a conversation, from the question as it was typed to the answer as it may be said.

Every interface asks here, so that the same question gets the same answer everywhere. Knows no interface, and of the
asker only the name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bot.answering.chain import Answerer, Found, build_chain
from bot.answering.draft import Query
from bot.answering.support import Judge
from bot.answering.verification import Verified, Words
from bot.answers import (
    Answer,
    Answered,
    CitedDocument,
    Event,
    Exchange,
    Searching,
    Source,
    Sources,
    Status,
    Text,
    Turn,
    exchange_of,
)
from bot.storage.conversations import Conversations
from bot.understanding.english import unended
from bot.understanding.followups import StandAlone, stand_alone
from bot.understanding.questions import asks_nothing
from bot.understanding.smalltalk import smalltalk
from bot.understanding.summary_requests import asks_for_summary, place_meant, summarised, titles_meant
from prompts import LANGUAGES, reply
from retrieval.errors import FootnoteError
from retrieval.library.catalogue import Entry, LibraryError, readable_by
from retrieval.library.library import Library
from retrieval.loaders.encoding import storable
from retrieval.models.embedder import Embedder
from retrieval.search import Origin, RankedPassage, Search
from retrieval.types import Span

LONGEST_QUESTION = 4000
"""Characters of a question."""

_TITLES_NAMED = 3
_CHOICES = 10  # titles that are named to choose from
_BETWEEN = "; "


class QuestionError(FootnoteError):
    """A question that cannot be asked; the message is one line that says why."""

    code = "question"


class Assistant:
    """Answers turns from one library."""

    def __init__(
        self,
        library: Library,
        search: Search,
        answerer: Answerer,
        judge: Judge,
        conversations: Conversations,
        embedder: Callable[[], Embedder],
    ) -> None:
        self._library = library
        self._conversations = conversations
        self._embedder = embedder
        self._chain = build_chain(search, answerer, judge, self._words)

    def answer(self, turn: Turn) -> Answer:
        """The answer alone. Raises as `ask` does."""
        for event in self.ask(turn):
            if isinstance(event, Answered):
                return event.answer
        raise AssertionError("a turn ends with its answer")

    def ask(self, turn: Turn) -> Iterator[Event]:
        """The events of a turn: searching, sources, text, answer. A caller who stops early leaves no trace of it.

        Raises QuestionError for a question that is empty or too long.
        """
        started = time.perf_counter()
        turn = replace(
            turn,
            question=storable(turn.question),
            conversation=None if turn.conversation is None else storable(turn.conversation),
        )
        if not turn.question.strip():
            raise QuestionError("The question is empty. Type what you would like to know.")
        if len(turn.question) > LONGEST_QUESTION:
            raise QuestionError(
                f"The question has {len(turn.question):,} characters; {LONGEST_QUESTION:,} is the most that is read."
            )
        if turn.once is not None and turn.conversation is not None:
            said = self._conversations.said(turn.asker, turn.conversation, turn.once)
            if said is not None:
                yield Text(said.text)
                yield Answered(said)
                return
        history = self._history(turn)
        name, alone = smalltalk(turn.question), StandAlone(turn.question)
        if name is None:
            alone = stand_alone(turn.question, history, self._embedder().encode)
            name = "lost" if asks_nothing(alone.question) else None
        if name is not None:
            yield from self._finish(
                turn, self._said(turn, "smalltalk", reply(name, turn.language, titles=self._titles(turn))), started
            )
            return
        query = Query(alone.question, turn.asker, alone.context, alone.seen, turn.documents)
        wanted = self._summary_wanted(turn, alone.question, history)
        if wanted is not None:
            alone, choice = StandAlone(wanted[0]), wanted[1]
            if len(choice) != 1:
                titles = _BETWEEN.join(entry.title for entry in choice[:_CHOICES])
                name = "which_document" if choice else "no_documents"
                asked_back = reply(name, turn.language, titles=titles)
                status: Status = "clarify" if choice else "not_in_documents"
                said = replace(self._said(turn, status, asked_back), standalone_question=alone.question)
                yield from self._finish(turn, said, started)
                return
            query = Query(alone.question, turn.asker, whole=choice[0].id)
        yield Searching(alone.question)
        verified, searched = None, started
        for step in self._chain.stream(query):
            if isinstance(step, Found):
                searched = time.perf_counter()
                yield Sources(tuple(source_of(passage) for found in step.findings for passage in found.passages))
            else:
                verified = step
        assert verified is not None
        answer = _answer(turn, alone, verified, started, searched)
        yield from self._finish(turn, answer, started)

    def _finish(self, turn: Turn, answer: Answer, started: float) -> Iterator[Event]:
        yield Text(answer.text)
        if turn.conversation is not None:
            answer = self._conversations.remember(turn.asker, turn.conversation, answer, turn.once)
        answer.timings_ms["total"] = _milliseconds(started, time.perf_counter())
        yield Answered(answer)

    def _history(self, turn: Turn) -> Sequence[Exchange]:
        if turn.history is not None:
            return [exchange for exchange in turn.history if smalltalk(exchange.question) is None]
        if turn.conversation is None:
            return ()
        return [
            exchange_of(answer)
            for answer in self._conversations.recall(turn.asker, turn.conversation)
            if answer.status != "smalltalk"
        ]

    def _readable(self, turn: Turn) -> list[Entry]:
        """The documents that the turn may be about."""
        entries = self._library.entries(readable_by(turn.asker))
        return [entry for entry in entries if turn.documents is None or entry.id in turn.documents]

    def _summary_wanted(self, turn: Turn, question: str, history: Sequence[Exchange]) -> tuple[str, list[Entry]] | None:
        """The call for a summary that a turn makes, or that it chooses a document for, and what it may be a call for.

        None when it is another question.
        """
        if history and (titles := _asked_which(history[-1])):
            call = history[-1].question
            if chosen := self._chosen(turn, titles):
                return (f"{unended(call)}: {chosen[0].title}" if len(chosen) == 1 else call), chosen
        if asks_for_summary(question):
            return question, _cited_last(self._readable(turn), history)
        if (name := summarised(question)) and (named := _named(name, self._readable(turn))):
            return question, _cited_last(named, history)
        return None

    def _chosen(self, turn: Turn, titles: Sequence[str]) -> list[Entry]:
        """What a turn chooses, by name or by place, after these titles were named to choose from."""
        entries = self._readable(turn)
        place = place_meant(turn.question, len(titles))
        if place is None:
            return _named(turn.question, entries)
        return [entry for entry in entries if entry.title == titles[place]]

    def _titles(self, turn: Turn) -> str:
        entries = self._readable(turn)
        if not 0 < len(entries) <= _TITLES_NAMED:
            return reply("your_documents", turn.language)
        return ", ".join(f"“{entry.title}”" for entry in entries)

    def _said(self, turn: Turn, status: Status, text: str) -> Answer:
        return Answer(status=status, text=text, citations=(), question=turn.question, standalone_question=turn.question)

    def _words(self, asker: str) -> Words:
        def words(origin: Origin, span: Span) -> str:
            try:
                return self._library.words(origin.id, readable_by(asker), span, origin.revision)
            except LibraryError:
                return ""

        return words


def _asked_which(last: Exchange) -> list[str]:
    """The titles that were named when it was asked back which document to summarise; none when it was not."""
    for language in () if last.quotes else LANGUAGES:
        before = reply("which_document", language, titles="").strip()
        if last.answer.startswith(before):
            return last.answer.removeprefix(before).strip().split(_BETWEEN)
    return []


def _named(name: str, entries: Sequence[Entry]) -> list[Entry]:
    """The documents whose titles a name may mean."""
    return [entries[n] for n in titles_meant(name, [entry.title for entry in entries])]


def _cited_last(entries: list[Entry], history: Sequence[Exchange]) -> list[Entry]:
    """Of several documents the one that the conversation cited last, if it is among them; else all."""
    cited = [citation.document.id for exchange in history for citation in exchange.quotes]
    return [entry for entry in entries if cited and entry.id == cited[-1]] or entries


def _answer(turn: Turn, alone: StandAlone, verified: Verified, started: float, searched: float) -> Answer:
    return Answer(
        status=verified.status,
        text=verified.text or reply("not_in_documents", turn.language),
        citations=verified.citations,
        question=turn.question,
        standalone_question=alone.question,
        unanswered=verified.unanswered,
        confidence=round(verified.confidence, 4),
        answered_by=verified.answered_by,
        related=verified.related,
        timings_ms={
            "search": _milliseconds(started, searched),
            "answer": _milliseconds(searched, time.perf_counter()),
        },
    )


def source_of(passage: RankedPassage) -> Source:
    """The passage as it is shown."""
    read, start = passage.reading, passage.passage.start
    place = None if read is None else read.within(Span(0, len(passage.text)))
    return Source(
        document=CitedDocument(passage.origin.id, passage.origin.title, passage.origin.source),
        start=passage.passage.start,
        end=passage.passage.end,
        text=passage.text,
        keyword=round(passage.keyword, 4),
        similarity=round(passage.similarity, 4),
        score=round(passage.score, 4),
        answer=None if read is None else round(read.probability, 4),
        highlight=None if place is None else (start + place.answer.start, start + place.answer.end),
    )


def _milliseconds(start: float, end: float) -> float:
    return round(1000 * (end - start), 1)
