"""One turn of a conversation, from the question as it was typed to the answer as it may be said.

Every interface asks here, so that the same question gets the same answer everywhere. Knows no interface, and of the
asker only the name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace

from bot.answering.about import queries_of, told_by_file, told_language, told_length
from bot.answering.chain import PASSAGES, Answerer, Found, build_chain
from bot.answering.draft import Query
from bot.answering.joining import joined
from bot.answering.support import Judge
from bot.answering.verification import Said, Verified, Words
from bot.answers import (
    Answer,
    Answered,
    Citation,
    CitedDocument,
    Event,
    Exchange,
    Searching,
    Source,
    Sources,
    Status,
    Text,
    Tone,
    Turn,
    exchange_of,
    plain,
)
from bot.signing import ReadingLinks
from bot.storage.conversations import Conversations
from bot.understanding.comparisons import Comparison
from bot.understanding.document_names import documents_named, pointed
from bot.understanding.document_questions import document_question, parts_of_documents
from bot.understanding.followups import StandAlone
from bot.understanding.intent import DocumentRequest, NamedDocument, SmallTalk, intent_of
from bot.understanding.section_names import asks_of_all, names_a_section, sections_named, without_section
from bot.understanding.summary_requests import summarised
from prompts import reply, spoken
from retrieval.errors import FootnoteError
from retrieval.library.catalogue import DocumentName, Entry, LibraryError, readable_by
from retrieval.library.library import Library
from retrieval.loaders.encoding import storable
from retrieval.models.language import is_english, is_understood, question_language
from retrieval.ranked_passage import Origin, RankedPassage
from retrieval.search import Search
from retrieval.types import Span

LONGEST_QUESTION = 4000
"""Characters of a question."""

_MOST_WITH_SECTIONS = 20  # documents in which a section is looked for
_SIDE_BY_SIDE, _PASSAGES_SIDE_BY_SIDE = 6, 40  # documents that are compared, and the passages that tell which of many
_SAID = 2  # exchanges before a question that a chat model is told
_TITLES_NAMED, _TITLES_LISTED = 3, 20  # in a reply, and where it is asked which documents there are


class QuestionError(FootnoteError):
    """A question that cannot be asked; the message is one line that says why."""


class Assistant:
    """Answers turns from one library."""

    def __init__(
        self,
        library: Library,
        search: Search,
        answerer: Answerer,
        judge: Judge,
        conversations: Conversations,
        links: ReadingLinks | None = None,
        passages: int = PASSAGES,
    ) -> None:
        """`links` open the words of citations whose source has no address of its own; `passages` are those that the
        answerer gets.
        """
        self._links = links
        self._search = search
        self._library = library
        self._conversations = conversations
        self._chain = build_chain(search, answerer, judge, words_in(library), passages)

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
        turn = _checked(turn)
        turn = replace(turn, language=language_of_words(turn.question, turn.language))
        if turn.once and turn.conversation:
            said_before = self._conversations.said(turn.asker, turn.conversation, turn.once)
            if said_before is not None:
                yield Text(said_before.text)
                yield Answered(said_before)
                return
        history = self._history(turn)
        told: list[str] = []
        if several := parts_of_documents(turn.question, leaning=bool(history)):
            answer = yield from self._part_by_part(turn, several, history)
        else:
            answer = yield from self._answered(turn, history, started, told)
        if rest := answer.text.removeprefix("".join(told)):
            yield Text(rest)
        if turn.conversation is not None:
            answer = self._conversations.remember(turn.asker, turn.conversation, answer, turn.once)
        answer.timings_ms["total"] = _milliseconds(started, time.perf_counter())
        yield Answered(answer)

    def _part_by_part(
        self, turn: Turn, parts: Sequence[str], history: Sequence[Exchange]
    ) -> Generator[Event, None, Answer]:
        """The answer to questions of which some ask something of a document itself, each by itself."""
        answers: list[Answer] = []
        for part in parts:
            # "It" is the document there, and otherwise what the part before is about.
            asked = document_question(part)
            said = () if asked and asked.leans else (*history, *map(exchange_of, answers[-1:]))
            steps = self._answered(replace(turn, question=part), said, time.perf_counter(), [])
            while True:
                try:
                    event = next(steps)
                except StopIteration as ended:
                    answers.append(ended.value)
                    break
                if not isinstance(event, Text):  # its footnotes are numbered anew
                    yield event
            if answers[-1].status == "clarify":
                return replace(answers[-1], question=turn.question)
        return joined(turn.question, answers)

    def _answered(
        self, turn: Turn, history: Sequence[Exchange], started: float, told: list[str]
    ) -> Generator[Event, None, Answer]:
        """The answer to one question, with its events. `told` is what was said of it."""
        understood = self._understood(turn, history)
        if isinstance(understood, Answer):
            return understood
        language = question_language(turn.question) or question_language(understood[-1].standalone)
        said = tuple(history[-_SAID:])
        queries = [replace(query, language=language or "", said=said) for query in understood]
        return (yield from self._found(turn, queries, started, told))

    def _understood(self, turn: Turn, history: Sequence[Exchange]) -> Answer | list[Query]:
        """What is to be searched for, until something answers; or the answer to what needs no search, small talk and
        what is asked back.
        """
        intent = intent_of(turn.question, history, lambda: self._readable(turn), lambda: self._names(turn))
        match intent:
            case SmallTalk(name):
                most = _TITLES_LISTED if name == "documents" else _TITLES_NAMED
                return self._said(turn, "smalltalk", reply(name, turn.language, titles=self._titles(turn, most)))
            case NamedDocument(document):
                return self._said(turn, "smalltalk", reply("named", turn.language, title=document.title))
            case DocumentRequest(question, (document,), "summary"):
                return [Query(question, turn.asker, whole=document.id)]
            case DocumentRequest(documents=(document,)):
                return self._of_document(turn, intent, document)
            case DocumentRequest(documents=(), named=named) if named and (found := self._about(turn, named)):
                return self._of_document(turn, intent, found)
            case DocumentRequest(this=True):
                return self._asked_back(turn, intent)
            case Comparison(question, documents):
                return self._side_by_side(turn, question, documents)
            case DocumentRequest(question):
                return self._attempts(turn, Query(question, turn.asker, documents=turn.documents))
            case StandAlone(question, context, seen, before):
                query = Query(question, turn.asker, context, seen, turn.documents, before=before)
                return self._attempts(turn, query)

    def _side_by_side(self, turn: Turn, question: str, documents: Sequence[str]) -> list[Query]:
        """The query to each of some documents, of many to those in which most is found; then as it was typed."""
        if len(documents) > _SIDE_BY_SIDE:
            found = self._search.search(question or turn.question, turn.asker, documents, _PASSAGES_SIDE_BY_SIDE)
            documents = tuple(dict.fromkeys(passage.origin.id for passage in found))[:_SIDE_BY_SIDE]
        several = Query(question or turn.question, turn.asker, documents=tuple(documents), each=True)
        if not question:
            return [replace(several, whole=documents[0])]
        return [several, *self._attempts(turn, Query(turn.question, turn.asker, documents=turn.documents))]

    def _attempts(self, turn: Turn, query: Query) -> list[Query]:
        """The query to the documents and the section that it names, if it does, then to all: what was taken for a name
        may have been the question's own words.
        """
        named = self._in_section(turn, self._narrowed(turn, query))
        return [query] if named is query else [named, query]

    def _of_document(self, turn: Turn, request: DocumentRequest, entry: Entry) -> Answer | list[Query]:
        """What is asked of a document itself: where its text states it, else what the file says of itself."""
        owners, wanted = readable_by(turn.asker), request.wanted
        if wanted == "language" and entry.language:
            return self._said(turn, "smalltalk", told_language(entry.language, turn.language))
        if wanted == "length":
            return self._said(turn, "smalltalk", told_length(len(entry.pages), entry.characters, turn.language))
        text = self._library.words(entry.id, owners)
        sections = self._library.sections(owners, [entry.id]) if wanted == "contents" else ()
        query = Query(request.question, turn.asker, documents=(entry.id,))
        query = replace(query, otherwise=told_by_file(entry, wanted, turn.language))
        queries = queries_of(query, wanted, entry, text, sections)
        # In the whole text somebody else's work may have an author, too.
        return queries if request.this and queries else [*queries, *self._attempts(turn, query)]

    def _about(self, turn: Turn, named: str) -> Entry | None:
        """The document that is about something, by what is found for it first among several."""
        entries = self._readable(turn)
        found = self._search.search(named, turn.asker, [entry.id for entry in entries], 1) if len(entries) > 1 else []
        return next((entry for entry in entries for passage in found if entry.id == passage.origin.id), None)

    def _found(
        self, turn: Turn, queries: Sequence[Query], started: float, told: list[str]
    ) -> Generator[Event, None, Answer]:
        """The answer to the first of some queries that has one, else to the first. `told` is what was said of it."""
        asked = queries[-1]
        yield Searching(asked.standalone)
        refused: Answer | None = None
        for query in queries:
            answer = yield from self._searched(turn, query, started, told)
            if answer.status == "answered":
                break
            answer = refused = refused or answer
        return replace(answer, standalone_question=asked.standalone)

    def _searched(self, turn: Turn, query: Query, started: float, told: list[str]) -> Generator[Event, None, Answer]:
        """Send a query through the chain: its events, and in the end the answer."""
        searched = started
        steps = self._chain.stream(query)  # has a name, so that it is not closed before `ended` is set
        try:
            for step in steps:
                if isinstance(step, Found):
                    searched = time.perf_counter()
                    yield Sources(tuple(source_of(passage) for found in step.findings for passage in found.passages))
                elif isinstance(step, Said):
                    said = step.text if told else f"{_opening(turn, step.tone)}{step.text}"
                    told.append(said)
                    yield Text(said)
                else:
                    verified = step
        except GeneratorExit:
            query.ended.set()
            raise
        return self._placed(turn, _answer(turn, query, verified, started, searched))

    def _placed(self, turn: Turn, answer: Answer) -> Answer:
        """The answer with where its citations stand, and addresses that open them, as far as there are any."""

        def placed(one: Citation) -> Citation:
            url = one.url or (self._links.of(one) if self._links else None)
            section = None if one.page else self._section(turn, one)
            return replace(one, url=url, section=section)

        cited, related = (tuple(map(placed, several)) for several in (answer.citations, answer.related))
        return replace(answer, citations=cited, related=related)

    def _section(self, turn: Turn, cited: Citation) -> str | None:
        """The heading of the innermost section in which a citation stands below it."""
        found = self._library.headings(readable_by(turn.asker), cited.document.id, cited.revision)
        over = [one for one in found if one.start < cited.start < one.end and one.heading != cited.document.title]
        return over[-1].heading if over else None

    def _history(self, turn: Turn) -> Sequence[Exchange]:
        """What was said before."""
        if turn.history is not None:
            return turn.history
        if turn.conversation is None:
            return ()
        said = self._conversations.recall(turn.asker, turn.conversation)
        return [exchange_of(answer) for answer in said if answer.status != "smalltalk"]

    def _readable(self, turn: Turn) -> list[Entry]:
        """The documents that the turn may be about."""
        entries = self._library.entries(readable_by(turn.asker))
        return [entry for entry in entries if turn.documents is None or entry.id in turn.documents]

    def _names(self, turn: Turn) -> list[DocumentName]:
        """What the documents are called that the turn may be about."""
        return self._library.names(readable_by(turn.asker), turn.documents)

    def _narrowed(self, turn: Turn, query: Query) -> Query:
        """The query to the documents that the question names, where it names some of several."""
        names = self._names(turn)
        named = documents_named(query.question, names) if len(names) > 1 else []
        if not 0 < len(named) < len(names):
            return query
        question = pointed(query.question, named) if is_english(query.question) else query.question
        return replace(query, question=question, documents=tuple(one.id for one in named))

    def _in_section(self, turn: Turn, query: Query) -> Query:
        """The query to the section that the question names, or for a summary of it, where it names one of few texts."""
        if not names_a_section(query.question):
            return query
        documents = query.documents or tuple(one.id for one in self._names(turn))
        if not 0 < len(documents) <= _MOST_WITH_SECTIONS:
            return query
        found = self._library.sections(readable_by(turn.asker), documents)
        places = sections_named(query.question, [one.heading for one in found])
        if not places or len({found[place].document for place in places}) > 1:
            return query  # in several texts one cannot tell which is meant
        section = found[places[-1]]  # contents stand before what they list
        whole = section.document if summarised(query.question) or asks_of_all(query.question, section.heading) else None
        question = query.question if whole else without_section(query.question)
        return replace(query, question=question, documents=(section.document,), section=section, whole=whole)

    def _asked_back(self, turn: Turn, summary: DocumentRequest) -> Answer:
        """Which of several documents is to be summarised; or that there is none."""
        if not summary.choices:
            said = self._said(turn, "not_in_documents", reply("no_documents", turn.language))
        else:
            titles = "; ".join(choice.title for choice in summary.choices)
            said = self._said(turn, "clarify", reply("which_document", turn.language, titles=titles))
        return replace(said, standalone_question=summary.question, choices=summary.choices)

    def _titles(self, turn: Turn, most: int = _TITLES_NAMED) -> str:
        entries = self._readable(turn)
        if not 0 < len(entries) <= most:
            return reply("your_documents", turn.language)
        return ", ".join(f"“{entry.title}”" for entry in entries)

    def _said(self, turn: Turn, status: Status, text: str) -> Answer:
        return Answer(status=status, text=text, citations=(), question=turn.question, standalone_question=turn.question)


def words_in(library: Library) -> Callable[[str], Words]:
    """What reads a library as an asker may."""

    def of_asker(asker: str) -> Words:
        def words(origin: Origin, span: Span) -> str:
            try:
                return library.words(origin.id, readable_by(asker), span, origin.revision)
            except LibraryError:
                return ""

        return words

    return of_asker


def _checked(turn: Turn) -> Turn:
    """The turn with words that a database holds. Raises QuestionError where there is nothing to ask, or too much."""
    question = storable(turn.question)
    if not question.strip():
        raise QuestionError("The question is empty.", "Type what you would like to know.")
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(question):,} characters; {LONGEST_QUESTION:,} is the most that is read."
        )
    return replace(
        turn, question=question, conversation=None if turn.conversation is None else storable(turn.conversation)
    )


def _answer(turn: Turn, query: Query, verified: Verified, started: float, searched: float) -> Answer:
    away = "model_broke_off" if verified.answered_by == "generative" else "model_away"
    notes = [reply(away, turn.language)] if verified.away else []
    if query.otherwise and verified.status != "answered":
        notes.append(query.otherwise)
    unanswered = verified.unanswered
    if query.each and unanswered:
        notes.append(reply("silent", turn.language, titles="; ".join(map(plain, unanswered))))
        unanswered = ()
    if verified.unchecked:
        notes.append(reply("unchecked", turn.language, translation=" ".join(verified.unchecked)))
    refusal = "not_in_documents" if is_understood(turn.question) else "not_understood"
    opening = _opening(turn, verified.tone)
    return Answer(
        status=verified.status,
        text=f"{opening}{verified.text}" if verified.text else reply(refusal, turn.language),
        citations=tuple(
            replace(one, answer_start=one.answer_start + len(opening), answer_end=one.answer_end + len(opening))
            for one in verified.citations
        ),
        question=turn.question,
        standalone_question=query.standalone,
        unanswered=unanswered,
        confidence=round(verified.confidence, 4),
        answered_by=verified.answered_by,
        related=verified.related,
        note=" ".join(notes),
        tokens=_tokens(*verified.tokens),
        tone=verified.tone,
        timings_ms={"search": _milliseconds(started, searched), "answer": _milliseconds(searched, time.perf_counter())},
    )


def _opening(turn: Turn, tone: Tone) -> str:
    """The words before an answer that is not sure."""
    return f"{reply('maybe', turn.language)} " if tone == "tentative" else ""


def _tokens(read: int, written: int) -> dict[str, int]:
    return {"in": read, "out": written} if read or written else {}


def language_of_words(question: str, language: str) -> str:
    """In which language fixed words stand in an answer: the question's, where it tells it and there are such words;
    else `language`.
    """
    return spoken(question_language(question)) or language


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
